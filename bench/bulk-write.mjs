/** The benchmark tables as Cassandra's bulk writer makes them: the same rows on each run. */
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installCassandra } from '../fixtures/harness/install.mjs';
import { compileJava, toolCommand } from '../fixtures/harness/tools.mjs';

const here = dirname(fileURLToPath(import.meta.url));

/** The tables as BulkWriter.java has them, and the one cell that day2 changes. */
export const TABLES = {
  events: {
    create:
      'CREATE TABLE bench.events (id bigint PRIMARY KEY, account text, kind text, at timestamp, ' +
      'note text, payload blob, score double, flags int)',
    change: 'UPDATE bench.events USING TIMESTAMP 1800000000000000 SET score = 0.5 WHERE id = 424',
  },
  readings: {
    create:
      'CREATE TABLE bench.readings (sensor text, day int, at timestamp, value double, ' +
      'quality tinyint, unit text, PRIMARY KEY ((sensor, day), at))',
    change:
      'UPDATE bench.readings USING TIMESTAMP 1800000000000000 SET value = 99.5 ' +
      "WHERE sensor = 'sensor-7' AND day = 19003 AND at = 1700000150000",
  },
};

/**
 * Writes `bench/<table>/` into a folder.
 * @param {string} work a folder for the configuration of the tool
 * @param {string} target
 * @param {(number | string)[]} counts events, sensors, readings of each
 */
export function bulkWrite(work, target, counts) {
  // The oldest release writes the source: both can read it.
  const install = installCassandra('4.1');
  const classes = compileJava(install, join(here, 'BulkWriter.java'), 'bulk-writer');
  const args = [target, ...counts.map(String)];
  const [command, ...rest] = toolCommand(install, work, 'BulkWriter', args);
  const at = rest.indexOf('-cp') + 1;
  rest[at] = `${classes}:${rest[at]}`;
  execFileSync(command, rest, { stdio: ['ignore', 'inherit', 'inherit'] });
}
