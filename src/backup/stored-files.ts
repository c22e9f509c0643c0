/** Files of a backup that were stored as they are, to be read at any position without a restore. */
import { formatVersion, parseComponentName } from '../components/index.js';
import type { FileHandle, FileStatus, FileSystem } from '../io/index.js';
import type { PlacedObject, Repository } from '../repository/index.js';
import type { ComponentFile, SSTableFiles } from '../sstable/index.js';
import { chunkIds } from './read-stream.js';
import type { Recipe, SSTableRecord, StreamRef } from './records.js';

const NO_FILE = { mtimeNs: 0n, ino: 0n, device: 0n } as const;

/**
 * The components of an SSTable below `path`, and the file system they are in. One that follows from
 * the rows is not there, nor is a Data.db whose rows were stored.
 */
export function storedFiles(
  repository: Repository,
  path: string,
  { base, components }: SSTableRecord,
  recipe: Recipe | null,
): { readonly files: SSTableFiles; readonly fs: FileSystem } {
  const data = recipe?.data.form === 'bytes' ? recipe.data.stream : null;
  const streams = new Map<string, StreamRef>();
  const found: [string, ComponentFile][] = [];
  for (const { name, stream } of components) {
    const content = name === 'Data.db' ? data : stream;
    if (content === null) continue;
    const file = `${path}/${base}-${name}`;
    streams.set(file, content);
    found.push([name, { name, path: file, size: content.bytes, ...NO_FILE }]);
  }
  const dataPath = `${path}/${base}-Data.db`;
  const parts = parseComponentName(`${base}-Data.db`);
  if (parts === null) throw new TypeError(`${base} is no SSTable`);
  const version = formatVersion(parts.format, parts.versionLetters);
  const descriptor = { directory: path, version, id: parts.id, base };
  const files = { descriptor, dataPath, components: new Map(found) };
  return { files, fs: new StoredFileSystem(repository, streams) };
}

function noFile(path: string): Error {
  return Object.assign(new Error(`${path} is not in the backup`), { code: 'ENOENT' });
}

/** Reads only. */
class StoredFileSystem implements FileSystem {
  readonly #repository: Repository;
  readonly #streams: ReadonlyMap<string, StreamRef>;

  constructor(repository: Repository, streams: ReadonlyMap<string, StreamRef>) {
    this.#repository = repository;
    this.#streams = streams;
  }

  async open(path: string): Promise<FileHandle> {
    return new StoredFile(this.#repository, this.#stream(path));
  }

  async stat(path: string): Promise<FileStatus> {
    return { kind: 'file', size: this.#stream(path).bytes, ...NO_FILE };
  }

  #stream(path: string): StreamRef {
    const stream = this.#streams.get(path);
    if (stream === undefined) throw noFile(path);
    return stream;
  }

  list = refuse;
  rename = refuse;
  link = refuse;
  unlink = refuse;
  makeDirectory = refuse;
  syncDirectory = refuse;
}

async function refuse(): Promise<never> {
  throw Object.assign(new Error('files of a backup are only read'), { code: 'EROFS' });
}

interface Chunk {
  readonly start: number;
  readonly object: PlacedObject;
}

class StoredFile implements FileHandle {
  readonly #repository: Repository;
  readonly #stream: StreamRef;
  #chunks: Promise<readonly Chunk[]> | null = null;
  /** The chunk that was read last. */
  #last: { chunk: Chunk; raw: Uint8Array } | null = null;

  constructor(repository: Repository, stream: StreamRef) {
    this.#repository = repository;
    this.#stream = stream;
  }

  async read(into: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    this.#chunks ??= this.#place();
    const chunk = (await this.#chunks).findLast(({ start }) => start <= position);
    if (chunk === undefined) return 0;
    if (this.#last?.chunk !== chunk) {
      this.#last = { chunk, raw: await this.#repository.reader.read(chunk.object) };
    }
    const from = position - chunk.start;
    const part = this.#last.raw.subarray(from, from + length);
    into.set(part, offset);
    return part.length;
  }

  async #place(): Promise<Chunk[]> {
    const chunks: Chunk[] = [];
    let start = 0;
    for await (const ids of chunkIds(this.#repository, this.#stream)) {
      for (const object of await this.#repository.place(ids)) {
        chunks.push({ start, object });
        start += object.rawLength;
      }
    }
    return chunks;
  }

  async stat(): Promise<FileStatus> {
    return { kind: 'file', size: this.#stream.bytes, ...NO_FILE };
  }

  write = refuse;
  sync = refuse;
  close = async (): Promise<void> => {};
}
