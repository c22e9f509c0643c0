/**
 * Makes the snapshots of the deduplication benchmark with real nodes, one cluster at a time:
 *   node bench/dedup/generate.mjs [WORKLOAD...] [--scale N]
 *   bench/data/dedup/<workload>/<node>/day<N>/<keyspace>/<table>-<id>/
 * A workload that is there at the same scale is left alone.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BenchNode } from './bench-node.mjs';
import { workloadsNamed } from './workloads/index.mjs';

const here = dirname(fileURLToPath(import.meta.url));

/** Snapshots of all workloads; SSTASH_BENCH_DATA names another folder than bench/data. */
export const DATA = join(process.env.SSTASH_BENCH_DATA ?? join(here, '..', 'data'), 'dedup');

/** Nodes of a cluster wait so long for each other. */
const RING_DELAY_MS = 10_000;

/** Written last into a workload's folder: what it was made with. */
const MARKER = 'made.json';

/** Folder of a workload's snapshots; some workloads are several parts of the same snapshots. */
export function snapshotsFolder({ name, snapshots = name }) {
  return join(DATA, snapshots);
}

export async function generate(workload, scale) {
  const target = snapshotsFolder(workload);
  const marker = join(target, MARKER);
  if (existsSync(marker) && JSON.parse(readFileSync(marker, 'utf8')).scale === scale) return;
  // Hard links need both in one file system.
  const work = `${target}.nodes`;
  for (const directory of [target, work]) rmSync(directory, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const nodes = [];
  const open = async (line, name, options = {}) => {
    const node = new BenchNode({ name, target, line, directory: join(work, name), ...options });
    nodes.push(node);
    return await node.start();
  };
  const started = Date.now();
  try {
    await workload.make({ open, openCluster: clusterOpener(open), scale, work });
  } finally {
    for (const node of nodes) await node.stop();
  }
  rmSync(work, { recursive: true, force: true });
  const seconds = Math.round((Date.now() - started) / 1000);
  writeFileSync(marker, `${JSON.stringify({ scale, seconds })}\n`);
  console.error(`${workload.name}: snapshots made in ${seconds} s`);
}

/** Opens nodes that are one cluster; writes reach all of them before they are acknowledged. */
function clusterOpener(open) {
  return async (line, names) => {
    const nodes = [];
    for (const name of names) {
      const settings = { auto_bootstrap: 'false' };
      const seed = nodes[0]?.node.address;
      if (seed !== undefined) {
        const parameters = `parameters: [ { seeds: "${seed}" } ]`;
        settings.seed_provider = `[ { class_name: org.apache.cassandra.locator.SimpleSeedProvider, ${parameters} } ]`;
      }
      const ringDelay = seed === undefined ? undefined : RING_DELAY_MS;
      nodes.push(await open(line, name, { settings, ringDelay, consistency: 'all' }));
    }
    return nodes;
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { scale: { type: 'string', default: '1' } },
  });
  for (const workload of workloadsNamed(positionals)) {
    await generate(workload, Number(values.scale));
  }
}
