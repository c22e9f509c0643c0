/** One workload through every program: backups day by day, then restores, each compared. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { assertSame, bytesUnder, isData, WholeFiles } from './files.mjs';

/**
 * @typedef {object} BackupResult
 * @property {string} node
 * @property {number} day
 * @property {number} bytes of the snapshot
 * @property {number} data bytes of its Data.db
 * @property {number} wholeFile new bytes for a store of whole files
 * @property {Record<string, { stored: number, cost: Cost, report?: any }>} tools
 * @property {{ cost: Cost, report: any }} restored by sstash
 * @property {import('./tools.mjs').BackupParts} parts of what sstash stored
 */

/** Snapshots in the order in which they are backed up: day by day, node by node. */
export function snapshotsOf(folder, keyspace = '') {
  const nodes = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'day1')));
  const snapshots = nodes.flatMap((node) =>
    readdirSync(join(folder, node)).map((name) => {
      return {
        node,
        day: Number(name.slice('day'.length)),
        path: join(folder, node, name, keyspace),
      };
    }),
  );
  return snapshots.sort((a, b) => a.day - b.day || (a.node < b.node ? -1 : 1));
}

/**
 * @param {{ folder: string, keyspace?: string }} snapshots of the workload, perhaps one keyspace only
 * @param {string} work made anew, removed afterwards
 * @param {(work: string) => object[]} makeTools the first is sstash
 * @returns {{ backups: BackupResult[], restores: Record<string, { cost: Cost, data: number }> }}
 */
export async function measureWorkload({ folder, keyspace = '' }, work, makeTools) {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const tools = makeTools(resolve(work));
  const wholeFiles = new WholeFiles();
  const backups = [];
  const last = new Map();
  for (const { node, day, path } of snapshotsOf(folder, keyspace)) {
    const current = join(resolve(work), 'current', node);
    link(path, join(current, keyspace));
    const wholeFile = wholeFiles.add(current);
    const results = {};
    for (const tool of tools) {
      const { cost, id, stored, report } = tool.backup(node, current);
      results[tool.name] = { cost, id, stored, report };
      last.set(tool.name, { id, folder: current });
    }
    const bytes = bytesUnder(current);
    backups.push({
      node,
      day,
      path,
      bytes,
      data: bytesUnder(current, isData),
      wholeFile,
      tools: results,
    });
    console.error(`  day ${day} of ${node}: ${sizes(wholeFile, results)}`);
  }
  for (const backup of backups) {
    backup.restored = restoreBySstash(tools[0], backup, { work, keyspace });
  }
  const parts = tools[0].stats();
  for (const [i, backup] of backups.entries()) backup.parts = parts[i];
  const restores = {};
  for (const tool of tools.slice(1)) {
    const { path, data } = backups[backups.length - 1];
    const { cost, folder: found } = tool.restore(
      last.get(tool.name),
      join(resolve(work), 'restored'),
    );
    assertSame(path, join(found, keyspace), tool.exclude);
    rmSync(join(work, 'restored'), { recursive: true });
    restores[tool.name] = { cost, data };
  }
  rmSync(work, { recursive: true });
  return { backups, restores };
}

/** A day's files in a folder of the same name on each day, with times and contents shared. */
function link(path, target) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(join(target, '..'), { recursive: true });
  execFileSync('cp', ['-al', path, target]);
}

/** Every byte of every file of a backup comes back. */
function restoreBySstash(sstash, { node, path, tools }, { work, keyspace }) {
  const target = join(resolve(work), 'restored');
  const { cost, report } = sstash.restore(tools.sstash.id, node, target);
  assertSame(path, join(target, keyspace), sstash.exclude);
  rmSync(target, { recursive: true });
  return { cost, report };
}

function sizes(wholeFile, results) {
  const entries = Object.entries(results).map(([name, { stored }]) => [name, stored]);
  return [['whole files', wholeFile], ...entries]
    .map(([name, bytes]) => `${name} ${(bytes / 1e6).toFixed(2)} MB`)
    .join(', ');
}
