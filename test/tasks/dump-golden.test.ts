/**
 * Dumps compared with those of sstabledump, byte for byte: of the fixtures, and of every SSTable of the
 * corpus beside the project, where it is there. docs/dump-differences.md says why the exceptions are.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { fixtureSets, fixtureTables, readDump } from '../../fixtures/index.js';
import type { DialectName } from '../../src/tasks/index.js';
import { dumpDocument, dumpText } from './dump-harness.js';

/** Whether a dump without `expired` can be compared on any day: TTLs there are short or very long. */
const NOW = { now: Math.floor(Date.parse('2026-11-25') / 1000) };

t.test('every fixture dumps as sstabledump dumped it', { timeout: 120_000 }, async (t) => {
  let compared = 0;
  for (const table of fixtureTables(fixtureSets)) {
    for (const { base, dataPath, dumpPath } of table.sstables) {
      if (dumpPath === null) continue;
      const found = await dumpDocument(dataPath, { style: NOW });
      const expected = readDump(dumpPath).trimEnd();
      if (found !== expected) t.equal(found, expected, `${table.directory} ${base}`);
      compared++;
    }
  }
  t.ok(compared > 250, `${compared} dumps are the same`);
});

interface Oracle {
  readonly path: string;
  readonly exit: number;
  /** The release whose tool ran, where it is not that of the files. */
  readonly tool?: string;
  readonly stderr?: string;
}

interface Golden {
  readonly dir: string;
  readonly base: string;
  readonly dumpComplete: boolean;
  readonly oracle: Record<string, Oracle | undefined>;
}

const golden = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/corpus/golden');
const corpus = existsSync(golden) ? { timeout: 240_000 } : { skip: 'no corpus beside the project' };

function manifest(): readonly Golden[] {
  return JSON.parse(readFileSync(join(golden, 'manifest.json'), 'utf8')).sstables;
}

const pathOf = (sstable: Golden): string => join(golden, sstable.dir, `${sstable.base}-Data.db`);
const textOf = (oracle: Oracle): string =>
  gunzipSync(readFileSync(join(golden, oracle.path))).toString();

/** What the SSTable's own release prints, or another one that was asked in its place. */
function styleOf(sstable: Golden, oracle: Oracle): { now: number; dialect?: DialectName } {
  const other = oracle.tool === '3.11.19' ? { dialect: '3.11' as const } : {};
  // There the clusterings of text are not CQL literals; nothing in the files says 4.0.
  const text = sstable.dir.startsWith('4.0.19') ? { dialect: '4.0' as const } : {};
  return { ...NOW, ...text, ...other };
}

interface Partition {
  readonly partition: { readonly deletion_info?: object };
  readonly rows?: readonly { readonly cells?: readonly { readonly name: string }[] }[];
}

/** The tool of 3.0 prints nothing after the head of a partition that is deleted. */
function stopsAtDeletion(
  sstable: Golden,
  oracle: Oracle,
  found: string,
  expected: string,
): boolean {
  if (!/^3\.0\.[67]-/.test(sstable.dir)) return false;
  const printed: Partition[] = JSON.parse(expected);
  const last = printed.at(-1);
  if (last?.partition.deletion_info === undefined || last.rows !== undefined) return false;
  const ours: Partition[] = JSON.parse(found).slice(0, printed.length);
  const isLastOne = JSON.parse(found).length === printed.length;
  if (!isLastOne && !oracle.stderr?.includes('Can not start an object')) return false;
  const same = ours.map((each, i) => (i < ours.length - 1 ? each : { partition: each.partition }));
  return JSON.stringify(same) === JSON.stringify(printed);
}

/** The tool of 3.0 takes frozen collections for their elements; the table has them in these columns. */
function differsInFrozen(sstable: Golden, found: string, expected: string): boolean {
  if (!/^3\.0\.[67]-.*\/collections-/.test(sstable.dir)) return false;
  const without = (text: string) =>
    JSON.stringify(JSON.parse(text), (_, value) =>
      value?.name === 'fl' || value?.name === 'fs' ? { ...value, value: 0 } : value,
    );
  return without(found) === without(expected);
}

async function compareAll(t: Test, kind: 'dump' | 'dump-t'): Promise<Record<string, number>> {
  const counts = { same: 0, stopsAtDeletion: 0, differsInFrozen: 0 };
  for (const sstable of manifest()) {
    const oracle = sstable.oracle[kind];
    if (!sstable.dumpComplete || oracle?.exit !== 0) continue;
    const style = { ...styleOf(sstable, oracle), rawTime: kind === 'dump-t' };
    const found = await dumpDocument(pathOf(sstable), { style });
    const expected = textOf(oracle).trimEnd();
    if (found === expected) counts.same++;
    else if (stopsAtDeletion(sstable, oracle, found, expected)) counts.stopsAtDeletion++;
    else if (differsInFrozen(sstable, found, expected)) counts.differsInFrozen++;
    else t.equal(found, expected, `${sstable.dir} ${sstable.base}`);
  }
  return counts;
}

t.test('every complete dump of the corpus', corpus, async (t) => {
  const counts = await compareAll(t, 'dump');
  t.same(counts, { same: 1008, stopsAtDeletion: 23, differsInFrozen: 3 });
});

t.test('raw times', corpus, async (t) => {
  const counts = await compareAll(t, 'dump-t');
  t.same(counts, { same: 621, stopsAtDeletion: 17, differsInFrozen: 3 });
});

t.test('where sstabledump failed, what it printed before is the same', corpus, async (t) => {
  let compared = 0;
  for (const sstable of manifest()) {
    const { dump } = sstable.oracle;
    if (sstable.dumpComplete || dump === undefined) continue;
    const found = await dumpDocument(pathOf(sstable), { style: styleOf(sstable, dump) });
    // It closes what is open, in a form of its own.
    const expected = textOf(dump).replace(/[\s\]}]*$/, '');
    const start = found.slice(0, expected.length);
    if (start !== expected) t.equal(start, expected, `${sstable.dir} ${sstable.base}`);
    compared++;
  }
  t.equal(compared, 58);
});

t.test('one partition per line', corpus, async (t) => {
  let compared = 0;
  const lines = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  for (const sstable of manifest()) {
    const oracle = sstable.oracle['dump-l'];
    if (!sstable.dumpComplete || oracle?.exit !== 0) continue;
    const style = styleOf(sstable, oracle);
    const found = await dumpText(pathOf(sstable), { format: 'partition-lines', style });
    t.strictSame(lines(found), lines(textOf(oracle)), `${sstable.dir} ${sstable.base}`);
    compared++;
  }
  t.ok(compared > 40, `${compared} dumps`);
});

t.test('lines of sstabledump -d', corpus, async (t) => {
  let compared = 0;
  for (const sstable of manifest()) {
    const oracle = sstable.oracle['dump-d'];
    if (oracle?.exit !== 0) continue;
    const style = { ...styleOf(sstable, oracle), rawTime: true };
    const found = await dumpText(pathOf(sstable), { format: 'text', style });
    // Each line of the tool begins with a key; the other line breaks are inside of values.
    const expected = textOf(oracle)
      .replaceAll('\\', '\\\\')
      .replaceAll('\r', '\\r')
      .split(/\n(?=\[[^\n]*\]@|$)/)
      .map((line) => line.replaceAll('\n', '\\n'))
      .join('\n');
    const isOld = /^(3\.11|4\.0)\./.test(sstable.dir);
    const shown = isOld ? found.replaceAll(/(\[\w+\[[^\]]*\]=)<tombstone> /g, '$1 ') : found;
    if (shown !== expected) t.equal(shown, expected, `${sstable.dir} ${sstable.base}`);
    compared++;
  }
  t.equal(compared, 64);
});
