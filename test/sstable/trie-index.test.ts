/** Partitions.db and Rows.db as the index of BTI SSTables, sound and damaged. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { fixtureTable, fixtureTables } from '../../fixtures/index.js';
import { equalBytes, toHex } from '../../src/binary/index.js';
import type { PartitionHead } from '../../src/components/index.js';
import { isSstashError } from '../../src/errors.js';
import { SSTable } from '../../src/sstable/index.js';
import { componentPath, copySSTable, withChanged } from '../helpers/sstable-copies.js';

const SOME = 40;

type Place = Pick<PartitionHead, 'key' | 'position' | 'headerLength'>;

async function opened<R>(path: string, use: (sstable: SSTable) => Promise<R>): Promise<R> {
  const sstable = await SSTable.open(path);
  try {
    return await use(sstable);
  } finally {
    await sstable.close();
  }
}

async function placesOf(sstable: SSTable): Promise<Place[]> {
  const places: Place[] = [];
  for await (const batch of sstable.events()) {
    for (const event of batch) if (event.type === 'partition') places.push(event);
  }
  return places;
}

/** Keys near the first ones that are there, of the same length, that are not there. */
function otherKeys(places: readonly Place[]): Uint8Array[] {
  const there = new Set(places.map(({ key }) => toHex(key)));
  return places.slice(0, SOME).flatMap(({ key }) => {
    const other = key.slice();
    if (other.length === 0) return [];
    other[other.length - 1] = (other.at(-1) ?? 0) ^ 0x15;
    return there.has(toHex(other)) ? [] : [other];
  });
}

const bti = fixtureTables(['cassandra-5.0-bti']).flatMap(({ sstables }) => sstables);

t.test('what the tries say is what Data.db has', async (t) => {
  let indexed = 0;
  for (const { dataPath } of bti) {
    await opened(dataPath, async (sstable) => {
      const index = await sstable.partitionIndex();
      const places = await placesOf(sstable);
      const [first, last] = [places[0]?.key, places.at(-1)?.key];
      if (first === undefined || !equalBytes(index.firstKey, first))
        t.fail(`first key ${dataPath}`);
      if (last === undefined || !equalBytes(index.lastKey, last)) t.fail(`last key of ${dataPath}`);
      t.equal(index.footer.partitions, places.length, dataPath);
      let at = 0;
      for await (const place of index.places()) {
        const { position, headerLength } = places[at++] ?? { position: -1, headerLength: -1 };
        if (place.dataPosition !== position) t.fail(`partition ${at - 1} of ${dataPath}`);
        if (place.rows === null) continue;
        indexed++;
        const blocks = await index.rowBlocks(place.rows);
        const end = (places[at]?.position ?? sstable.dataLength) - position - 1;
        if (blocks[0]?.offset !== headerLength) t.fail(`first block of ${dataPath}`);
        if (blocks.at(-1)?.offset !== end) t.fail(`end of partition ${at - 1} of ${dataPath}`);
        if ((await index.endOffset(place.rows)) !== end) t.fail(`endOffset of ${dataPath}`);
      }
      if (at !== places.length) t.fail(`${at} partitions in ${dataPath}`);
    });
  }
  t.ok(indexed > 10, `${indexed} row indexes`);
});

t.test('keys are found, others are not', async (t) => {
  for (const { dataPath } of bti) {
    await opened(dataPath, async (sstable) => {
      const places = await placesOf(sstable);
      for (const { key, position } of places.slice(0, SOME)) {
        if ((await sstable.seek(key)) !== position) t.fail(`${position} of ${dataPath}`);
      }
      for (const key of otherKeys(places)) {
        try {
          if ((await sstable.seek(key)) !== null) t.fail(`a key that is not in ${dataPath}`);
        } catch (error) {
          if (!isSstashError(error, 'KEY_INVALID')) throw error;
        }
      }
    });
  }
});

t.test('ranges are of whole partitions and of the size that was asked for', async (t) => {
  const path = fixtureTable('cassandra-5.0-bti', 'many_partitions').sstables[0]?.dataPath ?? '';
  await opened(path, async (sstable) => {
    const starts = new Set((await placesOf(sstable)).map(({ position }) => position));
    for (const target of [500, 2000, 10_000]) {
      const ranges = await sstable.ranges(target);
      t.ok(ranges.length > sstable.dataLength / target / 3, `${ranges.length} of ${target} bytes`);
      let end = 0;
      for (const { from, to } of ranges) {
        if (from !== end || !starts.has(from)) t.fail(`a range from ${from}`);
        end = to;
      }
      t.equal(end, sstable.dataLength);
    }
  });
});

t.test('a changed byte never hides a partition', { timeout: 60_000 }, async (t) => {
  for (const table of ['wide', 'key_text']) {
    const data = copySSTable(fixtureTable('cassandra-5.0-bti', table), t.testdir({}));
    const places = await opened(data, placesOf);
    const others = otherKeys(places);
    for (const name of ['Partitions.db', 'Rows.db']) {
      const { length } = readFileSync(componentPath(data, name));
      let reported = 0;
      for (let at = 0; at < length; at++) {
        for (const mask of [0x01, 0x80]) {
          const change = (bytes: Buffer): Buffer => {
            bytes[at] = (bytes[at] ?? 0) ^ mask;
            return bytes;
          };
          const wrong = await withChanged(data, name, change, () => findAll(data, places, others));
          if (wrong === null) reported++;
          else if (wrong !== '') t.fail(`${name} of ${table}, byte ${at} ^ ${mask}: ${wrong}`);
        }
      }
      t.ok(length === 0 || reported > 10, `${name} of ${table}: ${reported} reported`);
      for (let size = 0; size < length; size++) {
        const cut = (bytes: Buffer): Buffer => bytes.subarray(0, size);
        const wrong = await withChanged(data, name, cut, () => findAll(data, places, others));
        if (wrong) t.fail(`${name} of ${table}, ${size} bytes: ${wrong}`);
      }
    }
  }
});

/** Null when an error was raised; else what was found wrongly, or nothing. */
async function findAll(data: string, places: readonly Place[], others: readonly Uint8Array[]) {
  let raised = false;
  let wrong = '';
  await opened(data, async (sstable) => {
    const seek = async (key: Uint8Array, expected: number | null): Promise<void> => {
      try {
        const found = await sstable.seek(key);
        if (found !== expected) wrong = `${found} instead of ${expected}`;
      } catch (error) {
        if (!isSstashError(error)) throw error;
        if (error.code === 'KEY_INVALID') return;
        if (!/^SSTABLE_(CORRUPT|TRUNCATED)|LIMIT_EXCEEDED/.test(error.code)) wrong = error.code;
        raised = true;
      }
    };
    for (const { key, position } of places) await seek(key, position);
    for (const key of others) await seek(key, null);
    const ranges = await sstable.ranges(100);
    if (ranges.at(-1)?.to !== sstable.dataLength) wrong = 'ranges that end early';
    for (const { from } of ranges) {
      if (!places.some(({ position }) => position === from)) wrong = `a range from ${from}`;
    }
  });
  return wrong === '' && raised ? null : wrong;
}

t.test('without Partitions.db', async (t) => {
  const path = fixtureTable('cassandra-5.0-bti', 'wide').sstables[0]?.dataPath ?? '';
  const sstable = await SSTable.open(path);
  const files = { ...sstable.files, components: new Map(sstable.components) };
  await sstable.close();
  files.components.delete('Partitions.db');
  const without = await SSTable.open(files);
  const [first] = await placesOf(without);
  await t.rejects(without.seek(first?.key ?? new Uint8Array(0)), {
    code: 'SSTABLE_COMPONENT_MISSING',
    component: 'Partitions.db',
  });
  t.equal((await without.ranges(100)).length, 1, 'one range');
  await without.close();
});
