/**
 * Digests of the leaves of one partition in normal form, cut as docs/canonical-form.md says: with
 * one row or marker it is one leaf, else its head is one and each of them.
 */
import { ByteWriter } from '../../binary/index.js';
import { encodeHead, encodeUnfiltered } from '../../canonical/index.js';
import { kernels, xxh3_128 } from '../../codec/index.js';
import type { PartitionHead, Unfiltered } from '../../components/index.js';

/** Receives the digest of each leaf. */
export interface DigestSink {
  leaf(digest: Uint8Array): void;
}

const PREFIX_BYTES = 16;

export class PartitionDigest {
  readonly #sink: DigestSink;
  /** The place prefix, then what is to be digested. */
  readonly #writer = new ByteWriter();
  #prefix: Uint8Array = new Uint8Array(PREFIX_BYTES);
  #head: Uint8Array = new Uint8Array(0);
  /** The first row or marker, until a second one shows that it is a leaf of its own. */
  #first: Uint8Array = new Uint8Array(0);
  /** Whether the head says something apart from the key. */
  #hasHead = false;
  #count = 0;

  constructor(sink: DigestSink) {
    this.#sink = sink;
  }

  begin(head: PartitionHead): void {
    this.#prefix = kernels().murmur3(head.key).slice(0, PREFIX_BYTES);
    this.#writer.clear();
    encodeHead(this.#writer, head);
    this.#head = this.#writer.toBytes();
    this.#hasHead = head.deletion !== null || (head.staticRow?.columns.length ?? 0) > 0;
    this.#count = 0;
  }

  /** Goes on behind the head and two or more rows of a partition, which are digested already. */
  resume(key: Uint8Array): void {
    this.#prefix = kernels().murmur3(key).slice(0, PREFIX_BYTES);
    this.#hasHead = true;
    this.#count = 2;
  }

  /** Whether the next row or marker is a leaf of its own, as are all that follow. */
  get isSplit(): boolean {
    return this.#count >= 2;
  }

  /** The next row or marker of the partition. */
  add(unfiltered: Unfiltered): void {
    const writer = this.#writer;
    writer.clear();
    writer.bytes(this.#prefix);
    encodeUnfiltered(writer, unfiltered);
    this.#written();
  }

  /** The same as its record; its digest as a leaf need not be known. */
  addRecord(bytes: Uint8Array): void {
    this.#writer.clear();
    this.#writer.bytes(this.#prefix);
    this.#writer.bytes(bytes);
    this.#written();
  }

  #written(): void {
    this.#count++;
    const digested = this.#writer.view();
    if (this.#count === 1) {
      this.#first = digested.slice(PREFIX_BYTES);
      return;
    }
    if (this.#count > 2) {
      this.#sink.leaf(xxh3_128(digested));
      return;
    }
    const second = xxh3_128(digested).slice();
    this.#digest(this.#head);
    this.#digest(this.#first);
    this.#sink.leaf(second);
  }

  /** Ends the partition; whether anything is left of it. */
  end(): boolean {
    if (this.#count === 1) this.#digest(this.#head, this.#first);
    else if (this.#count === 0 && this.#hasHead) this.#digest(this.#head);
    return this.#count > 0 || this.#hasHead;
  }

  #digest(...parts: Uint8Array[]): void {
    const writer = this.#writer;
    writer.clear();
    writer.bytes(this.#prefix);
    for (const part of parts) writer.bytes(part);
    this.#sink.leaf(xxh3_128(writer.view()));
  }
}
