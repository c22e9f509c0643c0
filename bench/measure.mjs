/** Runs one command to its end and says what it cost. Needs GNU time (Debian package `time`). */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const GNU_TIME = '/usr/bin/time';

/** What the kernel counts process times in, per second. */
const CLOCK_TICKS = 100;

/**
 * @typedef {object} Cost
 * @property {number} seconds wall clock
 * @property {number} cpu user + system seconds
 * @property {number} peak largest resident size, bytes
 */

/**
 * Standard output goes to `outputPath` (default: nowhere). Fails unless the exit status is one of
 * `accepted`.
 * @param {string[]} command
 * @param {{ env?: Record<string, string>, accepted?: number[], outputPath?: string }} [options]
 * @returns {Cost}
 */
export function measure(command, { env = {}, accepted = [0], outputPath = '/dev/null' } = {}) {
  const work = mkdtempSync(join(tmpdir(), 'sstash-measure-'));
  const report = join(work, 'time');
  const output = openSync(outputPath, 'w');
  const errors = openSync(join(work, 'stderr'), 'w');
  const args = ['-q', '-f', '%e %U %S %M', '-o', report, ...command];
  const { status, error } = spawnSync(GNU_TIME, args, {
    stdio: ['ignore', output, errors],
    env: { ...process.env, ...env },
  });
  closeSync(output);
  closeSync(errors);
  if (error !== undefined) throw new Error(`${GNU_TIME}: ${error.message}`, { cause: error });
  if (status === null || !accepted.includes(status)) {
    const text = readFileSync(join(work, 'stderr'), 'utf8').slice(-2000);
    throw new Error(`exit status ${status} of ${command.join(' ').slice(-400)}\n${text}`);
  }
  const numbers = readFileSync(report, 'utf8').trim().split(' ').map(Number);
  rmSync(work, { recursive: true });
  const [seconds = 0, user = 0, system = 0, kibibytes = 0] = numbers;
  return { seconds, cpu: user + system, peak: kibibytes * 1024 };
}

/** What a running process spends while `action` runs. @returns {Cost} */
export function measureProcess(pid, action) {
  const before = processCpu(pid);
  const started = performance.now();
  action();
  const seconds = (performance.now() - started) / 1000;
  return { seconds, cpu: processCpu(pid) - before, peak: processPeak(pid) };
}

function processCpu(pid) {
  // The second field is the name in parentheses, which may hold blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
}

function processPeak(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
}

/** The cost in the middle by CPU, of an odd number of runs best. @param {Cost[]} costs */
export function median(costs) {
  const sorted = [...costs].sort((a, b) => a.cpu - b.cpu);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}
