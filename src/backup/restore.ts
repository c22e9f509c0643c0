/**
 * Restores a backup, byte for byte. First every file that is there already is looked at: one that
 * differs stops the restore before anything is written (RESTORE_CONFLICT) unless overwriting is
 * wanted. Then what is missing is rebuilt, each file under a temporary name until it is whole,
 * compared with its SHA-256 and durable (invariant 8). Running it again finishes what is missing;
 * once everything is there it writes nothing. Files that the repository cannot give any more are named
 * at the end, when all others are back.
 */
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { SstashError } from '../errors.js';
import {
  type FileSystem,
  isTemporaryName,
  listDirectory,
  makeDirectory,
  nodeFileSystem,
  openFile,
  publish,
  removeFile,
  statPath,
  statPathIfThere,
} from '../io/index.js';
import { mapOrdered, throwIfInterrupted } from '../parallel/index.js';
import type { Manifest, Repository } from '../repository/index.js';
import { DerivedFiles } from './derived/index.js';
import { Ledger } from './ledger.js';
import { type OtherSSTables, otherSSTables } from './other-sstables.js';
import { type ReadContext, readData, versionOf } from './read-data.js';
import { readStream, readStreamWhole } from './read-stream.js';
import {
  type DerivedSource,
  type GroupDerivation,
  isDerived,
  lost,
  type PlannedFile,
  type PlannedGroup,
  planRestore,
  type RestoreLayout,
  selectTables,
} from './restore-plan.js';
import type { TableFilter } from './sources.js';

export interface RestoreOptions extends ReadContext {
  readonly manifest: Manifest;
  readonly target: string;
  readonly filter?: TableFilter;
  readonly layout?: RestoreLayout;
  readonly overwrite?: boolean;
  readonly dryRun?: boolean;
  /** Read everything again afterwards, also what was there already. */
  readonly verify?: boolean;
  readonly fs?: FileSystem;
  readonly onProgress?: (progress: { readonly table: string; readonly bytes: number }) => void;
  /** Told before anything is written, and not where nothing will be because of a conflict. */
  readonly onOtherSSTables?: (others: OtherSSTables) => void;
}

export interface RestoreReport {
  readonly id: string;
  readonly target: string;
  readonly dryRun: boolean;
  /** Files of the backup, and how many of them this run wrote. */
  files: number;
  filesWritten: number;
  bytesWritten: number;
  /** Bytes of packs that were read for it. */
  bytesRead: number;
  bytesAlreadyThere: number;
  verified: boolean;
  /** SSTables that are not of the backup, in folders of its tables. */
  otherSSTables: readonly OtherSSTables[];
}

/** Groups smaller than this are restored several at a time. */
const SMALL_BYTES = 8 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;
const SHOWN = 5;

export async function restore(options: RestoreOptions): Promise<RestoreReport> {
  const fs = options.fs ?? nodeFileSystem;
  const job = new RestoreJob(options, fs, await Ledger.open(options.target, fs));
  try {
    return await job.run();
  } finally {
    await job.ledger.close();
  }
}

class RestoreJob {
  readonly ledger: Ledger;
  readonly #options: RestoreOptions;
  readonly #fs: FileSystem;
  readonly #report: RestoreReport;
  readonly #failed: { readonly path: string; readonly error: SstashError }[] = [];

  constructor(options: RestoreOptions, fs: FileSystem, ledger: Ledger) {
    const onRead = (bytes: number): void => {
      this.#report.bytesRead += bytes;
    };
    this.#options = { ...options, onRead };
    this.#fs = fs;
    this.ledger = ledger;
    this.#report = {
      id: options.manifest.id,
      target: options.target,
      dryRun: options.dryRun === true,
      files: 0,
      filesWritten: 0,
      bytesWritten: 0,
      bytesRead: 0,
      bytesAlreadyThere: 0,
      verified: false,
      otherSSTables: [],
    };
  }

  async run(): Promise<RestoreReport> {
    const { reader } = this.#options.repository;
    const before = reader.bytesRead;
    const report = await this.#run();
    report.bytesRead += reader.bytesRead - before;
    return report;
  }

  async #run(): Promise<RestoreReport> {
    const { repository, manifest, filter = {}, layout = 'cassandra' } = this.#options;
    const tables = await selectTables(repository, manifest, filter);
    const plan = (): AsyncGenerator<PlannedGroup> => planRestore(repository, tables, layout);
    const missing = await this.#inspect(plan());
    if (this.#options.dryRun === true) {
      for (const { bytes, files } of missing) {
        this.#report.bytesWritten += bytes;
        this.#report.filesWritten += files.length;
      }
      if (this.#failed.length > 0) throw this.#incomplete();
      return this.#report;
    }
    await this.#write(missing);
    if (this.#failed.length > 0) throw this.#incomplete();
    if (this.#options.verify === true) await this.#verify(plan());
    return this.#report;
  }

  /** What is missing or to be replaced; throws RESTORE_CONFLICT. Reads, and writes nothing. */
  async #inspect(plan: AsyncGenerator<PlannedGroup>): Promise<PlannedGroup[]> {
    const missing: PlannedGroup[] = [];
    const conflicts: string[] = [];
    const seen = new Set<string>();
    const folders = new Map<string, string>();
    const incomplete = new Set<string>();
    for await (const group of plan) {
      if (group.lost !== undefined) {
        this.#failed.push(group.lost);
        incomplete.add(group.table);
      }
      const files: PlannedFile[] = [];
      for (const file of group.files) {
        throwIfInterrupted(this.#options.signal);
        if (seen.has(file.path)) throw this.#twice(file.path);
        seen.add(file.path);
        folders.set(folderOf(file.path), group.table);
        this.#report.files++;
        const state = await this.#stateOf(file);
        if (state === 'same') this.#report.bytesAlreadyThere += file.bytes;
        else files.push(file);
        if (state === 'other') conflicts.push(file.path);
      }
      const bytes = files.reduce((total, file) => total + file.bytes, 0);
      if (files.length > 0) missing.push({ ...group, files, bytes });
    }
    if (conflicts.length > 0 && this.#options.overwrite !== true) throw this.#conflict(conflicts);
    // Where the repository lost a part of a table, its files may be there from before.
    for (const [folder, table] of folders) if (incomplete.has(table)) folders.delete(folder);
    await this.#findOthers(folders, seen);
    return missing;
  }

  async #findOthers(
    folders: ReadonlyMap<string, string>,
    paths: ReadonlySet<string>,
  ): Promise<void> {
    const { target, onOtherSSTables } = this.#options;
    this.#report.otherSSTables = await otherSSTables(target, folders, paths, this.#fs);
    for (const others of this.#report.otherSSTables) onOtherSSTables?.(others);
  }

  async #stateOf(file: PlannedFile): Promise<'absent' | 'same' | 'other'> {
    const path = join(this.#options.target, file.path);
    const status = await statPathIfThere(path, this.#fs);
    if (status === null) return 'absent';
    if (status.kind !== 'file' || status.size !== file.bytes) return 'other';
    // Who asks for certainty, or for wrong files to be replaced, gets every byte read.
    const { verify, overwrite } = this.#options;
    const trusts = verify !== true && overwrite !== true;
    if (trusts && this.ledger.has(file.path, file.sha256, status)) return 'same';
    return (await this.#hash(path)) === file.sha256 ? 'same' : 'other';
  }

  #twice(path: string): SstashError {
    const flat = this.#options.layout === 'flat';
    return new SstashError(
      flat ? 'USAGE' : 'REPOSITORY_CORRUPT',
      'two files of the backup would have the same place',
      { file: path, ...(flat ? { hint: 'Use --layout cassandra, or one --table.' } : {}) },
    );
  }

  #conflict(conflicts: readonly string[]): SstashError {
    const shown = conflicts.slice(0, SHOWN).join(', ');
    const more = conflicts.length > SHOWN ? ', …' : '';
    return new SstashError(
      'RESTORE_CONFLICT',
      `${conflicts.length === 1 ? 'one file is' : `${conflicts.length} files are`} there with other ` +
        `bytes: ${shown}${more}; nothing was written`,
      {
        file: join(this.#options.target, conflicts[0] ?? ''),
        hint: 'Restore into another folder, or replace them with --overwrite.',
      },
    );
  }

  async #write(groups: readonly PlannedGroup[]): Promise<void> {
    if (groups.length === 0) return;
    await this.#prepare(groups);
    const lanes = this.#options.executor.concurrency + 1;
    for (let i = 0; i < groups.length; ) {
      let end = i + 1;
      const isSmall = (at: number): boolean => (groups[at]?.bytes ?? SMALL_BYTES) < SMALL_BYTES;
      if (isSmall(i)) while (end < groups.length && isSmall(end)) end++;
      const written = mapOrdered(groups.slice(i, end), lanes, async (group) => {
        await this.#writeGroup(group);
      });
      for await (const _ of written) throwIfInterrupted(this.#options.signal);
      i = end;
    }
  }

  /** Makes the folders and clears them of what a killed restore left under temporary names. */
  async #prepare(groups: readonly PlannedGroup[]): Promise<void> {
    const names = new Map<string, Set<string>>();
    for (const { files } of groups) {
      for (const { path } of files) {
        const full = join(this.#options.target, path);
        const folder = dirname(full);
        const inside = names.get(folder) ?? new Set();
        inside.add(full.slice(folder.length + 1));
        names.set(folder, inside);
      }
    }
    await makeDirectory(this.#options.target, this.#fs);
    for (const [folder, inside] of names) {
      await makeDirectory(folder, this.#fs);
      for (const { name } of await listDirectory(folder, this.#fs)) {
        // `.<name>.<16 hex>.tmp`
        if (!isTemporaryName(name) || !inside.has(name.slice(1, -21))) continue;
        await removeFile(join(folder, name), this.#fs);
      }
    }
  }

  /** Components that follow from the rows are made on the way, whether Data.db is missing or not. */
  async #writeGroup({ table, files, derivation }: PlannedGroup): Promise<void> {
    const derived = files.filter(({ source }) => isDerived(source));
    const others = files.filter((file) => !derived.includes(file));
    if (derivation === undefined || derived.length === 0) {
      for (const file of others) await this.#tryFile(table, file, this.#content(file));
      return;
    }
    const isData = ({ source }: PlannedFile): boolean =>
      source instanceof SstashError || 'data' in source;
    for (const file of others.filter((other) => !isData(other))) {
      await this.#tryFile(table, file, this.#content(file));
    }
    await this.#writeDerived(table, derivation, derived, others.find(isData));
  }

  async #writeDerived(
    table: string,
    derivation: GroupDerivation,
    derived: readonly PlannedFile[],
    data: PlannedFile | undefined,
  ): Promise<void> {
    const maker = await openDerivedFiles(this.#options.repository, derivation, derived).catch(lost);
    if (maker instanceof SstashError) {
      for (const { path } of derived) this.#failed.push({ path, error: maker });
      if (data !== undefined) await this.#tryFile(table, data, this.#content(data));
      return;
    }
    const writing = derived.map((file) => {
      const queue = maker.queue((file.source as DerivedSource).component);
      return this.#tryFile(table, file, queue.read()).finally(() => queue.end());
    });
    // Handled where they are awaited, below.
    for (const written of writing) written.catch(() => undefined);
    try {
      const rows = this.#rows(derivation, maker);
      if (data === undefined) for await (const _ of rows) throwIfInterrupted(this.#options.signal);
      else await this.#writeFile(table, data, rows);
    } catch (error) {
      maker.fail(error);
      if (data !== undefined) this.#failed.push({ path: data.path, error: lost(error) });
    } finally {
      await Promise.all(writing).finally(() => maker.close());
    }
  }

  /** The bytes of Data.db, of which `maker` makes the other components. */
  async *#rows(
    { recipe }: GroupDerivation,
    maker: DerivedFiles,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const bytes of readData(this.#options, recipe, maker)) {
      yield bytes;
      await maker.flush();
    }
    await maker.finish();
  }

  /** A file that the repository cannot give does not keep the others from coming back. */
  async #tryFile(
    table: string,
    file: PlannedFile,
    content: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    try {
      await this.#writeFile(table, file, content);
    } catch (error) {
      this.#failed.push({ path: file.path, error: lost(error) });
    }
  }

  #incomplete(): SstashError {
    const [first] = this.#failed;
    const shown = this.#failed.slice(0, SHOWN).map(({ path }) => path);
    const more = this.#failed.length > SHOWN ? ', …' : '';
    const { filesWritten, dryRun } = this.#report;
    const failed = this.#failed.length;
    const what = failed === 1 ? '1 file or table' : `${failed} files or tables`;
    const others = filesWritten === 1 ? '1 other' : `${filesWritten} others`;
    const were = filesWritten === 1 ? 'was' : 'were';
    return new SstashError(
      'REPOSITORY_CORRUPT',
      `${what} cannot be restored: ${shown.join(', ')}${more}; ` +
        `${others} ${dryRun ? 'would be' : were} (${first?.error.message ?? ''})`,
      {
        file: join(this.#options.target, first?.path ?? ''),
        hint: '`sstash verify --read-data` lists it; an older backup may have these files.',
        cause: first?.error,
      },
    );
  }

  async #writeFile(
    table: string,
    file: PlannedFile,
    content: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const path = join(this.#options.target, file.path);
    await publish(
      path,
      async (writer) => {
        const hash = createHash('sha256');
        for await (const bytes of content) {
          throwIfInterrupted(this.#options.signal);
          hash.update(bytes);
          await writer.write(bytes);
          this.#options.onProgress?.({ table, bytes: bytes.length });
        }
        const found = hash.digest('hex');
        if (found !== file.sha256 || writer.position !== file.bytes) throw differs(file, found);
      },
      { fs: this.#fs, bytes: file.bytes },
    );
    this.#report.filesWritten++;
    this.#report.bytesWritten += file.bytes;
    const status = await statPath(path, this.#fs);
    await this.ledger.add(this.#report.id, file.path, file.sha256, status);
  }

  async *#content({ source }: PlannedFile): AsyncGenerator<Uint8Array, void, undefined> {
    const { repository, signal } = this.#options;
    if (source instanceof SstashError) throw source;
    if ('data' in source) yield* readData(this.#options, source);
    else if (!isDerived(source)) yield* readStream(repository, source, signal);
  }

  async #verify(plan: AsyncGenerator<PlannedGroup>): Promise<void> {
    for await (const { files } of plan) {
      for (const file of files) {
        throwIfInterrupted(this.#options.signal);
        const found = await this.#hash(join(this.#options.target, file.path));
        if (found !== file.sha256) throw differs(file, found);
      }
    }
    this.#report.verified = true;
  }

  async #hash(path: string): Promise<string> {
    const file = await openFile(path, this.#fs);
    try {
      const hash = createHash('sha256');
      const buffer = new Uint8Array(Math.min(READ_BYTES, Math.max(1, file.size)));
      for (let at = 0; at < file.size; at += buffer.length) {
        throwIfInterrupted(this.#options.signal);
        hash.update(await file.read(at, Math.min(buffer.length, file.size - at), buffer));
      }
      return hash.digest('hex');
    } finally {
      await file.close();
    }
  }
}

/** Of a path below the target. */
function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function differs(file: PlannedFile, found: string): SstashError {
  return new SstashError('REPOSITORY_CORRUPT', 'the restored bytes are not those backed up', {
    file: file.path,
    expected: file.sha256,
    found,
    hint: '`sstash verify --read-data` looks for damage in the repository.',
  });
}

/** Throws REPOSITORY_… where the rows are not known. */
async function openDerivedFiles(
  repository: Repository,
  { recipe, parameters, components }: GroupDerivation,
  files: readonly PlannedFile[],
): Promise<DerivedFiles> {
  const { data, sstable } = recipe;
  if (data.form !== 'rows') {
    throw new SstashError('REPOSITORY_CORRUPT', `${sstable} has components that nothing makes`);
  }
  return new DerivedFiles({
    ...versionOf(sstable),
    statistics: await readStreamWhole(repository, data.statistics),
    nativeBytes: data.nativeBytes,
    parameters,
    components,
    wanted: files.map(({ source }) => (source as DerivedSource).component),
  });
}
