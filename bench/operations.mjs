/**
 * What is measured. Each operation runs once per round, in this order, so that later ones find what
 * earlier ones left (a repository, a cache). `theirs` is left out where Cassandra has no such tool,
 * `rate: false` says that the work does not grow with the rows.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { measure } from './measure.mjs';

/**
 * @typedef {object} Round
 * @property {string} program path of sstash's main.js
 * @property {string} work a folder of this round
 * @property {string} table
 * @property {string} day1 folder of the table on the first day
 * @property {string} day2
 * @property {string} data1 its Data.db
 * @property {string} data2
 * @property {import('./baseline.mjs').Baseline} baseline
 * @property {() => Promise<import('./validation.mjs').Replicas>} replicas started at the first call
 */

/** @param {Round} round */
function sstash(round, args, options = {}) {
  const env = {
    SSTASH_CACHE_DIR: join(round.work, 'cache'),
    SSTASH_REPO: join(round.work, 'repo'),
  };
  const command = [process.execPath, round.program, ...args, '--progress=none'];
  return measure(command, { env, ...options });
}

/** Costs of a command, and what `say` makes of its JSON. */
function withResult(round, args, say, options = {}) {
  const outputPath = join(round.work, 'output.json');
  const cost = sstash(round, [...args, '--json'], { ...options, outputPath });
  return { ...cost, result: say(JSON.parse(readFileSync(outputPath, 'utf8'))) };
}

const megabytes = (bytes) => `${(Number(bytes) / 1e6).toFixed(1)} MB`;
const sayBackup = ({ bytes }) => `${megabytes(bytes.new)} new, ${megabytes(bytes.stored)} stored`;
const sayRestore = ({ bytesWritten }) => `${megabytes(bytesWritten)} written`;
const sayDiff = ({ bytesRead, differences }) =>
  `${differences.length} found, ${megabytes(bytesRead)} read`;

const diff = (round) =>
  withResult(round, ['diff', round.data1, round.data2], sayDiff, { accepted: [1] });
const backup = (round, directory) => withResult(round, ['backup', directory], sayBackup);
const restore = (round) =>
  withResult(round, ['restore', 'latest', '--to', join(round.work, 'restored')], sayRestore);

export const OPERATIONS = [
  {
    name: 'info',
    rate: false,
    against: 'sstablemetadata',
    ours: (round) => sstash(round, ['info', round.data1]),
    theirs: ({ baseline, data1 }) => baseline.metadata(data1),
  },
  {
    name: 'dump',
    against: 'sstabledump',
    ours: (round) => sstash(round, ['dump', round.data1]),
    theirs: ({ baseline, data1 }) => baseline.dump(data1),
  },
  {
    name: 'check',
    against: 'sstableverify -e',
    ours: (round) => sstash(round, ['check', round.data1]),
    theirs: ({ baseline, table }) => baseline.verify(table),
  },
  {
    name: 'tree',
    against: 'validation of a repair',
    ours: (round) => {
      rmSync(join(round.work, 'cache'), { recursive: true, force: true });
      return sstash(round, ['tree', round.data1]);
    },
    theirs: async (round) => (await round.replicas()).validate(round.table),
  },
  {
    name: 'tree from the cache',
    rate: false,
    ours: (round) => sstash(round, ['tree', round.data1]),
  },
  {
    name: 'diff of day1 and day2 (one tree cached)',
    rate: false,
    ours: diff,
  },
  {
    name: 'diff of day1 and day2 (both trees cached)',
    rate: false,
    ours: diff,
  },
  {
    name: 'backup of day1',
    ours: (round) => {
      rmSync(join(round.work, 'repo'), { recursive: true, force: true });
      sstash(round, ['init', join(round.work, 'repo')]);
      return backup(round, round.day1);
    },
  },
  { name: 'backup of day1 again', rate: false, ours: (round) => backup(round, round.day1) },
  {
    name: 'backup of day2',
    bytesOf: 'data2',
    ours: (round) => backup(round, round.day2),
  },
  {
    name: 'verify --read-data',
    ours: (round) => sstash(round, ['verify', '--read-data']),
  },
  {
    name: 'restore of day2',
    bytesOf: 'data2',
    ours: (round) => {
      rmSync(join(round.work, 'restored'), { recursive: true, force: true });
      return restore(round);
    },
  },
  {
    name: 'restore of day2 again',
    rate: false,
    ours: restore,
  },
];
