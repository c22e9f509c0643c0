/** What a backup did. */
import type { DamageRecord } from './records.js';

/** Sizes in bytes of files: `new` + `reused` + `derived` is everything that the backup holds. */
export interface BackupBytes {
  /** Read from the SSTables. */
  read: number;
  /** Of files whose content the repository did not have (for rows: in proportion). */
  new: number;
  /** Of files, or parts of files, that it had. */
  reused: number;
  /** Of files that follow from the rows and are made again when they are restored. */
  derived: number;
  /** Written to the repository, compressed, with indexes; without the manifest. */
  stored: number;
}

/** What is kept exactly, but not in the form that is shared best. */
export interface KeptApart {
  /** Records kept as their native bytes, because the strict reading would not give them back. */
  opaqueLeaves: number;
  /** Compressed blocks kept beside the rows, because the encoder does not write them the same. */
  exceptionBlocks: number;
  /** SSTables whose Data.db is kept as plain bytes as a whole. */
  plainSSTables: number;
}

export interface TableReport extends KeptApart {
  readonly keyspace: string;
  readonly table: string;
  readonly path: string;
  sstables: number;
  /** SSTables whose Data.db was not read again. */
  sstablesReused: number;
  readonly bytes: Omit<BackupBytes, 'stored'>;
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

export interface BackupReport extends KeptApart {
  readonly id: string;
  readonly node: string;
  readonly created: string;
  readonly parent: string | null;
  readonly tags: readonly string[];
  readonly dryRun: boolean;
  readonly tables: readonly TableReport[];
  readonly bytes: BackupBytes;
  readonly chunks: { readonly new: number; readonly reused: number };
  readonly faults: readonly BackupFault[];
  readonly notes: readonly BackupNote[];
}
