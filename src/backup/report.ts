/** What a backup did. */
import type { Manifest } from '../repository/index.js';
import {
  addCounts,
  type ByOrigin,
  countsOf,
  type KeptApart,
  noCounts,
  type StoredBytes,
  sumOf,
  type TableCounts,
} from './counts.js';
import type { DamageRecord } from './records.js';

/** Sizes in bytes of files: `new` + `reused` + `derived` is everything that the backup holds. */
export interface BackupBytes {
  /** Read from the SSTables. */
  readonly read: number;
  /** Of files whose content the repository did not have (for rows: in proportion). */
  readonly new: number;
  /** Of files, or parts of files, that it had. */
  readonly reused: number;
  /** Of files that follow from the rows and are made again when they are restored. */
  readonly derived: number;
  /**
   * Written to the repository, compressed, without the manifest; of a table without the heads and
   * indexes of packs, which tables share.
   */
  readonly stored: number;
  /** What a store of whole files would have been sent: files with contents that no backup had. */
  readonly wholeFile: number;
}

/** Counts of a table, or of all; each group adds up exactly. */
export interface CountedBytes extends KeptApart {
  readonly bytes: BackupBytes;
  /** Adds up to `bytes.reused`. */
  readonly reused: Omit<ByOrigin, 'new'>;
  /** All leaves, and their canonical bytes. */
  readonly leaves: ByOrigin;
  readonly leafBytes: ByOrigin;
}

export interface TableReport extends CountedBytes {
  readonly keyspace: string;
  readonly table: string;
  readonly path: string;
  readonly sstables: number;
  /** SSTables whose Data.db was not read again. */
  readonly sstablesReused: number;
  /** Adds up to `bytes.stored`. */
  readonly stored: StoredBytes;
}

/** `records` with the backup's own; `packs`: heads and indexes of packs, and index fragments. */
export interface AllStoredBytes extends StoredBytes {
  readonly packs: number;
}

/** Something that keeps the backup from being what was asked for: damage, or a file not read. */
export interface BackupFault extends DamageRecord {
  /** The file as found. */
  readonly file: string;
}

/** Something worth knowing that is not wrong. */
export interface BackupNote {
  readonly file: string;
  readonly message: string;
}

export interface BackupReport extends CountedBytes {
  readonly id: string;
  readonly node: string;
  readonly created: string;
  readonly parent: string | null;
  readonly tags: readonly string[];
  readonly dryRun: boolean;
  readonly tables: readonly TableReport[];
  readonly stored: AllStoredBytes;
  readonly chunks: { readonly new: number; readonly reused: number };
  readonly faults: readonly BackupFault[];
  readonly notes: readonly BackupNote[];
}

/** The counts of a backup, as its manifest keeps them. */
export interface KeptReport extends CountedBytes {
  readonly tables: readonly TableReport[];
  readonly stored: AllStoredBytes;
}

export interface CountedTable {
  readonly keyspace: string;
  readonly table: string;
  readonly path: string;
  readonly counts: TableCounts;
}

export function tableReport({ keyspace, table, path, counts }: CountedTable): TableReport {
  const { sstables, sstablesReused, stored } = counts;
  const bytes = countedBytes(counts, sumOf(stored));
  return { keyspace, table, path, sstables, sstablesReused, ...bytes, stored: { ...stored } };
}

/** What a backup wrote: all files but the manifest, and of that the record of the whole backup. */
interface Written {
  readonly stored: number;
  readonly root: number;
}

export function wholeReport(
  tables: readonly CountedTable[],
  { stored, root }: Written,
): KeptReport {
  const total = noCounts();
  total.stored.records = root;
  for (const { counts } of tables) addCounts(total, counts);
  return {
    ...countedBytes(total, stored),
    tables: tables.map(tableReport),
    stored: { ...total.stored, packs: stored - sumOf(total.stored) },
  };
}

function countedBytes(counts: TableCounts, stored: number): CountedBytes {
  const { read, derived, files, leaves, leafBytes, wholeFile } = counts;
  const { opaqueLeaves, opaqueBytes, exceptionBlocks, exceptionBytes } = counts;
  const { plainSSTables, plainBytes } = counts;
  const { new: fresh, ...reused } = files;
  const bytes = { read, new: fresh, reused: sumOf(reused), derived, stored, wholeFile };
  const plain = { plainSSTables, plainBytes };
  const apart = { opaqueLeaves, opaqueBytes, exceptionBlocks, exceptionBytes, ...plain };
  return { bytes, reused, leaves: { ...leaves }, leafBytes: { ...leafBytes }, ...apart };
}

/** Bytes of what the tables hold. */
export function sizeOf({ files, derived }: TableCounts): number {
  return sumOf(files) + derived;
}

interface KeptSummary {
  readonly bytes?: { readonly stored?: number };
  readonly rootBytes?: number;
  readonly tables?: readonly {
    readonly keyspace: string;
    readonly table: string;
    readonly path: string;
    readonly counts?: unknown;
  }[];
}

/** What the manifest of a backup keeps of its report; null for one of before there was any. */
export function keptReport({ summary }: Pick<Manifest, 'summary'>): KeptReport | null {
  const { bytes, rootBytes: root = 0, tables = [] } = summary as KeptSummary;
  if (tables.length === 0 || tables.some(({ counts }) => counts === undefined)) return null;
  const counted = tables.map(({ keyspace, table, path, counts }) => {
    return { keyspace, table, path, counts: countsOf(counts) };
  });
  return wholeReport(counted, { stored: bytes?.stored ?? 0, root });
}
