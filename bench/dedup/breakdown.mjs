/**
 * What a repository's backups are made of: bytes of each kind of object that a backup was the first
 * to need, leaves stored and found again, and what a restore reads for the leaves it needs:
 *   node bench/dedup/breakdown.mjs REPO [--program MAIN.JS]
 */
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

/** @param {string} program main.js of the build whose code reads the repository */
async function codeOf(program) {
  const load = (path) => import(pathToFileURL(join(dirname(program), '..', path)).href);
  const [{ Repository }, { openStore }, lists] = await Promise.all([
    load('repository/index.js'),
    load('store/index.js'),
    load('backup/chunk-list.js'),
  ]);
  return { Repository, openStore, ...lists };
}

/**
 * @typedef {object} BackupParts
 * @property {string} id
 * @property {Record<string, number>} stored bytes of frames by what they are for
 * @property {{ all: number, own: number, extents: number }} leaves of Data.db files that are new
 * @property {{ chunks: number, needed: number, other: number }} restore bytes of the chunks of rows
 *   that its SSTables take something of, in proportion what they take, and of all other objects
 */

/** @returns {Promise<BackupParts[]>} oldest first */
export async function breakdown(location, program) {
  const code = await codeOf(program);
  const repository = await code.Repository.open(code.openStore(location));
  const parts = new Parts(repository, code);
  const backups = [];
  for (const manifest of await repository.manifests()) backups.push(await parts.of(manifest));
  return backups;
}

class Parts {
  #repository;
  #code;
  #seen = new Set();

  constructor(repository, code) {
    this.#repository = repository;
    this.#code = code;
  }

  async of({ id, root }) {
    const backup = {
      id,
      stored: {},
      leaves: { all: 0, own: 0, extents: 0 },
      restore: { chunks: 0, needed: 0, other: 0 },
    };
    const { tables } = await this.#json(backup, 'records', root);
    for (const { record } of tables) {
      const { files, parts } = await this.#json(backup, 'records', record);
      for (const { stream } of files) await this.#stream(backup, 'side files', stream);
      for (const part of parts) {
        for (const sstable of await this.#json(backup, 'records', part)) {
          await this.#sstable(backup, sstable);
        }
      }
    }
    return backup;
  }

  async #sstable(backup, { recipe, components }) {
    for (const { name, stream } of components) {
      if (stream !== null) await this.#stream(backup, name, stream);
    }
    if (recipe === null) return;
    const isNew = !this.#seen.has(recipe);
    const { data } = await this.#json(backup, 'recipes', recipe);
    if (data.form === 'bytes') await this.#stream(backup, 'Data.db as it is', data.stream);
    else await this.#rows(backup, data, isNew);
  }

  async #rows(backup, data, isNew) {
    await this.#stream(backup, 'Statistics.db', data.statistics);
    for (const stream of Object.values(data.ranges.exceptions)) {
      await this.#stream(backup, 'exceptional blocks', stream);
    }
    if (data.tree !== null) await this.#object(backup, 'trees', hexBytes(data.tree));
    for (const [i, id] of data.ranges.lists.entries()) {
      const list = await this.#list(backup, 'lists of leaves', id);
      const used = usedLeaves(list);
      const own = list.extents === null ? list.chunks.length : (list.streams[0] ?? 0);
      for (const [at, { id: chunk, leaves }] of list.chunks.entries()) {
        const length = await this.#object(backup, 'leaves', chunk);
        backup.restore.chunks += length;
        backup.restore.needed += leaves === 0 ? length : (length * used[at]) / leaves;
        if (isNew && at < own) backup.leaves.own += leaves;
      }
      if (!isNew) continue;
      backup.leaves.all += data.ranges.leaves[i];
      backup.leaves.extents += list.extents?.counts.length ?? 0;
    }
  }

  async #stream(backup, what, stream) {
    for (const id of stream.chunks ?? []) await this.#object(backup, what, hexBytes(id));
    for (const id of stream.lists ?? []) {
      const { chunks } = await this.#list(backup, what, id);
      for (const chunk of chunks) await this.#object(backup, what, chunk.id);
    }
  }

  async #list(backup, what, id) {
    await this.#object(backup, what, hexBytes(id));
    return this.#code.decodeChunkList(await this.#repository.read(hexBytes(id)));
  }

  async #json(backup, what, id) {
    await this.#object(backup, what, hexBytes(id));
    return JSON.parse(Buffer.from(await this.#repository.read(hexBytes(id))).toString());
  }

  /** Counts an object where it is needed for the first time. @returns {number} bytes of its frame */
  async #object({ stored, restore }, what, id) {
    const [{ length }] = await this.#repository.place([id]);
    // A restore reads no trees.
    if (what !== 'leaves' && what !== 'trees') restore.other += length;
    const name = Buffer.from(id).toString('hex');
    if (this.#seen.has(name)) return length;
    this.#seen.add(name);
    stored[what] = (stored[what] ?? 0) + length;
    return length;
  }
}

const hexBytes = (text) => new Uint8Array(Buffer.from(text, 'hex'));

/** Per chunk of a list: how many of its leaves are taken. */
function usedLeaves({ chunks, streams, extents }) {
  if (extents === null) return chunks.map(({ leaves }) => leaves);
  const used = new Array(chunks.length).fill(0);
  const cursors = streams.map((_, stream) => {
    return { chunk: streams.slice(0, stream).reduce((sum, n) => sum + n, 0), leaf: 0 };
  });
  for (let i = 0; i < extents.counts.length; i++) {
    const cursor = cursors[extents.streams[i]];
    move(cursor, extents.skips[i], chunks);
    for (let left = extents.counts[i]; left > 0; ) {
      const some = Math.min(left, chunks[cursor.chunk].leaves - cursor.leaf);
      used[cursor.chunk] += some;
      left -= some;
      move(cursor, some, chunks);
    }
  }
  return used;
}

/** Moves a cursor over leaves, forwards or back; behind the last chunk it stays at its end. */
function move(cursor, leaves, chunks) {
  cursor.leaf += leaves;
  while (cursor.leaf < 0) cursor.leaf += chunks[--cursor.chunk].leaves;
  while (cursor.leaf >= chunks[cursor.chunk].leaves && cursor.chunk + 1 < chunks.length) {
    cursor.leaf -= chunks[cursor.chunk++].leaves;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const here = dirname(process.argv[1]);
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      program: { type: 'string', default: join(here, '..', '..', 'dist', 'cli', 'main.js') },
    },
  });
  for (const { id, stored, leaves, restore } of await breakdown(positionals[0], values.program)) {
    console.log(id, JSON.stringify({ leaves, restore }));
    for (const [what, bytes] of Object.entries(stored)) {
      console.log(`  ${what.padEnd(24)} ${(bytes / 1e6).toFixed(3).padStart(10)} MB`);
    }
  }
}
