/**
 * Worker task: the rows of a part of one SSTable as text, so that decoding and printing of a large
 * table use every core. A part ends at the given position or when its text is long enough; then
 * the answer says where to continue, which may be in the middle of a partition of any size.
 */
import type { FormatVersion, PartitionHead, Unfiltered } from '../components/index.js';
import { isSstashError, toWire, type WireError } from '../errors.js';
import { type TaskContext, TransferResult, throwIfInterrupted } from '../parallel/index.js';
import { type SSTable, withSSTable } from '../sstable/index.js';
import { AnnotateWriter, type SourceBytes } from './dump/annotate-writer.js';
import { ByteOutput } from './dump/byte-output.js';
import { FastDump } from './dump/fast/fast-dump.js';
import { keyPredicate, type PartitionFilter } from './dump/filters.js';
import { ItemReader } from './dump/item-reader.js';
import { type KeysFormat, KeysWriter } from './dump/keys-writer.js';
import { LinesWriter } from './dump/lines-writer.js';
import { PartitionLinesWriter } from './dump/partition-lines-writer.js';
import { onlyTombstones } from './dump/row-facts.js';
import type { DumpStyle, DumpWriter } from './dump/row-writer.js';
import { SstabledumpWriter } from './dump/sstabledump-writer.js';
import { TextWriter } from './dump/text-writer.js';

export type DumpFormat = 'json' | 'partition-lines' | 'jsonl' | 'text' | 'annotate' | KeysFormat;

/** Where an answer stopped. */
export interface DumpContinuation {
  /** Position of the next item. */
  readonly position: number;
  /** Position of the partition that the item is in, or null between partitions. */
  readonly head: number | null;
  /** Whether something of that partition is printed: its beginning, and one of its rows. */
  readonly begun: boolean;
  readonly started: boolean;
}

export interface DumpRangeArgument {
  readonly dataPath: string;
  /** Position of a partition in the uncompressed stream. */
  readonly from: number;
  /** Where a later partition begins, or the end; null: only the partition at `from`. */
  readonly to: number | null;
  /** Set to go on where an answer stopped. */
  readonly resume: DumpContinuation | null;
  readonly format: DumpFormat;
  readonly filter: PartitionFilter;
  readonly style: Omit<DumpStyle, 'header' | 'signedDeletionTimes'>;
  /** Bytes of text at which the answer stops; 12 MiB when not given. */
  readonly answerLength?: number;
  /** Where the text is to be, as far as it fits there. */
  readonly room?: SharedArrayBuffer;
}

export interface DumpRangeResult {
  /** UTF-8; partitions in `json` begin with a comma, the first one too. */
  readonly text: Uint8Array<ArrayBufferLike>;
  readonly next: DumpContinuation | null;
  /** What stopped the reading; the text holds everything before it. */
  readonly error: WireError | null;
}

/** Bytes at which an answer stops: with the largest row, what a dump takes of memory per task. */
const ANSWER_LENGTH = 12 * 1024 * 1024;
/** Room for most answers: what ends one may be longer than what was left of it. */
export const ANSWER_ROOM = ANSWER_LENGTH + 1024 * 1024;
/** Where no room is given. */
const CAPACITY_MIN = 64 * 1024;

function newWriter(
  format: DumpFormat,
  style: DumpStyle,
  version: FormatVersion,
  source: SourceBytes,
): DumpWriter {
  switch (format) {
    case 'json':
      return new SstabledumpWriter(style);
    case 'partition-lines':
      return new PartitionLinesWriter(style);
    case 'jsonl':
      return new LinesWriter(style);
    case 'text':
      return new TextWriter(style);
    case 'annotate':
      return new AnnotateWriter(style, version, source);
    case 'keys':
    case 'keys-jsonl':
    case 'keys-text':
      return new KeysWriter(style, format);
  }
}

class RangeDump {
  readonly #sstable: SSTable;
  readonly #argument: DumpRangeArgument;
  readonly #writer: DumpWriter;
  readonly #isWanted: (key: Uint8Array) => boolean;
  readonly #output: ByteOutput;
  /** What it does not do is left to the general reader and writer. */
  readonly #fast: FastDump | null;
  #items: ItemReader;
  /** Position of the partition that is being read, or -1 between partitions. */
  #inside = -1;
  /** Its head, where that was read in the general way. */
  #head: PartitionHead | null = null;
  #wanted = false;
  /** Whether the partition's beginning is printed; with `tombstonesOnly` that waits for one. */
  #begun = false;
  readonly #answerLength: number;
  /** No partition at or behind this position is printed. */
  readonly #stop: number;

  constructor(sstable: SSTable, argument: DumpRangeArgument) {
    const { resume, style, format, filter } = argument;
    this.#sstable = sstable;
    this.#argument = argument;
    this.#answerLength = argument.answerLength ?? ANSWER_LENGTH;
    this.#output = new ByteOutput(argument.room ?? CAPACITY_MIN);
    // To print one partition is to stop before anything behind its first byte.
    this.#stop = argument.to ?? argument.from + 1;
    const signedDeletionTimes = !sstable.version.hasUIntDeletionTime;
    const { header } = sstable;
    const whole = { ...style, header, signedDeletionTimes };
    const source: SourceBytes = (position, length) => this.#items.source(position, length);
    this.#writer = newWriter(format, whole, sstable.version, source);
    const plain = filter.excludedKeys.length === 0 && filter.tokens === null;
    const inLines = format === 'partition-lines';
    const { version } = sstable;
    this.#fast =
      plain && (inLines || format === 'json') ? FastDump.create(whole, version, inLines) : null;
    this.#items = this.#itemsFrom(resume?.head ?? resume?.position ?? argument.from);
    this.#isWanted = keyPredicate(filter, sstable.statistics.partitioner, header.keyType);
  }

  async run(signal: AbortSignal): Promise<DumpRangeResult> {
    let error: WireError | null = null;
    try {
      await this.#resume();
      while (!this.#isDone()) {
        this.#fastSteps();
        if (this.#isDone() || this.#step()) continue;
        throwIfInterrupted(signal);
        await this.#items.fill();
      }
    } catch (cause) {
      error = toWire(await this.#items.located(cause));
    } finally {
      this.#fast?.close();
    }
    const { position } = this.#items;
    const finished = error !== null || this.#isAtEnd(position);
    const next = {
      position,
      head: this.#inside < 0 ? null : this.#inside,
      begun: this.#begun,
      started: this.#writer.started,
    };
    return { text: this.#output.written(), next: finished ? null : next, error };
  }

  #isDone(): boolean {
    return this.#output.length >= this.#answerLength || this.#isAtEnd(this.#items.position);
  }

  #isAtEnd(position: number): boolean {
    return this.#inside < 0 && position >= this.#stop;
  }

  /** Comes back to the middle of a partition: its head is read again, but not printed again. */
  async #resume(): Promise<void> {
    const { resume } = this.#argument;
    if (resume === null || resume.head === null) return;
    let head = this.#items.head();
    while (head === null) {
      await this.#items.fill();
      head = this.#items.head();
    }
    this.#head = head;
    this.#inside = resume.head;
    this.#wanted = this.#isWanted(head.key);
    this.#begun = resume.begun;
    if (resume.begun) this.#writer.begin(head);
    this.#writer.started = resume.started;
    this.#items = this.#itemsFrom(resume.position);
  }

  /** Windows lie where the kernel finds them, as far as there is room. */
  #itemsFrom(position: number): ItemReader {
    return new ItemReader(this.#sstable, position, (length) => this.#fast?.room(length));
  }

  /** Heads, rows and ends as long as they are of the usual kind and in the window. */
  #fastSteps(): void {
    const fast = this.#fast;
    if (fast === null) return;
    const state = { head: this.#inside, started: this.#writer.started, stop: this.#stop };
    const room = this.#answerLength - this.#output.length;
    fast.run(this.#items.reader, state, this.#output, room);
    this.#writer.started = fast.started;
    if (fast.head === this.#inside) return;
    this.#inside = fast.head;
    this.#head = null;
    this.#wanted = true;
    this.#begun = this.#inside >= 0;
  }

  /** One item; false when more bytes are needed first. */
  #step(): boolean {
    if (this.#inside < 0) {
      const head = this.#items.head();
      if (head === null) return false;
      this.#enter(head);
      return true;
    }
    const item = this.#items.next();
    if (item === null) return false;
    if (item.type === 'end') this.#leave(item.position);
    else if (this.#wanted) this.#print(item);
    return true;
  }

  #enter(head: PartitionHead): void {
    this.#inside = head.position;
    this.#wanted = this.#isWanted(head.key);
    this.#begun = false;
    this.#writer.started = false;
    if (!this.#argument.style.tombstonesOnly) {
      this.#head = head;
      if (this.#wanted) this.#begin(head);
      return;
    }
    const { staticRow } = head;
    const kept = staticRow === null ? null : onlyTombstones(staticRow);
    this.#head = { ...head, staticRow: kept };
    if (this.#wanted && (head.deletion !== null || kept !== null)) this.#begin(this.#head);
  }

  #begin(head: PartitionHead): void {
    this.#output.text(placed(head.position, () => this.#writer.begin(head)));
    this.#begun = true;
  }

  #print(item: Unfiltered): void {
    const kept = this.#argument.style.tombstonesOnly ? onlyTombstones(item) : item;
    if (kept === null) return;
    if (!this.#begun && this.#head !== null) this.#begin(this.#head);
    this.#output.text(placed(item.position, () => this.#writer.unfiltered(kept)));
  }

  #leave(position: number): void {
    if (this.#begun) this.#output.text(this.#writer.end(position));
    this.#head = null;
    this.#inside = -1;
    this.#begun = false;
  }
}

/** Runs `write`; a value that is none of its type is at `position`. */
function placed(position: number, write: () => string): string {
  try {
    return write();
  } catch (error) {
    throw isSstashError(error) ? error.with({ uncompressedOffset: position }) : error;
  }
}

/** Prints a part of an SSTable; damage comes back in the answer, behind the text before it. */
export async function dumpRange(
  argument: DumpRangeArgument,
  context: TaskContext,
): Promise<TransferResult<DumpRangeResult>> {
  const result = await withSSTable(argument.dataPath, (sstable) =>
    new RangeDump(sstable, argument).run(context.signal),
  );
  const { buffer } = result.text;
  return new TransferResult(result, buffer instanceof ArrayBuffer ? [buffer] : []);
}
