/** Rows of large partitions through the row index, sound and damaged. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { fixtureSets, fixtureTable, fixtureTables } from '../../fixtures/index.js';
import type { IndexDeletion, Unfiltered } from '../../src/components/index.js';
import {
  ClusteringKind,
  type ClusteringPrefix,
  clusteringComparator,
} from '../../src/cql/index.js';
import { isSstashError } from '../../src/errors.js';
import { readPartition, SSTable, seekRows } from '../../src/sstable/index.js';
import { componentPath, copySSTable, withChanged } from '../helpers/sstable-copies.js';

interface Item {
  readonly position: number;
  readonly prefix: ClusteringPrefix;
  /** The range deletion in effect before it. */
  readonly open: IndexDeletion | null;
}

interface Partition {
  readonly key: Uint8Array;
  readonly items: readonly Item[];
}

async function partitionsOf(sstable: SSTable): Promise<Partition[]> {
  const partitions: { key: Uint8Array; items: Item[] }[] = [];
  let open: IndexDeletion | null = null;
  for await (const batch of sstable.events()) {
    for (const event of batch) {
      if (event.type === 'partition') {
        partitions.push({ key: event.key, items: [] });
        open = null;
      } else if (event.type !== 'end') {
        partitions.at(-1)?.items.push({ position: event.position, prefix: prefixOf(event), open });
        if (event.type === 'marker') open = openAfter(event);
      }
    }
  }
  return partitions;
}

function prefixOf(event: Unfiltered): ClusteringPrefix {
  const kind = event.type === 'row' ? ClusteringKind.row : event.kind;
  return { kind, values: event.clustering };
}

function openAfter(event: Extract<Unfiltered, { type: 'marker' }>): IndexDeletion | null {
  const isEnd = event.kind === ClusteringKind.exclEnd || event.kind === ClusteringKind.inclEnd;
  return isEnd ? null : (event.openingDeletion ?? event.deletion);
}

const sameOpen = (a: IndexDeletion | null, b: IndexDeletion | null): boolean =>
  a?.markedForDeleteAt === b?.markedForDeleteAt && a?.localDeletionTime === b?.localDeletionTime;

/** What is wrong with the place for `from`, or null; `used` when there was one. */
async function wrongPlace(
  sstable: SSTable,
  { key, items }: Partition,
  from: ClusteringPrefix,
): Promise<{ wrong: string | null; used: boolean }> {
  const compare = clusteringComparator(sstable.header.clusteringTypes);
  const place = await seekRows(sstable, key, from);
  if (place === null) return { wrong: null, used: false };
  const at = items.findIndex(({ position }) => position === place.inside);
  const before = items[at - 1];
  if (at < 1 || before === undefined) return { wrong: 'no row begins there', used: true };
  if (compare(before.prefix, from) >= 0) return { wrong: 'rows are passed over', used: true };
  if (!sameOpen(items[at]?.open ?? null, place.open)) return { wrong: 'open', used: true };
  return { wrong: null, used: true };
}

const start = (prefix: ClusteringPrefix): ClusteringPrefix => {
  return { kind: ClusteringKind.inclStart, values: prefix.values };
};

t.test('places of rows', { timeout: 60_000 }, async (t) => {
  let used = 0;
  for (const { sstables, table } of fixtureTables(fixtureSets)) {
    if (!/wide|range|big_cells|clustering/.test(table)) continue;
    for (const { dataPath } of sstables) {
      const sstable = await SSTable.open(dataPath);
      for (const partition of (await partitionsOf(sstable)).slice(0, 5)) {
        const step = Math.max(1, Math.floor(partition.items.length / 10));
        for (let i = 0; i < partition.items.length; i += step) {
          const prefix = partition.items[i]?.prefix;
          if (prefix === undefined) continue;
          const first = { ...prefix, values: prefix.values.slice(0, 1) };
          for (const from of [start(prefix), start(first)]) {
            const result = await wrongPlace(sstable, partition, from);
            if (result.wrong !== null) t.fail(`${dataPath}, row ${i}: ${result.wrong}`);
            if (result.used) used++;
          }
        }
      }
      await sstable.close();
    }
  }
  t.ok(used > 100, `${used} places`);
});

t.test('the rows from a place on are those of the partition', async (t) => {
  const path = fixtureTable('cassandra-5.0-bti', 'ranges_wide').sstables[0]?.dataPath ?? '';
  const sstable = await SSTable.open(path);
  const [partition] = await partitionsOf(sstable);
  const items = partition?.items ?? [];
  const prefix = items[Math.floor(items.length * 0.8)]?.prefix;
  if (partition === undefined || prefix === undefined) throw new Error('no rows');
  const place = await seekRows(sstable, partition.key, start(prefix));
  const position = await sstable.seek(partition.key);
  const found: number[] = [];
  const options = { inside: place?.inside ?? 0 };
  for await (const part of readPartition(sstable, position ?? 0, options)) {
    for (const item of part.unfiltereds) found.push(item.position);
  }
  const expected = items.map((item) => item.position).filter((at) => at >= options.inside);
  t.ok(options.inside > 0);
  t.same(found, expected);
  await sstable.close();
});

t.test('a changed byte never passes over rows', { timeout: 60_000 }, async (t) => {
  for (const [set, name] of [
    ['cassandra-4.1', 'Index.db'],
    ['cassandra-5.0-bti', 'Rows.db'],
  ] as const) {
    const data = copySSTable(fixtureTable(set, 'ranges_wide'), t.testdir({}));
    const sound = await SSTable.open(data);
    const partitions = (await partitionsOf(sound)).slice(0, 1);
    await sound.close();
    const { length } = readFileSync(componentPath(data, name));
    let raised = 0;
    for (let at = 0; at < length; at += Math.ceil(length / 60)) {
      const change = (bytes: Buffer): Buffer => {
        bytes[at] = (bytes[at] ?? 0) ^ (at % 2 === 0 ? 0x01 : 0x84);
        return bytes;
      };
      const wrong = await withChanged(data, name, change, async () => {
        const sstable = await SSTable.open(data);
        try {
          for (const partition of partitions) {
            for (const share of [0.3, 0.6, 0.9]) {
              const item = partition.items[Math.floor(partition.items.length * share)];
              if (item === undefined) continue;
              const { wrong } = await wrongPlace(sstable, partition, start(item.prefix));
              if (wrong !== null) return wrong;
            }
          }
          return null;
        } catch (error) {
          if (!isSstashError(error)) throw error;
          raised++;
          return null;
        } finally {
          await sstable.close();
        }
      });
      if (wrong !== null) t.fail(`${name}, byte ${at}: ${wrong}`);
    }
    t.ok(raised > 10, `${name}: ${raised} raised`);
  }
});
