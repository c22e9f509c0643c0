/** What sstash is compared with: Cassandra's tools, and a node that holds the benchmark table. */
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { connect } from '../fixtures/harness/cql.mjs';
import { installCassandra } from '../fixtures/harness/install.mjs';
import { startNode } from '../fixtures/harness/node.mjs';
import { TOOL, toolCommand } from '../fixtures/harness/tools.mjs';
import { measure, measureProcess } from './measure.mjs';

/** As Cassandra's own scripts start their tools. */
const TOOL_HEAP = '256M';

export class Baseline {
  /** @param {string} line `4.1` or `5.0` @param {string} directory of the node */
  constructor(line, directory) {
    this.directory = directory;
    this.line = line;
    this.install = installCassandra(line);
    this.node = null;
  }

  /** A node directory that holds these tables, made once; no node runs afterwards. */
  async prepare(tableDirectories) {
    const marker = join(this.directory, 'tables');
    const wanted = tableDirectories.map((directory) => basename(directory)).join('\n');
    if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return;
    await this.start();
    const session = await connect(this.node);
    const replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
    await session.execute(`CREATE KEYSPACE IF NOT EXISTS bench WITH replication = ${replication}`);
    for (const directory of tableDirectories) {
      const schema = readFileSync(join(directory, 'schema.cql'), 'utf8');
      await session.executeAll(
        schema.split(/;\s*\n/).filter((part) => part.trim() !== ''),
        true,
      );
      const table = basename(directory).split('-')[0];
      const target = this.node.tableDirectory('bench', table);
      for (const file of readdirSync(directory)) {
        if (file !== 'schema.cql') cpSync(join(directory, file), join(target, file));
      }
      this.node.nodetool('refresh', 'bench', table);
    }
    this.node.nodetool('flush');
    await session.close();
    await this.stop();
    writeFileSync(marker, wanted);
  }

  async start() {
    this.node ??= await startNode({ line: this.line, directory: this.directory });
  }

  async stop() {
    await this.node?.stop();
    this.node = null;
  }

  dump(dataPath) {
    return measure(this.#tool(TOOL.sstabledump, [dataPath]));
  }

  metadata(dataPath) {
    return measure(this.#tool(TOOL.sstablemetadata, [dataPath]));
  }

  /** Extended offline verification; the node must not run. */
  verify(table) {
    return measure(this.#tool(TOOL.sstableverify, ['-e', '-f', 'bench', table]));
  }

  /** Extended verification inside the running node: reads and deserialises every row. */
  verifyInNode(table) {
    return measureProcess(this.node.pid, () =>
      this.node.nodetool('verify', '-e', '-f', 'bench', table),
    );
  }

  #tool(tool, args) {
    return toolCommand(this.install, this.directory, tool, args, TOOL_HEAP);
  }
}

/** The one Data.db under a table's folder. */
export function dataPathOf(directory) {
  const name = readdirSync(directory).find((file) => file.endsWith('-Data.db'));
  if (name === undefined) throw new Error(`no SSTable in ${directory}`);
  return join(directory, name);
}

/** Uncompressed length of a Data.db, out of the CompressionInfo.db beside it. */
export function rawLength(dataPath) {
  const name = basename(dataPath).replace('-Data.db', '-CompressionInfo.db');
  const bytes = readFileSync(join(dirname(dataPath), name));
  let at = 2 + bytes.readUInt16BE(0);
  const options = bytes.readInt32BE(at);
  at += 4;
  for (let i = 0; i < 2 * options; i++) at += 2 + bytes.readUInt16BE(at);
  // Chunk length and largest compressed length come before it.
  return Number(bytes.readBigInt64BE(at + 8));
}
