import t from 'tap';
import { NO_CUT, type RunRule } from '../../src/merkle/index.js';
import { type Difference, diffTables } from '../../src/table/index.js';
import { random } from '../merkle/synthetic.js';
import { type MemoryTable, memoryTable, type Put } from './memory-table.js';

const OPTIONS = { keyspace: 'ks', table: 't', level: 'cell', key: null } as const;

async function differences(
  a: MemoryTable,
  b: MemoryTable,
  options: Partial<Parameters<typeof diffTables>[1]> = {},
): Promise<Difference[]> {
  const found: Difference[] = [];
  for await (const batch of diffTables({ a, b }, { ...OPTIONS, ...options })) {
    found.push(...batch);
  }
  return found;
}

/** `key row` → the versions held, newest first, each once. */
function versionsOf(puts: readonly Put[]): Map<string, string[]> {
  const versions = new Map<string, Set<string>>();
  const sorted = [...puts].sort((x, y) => y.time - x.time || y.value - x.value);
  for (const { key, row, value, time } of sorted) {
    const name = `${key} ${row}`;
    versions.set(name, (versions.get(name) ?? new Set()).add(`${value}@${time}`));
  }
  return new Map([...versions].map(([name, set]) => [name, [...set]]));
}

/** What a comparison must find, computed from the puts alone. */
function expected(a: readonly Put[], b: readonly Put[]): string[] {
  const [left, right] = [versionsOf(a), versionsOf(b)];
  const keysOf = (puts: readonly Put[]): Set<number> => new Set(puts.map((put) => put.key));
  const [keysA, keysB] = [keysOf(a), keysOf(b)];
  const found: string[] = [];
  for (const key of keysA) if (!keysB.has(key)) found.push(`partition ${key} onlyA`);
  for (const key of keysB) if (!keysA.has(key)) found.push(`partition ${key} onlyB`);
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    const [x, y] = [left.get(name), right.get(name)];
    if (x === undefined) found.push(`row ${name} onlyB`);
    else if (y === undefined) found.push(`row ${name} onlyA`);
    else if (x[0] !== y[0]) found.push(`cell ${name} changed ${x[0]} ${y[0]}`);
    else if (x.join() !== y.join()) found.push(`cell ${name} versions ${x[0]} ${y[0]}`);
  }
  return found.sort();
}

function told({ kind, change, key, clustering, a, b }: Difference): string {
  const place = `${kind} ${key}${clustering === null ? '' : ` ${clustering?.join()}`} ${change}`;
  if (kind !== 'cell') return place;
  const side = (said: typeof a): string =>
    said && 'value' in said ? `${said.value}@${said.timestamp}` : '-';
  return `${place} ${side(a)} ${side(b)}`;
}

/** Puts of a table with `files` SSTables; every 10th partition is large. */
function makePuts(seed: number, files: number, keys: number): Put[] {
  const next = random(seed);
  const puts = new Map<string, Put>();
  for (let i = 0; i < keys * 6; i++) {
    const key = next() % keys;
    const row = next() % (key % 10 === 0 ? 200 : 3);
    const file = next() % files;
    const put = { file, key, row, value: next() % 100, time: next() % 50 };
    puts.set(`${file} ${key} ${row}`, put);
    if (key % 10 === 0) for (let r = 0; r < 40; r++) add(puts, { ...put, row: r * 5 });
  }
  return [...puts.values()];
}

function add(puts: Map<string, Put>, put: Put): void {
  const name = `${put.file} ${put.key} ${put.row}`;
  if (!puts.has(name)) puts.set(name, put);
}

const RULES: RunRule[] = [
  { depth: 0, rowBits: NO_CUT, headBits: NO_CUT },
  { depth: 6, rowBits: 2, headBits: NO_CUT },
  { depth: 3, rowBits: 3, headBits: NO_CUT },
  { depth: 9, rowBits: 2, headBits: NO_CUT },
];

t.test('finds exactly what differs, whatever files and trees the rows stand in', async (t) => {
  for (let seed = 1; seed <= 24; seed++) {
    const next = random(seed * 77);
    const a = makePuts(seed, 1 + (seed % 4), 60);
    // The other side: the same rows in other files, some changed, lost, added or doubled.
    const b = a.flatMap((put): Put[] => {
      const dice = next() % 200;
      const moved = seed % 3 === 0 ? { ...put, file: put.file + 4 * (put.key % 2) } : put;
      if (dice === 0) return [];
      if (dice === 1) return [{ ...moved, value: moved.value + 1 }];
      if (dice === 2) return [moved, { ...moved, file: 12 + put.file, time: moved.time + 1 }];
      if (dice === 3) return [moved, { ...moved, file: 8 + put.file }];
      return [moved];
    });
    const rules = (shift: number) => (file: number) =>
      RULES[(file + shift) % RULES.length] as RunRule;
    for (const shift of [0, seed]) {
      const [left, right] = [memoryTable(a, rules(0)), memoryTable(b, rules(shift))];
      const found = await differences(left, right);
      t.same(found.map(told).sort(), expected(a, b), `seed ${seed}, rules shifted by ${shift}`);
    }
  }
});

t.test('one changed cell is found by reading little', async (t) => {
  const a = makePuts(100, 3, 1500);
  const b = a.map((put, i) => (i === 4000 ? { ...put, value: -1, time: 99 } : put));
  const deep = (): RunRule => ({ depth: 9, rowBits: 4, headBits: NO_CUT });
  const [left, right] = [memoryTable(a, deep), memoryTable(b, deep)];
  const found = await differences(left, right);
  t.equal(found.length, 1);
  t.match(found[0], { b: { value: '-1' } });
  const read = [...left.sources, ...right.sources].reduce((sum, s) => sum + s.leavesRead, 0);
  const all = [...left.trees, ...right.trees].reduce((sum, tree) => sum + tree.leafCount, 0);
  t.ok(read < all / 50, `${read} of ${all} leaves read`);
});

t.test('each level tells the same differences, more or less closely', async (t) => {
  const a = makePuts(200, 2, 50);
  const b = a.filter((put) => put.key !== 7).map((p) => (p.key === 11 ? { ...p, value: -5 } : p));
  const rule = (): RunRule => ({ depth: 4, rowBits: 4, headBits: NO_CUT });
  const at = (level: 'table' | 'range' | 'partition' | 'row') =>
    differences(memoryTable(a, rule), memoryTable(b, rule), { level });
  const [table] = await at('table');
  t.match(table, { kind: 'table', change: 'changed', keyspace: 'ks', table: 't' });
  const ranges = await at('range');
  t.ok(ranges.length >= 1 && ranges.length <= 2);
  for (const { range } of ranges) t.ok(BigInt(range?.from ?? 1) < BigInt(range?.to ?? 0));
  const partitions = await at('partition');
  t.same(partitions.map(({ key, change }) => `${key} ${change}`).sort(), ['11 changed', '7 onlyA']);
  const rows = await at('row');
  t.ok(rows.every(({ key }) => key === '7' || key === '11'));
  t.equal(rows.filter(({ kind }) => kind === 'partition').length, 1);
});

t.test('one partition is compared alone when a key is given', async (t) => {
  const a = makePuts(300, 3, 80);
  const b = a.map((put) => ({ ...put, value: put.value + (put.key % 2) }));
  const rule = (): RunRule => ({ depth: 7, rowBits: 3, headBits: NO_CUT });
  const [left, right] = [memoryTable(a, rule), memoryTable(b, rule)];
  t.same(await differences(left, right, { key: '20' }), []);
  const found = await differences(left, right, { key: '21' });
  t.ok(found.length > 0 && found.every(({ key }) => key === '21'));
  await t.rejects(differences(left, right, { key: 'x' }), { code: 'KEY_INVALID' });
});

t.test('tables of different partitioners or primary keys are refused', async (t) => {
  const a = makePuts(400, 1, 5);
  const rule = (): RunRule => ({ depth: 0, rowBits: 4, headBits: NO_CUT });
  const left = memoryTable(a, rule);
  const right = memoryTable(a.slice(1), rule);
  const other = { ...right, partitioners: ['org.apache.cassandra.dht.RandomPartitioner'] };
  await t.rejects(differences(left, other), { code: 'SSTABLE_UNSUPPORTED_PARTITIONER' });
});
