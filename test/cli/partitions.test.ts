import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fixtureTable, fixtureTables } from '../../fixtures/index.js';
import { partitions } from '../../src/cli/partitions/partitions.js';
import type { PartitionHead, Row, Unfiltered } from '../../src/components/index.js';
import { SSTable } from '../../src/sstable/index.js';
import { runCommand } from './compare-context.js';

type Options = Parameters<typeof partitions>[2];

interface Numbers {
  bytes: number;
  rows: number;
  cells: number;
  tombstones: number;
  droppable: number;
  expired: number;
  expiring: number;
  expiringSoon: number;
  minTimestamp: bigint | null;
  maxTimestamp: bigint | null;
}

interface Json {
  readonly totals: Omit<Numbers, 'minTimestamp' | 'maxTimestamp'> & {
    readonly partitions: number;
    readonly shared: number;
  };
  readonly partitions: (Omit<Numbers, 'minTimestamp' | 'maxTimestamp'> & {
    readonly key: string;
    readonly keyHex: string;
    readonly largestRow: number;
    readonly minTimestamp: string | null;
    readonly maxTimestamp: string | null;
    readonly sstables: { readonly sstable: string; readonly bytes: number }[];
  })[];
  readonly skew: Record<
    'future' | 'millis' | 'reversed',
    { readonly partitions: number; readonly examples: { readonly key: string }[] }
  >;
}

/** Both index formats, numeric and UUID generations. */
const SETS = ['cassandra-4.1', 'cassandra-5.0-bti'] as const;

const AT = 1_800_000_000;
const GC_GRACE = 100_000_000;

async function run(directory: string, more: Partial<Options> = {}): Promise<Json> {
  const options = {
    top: 100_000,
    sort: 'bytes',
    at: AT,
    gcGrace: GC_GRACE,
    soon: 9e7,
    ...more,
  } as const;
  const { code, text } = await runCommand((context) => partitions(context, [directory], options), {
    json: true,
    cache: '',
  });
  t.equal(code, 0);
  return JSON.parse(text) as Json;
}

const none = (): Numbers => ({
  bytes: 0,
  rows: 0,
  cells: 0,
  tombstones: 0,
  droppable: 0,
  expired: 0,
  expiring: 0,
  expiringSoon: 0,
  minTimestamp: null,
  maxTimestamp: null,
});

/** The same numbers counted on the row model. */
class Count {
  readonly numbers: Numbers;

  constructor(numbers: Numbers) {
    this.numbers = numbers;
  }

  #written(time: bigint): void {
    const { numbers } = this;
    if (numbers.minTimestamp === null || time < numbers.minTimestamp) numbers.minTimestamp = time;
    if (numbers.maxTimestamp === null || time > numbers.maxTimestamp) numbers.maxTimestamp = time;
  }

  #tombstone(time: bigint, local: number): void {
    this.#written(time);
    this.numbers.tombstones++;
    if (local < AT - GC_GRACE) this.numbers.droppable++;
  }

  head({ deletion, staticRow }: PartitionHead): void {
    if (deletion) this.#tombstone(deletion.markedForDeleteAt, deletion.localDeletionTime);
    if (staticRow) this.#row(staticRow);
  }

  unfiltered(item: Unfiltered): void {
    if (item.type === 'row') {
      this.numbers.rows++;
      this.#row(item);
      return;
    }
    const opened = item.openingDeletion ?? ([1, 7].includes(item.kind) ? item.deletion : null);
    if (opened) this.#tombstone(opened.markedForDeleteAt, opened.localDeletionTime);
  }

  #row({ liveness, deletion, columns }: Row): void {
    if (liveness) this.#written(liveness.timestamp);
    if (deletion) this.#tombstone(deletion.markedForDeleteAt, deletion.localDeletionTime);
    for (const { complexDeletion: all, cells } of columns) {
      if (all) this.#tombstone(all.markedForDeleteAt, all.localDeletionTime);
      for (const { timestamp, ttl, localDeletionTime: end } of cells) {
        this.numbers.cells++;
        this.#written(timestamp);
        if (end === null) continue;
        if (ttl === 0) this.#tombstone(timestamp, end);
        else if (AT < end) {
          this.numbers.expiring++;
          if (end <= AT + 9e7) this.numbers.expiringSoon++;
        } else {
          this.numbers.expired++;
          if (end - ttl < AT - GC_GRACE) this.numbers.droppable++;
        }
      }
    }
  }
}

async function counted(paths: readonly string[]): Promise<Map<string, Numbers>> {
  const all = new Map<string, Numbers>();
  for (const path of paths) {
    const sstable = await SSTable.open(path);
    let count = new Count(none());
    let start = 0;
    for await (const batch of sstable.events()) {
      for (const event of batch) {
        if (event.type === 'partition') {
          const key = Buffer.from(event.key).toString('hex');
          count = new Count(all.get(key) ?? none());
          all.set(key, count.numbers);
          start = event.position;
          count.head(event);
        } else if (event.type === 'end') count.numbers.bytes += event.position + 1 - start;
        else count.unfiltered(event);
      }
    }
    await sstable.close();
  }
  return all;
}

t.test('every partition of every fixture has the numbers of its rows', async (t) => {
  let several = 0;
  for (const { directory, sstables, table } of fixtureTables(SETS)) {
    const wanted = await counted(sstables.map(({ dataPath }) => dataPath));
    const found = await run(directory);
    t.equal(found.totals.partitions, wanted.size, `${table}: partitions`);
    if (found.totals.shared > 0) several++;
    const told = found.partitions.map((partition) => {
      const { minTimestamp: min, maxTimestamp: max } = partition;
      const shares = partition.sstables.reduce((sum, { bytes }) => sum + bytes, 0);
      const names = Object.keys(none()).filter((name) => !name.endsWith('Timestamp'));
      const counts = names.map((name) => [name, partition[name as 'bytes']]);
      const times = {
        minTimestamp: min === null ? null : BigInt(min),
        maxTimestamp: max === null ? null : BigInt(max),
      };
      return [partition.keyHex, { ...Object.fromEntries(counts), ...times, shares }] as const;
    });
    const wantedShares = [...wanted].map(([key, numbers]) => {
      return [key, { ...numbers, shares: numbers.bytes }] as const;
    });
    t.strictSame(new Map(told), new Map(wantedShares), table);
  }
  t.ok(several >= 2, 'tables whose partitions are in several SSTables');
});

t.test('the largest come first, and no more than were asked for', async (t) => {
  const { directory } = fixtureTable('cassandra-5.0', 'generations');
  for (const sort of ['bytes', 'rows', 'tombstones'] as const) {
    const all = (await run(directory, { sort })).partitions.map((each) => each[sort]);
    t.ok(all.length > 3);
    t.strictSame(
      all,
      [...all].sort((a, b) => b - a),
      sort,
    );
    const top = (await run(directory, { sort, top: 3 })).partitions.map((each) => each[sort]);
    t.strictSame(top, all.slice(0, 3), `${sort}, three of them`);
  }
  const rows = (await run(directory, { sort: 'row-bytes' })).partitions;
  const largest = rows.map(({ largestRow }) => largestRow);
  t.strictSame(
    largest,
    [...largest].sort((a, b) => b - a),
  );
});

t.test('write times in the future and milliseconds', async (t) => {
  const { directory } = fixtureTable('cassandra-5.0', 'timestamps');
  const { skew } = await run(directory);
  t.equal(skew.future.partitions, 2);
  t.equal(skew.future.examples[0]?.key, '0', 'the latest first');
  const early = await run(fixtureTable('cassandra-5.0', 'wide').directory, { at: 1_600_000_000 });
  t.equal(early.skew.future.partitions, 3, 'later than --at');
});

t.test('partitions whose last write is in an SSTable that was written before', async (t) => {
  const { directory, sstables } = fixtureTable('cassandra-5.0', 'deletes');
  const { skew } = await run(directory);
  const last = new Map<string, bigint[]>();
  for (const { dataPath } of sstables) {
    for (const [key, { maxTimestamp }] of await counted([dataPath])) {
      last.set(key, [...(last.get(key) ?? []), maxTimestamp ?? 0n]);
    }
  }
  const reversed = [...last.values()].filter((times) => {
    return times.length > 1 && times.some((time) => time > (times.at(-1) ?? 0n));
  });
  t.ok(reversed.length > 0);
  t.equal(skew.reversed.partitions, reversed.length);
});

t.test('generations do not make an SSTable later', async (t) => {
  const { directory } = fixtureTable('cassandra-4.1', 'deletes');
  const before = (await run(directory)).skew.reversed;
  // As after a compaction of the first SSTable alone.
  const copy = join(t.testdir({}), 'ks', 'deletes');
  mkdirSync(copy, { recursive: true });
  for (const name of readdirSync(directory).filter((each) => /^nb-/.test(each))) {
    copyFileSync(join(directory, name), join(copy, name.replace(/^nb-1-/, 'nb-9-')));
  }
  const after = (await run(copy)).skew.reversed;
  t.ok(before.partitions > 0);
  t.equal(after.partitions, before.partitions);
  t.strictSame(
    after.examples.map(({ key }) => key),
    before.examples.map(({ key }) => key),
  );
});

t.test('text for people', async (t) => {
  const { directory } = fixtureTable('cassandra-5.0', 'deletes');
  const options = { top: 5, sort: 'tombstones', at: AT, soon: 60 } as const;
  const { text } = await runCommand((context) => partitions(context, [directory], options), {
    cache: '',
  });
  t.match(text, /^shapes\.deletes /);
  t.match(text, /with gc_grace 864,000 s/, 'of schema.cql');
  t.match(text, /with older write times in an SSTable that was written later/);
});
