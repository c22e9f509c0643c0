/** What turns rows into text: one writer per output format, fed in file order. */
import type { PartitionHead, SerializationHeader, Unfiltered } from '../../components/index.js';
import type { DialectName } from './dialect.js';

export interface DumpWriter {
  /** Text that begins a partition, its static row included. */
  begin(head: PartitionHead): string;
  unfiltered(item: Unfiltered): string;
  /** `position` is that of the byte that ends the partition. */
  end(position: number): string;
  /** Whether `unfiltered` would be the first of the partition; kept across continuations. */
  started: boolean;
}

export interface DumpStyle {
  readonly header: SerializationHeader;
  /** Print numbers as stored instead of ISO 8601. */
  readonly rawTime: boolean;
  /** Seconds since 1970 that decide what has expired. */
  readonly now: number;
  /** Only deletions. */
  readonly tombstonesOnly: boolean;
  /** Which release's sstabledump the JSON looks like. */
  readonly dialect: DialectName;
  /** What the dialects from 5.0 on say about the table; null in the others. */
  readonly tableKind: 'REGULAR' | 'INDEX' | null;
  /** Name of the SSTable, to be printed where there are several. */
  readonly sstable: string | null;
  /** Local deletion times are printed as signed numbers. */
  readonly signedDeletionTimes: boolean;
}
