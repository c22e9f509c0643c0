/** Releases of 3.0 count what has no deletion time among the drop times: these are no tombstones. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type FixtureSet, fixtureTable } from '../../fixtures/index.js';
import { readFacts, rowFacts, versionOf } from '../../src/cli/inspect/facts.js';
import {
  joinStatistics,
  parseStatistics,
  type StatisticsPart,
  statsBody,
} from '../../src/components/index.js';
import { findTables, type SSTableFiles } from '../../src/sstable/index.js';
import { runCli } from './run-cli.js';

const NONE = 0x7fffffff;

/** The first SSTable of a copy of a fixture, with 7 times "none" behind its drop times. */
async function withNone(set: FixtureSet, directory: string, alone: boolean): Promise<SSTableFiles> {
  const { directory: source } = fixtureTable(set, 'deletes');
  const target = join(directory, 'ks', 'deletes');
  cpSync(source, target, { recursive: true });
  rmSync(join(target, 'expected'), { recursive: true });
  const [table] = await findTables([target]);
  const [files] = table?.sstables ?? [];
  if (files === undefined) throw new Error('nothing found');
  const { version } = files.descriptor;
  const path = files.dataPath.replace(/Data\.db$/, 'Statistics.db');
  const bytes = readFileSync(path);
  const statistics = parseStatistics(bytes, version, { file: path, component: 'Statistics.db' });
  const { points, counts, maxBinSize } = statistics.stats.estimatedTombstoneDropTime;
  const estimatedTombstoneDropTime = {
    maxBinSize,
    points: Float64Array.from(alone ? [NONE] : [...points, NONE]),
    counts: BigInt64Array.from(alone ? [7n] : [...counts, 7n]),
  };
  const stats = { ...statistics.stats, estimatedTombstoneDropTime };
  const body = ({ type, offset, length }: StatisticsPart): Uint8Array =>
    type === 2
      ? statsBody({ ...statistics, stats }, version)
      : bytes.subarray(offset, offset + length);
  const bodies = statistics.parts.map((part) => ({ type: part.type, body: body(part) }));
  writeFileSync(path, joinStatistics(bodies, version));
  return files;
}

async function tombstones(files: SSTableFiles): Promise<bigint> {
  const facts = await readFacts(files);
  if (facts.statistics === null) throw facts.error ?? new Error('no statistics');
  return rowFacts(facts.statistics, versionOf(facts)).tombstones;
}

t.test('they are not counted, nor drawn as a time', async (t) => {
  const { sstables } = fixtureTable('cassandra-3.11', 'deletes');
  const [source] = await findTables([sstables[0]?.dataPath ?? '']);
  const [sound] = source?.sstables ?? [];
  if (sound === undefined) throw new Error('nothing found');
  const files = await withNone('cassandra-3.11', t.testdir({}), false);
  t.ok((await tombstones(sound)) > 0n);
  t.equal(await tombstones(files), await tombstones(sound));
  const { stdout } = await runCli(['info', files.dataPath]);
  t.match(stdout, /\nnot shown: 7 times "none"/);
  t.notMatch(stdout, /2038-01-19T03:14:07Z +7 /);
  const json = JSON.parse((await runCli(['info', '--json', files.dataPath])).stdout);
  const { bins } = json.sstables[0].estimatedTombstoneDropTimes;
  t.match(bins.at(-1), { time: NONE, count: /^7$/ }, 'the histogram is as it is stored');
});

t.test('nothing else may be there', async (t) => {
  const files = await withNone('cassandra-3.11', t.testdir({}), true);
  t.equal(await tombstones(files), 0n);
  const { stdout } = await runCli(['info', files.dataPath]);
  t.match(stdout, /\nTombstone drop times\nnot shown: 7 times "none"/);
  const { stdout: listed } = await runCli(['ls', '--json', files.dataPath]);
  t.match(JSON.parse(listed).tables[0].sstables[0], { tombstones: /^0$/ });
});

t.test('from oa on it is a time', async (t) => {
  const files = await withNone('cassandra-5.0', t.testdir({}), true);
  t.equal(await tombstones(files), 7n);
  const { stdout } = await runCli(['info', files.dataPath]);
  t.match(stdout, /2038-01-19T03:14:07Z +7 /);
  t.notMatch(stdout, /not shown/);
});
