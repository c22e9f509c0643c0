/** What sstash is compared with: Cassandra's offline tools, and the directory of a node for them. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { installCassandra } from '../fixtures/harness/install.mjs';
import { startNode } from '../fixtures/harness/node.mjs';
import { TOOL, toolCommand } from '../fixtures/harness/tools.mjs';
import { benchLine } from './lines.mjs';
import { loadTables } from './load.mjs';
import { measure } from './measure.mjs';

/** As Cassandra's own scripts start their tools. */
const TOOL_HEAP = '256M';

export class Baseline {
  /** @param {string} name of a line @param {string} directory of the node */
  constructor(name, directory) {
    this.directory = directory;
    this.node = benchLine(name);
    this.install = installCassandra(this.node.line);
  }

  /** A node directory that holds these tables, made once; no node runs afterwards. */
  async prepare(tableDirectories) {
    const marker = join(this.directory, 'tables');
    const wanted = tableDirectories.map((directory) => basename(directory)).join('\n');
    if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return;
    rmSync(this.directory, { recursive: true, force: true });
    const node = await startNode({ ...this.node, directory: this.directory });
    try {
      await loadTables([node], tableDirectories);
      node.nodetool('flush');
    } finally {
      await node.stop();
    }
    writeFileSync(marker, wanted);
  }

  dump(dataPath) {
    return measure(this.#tool(TOOL.sstabledump, [dataPath]));
  }

  metadata(dataPath) {
    return measure(this.#tool(TOOL.sstablemetadata, [dataPath]));
  }

  /** Extended verification: of the digest, the index and every partition's key, not of its rows. */
  verify(table) {
    return measure(this.#tool(TOOL.sstableverify, ['-e', '-f', 'bench', table]));
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
