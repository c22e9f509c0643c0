/**
 * A node whose snapshots are kept: `keep(day)` takes one of its keyspaces and links the files to
 *   bench/data/dedup/<workload>/<node>/day<day>/<keyspace>/<table>-<id>/
 */
import { existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '../../fixtures/harness/cql.mjs';
import { startNode } from '../../fixtures/harness/node.mjs';
import { runTool, TOOL } from '../../fixtures/harness/tools.mjs';
import { filesUnder, isData } from './files.mjs';

const SETTINGS = {
  compaction_throughput: '0MiB/s',
  concurrent_compactors: '1',
  batch_size_warn_threshold: '4096KiB',
  batch_size_fail_threshold: '4096KiB',
  unlogged_batch_across_partitions_warn_threshold: '10000',
  // Flushes are to come when a workload asks for them, not when the heap is full.
  memtable_allocation_type: 'offheap_objects',
  memtable_heap_space: '400MiB',
  memtable_offheap_space: '1024MiB',
  // A busy machine is no reason to give up.
  write_request_timeout: '60000ms',
  counter_write_request_timeout: '60000ms',
  commitlog_segment_size: '32MiB',
  commitlog_total_space: '4096MiB',
};

/** Compactions that follow from a flush are asked for within this time. */
const QUIET_MS = 1500;
const SETTLE_ROUNDS = 200;

export class BenchNode {
  #options;

  /**
   * @param {object} options
   * @param {string} options.name of the node
   * @param {string} options.target folder of the workload under bench/data/dedup
   * @param {string} options.directory of the node's own files, in the same file system
   * @param {string} options.line release
   * @param {Record<string, string>} [options.settings]
   * @param {number} [options.ringDelay]
   * @param {string} [options.consistency] of what is written
   */
  constructor(options) {
    this.#options = options;
    this.name = options.name;
  }

  async start(changes = {}) {
    this.#options = { ...this.#options, ...changes };
    const { line, directory, settings, ringDelay, consistency } = this.#options;
    this.node = await startNode({
      line,
      directory,
      heap: '1G',
      settings: { ...SETTINGS, ...settings },
      ringDelay,
    });
    this.session = await connect(this.node, consistency);
    return this;
  }

  async stop() {
    await this.session?.close();
    await this.node?.stop();
    this.session = undefined;
    this.node = undefined;
  }

  /** Stops and starts it again: with another release, other settings. */
  async restart(changes) {
    this.node.nodetool('drain');
    await this.stop();
    await this.start(changes);
  }

  /** Takes a keyspace's SSTables away from the node, as a lost disk would. */
  async lose(keyspace) {
    this.node.nodetool('drain');
    const folder = join(this.node.dataDirectory, keyspace);
    await this.stop();
    for (const table of readdirSync(folder)) {
      for (const entry of readdirSync(join(folder, table), { withFileTypes: true })) {
        if (entry.isFile()) rmSync(join(folder, table, entry.name));
      }
    }
    await this.start();
  }

  /** Cuts a keyspace's SSTables into pieces; the tool wants the node stopped, and one table at a time. */
  async split(keyspace, mebibytes) {
    const { install, dataDirectory, directory } = this.node;
    this.node.nodetool('drain');
    await this.stop();
    const files = filesUnder(join(dataDirectory, keyspace)).filter(({ name }) => isData(name));
    const paths = files.map(({ path }) => path);
    for (const table of new Set(paths.map(dirname))) {
      const own = paths.filter((path) => dirname(path) === table);
      const args = ['--no-snapshot', '-s', String(mebibytes), ...own];
      const { status, stderr } = runTool(install, directory, TOOL.sstablesplit, args);
      if (status !== 0) throw new Error(`sstablesplit: ${stderr.slice(-1000)}`);
    }
    await this.start();
  }

  async createKeyspace(name, copies = 1) {
    const replication = `{'class': 'SimpleStrategy', 'replication_factor': ${copies}}`;
    await this.session.execute(`CREATE KEYSPACE ${name} WITH replication = ${replication}`);
  }

  /** Without a keyspace: all of them. */
  flush(...keyspaces) {
    this.node.nodetool('flush', ...keyspaces);
  }

  compact(keyspace) {
    this.node.nodetool('compact', keyspace);
  }

  /** Waits until no compaction runs or is due. */
  async settled() {
    let before = '';
    for (let i = 0; i < SETTLE_ROUNDS; i++) {
      await delay(QUIET_MS);
      const stats = this.node.nodetool('compactionstats');
      // Runs that end in between show in the number of those that are completed.
      const completed = /compactions completed:?\s+(\d+)/.exec(stats)?.[1] ?? 'none';
      if (/pending tasks:?\s+0\b/.test(stats) && completed === before) return;
      before = completed;
    }
    throw new Error(`compactions of ${this.name} do not end`);
  }

  /** Keeps a snapshot of these keyspaces as that of one day, whole or not at all. */
  keep(day, ...keyspaces) {
    const tag = `day${day}`;
    this.node.nodetool('snapshot', '-t', tag, '--', ...keyspaces);
    for (const keyspace of keyspaces) {
      const target = join(this.#options.target, this.name, tag, keyspace);
      rmSync(target, { recursive: true, force: true });
      const partial = `${target}.partial`;
      rmSync(partial, { recursive: true, force: true });
      const from = join(this.node.dataDirectory, keyspace);
      for (const table of readdirSync(from)) {
        const snapshot = join(from, table, 'snapshots', tag);
        if (existsSync(snapshot)) linkFiles(snapshot, join(partial, table));
      }
      renameSync(partial, target);
    }
    this.node.nodetool('clearsnapshot', '-t', tag);
  }
}

function linkFiles(from, to) {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isFile()) linkSync(join(from, entry.name), join(to, entry.name));
  }
}
