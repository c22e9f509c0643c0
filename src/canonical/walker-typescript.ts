/**
 * The leaf walker in TypeScript: the specification of native-bindings/assembly/walk.ts.
 *
 * It takes another way to the same leaves: each head and unfiltered is read into the row model,
 * written back by the native writer and compared; what comes back otherwise is kept as an opaque
 * record. Its output is not bounded but by the window, and it is far slower.
 */
import { ByteReader, ByteWriter, equalBytes, NeedMoreBytes } from '../binary/index.js';
import { kernels } from '../codec/index.js';
import {
  type PartitionEnd,
  type PartitionHead,
  RowReader,
  RowWriter,
  type Unfiltered,
} from '../components/index.js';
import { isSstashError, SstashError } from '../errors.js';
import { encodeHead, encodeOpaque, encodeUnfiltered, writePlace } from './encode.js';
import { RecordTag } from './tags.js';
import { hasOnlyWritableFacts } from './walker-facts.js';
import { LeafList } from './walker-leaf-list.js';
import { notesOf } from './walker-notes.js';
import { LeafNote, type LeafWindow, type Walker, type WalkerOptions } from './walker-types.js';

export class TypeScriptWalker implements Walker {
  readonly #options: WalkerOptions;
  readonly #reader: RowReader;
  readonly #writer: RowWriter;
  readonly #native = new ByteWriter();
  readonly #place = new ByteWriter();
  #window = new Uint8Array(0);
  #pending = 0;
  #pendingAt = 0;
  #insidePartition = false;
  /** Native size of the previous record of the partition. */
  #previousSize = 0;
  /** Murmur3 of the partition's key. */
  #prefix = new Uint8Array(16);

  constructor(options: WalkerOptions) {
    this.#options = options;
    this.#reader = new RowReader(options.header, options.version);
    this.#writer = new RowWriter(options);
  }

  get pending(): number {
    return this.#pending;
  }

  resume(previousSize: number): void {
    this.#insidePartition = true;
    this.#previousSize = previousSize;
    this.#reader.startInside();
  }

  window(capacity: number): Uint8Array {
    if (capacity < this.#pending) {
      throw new TypeError(`${this.#pending} bytes are pending, the window has ${capacity}`);
    }
    const rest = this.#window.subarray(this.#pendingAt, this.#pendingAt + this.#pending);
    if (capacity > this.#window.length) this.#window = new Uint8Array(capacity);
    this.#window.set(rest);
    this.#pendingAt = 0;
    return this.#window.subarray(0, capacity);
  }

  walk(length: number, last: boolean, basePosition: number): LeafWindow {
    const bytes = this.window(length);
    const reader = new ByteReader(bytes, { base: basePosition, complete: last });
    const leaves = new LeafList(this.#options);
    let consumed = 0;
    try {
      while (reader.remaining > 0) {
        if (this.#insidePartition) this.#next(reader, leaves);
        else this.#partition(reader, leaves);
        consumed = reader.offset;
      }
    } catch (error) {
      if (!(error instanceof NeedMoreBytes)) throw damage(error, basePosition + consumed);
    }
    if (last && this.#insidePartition) {
      throw damage(
        new SstashError('SSTABLE_TRUNCATED', 'the rows end inside a partition'),
        basePosition + consumed,
      );
    }
    this.#pendingAt = consumed;
    this.#pending = length - consumed;
    return leaves.result(bytes.subarray(0, consumed), this.#insidePartition);
  }

  close(): void {
    this.#window = new Uint8Array(0);
    this.#pending = 0;
    this.#pendingAt = 0;
  }

  /** Head and first unfiltered, which are one leaf when nothing follows. */
  #partition(r: ByteReader, leaves: LeafList): void {
    const start = r.offset;
    const head = this.#reader.readHead(r);
    const headEnd = r.offset;
    const first = this.#reader.readNext(r);
    const firstEnd = r.offset;
    // Whether the first is the only one must be known before its leaf is cut.
    const next = first.type === 'end' ? first : this.#peekEnd(r);
    const headBytes = r.bytes.subarray(start, headEnd);
    const key = head.key;
    this.#prefix = kernels('typescript').murmur3(key).slice();
    const cut = new DataView(this.#prefix.buffer).getUint32(12);
    const headNotes = this.#head(leaves.bytes, head, headBytes) ? LeafNote.opaque : notesOf(head);
    leaves.countCells(head.staticRow === null ? [] : head.staticRow.columns);
    leaves.beginPartition(this.#prefix, key.length === 0);
    if (first.type === 'end') {
      leaves.add(this.#prefix, start, cut, true, headNotes);
      return;
    }
    if (next === null) leaves.add(this.#prefix, start, cut, true, headNotes);
    const native = r.bytes.subarray(headEnd, firstEnd);
    const opaque = this.#unfiltered(leaves.bytes, first, native, headEnd - start);
    const notes = opaque ? LeafNote.opaque : notesOf(first);
    leaves.count(first);
    if (next === null) {
      leaves.add(this.#prefix, headEnd, this.#cut(first), false, notes);
      this.#insidePartition = true;
      this.#previousSize = firstEnd - headEnd;
    } else {
      leaves.add(this.#prefix, start, cut, true, headNotes | notes);
    }
  }

  /** The end of the partition if it stands here, consumed; else null. */
  #peekEnd(r: ByteReader): PartitionEnd | null {
    r.need(1);
    if ((r.view.getUint8(r.offset) & 1) === 0) return null;
    const end = this.#reader.readNext(r);
    return end.type === 'end' ? end : null;
  }

  #next(r: ByteReader, leaves: LeafList): void {
    const start = r.offset;
    const unfiltered = this.#reader.readNext(r);
    if (unfiltered.type === 'end') {
      this.#insidePartition = false;
      return;
    }
    const native = r.bytes.subarray(start, r.offset);
    const opaque = this.#unfiltered(leaves.bytes, unfiltered, native, this.#previousSize);
    leaves.count(unfiltered);
    const notes = opaque ? LeafNote.opaque : notesOf(unfiltered);
    leaves.add(this.#prefix, start, this.#cut(unfiltered), false, notes);
    this.#previousSize = native.length;
  }

  /** Appends the head's record; true when it is opaque. */
  #head(out: ByteWriter, head: PartitionHead, native: Uint8Array): boolean {
    this.#native.clear();
    this.#writer.writeHead(this.#native, head);
    const strict =
      equalBytes(this.#native.view(), native) &&
      (head.staticRow === null || hasOnlyWritableFacts(head.staticRow, this.#options.version));
    if (strict) encodeHead(out, head);
    else encodeOpaque(out, RecordTag.opaqueHead, native);
    return !strict;
  }

  #unfiltered(
    out: ByteWriter,
    unfiltered: Unfiltered,
    native: Uint8Array,
    previousSize: number,
  ): boolean {
    this.#native.clear();
    this.#writer.writeUnfiltered(this.#native, unfiltered, previousSize);
    const strict =
      equalBytes(this.#native.view(), native) &&
      hasOnlyWritableFacts(unfiltered, this.#options.version);
    if (strict) encodeUnfiltered(out, unfiltered);
    else encodeOpaque(out, RecordTag.opaque, native);
    return !strict;
  }

  #cut(unfiltered: Unfiltered): number {
    const place = this.#place;
    place.clear();
    place.bytes(this.#prefix);
    writePlace(place, unfiltered);
    const hash = kernels('typescript').xxh3(place.view());
    return new DataView(hash.buffer, hash.byteOffset).getUint32(12);
  }
}

/** The reader's errors, told as both walkers tell them: by position in the uncompressed stream. */
function damage(error: unknown, position: number): unknown {
  if (!isSstashError(error)) return error;
  return new SstashError(error.code, error.message, {
    component: 'Data.db',
    uncompressedOffset: error.offset ?? position,
    cause: error,
  });
}
