/** What a repository holds, backup by backup and table by table, and what its files are made of. */
import { isSstashError, type SstashError } from '../../errors.js';
import { throwIfInterrupted } from '../../parallel/index.js';
import type { Manifest, ManifestName, Repository } from '../../repository/index.js';
import { addCounts, sumOf } from '../counts.js';
import { type KeptReport, keptReport } from '../report.js';
import { BackupWalk, type WalkedTable } from './backup-walk.js';
import { Objects } from './objects.js';
import { noTally, type Tally } from './tally.js';

/** A tally with what follows from it. */
export interface Stats extends Tally {
  /** Sum of `stored`. */
  readonly storedBytes: number;
  readonly ratios: Ratios;
}

/** Null where there is nothing to divide by. */
export interface Ratios {
  /** Bytes of files for each byte that is stored. */
  readonly dedup: number | null;
  /** Bytes stored for each byte that a store of whole files holds. */
  readonly wholeFile: number | null;
  /** Bytes of objects for each byte of their frames. */
  readonly compression: number | null;
}

export interface TableStats extends Stats {
  readonly keyspace: string;
  readonly table: string;
  readonly path: string;
}

export interface BackupStats extends Stats {
  readonly id: string;
  readonly node: string;
  readonly created: string;
  readonly tags: readonly string[];
  /** Stored by this backup and all before it. */
  readonly storedSoFar: number;
  readonly tables: readonly TableStats[];
  /** What the backup counted when it was made; null where it did not keep that. */
  readonly report: KeptReport | null;
  /** Why not all of it could be counted. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface FilesOfKind {
  readonly count: number;
  readonly bytes: number;
}

export interface RepositoryStats {
  readonly location: string;
  /** All files of the repository, by the first part of their names. */
  readonly files: Readonly<Record<FileKind, FilesOfKind>> & { readonly all: FilesOfKind };
  /** What packs are made of; adds up to their bytes. */
  readonly packs: PackBytes;
  readonly backups: readonly BackupStats[];
  /** Each table in all backups. */
  readonly tables: readonly TableStats[];
  readonly total: Stats;
}

export interface PackBytes {
  /** Objects that backups need. */
  readonly needed: number;
  /** Objects that none needs, or that are there twice. */
  readonly notNeeded: number;
  /** Packs that no index names: of backups that were stopped. */
  readonly unindexed: number;
  /** Heads and indexes of packs, and what is in quarantine. */
  readonly overhead: number;
}

export type FileKind = 'config' | 'manifests' | 'packs' | 'index' | 'quarantine';

export interface StatsOptions {
  readonly repository: Repository;
  readonly signal?: AbortSignal;
  /** Told of backups that cannot be read. */
  readonly onUnreadable?: (name: ManifestName, error: SstashError) => void;
  /** Told of each backup before it is counted, and of bytes that are read. */
  readonly onBackup?: (manifest: Manifest) => void;
  readonly onProgress?: (bytes: number) => void;
}

/** Memory: the index, a bit an object, some hundred bytes for each SSTable and file there ever was. */
export async function repositoryStats(options: StatsOptions): Promise<RepositoryStats> {
  const { repository, signal, onProgress = () => undefined } = options;
  const objects = await Objects.open(repository);
  const walk = new BackupWalk(repository, objects, (bytes) => {
    throwIfInterrupted(signal);
    onProgress(bytes);
  });
  const backups: BackupStats[] = [];
  const tables = new Map<string, WalkedTable>();
  const total = noTally();
  for (const manifest of await repository.manifests(options.onUnreadable)) {
    options.onBackup?.(manifest);
    const tally = noTally();
    const walked: WalkedTable[] = [];
    const error = await failure(walk.backup(manifest, tally, walked));
    addCounts(total, tally);
    for (const table of walked) addTable(tables, table);
    backups.push(backupStats(manifest, tally, { walked, error, before: backups.at(-1) }));
  }
  const files = await filesOf(repository);
  return {
    location: repository.store.location,
    files,
    packs: await packBytes(repository, objects.bytes, files.packs.bytes),
    backups,
    tables: [...tables.values()].sort((a, b) => (a.path < b.path ? -1 : 1)).map(withRatios),
    total: withRatios(total),
  };
}

/** Damage is told with the backup that has it. */
async function failure(counting: Promise<void>): Promise<SstashError | null> {
  try {
    await counting;
    return null;
  } catch (error) {
    if (!isSstashError(error) || error.code === 'INTERRUPTED') throw error;
    return error;
  }
}

interface Walked {
  readonly walked: readonly WalkedTable[];
  readonly error: SstashError | null;
  readonly before: BackupStats | undefined;
}

function backupStats(manifest: Manifest, tally: Tally, more: Walked): BackupStats {
  const { id, node, created, tags } = manifest;
  const { walked, error, before } = more;
  const stats = withRatios(tally);
  return {
    id,
    node,
    created,
    tags,
    ...stats,
    storedSoFar: (before?.storedSoFar ?? 0) + stats.storedBytes,
    tables: walked.map(withRatios),
    report: keptReport(manifest),
    error: error === null ? null : { code: error.code, message: error.message },
  };
}

/** The newest backup's names, with the sums of all. */
function addTable(tables: Map<string, WalkedTable>, table: WalkedTable): void {
  const known = tables.get(table.path);
  const sum = addCounts(noTally(), table);
  const { keyspace, table: name, path } = table;
  tables.set(path, {
    keyspace,
    table: name,
    path,
    ...(known === undefined ? sum : addCounts(sum, known)),
  });
}

function withRatios<T extends Tally>(tally: T): T & Stats {
  const { logicalBytes, wholeFileBytes, rawBytes, stored, restore } = tally;
  const storedBytes = sumOf(stored);
  const ratio = (a: number, b: number): number | null => (b === 0 ? null : a / b);
  return {
    ...tally,
    restore: { ...restore, needed: Math.round(restore.needed) },
    storedBytes,
    ratios: {
      dedup: ratio(logicalBytes, storedBytes),
      wholeFile: ratio(storedBytes, wholeFileBytes),
      compression: ratio(rawBytes, storedBytes),
    },
  };
}

async function filesOf({ store }: Repository): Promise<RepositoryStats['files']> {
  const listed = async (kind: FileKind): Promise<FilesOfKind> => {
    const config = kind === 'config' ? await store.head(kind) : null;
    const blobs = kind === 'config' ? (config ?? []) : await store.list(kind);
    const all = [blobs].flat();
    return { count: all.length, bytes: all.reduce((sum, { bytes }) => sum + bytes, 0) };
  };
  const files = {
    config: await listed('config'),
    manifests: await listed('manifests'),
    packs: await listed('packs'),
    index: await listed('index'),
    quarantine: await listed('quarantine'),
  };
  const all = { count: 0, bytes: 0 };
  for (const kind of Object.values(files)) addCounts(all, kind);
  return { ...files, all };
}

async function packBytes(repository: Repository, needed: number, all: number): Promise<PackBytes> {
  let unindexed = 0;
  for (const { key, bytes } of await repository.store.list('packs')) {
    if (!repository.isIndexed(key.slice(key.lastIndexOf('/') + 1))) unindexed += bytes;
  }
  const { frameBytes } = await repository.index();
  const notNeeded = frameBytes - needed;
  return { needed, notNeeded, unindexed, overhead: all - needed - notNeeded - unindexed };
}
