/** Components made again from the rows are those that Cassandra wrote. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { fixtureSets, fixtureTable, fixtureTables } from '../../fixtures/index.js';
import { crc32 } from '../../src/codec/index.js';
import { ComponentDeriver, type DerivedParameters } from '../../src/components/index.js';
import { isSstashError } from '../../src/errors.js';
import { type ComponentOutcome, rebuildComponents, SSTable } from '../../src/sstable/index.js';
import { componentPath, copySSTable, withChanged } from '../helpers/sstable-copies.js';

const golden = fileURLToPath(new URL('../../../shared/corpus/golden', import.meta.url));
/** Of the corpus every so many SSTables are made again. */
const GOLDEN_STEP = 9;

async function rebuilt(dataPath: string) {
  const sstable = await SSTable.open(dataPath);
  try {
    return await rebuildComponents(sstable);
  } finally {
    await sstable.close();
  }
}

const differing = (outcomes: readonly ComponentOutcome[]): ComponentOutcome[] =>
  outcomes.filter((outcome) => !outcome.equal);

/** Everything but Data.db and Statistics.db, and what Cassandra's index plug-ins leave. */
function expectedComponents(sstable: SSTable): string[] {
  const others = ['Data.db', 'Statistics.db'];
  const names = [...sstable.components.keys()].filter((name) => !/^(SI_|SAI\+)/.test(name));
  return names.filter((name) => !others.includes(name)).sort();
}

t.test('every component of every fixture', { timeout: 60_000 }, async (t) => {
  const counts = new Map<string, number>();
  for (const { sstables, table } of fixtureTables(fixtureSets)) {
    for (const { dataPath } of sstables) {
      const sstable = await SSTable.open(dataPath);
      const { outcomes } = await rebuildComponents(sstable);
      const wanted = expectedComponents(sstable);
      await sstable.close();
      const names = outcomes.map(({ component }) => component);
      if (names.join() !== wanted.join()) t.same(names, wanted, `${table}: all components`);
      for (const outcome of differing(outcomes)) t.fail(`${dataPath}: ${JSON.stringify(outcome)}`);
      for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  for (const name of [
    'Index.db',
    'Summary.db',
    'Filter.db',
    'Partitions.db',
    'Rows.db',
    'CRC.db',
  ]) {
    t.ok((counts.get(name) ?? 0) > 2, `${name} ${counts.get(name)} times`);
  }
});

t.test(
  'a sample of the corpus',
  existsSync(golden) ? { timeout: 60_000 } : { skip: 'the corpus is not here' },
  async (t) => {
    const paths = readdirSync(golden, { recursive: true })
      .map(String)
      .filter((path) => path.endsWith('-Data.db') && !path.includes('oracle'))
      .filter((_, i) => i % GOLDEN_STEP === 0);
    let compared = 0;
    for (const path of paths) {
      try {
        const { outcomes } = await rebuilt(join(golden, path));
        compared += outcomes.length;
        for (const outcome of differing(outcomes)) t.fail(`${path}: ${JSON.stringify(outcome)}`);
      } catch (error) {
        if (!isSstashError(error, 'SSTABLE_UNSUPPORTED_COMPRESSION')) throw error;
      }
    }
    t.ok(compared > 600, `${compared} components`);
  },
);

t.test('from parameters that went through JSON, in pieces of any size', async (t) => {
  for (const [set, table, size] of [
    ['cassandra-4.1', 'wide', 1],
    ['cassandra-5.0', 'ranges_wide', 7],
    ['cassandra-5.0-bti', 'wide', 1],
    ['cassandra-5.0-bti', 'ranges_wide', 4099],
    ['cassandra-4.1', 'compression_none', 100],
  ] as const) {
    const found = fixtureTables([set]).find((each) => each.table === table);
    const dataPath = found?.sstables[0]?.dataPath;
    if (dataPath === undefined) {
      t.fail(`no fixture ${table} in ${set}`);
      continue;
    }
    const sstable = await SSTable.open(dataPath);
    const { parameters } = await rebuildComponents(sstable);
    const again = JSON.parse(JSON.stringify(parameters)) as DerivedParameters;
    const made = await derive(sstable, again, size);
    await sstable.close();
    for (const [component, bytes] of made) {
      const original = readFileSync(componentPath(dataPath, component));
      t.equal(Buffer.compare(original, bytes), 0, `${component} of ${set} ${table}`);
    }
    t.ok(made.size >= 6, `${[...made.keys()]}`);
  }
});

async function derive(sstable: SSTable, parameters: DerivedParameters, size: number) {
  const { header, version, dataLength, compression } = sstable;
  const components = sstable.components.keys();
  const deriver = new ComponentDeriver({ parameters, header, version, dataLength, components });
  const made = new Map<string, Uint8Array[]>();
  const keep = (pieces: ReturnType<ComponentDeriver['drain']>): void => {
    for (const { component, bytes } of pieces) {
      made.set(component, [...(made.get(component) ?? []), bytes.slice()]);
    }
  };
  const stored = readFileSync(sstable.files.dataPath);
  deriver.stored(stored, crc32(stored));
  const offsets = compression?.chunkOffsets ?? [];
  for (const [i, offset] of offsets.entries()) {
    deriver.block((offsets[i + 1] ?? stored.length) - offset);
  }
  const plain = await sstable.readData(0, dataLength);
  for (let at = 0; at < plain.length; at += size) {
    // A copy that ends here: what is read behind it would be nonsense.
    deriver.data(plain.slice(at, at + size));
    if (at % 997 === 0) keep(deriver.drain());
  }
  keep(deriver.finish());
  deriver.close();
  return new Map([...made].map(([name, pieces]) => [name, Buffer.concat(pieces)]));
}

t.test('what differs is an outcome, with the place', async (t) => {
  for (const [set, table, names] of [
    ['cassandra-4.1', 'wide', ['Index.db', 'Filter.db', 'Summary.db', 'TOC.txt']],
    ['cassandra-5.0-bti', 'wide', ['Partitions.db', 'Rows.db', 'Filter.db', 'Digest.crc32']],
  ] as const) {
    const data = copySSTable(fixtureTable(set, table), t.testdir({}));
    for (const name of names) {
      const at = Math.floor(readFileSync(componentPath(data, name)).length * 0.7);
      const change = (bytes: Buffer): Buffer => {
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        return bytes;
      };
      const { outcomes, parameters } = await withChanged(data, name, change, () => rebuilt(data));
      const [outcome, ...others] = differing(outcomes);
      t.match(outcome, { component: name, equal: false }, `${name} of ${table}`);
      // A name that is no component's cannot be made.
      t.ok(outcome?.difference === at || outcome?.reason !== null, `${name} at ${at}`);
      t.same(others, [], `${name} alone`);
      const key = name.replace(/\..*/, '').toLowerCase();
      t.notOk(key in parameters, `no parameters for ${name}`);
      const short = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length - 1);
      const cut = await withChanged(data, name, short, () => rebuilt(data));
      t.match(differing(cut.outcomes), [{ component: name }], `${name} cut`);
      const long = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.from([0])]);
      const more = await withChanged(data, name, long, () => rebuilt(data));
      t.match(differing(more.outcomes), [{ component: name }], `${name} with a byte more`);
    }
  }
});

t.test('damaged rows', async (t) => {
  const data = copySSTable(fixtureTable('cassandra-4.1', 'compression_none'), t.testdir({}));
  const { length } = readFileSync(data);
  let thrown = 0;
  let reported = 0;
  for (let at = 0; at < length; at += Math.ceil(length / 150)) {
    const change = (bytes: Buffer): Buffer => {
      bytes[at] = (bytes[at] ?? 0) ^ 0x81;
      return bytes;
    };
    try {
      const { outcomes } = await withChanged(data, 'Data.db', change, () => rebuilt(data));
      // The digest of the file at least.
      if (differing(outcomes).length > 0) reported++;
      else t.fail(`byte ${at} shows nowhere`);
    } catch (error) {
      if (!isSstashError(error)) throw error;
      t.match(error.code, /^(SSTABLE_|LIMIT_)/);
      thrown++;
    }
  }
  t.ok(reported > 10 && thrown > 0, `${reported} reported, ${thrown} thrown`);
  const short = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length - 9);
  await t.rejects(
    withChanged(data, 'Data.db', short, () => rebuilt(data)),
    { code: 'SSTABLE_TRUNCATED' },
  );
});
