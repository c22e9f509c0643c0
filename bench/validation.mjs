/**
 * Cassandra's own Merkle trees: two nodes with the same SSTables, and what `nodetool repair -full`
 * costs the one that does not coordinate. The data is equal, so nothing is streamed: its work is to
 * read and hash every row of the table (a validation) and to send the tree.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { startNode } from '../fixtures/harness/node.mjs';
import { benchLine } from './lines.mjs';
import { KEYSPACE, loadTables } from './load.mjs';
import { measureProcess } from './measure.mjs';

export class Replicas {
  #nodes = [];
  #warm = false;
  #directory = '';

  /**
   * Two nodes under `directory`, both with the tables in these folders.
   * @param {string} name of a line
   * @param {string} directory of both, made anew
   * @param {string[]} tableDirectories
   */
  static async start(name, directory, tableDirectories) {
    const { line, settings } = benchLine(name);
    rmSync(directory, { recursive: true, force: true });
    const replicas = new Replicas();
    replicas.#directory = directory;
    const first = await startNode({ line, directory: join(directory, 'first'), settings });
    replicas.#nodes.push(first);
    const seeds = `parameters: [ { seeds: "${first.address}" } ]`;
    const second = await startNode({
      line,
      directory: join(directory, 'second'),
      settings: {
        ...settings,
        seed_provider: `[ { class_name: org.apache.cassandra.locator.SimpleSeedProvider, ${seeds} } ]`,
        auto_bootstrap: 'false',
      },
      ringDelay: 10_000,
    });
    replicas.#nodes.push(second);
    await loadTables(replicas.#nodes, tableDirectories);
    return replicas;
  }

  /** CPU of a warm replica during one full repair. @returns {Cost} */
  validate(table) {
    const [first, second] = this.#nodes;
    const repair = () => first.nodetool('repair', '-full', KEYSPACE, table);
    if (!this.#warm) repair();
    this.#warm = true;
    return measureProcess(second.pid, repair);
  }

  /** Stops both and removes their files. */
  async stop() {
    await Promise.all(this.#nodes.map((node) => node.stop()));
    rmSync(this.#directory, { recursive: true });
  }
}
