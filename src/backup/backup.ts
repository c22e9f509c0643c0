/**
 * Makes a backup: what is new of every SSTable into packs, then the records that say how to rebuild
 * it, then the manifest. A backup that stops before its manifest leaves nothing but objects that the
 * next one finds and uses.
 */
import { isSstashError, SstashError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { addSums, rootDigest } from '../merkle/index.js';
import { type Executor, mapOrdered, throwIfInterrupted } from '../parallel/index.js';
import { type Manifest, type Repository, RepositoryWriter } from '../repository/index.js';
import type { SSTableFiles, TableFiles } from '../sstable/index.js';
import { noneStored } from './chunk-batch.js';
import { CountedWriter } from './counted-writer.js';
import { noCounts, sparse, type TableCounts } from './counts.js';
import { DigestCache, type Matching, MatchSources } from './match/index.js';
import { type OtherTables, Parents, type ParentTable } from './parent.js';
import { RateLimiter } from './rate-limiter.js';
import { Reach } from './reach.js';
import { readRecipe } from './read-data.js';
import {
  type BackupRoot,
  encodeRecord,
  type FileRecord,
  idText,
  RECORD_FORMAT,
  RECORDS_PER_PART,
  type Recipe,
  type SSTableRecord,
  type TableEntry,
  type TableRecord,
} from './records.js';
import {
  type BackupFault,
  type BackupNote,
  type BackupReport,
  type CountedTable,
  type KeptReport,
  sizeOf,
  wholeReport,
} from './report.js';
import { Rooms } from './rooms.js';
import { ANSWER_NATIVE_BYTES_MAX } from './rows-task.js';
import type { SourceTable } from './sources.js';
import { type StoreContext, storeFile } from './store-bytes.js';
import { SLAB_NATIVE_BYTES_MIN } from './store-slab.js';
import { type SSTableContext, storeSSTable } from './store-sstable.js';
import { type KnownFiles, WholeFiles } from './whole-files.js';

export interface BackupProgress {
  readonly table: string;
  /** Bytes of files that are done. */
  readonly bytes: number;
}

export interface BackupOptions {
  readonly repository: Repository;
  readonly executor: Executor;
  readonly tables: readonly SourceTable[];
  readonly node: string;
  readonly tags?: readonly string[];
  /** Id of the backup to compare with; the latest ones of the node when not given. */
  readonly parent?: string;
  readonly excluded?: readonly string[];
  /** Bytes a second that are read. */
  readonly limitRate?: number;
  /** Nothing is committed; the repository's store is one that discards. */
  readonly dryRun?: boolean;
  /** A partition with more native bytes is read in this thread, piece by piece. */
  readonly answerBytesMax?: number;
  /** Ranges with fewer native bytes do not become slabs. */
  readonly slabBytesMin?: number;
  /** Folder for digests of what is stored (docs/repository-format.md, 11); none are kept without. */
  readonly cacheDirectory?: string | null;
  readonly signal?: AbortSignal;
  readonly now?: Date;
  readonly onProgress?: (progress: BackupProgress) => void;
}

/** SSTables smaller than this are stored several at a time. */
const SMALL_BYTES = 8 * 1024 * 1024;

export async function backup(options: BackupOptions): Promise<BackupReport> {
  const job = new BackupJob(options, await RepositoryWriter.open(options.repository));
  try {
    return await job.run();
  } finally {
    await job.writer.abandon();
  }
}

class BackupJob {
  readonly writer: RepositoryWriter;
  readonly #options: BackupOptions;
  readonly #limiter: RateLimiter | null;
  readonly #faults: BackupFault[] = [];
  readonly #notes: BackupNote[] = [];
  readonly #counted: CountedTable[] = [];
  readonly #rooms = Rooms.large();
  readonly #smallRooms = Rooms.small();
  #reach: Reach | null = null;

  constructor(options: BackupOptions, writer: RepositoryWriter) {
    this.#options = options;
    this.writer = writer;
    this.#limiter = options.limitRate === undefined ? null : new RateLimiter(options.limitRate);
  }

  async run(): Promise<BackupReport> {
    const { repository, node, tags = [], excluded = [] } = this.#options;
    const created = this.#options.now ?? new Date();
    const parents = await Parents.find(repository, node, this.#options.parent);
    const entries: TableEntry[] = [];
    for (const table of this.#options.tables) {
      entries.push(await this.#table(table, parents));
    }
    const root: BackupRoot = { format: RECORD_FORMAT, tables: entries, excluded };
    const { id: rootId, storedBytes } = await this.writer.put('record', encodeRecord(root));
    await this.writer.flush();
    throwIfInterrupted(this.#options.signal);
    const written = { stored: this.writer.stats.storedBytes, root: storedBytes };
    const whole = wholeReport(this.#counted, written);
    const draft = { created, node, tags, parent: parents.id, root: rootId };
    const manifest = await this.#commit(draft, whole, written.root);
    return this.#report(manifest, whole);
  }

  async #commit(
    draft: Pick<Manifest, 'node' | 'tags' | 'parent' | 'root'> & { created: Date },
    { bytes }: KeptReport,
    rootBytes: number,
  ): Promise<Omit<Manifest, 'root' | 'summary'>> {
    const { session } = this.writer;
    if (this.#options.dryRun === true) {
      const created = draft.created.toISOString();
      return { ...draft, id: 'dry-run', created, session, generation: 0 };
    }
    const tables = this.#counted.map(({ keyspace, table, path, counts }) => {
      const { sstables } = counts;
      return { keyspace, table, path, sstables, bytes: sizeOf(counts), counts: sparse(counts) };
    });
    const summary = { bytes, tables, rootBytes, faults: this.#faults.length };
    return this.#options.repository.commit({ ...draft, session, generation: 0, summary });
  }

  async #table(source: SourceTable, parents: Parents): Promise<TableEntry> {
    const { keyspace, table, path, files } = source;
    const before = await this.#before(path, parents);
    const counts = noCounts();
    this.#counted.push({ keyspace, table, path, counts });
    const context = this.#context(source, counts, before);
    const sstables = await this.#sstables(context, files.sstables, before.own);
    const others = await this.#others(context, files, before.own);
    const parts: string[] = [];
    for (let i = 0; i < sstables.length; i += RECORDS_PER_PART) {
      const part = encodeRecord(sstables.slice(i, i + RECORDS_PER_PART));
      parts.push(idText(await context.writer.put('records', part)));
    }
    const names = { keyspace, table, path };
    const record: TableRecord = { format: RECORD_FORMAT, ...names, files: others, parts };
    const id = await context.writer.put('records', encodeRecord(record));
    return {
      ...names,
      sstables: sstables.length,
      files: others.length,
      bytes: sizeOf(counts),
      raw: files.unknown.length === 0 ? rawRoot(sstables) : null,
      record: idText(id),
    };
  }

  async #before(path: string, parents: Parents): Promise<Before> {
    const own = await parents.table(path);
    let others: Promise<OtherTables> | null = null;
    return {
      own,
      others: () => {
        others ??= parents.others(path);
        return others;
      },
    };
  }

  #context(source: SourceTable, counts: TableCounts, before: Before): SSTableContext {
    const { repository, executor, signal, onProgress } = this.#options;
    const { keyspace, table } = source;
    const { chunk, compression } = repository.config;
    const store: StoreContext = {
      writer: new CountedWriter(this.writer, counts.stored, Promise.resolve()),
      executor,
      rooms: this.#rooms,
      smallRooms: this.#smallRooms,
      answerBytesMax: this.#options.answerBytesMax ?? ANSWER_NATIVE_BYTES_MAX,
      slabBytesMin: this.#options.slabBytesMin ?? SLAB_NATIVE_BYTES_MIN,
      chunker: { idsKey: repository.keys.ids, compression, ...chunk },
      matching: this.#matching(source, before),
      reading: async (bytes) => {
        throwIfInterrupted(signal);
        await this.#limiter?.take(bytes, signal);
        counts.read += bytes;
        onProgress?.({ table: `${keyspace}.${table}`, bytes });
      },
      ...(signal === undefined ? {} : { signal }),
    };
    const recipe = (id: string): Promise<Recipe> => readRecipe(repository, id);
    const wholeFiles = new WholeFiles(recipe, [
      async () => [knownFiles(before.own)],
      async () => (await before.others()).tables.map(knownFiles),
    ]);
    return { ...store, counts, wholeFiles, recipe, faults: this.#faults, notes: this.#notes };
  }

  /**
   * Rows of new SSTables are looked for where they were in the last backup: in SSTables of the table
   * that are gone since, and in those of other nodes.
   */
  #matching(source: SourceTable, before: Before): Matching {
    const { repository, cacheDirectory = null, dryRun } = this.#options;
    const { digests } = repository.keys;
    const cache =
      cacheDirectory === null ? null : new DigestCache(cacheDirectory, repository.config.id);
    let opened: Promise<MatchSources | null> | null = null;
    const open = async (): Promise<MatchSources | null> => {
      const options = {
        repository,
        cache,
        has: (id: Uint8Array) => this.writer.has(id),
        recipe: (id: string) => readRecipe(repository, id),
      };
      return MatchSources.open(options, {
        gone: goneSince(before.own, source).flatMap(({ recipe }) => recipe ?? []),
        ...(await before.others()),
      });
    };
    const sources = (): Promise<MatchSources | null> => {
      opened ??= open();
      return opened;
    };
    // A dry run reads what is kept, and keeps nothing.
    return { secret: digests, cache: dryRun === true ? null : cache, sources };
  }

  /** Small SSTables go several at a time, so that every worker has one; large ones by ranges. */
  async #sstables(
    context: SSTableContext,
    files: readonly SSTableFiles[],
    parent: ParentTable,
  ): Promise<SSTableRecord[]> {
    const records: SSTableRecord[] = [];
    let last: Promise<void> = Promise.resolve();
    const store = (sstable: SSTableFiles): Promise<SSTableRecord | null> => {
      const writer = new CountedWriter(this.writer, context.counts.stored, last);
      const done = this.#sstable({ ...context, writer }, sstable, parent);
      // The next one writes when this one is done, however it ends.
      last = done.then(nothing, nothing);
      return done;
    };
    const isSmall = (sstable: SSTableFiles): boolean =>
      (sstable.components.get('Data.db')?.size ?? 0) < SMALL_BYTES;
    for (let i = 0; i < files.length; ) {
      let end = i + 1;
      if (isSmall(files[i] as SSTableFiles)) {
        while (end < files.length && isSmall(files[end] as SSTableFiles)) end++;
      }
      const group = files.slice(i, end);
      const stored = mapOrdered(group, context.executor.concurrency + 1, store);
      for await (const record of stored) if (record !== null) records.push(record);
      i = end;
    }
    return records;
  }

  /** Null when the SSTable could not be read: then the backup is incomplete, and says so. */
  async #sstable(
    context: SSTableContext,
    files: SSTableFiles,
    parent: ParentTable,
  ): Promise<SSTableRecord | null> {
    try {
      const before = parent.sstables.get(files.descriptor.base);
      const usable = before !== undefined && (await this.#isWhole(before));
      return await storeSSTable(context, files, usable ? before : undefined);
    } catch (error) {
      this.#unread(error, files.dataPath);
      return null;
    }
  }

  /**
   * Whether all of what an earlier backup stored of an SSTable is still there (invariants 1 and 7):
   * its packs may be gone or cut short, their indexes lost, its objects in quarantine.
   */
  async #isWhole(record: SSTableRecord): Promise<boolean> {
    this.#reach ??= new Reach(this.#options.repository, (id) => {
      if (this.writer.has(id)) return null;
      return { error: new SstashError('REPOSITORY_CORRUPT', 'an object is not there') };
    });
    return (await this.#reach.sstable(record)).size === 0;
  }

  /** Files beside the SSTables, and SSTables of which nothing is known but their files. */
  async #others(
    context: SSTableContext,
    { others, unknown }: Pick<TableFiles, 'others' | 'unknown'>,
    parent: ParentTable,
  ): Promise<FileRecord[]> {
    const records = new Map<string, FileRecord>();
    for (const { dataPath, error } of unknown) {
      const message = `kept as the bytes it has: ${error.message}`;
      this.#notes.push({ file: dataPath, message });
    }
    const files = unknown.flatMap((each) => each.files);
    for (const { name, path, size } of [...others, ...files]) {
      if (size > LIMITS.sideFileBytesMax && others.some((other) => other.path === path)) {
        this.#notes.push({ file: path, message: 'left out: it is too large' });
        continue;
      }
      const count = noneStored();
      try {
        const stream = await storeFile(context, 'files', { path, size }, count);
        const other = records.get(name);
        if (other !== undefined) {
          if (other.stream.sha256 === stream.sha256) continue;
          this.#notes.push({ file: path, message: 'left out: another data directory has one too' });
          continue;
        }
        records.set(name, { name, bytes: size, stream });
        const { counts, wholeFiles } = context;
        const before = parent.record?.files.find((file) => file.name === name);
        const isUnchanged = before?.stream.sha256 === stream.sha256;
        counts.files.new += count.newRawBytes;
        counts.files[isUnchanged ? 'unchanged' : 'chunks'] += size - count.newRawBytes;
        if (!isUnchanged) counts.wholeFile += await wholeFiles.add(size, stream.sha256, false);
      } catch (error) {
        this.#unread(error, path);
      }
    }
    return [...records.values()];
  }

  #unread(error: unknown, file: string): void {
    if (!isSstashError(error, 'READ_FAILED', 'PATH_NOT_FOUND')) throw error;
    this.#faults.push({
      code: error.code,
      component: error.component ?? null,
      offset: null,
      message: `not in this backup: ${error.message}`,
      file: error.file ?? file,
    });
  }

  #report(manifest: Omit<Manifest, 'root' | 'summary'>, whole: KeptReport): BackupReport {
    const { id, node, created, parent, tags } = manifest;
    const { newChunks, knownChunks } = this.writer.stats;
    return {
      id,
      node,
      created,
      parent,
      tags,
      dryRun: this.#options.dryRun === true,
      ...whole,
      chunks: { new: newChunks, reused: knownChunks },
      faults: this.#faults,
      notes: this.#notes,
    };
  }
}

/** What earlier backups have of a table: the node's own, and those of others. */
interface Before {
  readonly own: ParentTable;
  /** Read when it is asked for. */
  readonly others: () => Promise<OtherTables>;
}

const nothing = (): void => undefined;

function knownFiles({ sstables, record }: ParentTable): KnownFiles {
  return { sstables: sstables.values(), files: record?.files ?? [] };
}

/** SSTables of the last backup that are not there any more, or are others under the same name. */
function goneSince(parent: ParentTable, { files }: SourceTable): SSTableRecord[] {
  const sizes = new Map<string, number | undefined>();
  for (const { descriptor, components } of files.sstables) {
    sizes.set(descriptor.base, components.get('Data.db')?.size);
  }
  return [...parent.sstables.values()].filter(({ base, components }) => {
    return sizes.get(base) !== components.find(({ name }) => name === 'Data.db')?.bytes;
  });
}

/** The root that `tree` prints for the same SSTables. */
function rawRoot(sstables: readonly SSTableRecord[]): string | null {
  const sums = sstables.map(({ leafSum }) => leafSum);
  if (sums.includes(null)) return null;
  return rootDigest(
    addSums(
      sums.map((sum) => ({ leaves: sum?.leaves ?? 0, words: Uint32Array.from(sum?.words ?? []) })),
    ),
  );
}

/** For the caller that found no table. */
export function nothingSelected(): SstashError {
  return new SstashError('PATH_NO_SSTABLE', 'no table is left by --keyspace, --table, --exclude', {
    hint: '`sstash ls` shows what is there.',
  });
}
