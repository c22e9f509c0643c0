/**
 * Keys, clusterings, cell paths and values of real SSTables print as Cassandra's sstabledump
 * prints them, and stand in the order that their types define.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { fixtureTables, readDump } from '../../fixtures/index.js';
import type { ColumnData, PartitionHead, Unfiltered } from '../../src/components/index.js';
import {
  type ClusteringPrefix,
  clusteringComparator,
  jsonWriter,
  keyText,
  keyTexts,
  parseKeyText,
  quoteName,
} from '../../src/cql/index.js';
import { SSTable } from '../../src/sstable/index.js';

const corpus = fileURLToPath(new URL('../../../shared/corpus/golden', import.meta.url));

function cellTexts({ column, cells }: ColumnData): string[] {
  const { type } = column;
  return cells
    .filter((cell) => cell.ttl !== 0 || cell.localDeletionTime === null)
    .map(({ path, value }) => {
      const name = `"name" : ${JSON.stringify(quoteName(column.text))}`;
      if (path === null) return `${name}, "value" : ${jsonWriter(type)(value)}`;
      const [pathText, valueType] = describePath(type, path);
      const shown = `"path" : [ ${JSON.stringify(pathText)} ]`;
      return `${name}, ${shown}, "value" : ${valueType === null ? '""' : jsonWriter(valueType)(value)}`;
    });
}

function describePath(type: ColumnData['column']['type'], path: Uint8Array) {
  switch (type.kind) {
    case 'list': {
      const hex = Buffer.from(path).toString('hex');
      const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
      return [uuid, type.element] as const;
    }
    case 'set':
      return [keyText(type.element, path), null] as const;
    case 'map':
      return [keyText(type.key, path), type.value] as const;
    case 'udt': {
      const field = type.fields[((path[0] ?? 0) << 8) | (path[1] ?? 0)];
      return [field?.name ?? '?', field?.type ?? null] as const;
    }
    default:
      throw new Error(`a cell path in a ${type.kind}`);
  }
}

/** What of a dump depends on keys and values, one text each. */
async function texts(dataPath: string, problems: string[]): Promise<string[]> {
  const sstable = await SSTable.open(dataPath);
  const { keyType, clusteringTypes } = sstable.header;
  const compare = clusteringComparator(clusteringTypes);
  const writers = clusteringTypes.map((type) => jsonWriter(type));
  const lines: string[] = [];
  let before: ClusteringPrefix | null = null;
  let head: PartitionHead | null = null;
  const row = (item: Unfiltered): void => {
    if (item.type !== 'row') return;
    if (item.clustering.length > 0) {
      const values = item.clustering.map((v, i) => (v === null ? 'null' : writers[i]?.(v)));
      lines.push(`"clustering" : [ ${values.join(', ')} ]`);
    }
    lines.push(...item.columns.flatMap(cellTexts));
  };
  for await (const batch of sstable.events()) {
    for (const event of batch) {
      if (event.type === 'end') continue;
      if (event.type === 'partition') {
        if (head !== null && sstable.partitioner.compareKeys(head.key, event.key) >= 0) {
          problems.push('order of partitions');
        }
        [head, before] = [event, null];
        const key = keyTexts(keyType, event.key).map((part) => JSON.stringify(part));
        lines.push(`"key" : [ ${key.join(', ')} ]`);
        // Drivers write some decimals with leading zero bytes, so bytes need not come back.
        const text = keyText(keyType, event.key);
        const back = keyText(keyType, parseKeyText(keyType, text));
        if (back !== text) problems.push(`key ${key} does not come back`);
        if (event.staticRow !== null) lines.push(...event.staticRow.columns.flatMap(cellTexts));
        continue;
      }
      const kind = event.type === 'row' ? 4 : event.kind;
      const place: ClusteringPrefix = { kind, values: event.clustering };
      if (before !== null && compare(before, place) >= 0) problems.push('order of clusterings');
      before = place;
      row(event);
    }
  }
  await sstable.close();
  return lines;
}

/** The same of sstabledump's output, without what follows a value. */
function dumpTexts(dump: string): string[] {
  const lines: string[] = [];
  let inBound = false;
  for (const line of dump.split('\n')) {
    if (/^ +"(start|end)" : \{$/.test(line)) inBound = true;
    if (line.includes('"deletion_info"')) inBound = false;
    const key = /^ +("key" : \[.*\]),?$/.exec(line) ?? /^ +("clustering" : \[.*\]),?$/.exec(line);
    if (key !== null && !inBound) lines.push(key[1] ?? '');
    const cell = /^ +\{ ("name" : .*?"value" : .*)$/.exec(line)?.[1];
    if (cell === undefined) continue;
    const rest =
      /(, "tstamp" : "[^"]*")?(, "ttl" : \d+, "expires_at" : "[^"]*", "expired" : \w+)?( \},?)?$/;
    lines.push(cell.replace(rest, ''));
  }
  return lines;
}

async function compareWithDump(dataPath: string, dump: string, whole: boolean): Promise<string[]> {
  const problems: string[] = [];
  const mine = await texts(dataPath, problems);
  const theirs = dumpTexts(dump);
  // Where sstabledump failed, the last item is not whole.
  const shared = whole ? Math.max(mine.length, theirs.length) : theirs.length - 1;
  for (let i = 0; i < shared && problems.length < 3; i++) {
    if (mine[i] !== theirs[i]) {
      problems.push(`${mine[i]} instead of ${theirs[i]}`);
    }
  }
  return problems;
}

t.test('fixtures print as sstabledump prints them', async (t) => {
  let compared = 0;
  for (const { sstables } of fixtureTables()) {
    for (const { dataPath, dumpPath } of sstables) {
      if (dumpPath === null) continue;
      const problems = await compareWithDump(dataPath, readDump(dumpPath), true);
      if (problems.length > 0) t.fail(`${dataPath}: ${problems.join('; ')}`);
      compared++;
    }
  }
  t.ok(compared > 50, `${compared} dumps`);
});

interface Manifest {
  readonly sstables: readonly { dir: string; base: string; dumpComplete: boolean }[];
}

t.test(
  'the corpus of 4.x and 5.0 prints as sstabledump prints it',
  {
    ...(existsSync(corpus) ? {} : { skip: 'the corpus is not here' }),
    timeout: 120_000,
  },
  async (t) => {
    const manifest = JSON.parse(readFileSync(join(corpus, 'manifest.json'), 'utf8')) as Manifest;
    const complete = new Map(manifest.sstables.map((s) => [`${s.dir}/${s.base}`, s.dumpComplete]));
    let compared = 0;
    for (const path of readdirSync(corpus, { recursive: true }).map(String)) {
      if (!/^(4\.[01]\.1\d|5\.0\.6)-/.test(path) || !/big-Data\.db$/.test(path)) continue;
      // Dumps of secondary-index tables have the wrong types.
      if (basename(dirname(path)).startsWith('.')) continue;
      const base = basename(path).slice(0, -'-Data.db'.length);
      const dumpPath = join(corpus, dirname(path), 'oracle', `${base}.dump.json.gz`);
      if (!existsSync(dumpPath)) continue;
      const dump = gunzipSync(readFileSync(dumpPath)).toString();
      const whole = complete.get(`${dirname(path)}/${base}`) ?? true;
      let problems: string[];
      try {
        problems = await compareWithDump(join(corpus, path), dump, whole);
      } catch (error) {
        if (/UNSUPPORTED_COMPRESSION/.test(String((error as { code?: string }).code))) continue;
        throw error;
      }
      if (problems.length > 0) t.fail(`${path}: ${problems.join('; ').slice(0, 600)}`);
      compared++;
    }
    t.ok(compared > 300, `${compared} dumps`);
  },
);
