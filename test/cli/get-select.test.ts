/**
 * What `get` says of every partition, put together as the real node answered the SELECT before it
 * was shut down, with WRITETIME and TTL: for every fixture of which the answer was kept.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fixturesRoot } from '../../fixtures/index.js';
import { get } from '../../src/cli/get/get.js';
import { findTables, SSTable } from '../../src/sstable/index.js';
import { runCommand } from './compare-context.js';

type Json = null | boolean | string | Json[] | { [name: string]: Json };

/** JSON whose numbers are strings that begin with `#`: none of them is rounded. */
function lossless(text: string): Json {
  const quoted = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    token.startsWith('"') ? token : `"#${token}"`,
  );
  return JSON.parse(quoted) as Json;
}

interface Cell {
  readonly column: string;
  readonly path?: string;
  readonly state: 'live' | 'expired' | 'deleted';
  readonly timestamp: string;
  readonly localDeletionTime: string | null;
}

interface Row {
  readonly type: 'row' | 'range_tombstone_bound';
  readonly live: boolean;
  readonly clustering: Json[];
  readonly values: Record<string, Json>;
  readonly cells: Cell[];
}

interface Answer {
  readonly keyColumns: { name: string; value: Json }[];
  readonly clusteringColumns: { name: string }[];
  readonly static: Pick<Row, 'values' | 'cells'> | null;
  readonly rows: Row[];
  readonly found: boolean;
}

interface Selected {
  readonly cql: string;
  readonly answeredAt: string;
  readonly rows: Record<string, Json>[];
}

function selectFiles(folder = fixturesRoot): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory() || entry.name.startsWith('.')) return [];
    const path = join(folder, entry.name);
    const file = join(path, 'expected', 'select.json');
    return [...(existsSync(file) ? [path] : []), ...selectFiles(path)];
  });
}

/** The keys of all SSTables, as hex, in the order of the partitioner. */
async function keysOf(directory: string): Promise<string[]> {
  const [table] = await findTables([directory]);
  const keys = new Map<string, Uint8Array>();
  let order: SSTable['partitioner'] | null = null;
  for (const files of table?.sstables ?? []) {
    const sstable = await SSTable.open(files);
    order = sstable.partitioner;
    for await (const batch of sstable.events()) {
      for (const event of batch) {
        if (event.type === 'partition') keys.set(Buffer.from(event.key).toString('hex'), event.key);
      }
    }
    await sstable.close();
  }
  const sorted = [...keys].sort(([, a], [, b]) => order?.compareKeys(a, b) ?? 0);
  return sorted.map(([hex]) => hex);
}

function cellOf(row: Pick<Row, 'cells'>, column: string): Cell | undefined {
  return row.cells.find((cell) => cell.column === column && cell.state === 'live');
}

/** One selected expression of a row, as SELECT JSON names it. */
function expression(
  name: string,
  values: Map<string, Json>,
  cells: Row['cells'],
  at: bigint,
): Json {
  const call = /^(writetime|ttl)\((.*)\)$/.exec(name);
  if (call === null) return values.get(name) ?? null;
  const cell = cellOf({ cells }, call[2] ?? '');
  if (cell === undefined) return null;
  if (call[1] === 'writetime') return `#${cell.timestamp}`;
  const end = cell.localDeletionTime;
  return end === null ? null : `#${BigInt(end.slice(1)) - at}`;
}

function rowsOf(answer: Answer, names: readonly string[], at: bigint): Record<string, Json>[] {
  const keys = answer.keyColumns.map(({ name, value }): [string, Json] => [name, value]);
  const statics = Object.entries(answer.static?.values ?? {});
  const live = answer.rows.filter((row) => row.type === 'row' && row.live);
  const hasStatic = statics.length > 0;
  const rows = live.length > 0 || !hasStatic ? live : [null];
  return rows.map((row) => {
    const clustering = answer.clusteringColumns.map(({ name }, i): [string, Json] => {
      return [name, row?.clustering[i] ?? null];
    });
    const own = Object.entries(row?.values ?? {});
    const values = new Map([...keys, ...clustering, ...statics, ...own]);
    const cells = [...(row?.cells ?? []), ...(answer.static?.cells ?? [])];
    return Object.fromEntries(names.map((name) => [name, expression(name, values, cells, at)]));
  });
}

/** TTLs count down while the node answers, and the time of the answer was taken after it. */
function sameWithinSecond(found: Json | undefined, wanted: Json | undefined): boolean {
  if (typeof found !== 'string' || typeof wanted !== 'string') return found === wanted;
  const difference = BigInt(found.slice(1)) - BigInt(wanted.slice(1));
  return difference >= -1n && difference <= 1n;
}

for (const directory of selectFiles()) {
  const label = directory.slice(fixturesRoot.length + 1);
  t.test(`${label}: get says what SELECT said`, async (t) => {
    const text = readFileSync(join(directory, 'expected', 'select.json'), 'utf8');
    const selected = lossless(text) as unknown as Selected;
    const at = BigInt(selected.answeredAt.slice(1));
    const names = Object.keys(selected.rows[0] ?? {});
    const found: Record<string, Json>[] = [];
    for (const keyHex of await keysOf(directory)) {
      const options = { keyHex, at: Number(at) };
      const { text: json, code } = await runCommand(
        (context) => get(context, [directory], options),
        { json: true, cache: t.testdirName },
      );
      const answer = lossless(json) as unknown as Answer;
      const rows = rowsOf(answer, names, at);
      t.equal(code, rows.length > 0 ? 0 : 1, `exit code for ${keyHex}`);
      t.equal(answer.found, rows.length > 0);
      found.push(...rows);
    }
    t.equal(found.length, selected.rows.length, 'as many rows');
    for (const [i, wanted] of selected.rows.entries()) {
      const row = { ...found[i] };
      for (const name of names.filter((each) => each.startsWith('ttl('))) {
        t.ok(sameWithinSecond(row[name], wanted[name]), `${name} of row ${i}`);
        row[name] = wanted[name] ?? null;
      }
      t.strictSame(row, wanted, `row ${i}`);
    }
  });
}
