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
import { DigestCache, type Matching, MatchSources } from './match/index.js';
import { Parents, type ParentTable } from './parent.js';
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
import type {
  BackupBytes,
  BackupFault,
  BackupNote,
  BackupReport,
  KeptApart,
  TableReport,
} from './report.js';
import { ANSWER_NATIVE_BYTES_MAX } from './rows-task.js';
import type { SourceTable } from './sources.js';
import { type StoreContext, storeFile } from './store-bytes.js';
import { type SSTableContext, storeSSTable } from './store-sstable.js';

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
  /** Folder for digests of what is stored (docs/repository-format.md, 11); none are kept without. */
  readonly cacheDirectory?: string | null;
  readonly signal?: AbortSignal;
  readonly now?: Date;
  readonly onProgress?: (progress: BackupProgress) => void;
}

/** SSTables smaller than this are stored several at a time. */
const SMALL_BYTES = 8 * 1024 * 1024;

const NOTHING_APART: Readonly<KeptApart> = {
  opaqueLeaves: 0,
  exceptionBlocks: 0,
  plainSSTables: 0,
};

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
  readonly #reports: TableReport[] = [];
  readonly #rooms: ArrayBuffer[] = [];
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
    const { id: rootId } = await this.writer.put('record', encodeRecord(root));
    await this.writer.flush();
    throwIfInterrupted(this.#options.signal);
    const bytes = this.#bytes();
    const draft = { created, node, tags, parent: parents.id, root: rootId };
    const manifest = await this.#commit(draft, bytes);
    return this.#report(manifest, bytes);
  }

  async #commit(
    draft: Pick<Manifest, 'node' | 'tags' | 'parent' | 'root'> & { created: Date },
    bytes: BackupBytes,
  ): Promise<Omit<Manifest, 'root' | 'summary'>> {
    const { session } = this.writer;
    if (this.#options.dryRun === true) {
      const created = draft.created.toISOString();
      return { ...draft, id: 'dry-run', created, session, generation: 0 };
    }
    const tables = this.#reports.map(({ keyspace, table, path, sstables, bytes }) => {
      return { keyspace, table, path, sstables, bytes: bytes.new + bytes.reused + bytes.derived };
    });
    const summary = { bytes, tables, faults: this.#faults.length };
    return this.#options.repository.commit({ ...draft, session, generation: 0, summary });
  }

  async #table(source: SourceTable, parents: Parents): Promise<TableEntry> {
    const { keyspace, table, path, files } = source;
    const parent = await parents.table(path);
    const bytes = { read: 0, new: 0, reused: 0, derived: 0 };
    const report: TableReport = {
      keyspace,
      table,
      path,
      sstables: 0,
      sstablesReused: 0,
      bytes,
      ...NOTHING_APART,
    };
    this.#reports.push(report);
    const context = this.#context(report, this.#matching(source, parents, parent));
    const sstables = await this.#sstables(context, files.sstables, parent);
    const others = await this.#others(context, files);
    const parts: string[] = [];
    for (let i = 0; i < sstables.length; i += RECORDS_PER_PART) {
      const part = encodeRecord(sstables.slice(i, i + RECORDS_PER_PART));
      parts.push(idText((await this.writer.put('record', part)).id));
    }
    const record: TableRecord = {
      format: RECORD_FORMAT,
      keyspace,
      table,
      path,
      files: others,
      parts,
    };
    const { id } = await this.writer.put('record', encodeRecord(record));
    return {
      keyspace,
      table,
      path,
      sstables: sstables.length,
      files: others.length,
      bytes: bytes.new + bytes.reused + bytes.derived,
      raw: rawRoot(sstables),
      record: idText(id),
    };
  }

  #context(report: TableReport, matching: Matching): SSTableContext {
    const { repository, executor, signal, onProgress } = this.#options;
    const { chunk, compression } = repository.config;
    const store: StoreContext = {
      writer: this.writer,
      executor,
      rooms: this.#rooms,
      answerBytesMax: this.#options.answerBytesMax ?? ANSWER_NATIVE_BYTES_MAX,
      chunker: { idsKey: repository.keys.ids, compression, ...chunk },
      matching,
      reading: async (bytes) => {
        throwIfInterrupted(signal);
        await this.#limiter?.take(bytes, signal);
        report.bytes.read += bytes;
        onProgress?.({ table: `${report.keyspace}.${report.table}`, bytes });
      },
      ...(signal === undefined ? {} : { signal }),
    };
    const recipe = (id: string): Promise<Recipe> => readRecipe(repository, id);
    return { ...store, report, recipe, faults: this.#faults, notes: this.#notes };
  }

  /**
   * Rows of new SSTables are looked for where they were in the last backup: in SSTables of the table
   * that are gone since, and in those of other nodes.
   */
  #matching(source: SourceTable, parents: Parents, parent: ParentTable): Matching {
    const { repository, cacheDirectory = null, dryRun } = this.#options;
    const { digests } = repository.keys;
    const cache =
      cacheDirectory === null || dryRun === true
        ? null
        : new DigestCache(cacheDirectory, repository.config.id);
    let opened: Promise<MatchSources | null> | null = null;
    const open = async (): Promise<MatchSources | null> => {
      const options = {
        repository,
        cache,
        has: (id: Uint8Array) => this.writer.has(id),
        recipe: (id: string) => readRecipe(repository, id),
      };
      return MatchSources.open(options, {
        gone: goneSince(parent, source).flatMap(({ recipe }) => recipe ?? []),
        ...(await parents.others(source.path)),
      });
    };
    const sources = (): Promise<MatchSources | null> => {
      opened ??= open();
      return opened;
    };
    return { secret: digests, cache, sources };
  }

  /** Small SSTables go several at a time, so that every worker has one; large ones by ranges. */
  async #sstables(
    context: SSTableContext,
    files: readonly SSTableFiles[],
    parent: ParentTable,
  ): Promise<SSTableRecord[]> {
    const records: SSTableRecord[] = [];
    const store = (sstable: SSTableFiles): Promise<SSTableRecord | null> =>
      this.#sstable(context, sstable, parent);
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
      const count = { rawBytes: 0, newRawBytes: 0 };
      try {
        const stream = await storeFile(context, path, size, count);
        const other = records.get(name);
        if (other !== undefined) {
          if (other.stream.sha256 === stream.sha256) continue;
          this.#notes.push({ file: path, message: 'left out: another data directory has one too' });
          continue;
        }
        records.set(name, { name, bytes: size, stream });
        context.report.bytes.new += count.newRawBytes;
        context.report.bytes.reused += count.rawBytes - count.newRawBytes;
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

  #bytes(): BackupBytes {
    const stored = this.writer.stats.storedBytes;
    const bytes = { read: 0, new: 0, reused: 0, derived: 0, stored };
    for (const report of this.#reports) {
      bytes.read += report.bytes.read;
      bytes.new += report.bytes.new;
      bytes.reused += report.bytes.reused;
      bytes.derived += report.bytes.derived;
    }
    return bytes;
  }

  #keptApart(): KeptApart {
    const total = { ...NOTHING_APART };
    for (const report of this.#reports) {
      total.opaqueLeaves += report.opaqueLeaves;
      total.exceptionBlocks += report.exceptionBlocks;
      total.plainSSTables += report.plainSSTables;
    }
    return total;
  }

  #report(manifest: Omit<Manifest, 'root' | 'summary'>, bytes: BackupBytes): BackupReport {
    const { id, node, created, parent, tags } = manifest;
    const { newChunks, knownChunks } = this.writer.stats;
    return {
      id,
      node,
      created,
      parent,
      tags,
      dryRun: this.#options.dryRun === true,
      tables: this.#reports,
      bytes,
      ...this.#keptApart(),
      chunks: { new: newChunks, reused: knownChunks },
      faults: this.#faults,
      notes: this.#notes,
    };
  }
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
