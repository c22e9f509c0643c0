/**
 * Makes the benchmark tables under bench/data: `node bench/generate.mjs [4.1] [5.0] [5.0-bti]
 * [--events N] [--sensors N] [--readings N]`. Cassandra's bulk writer makes the rows once; then a real
 * node of each release takes them in and compacts them (day1), gets one cell changed and compacts again
 * (day2).
 *
 *   bench/data/<line>/<day1|day2>/bench/<table>-<id>/   one SSTable each, with schema.cql
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { connect } from '../fixtures/harness/cql.mjs';
import { startNode } from '../fixtures/harness/node.mjs';
import { bulkWrite, TABLES } from './bulk-write.mjs';
import { benchLine, LINE_NAMES } from './lines.mjs';

const here = dirname(fileURLToPath(import.meta.url));

const COMPACTION = "compaction = {'class': 'SizeTieredCompactionStrategy', 'enabled': 'false'}";

async function generate(lines, { events, sensors, readings }) {
  const work = mkdtempSync(join(tmpdir(), 'sstash-bench-'));
  const source = join(work, 'source');
  mkdirSync(source);
  bulkWrite(work, source, [events, sensors, readings]);
  for (const name of lines) await compactOnNode(name, join(work, name), source);
  rmSync(work, { recursive: true });
}

async function compactOnNode(name, directory, source) {
  const { line, settings } = benchLine(name);
  const node = await startNode({
    line,
    directory,
    settings: { ...settings, compaction_throughput: '0MiB/s', concurrent_compactors: '1' },
  });
  try {
    const session = await connect(node);
    const replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
    await session.execute(`CREATE KEYSPACE bench WITH replication = ${replication}`);
    for (const [table, { create }] of Object.entries(TABLES)) {
      await session.execute(`${create} WITH ${COMPACTION}`);
      const from = join(source, 'bench', table);
      for (const file of readdirSync(from))
        cpSync(join(from, file), join(node.tableDirectory('bench', table), file));
      node.nodetool('refresh', 'bench', table);
    }
    keepCompacted(node, name, 'day1');
    for (const { change } of Object.values(TABLES)) await session.execute(change);
    node.nodetool('flush', 'bench');
    keepCompacted(node, name, 'day2');
    await session.close();
  } finally {
    await node.stop();
  }
  rmSync(directory, { recursive: true });
}

function keepCompacted(node, name, day) {
  node.nodetool('compact', 'bench');
  node.nodetool('snapshot', '-t', day, 'bench');
  rmSync(join(here, 'data', name, day), { recursive: true, force: true });
  for (const table of Object.keys(TABLES)) {
    const folder = node.tableDirectory('bench', table);
    const target = join(here, 'data', name, day, 'bench', basename(folder));
    const partial = `${target}.partial`;
    cpSync(join(folder, 'snapshots', day), partial, { recursive: true });
    rmSync(join(partial, 'manifest.json'), { force: true });
    renameSync(partial, target);
  }
  node.nodetool('clearsnapshot', '-t', day);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    events: { type: 'string', default: '1200000' },
    sensors: { type: 'string', default: '2000' },
    readings: { type: 'string', default: '2400' },
  },
});
const started = Date.now();
const lines = positionals.length === 0 ? LINE_NAMES : positionals;
lines.forEach(benchLine);
await generate(lines, values);
console.log(`made bench/data in ${((Date.now() - started) / 1000).toFixed(0)} s`);
