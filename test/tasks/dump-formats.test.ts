/** What the other formats and the filters of a dump print. */
import t from 'tap';
import { fixtureTable } from '../../fixtures/index.js';
import { dumpDocument, dumpText } from './dump-harness.js';

interface Partition {
  readonly partition: { readonly key: string[]; readonly deletion_info?: object };
  readonly rows: {
    readonly type: string;
    readonly cells?: { readonly deletion_info?: object }[];
  }[];
}

type Line = Record<string, unknown> & { readonly key: string[]; readonly type: string };

function pathsOf(table: string): string[] {
  return fixtureTable('cassandra-4.1', table).sstables.map(({ dataPath }) => dataPath);
}

const lines = (text: string): Line[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

t.test('jsonl has a line for each row, marker and partition deletion of the json', async (t) => {
  for (const table of [
    'deletes',
    'ranges',
    'statics',
    'collections',
    'expiring',
    'key_composite',
  ]) {
    for (const path of pathsOf(table)) {
      const partitions: Partition[] = JSON.parse(await dumpDocument(path));
      const found = lines(await dumpText(path, { format: 'jsonl' }));
      const expected = partitions.flatMap(({ partition, rows }) => [
        ...(partition.deletion_info === undefined ? [] : [[partition.key, 'partition']]),
        ...rows.map(({ type }) => [partition.key, type]),
      ]);
      t.strictSame(
        found.map(({ key, type }) => [key, type]),
        expected,
        table,
      );
    }
  }
});

t.test('jsonl prints the totals of counters', async (t) => {
  const [path = ''] = pathsOf('counters');
  const valuesOf = (text: string): string[] =>
    [...text.matchAll(/"value" ?: ?(-?\d+)/g)].map(([, value = '']) => value);
  const totals = valuesOf(await dumpText(path, { format: 'jsonl' }));
  const contexts = valuesOf(await dumpText(path));
  t.ok(totals.length > 0);
  t.equal(totals.length, contexts.length);
  t.notOk(
    totals.some((total) => contexts.includes(total)),
    'sstabledump shows the first bytes of the context instead',
  );
});

t.test('text has a line for each row and marker', async (t) => {
  for (const table of ['deletes', 'ranges', 'statics', 'key_text']) {
    for (const path of pathsOf(table)) {
      const count = lines(await dumpText(path, { format: 'jsonl' })).length;
      const text = await dumpText(path, { format: 'text' });
      t.equal(text.split('\n').length - 1, count, table);
    }
  }
});

t.test('keys prints the keys alone', async (t) => {
  for (const path of pathsOf('key_composite')) {
    const partitions: Partition[] = JSON.parse(await dumpDocument(path));
    const keys = JSON.parse(await dumpDocument(path, { format: 'keys' }));
    t.strictSame(
      keys,
      partitions.map(({ partition }) => partition.key),
    );
  }
});

t.test('keys on lines', async (t) => {
  for (const table of ['key_composite', 'key_text']) {
    for (const path of pathsOf(table)) {
      const keys: string[][] = JSON.parse(await dumpDocument(path, { format: 'keys' }));
      const asJson = lines(await dumpText(path, { format: 'keys-jsonl' }));
      t.strictSame(asJson, keys, table);
      const text = (await dumpText(path, { format: 'keys-text' })).trimEnd().split('\n');
      const rows = (await dumpText(path, { format: 'text' })).trimEnd().split('\n');
      const heads = new Set(rows.map((row) => row.slice(1, row.indexOf(']@'))));
      t.strictSame(text, [...heads], 'as the lines of rows begin');
    }
  }
});

t.test('tombstones prints deletions alone, and all of them', async (t) => {
  const style = { tombstonesOnly: true };
  const count = (text: string): number => text.split('"deletion_info"').length - 1;
  for (const table of ['deletes', 'ranges', 'statics', 'collections', 'many_partitions']) {
    for (const path of pathsOf(table)) {
      const all = await dumpDocument(path);
      const some = await dumpDocument(path, { style });
      t.equal(count(some), count(all), table);
      for (const { partition, rows } of JSON.parse(some) as Partition[]) {
        t.ok(partition.deletion_info !== undefined || rows.length > 0, 'no empty partition');
        const cells = rows.flatMap((row) => row.cells ?? []);
        if (!cells.every((cell) => cell.deletion_info)) t.fail('a cell that is not deleted');
      }
    }
  }
});

t.test('excluded keys and tokens', async (t) => {
  const [path = ''] = pathsOf('many_partitions');
  const all: Partition[] = JSON.parse(await dumpDocument(path));
  const [first, second] = all;
  t.ok(first && second);
  const none = { after: 0n, upTo: -1n };
  const excluded = await dumpDocument(path, { filter: { excludedKeys: ['00'], tokens: null } });
  t.strictSame(JSON.parse(excluded), all, 'a key that is not there');
  const half = { after: -(2n ** 63n) - 1n, upTo: 0n };
  const low: Partition[] = JSON.parse(
    await dumpDocument(path, { filter: { excludedKeys: [], tokens: half } }),
  );
  t.ok(low.length > 0 && low.length < all.length);
  t.strictSame(low, all.slice(0, low.length), 'partitions are in the order of tokens');
  const around = await dumpDocument(path, { filter: { excludedKeys: [], tokens: none } });
  t.strictSame(JSON.parse(around), all, 'a range over the end of the ring');
});

t.test('a format names the SSTable where there are several', async (t) => {
  const [path = ''] = pathsOf('key_text');
  const style = { sstable: 'somewhere/nb-1-big-Data.db' };
  const [line] = lines(await dumpText(path, { format: 'jsonl', style }));
  t.match(line, style);
  const [partition] = JSON.parse(await dumpDocument(path, { style }));
  t.equal(partition.sstable, style.sstable);
  t.match(await dumpText(path, { format: 'text', style }), /^somewhere\/nb-1-big-Data\.db \[/);
});
