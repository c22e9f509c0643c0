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

/** A record of which the digest as a leaf of its own may be known. */
interface Held {
  readonly bytes: Uint8Array;
  readonly digest: Uint8Array | null;
}

const PREFIX_BYTES = 16;

export class PartitionDigest {
  readonly #sink: DigestSink;
  readonly #writer = new ByteWriter();
  #prefix: Uint8Array = new Uint8Array(PREFIX_BYTES);
  #head: Held | null = null;
  #first: Held | null = null;
  /** Whether the head says something apart from the key. */
  #hasHead = false;
  #count = 0;

  constructor(sink: DigestSink) {
    this.#sink = sink;
  }

  /** Begins the partition `head`; `digest` is that of the head as a leaf, where it is known. */
  begin(head: PartitionHead, digest: Uint8Array | null): void {
    this.#prefix = kernels().murmur3(head.key).slice(0, PREFIX_BYTES);
    this.#writer.clear();
    encodeHead(this.#writer, head);
    this.#head = { bytes: this.#writer.toBytes(), digest: digest?.slice() ?? null };
    this.#hasHead = head.deletion !== null || (head.staticRow?.columns.length ?? 0) > 0;
    this.#first = null;
    this.#count = 0;
  }

  /** Goes on behind the head and two or more rows of a partition, which are digested already. */
  resume(key: Uint8Array): void {
    this.#prefix = kernels().murmur3(key).slice(0, PREFIX_BYTES);
    this.#head = null;
    this.#first = null;
    this.#hasHead = true;
    this.#count = 2;
  }

  /** The next row or marker of the partition. */
  add(unfiltered: Unfiltered): void {
    this.#writer.clear();
    encodeUnfiltered(this.#writer, unfiltered);
    this.addRecord(this.#writer.view(), null);
  }

  /** The same as its record, a view, and the digest of it as a leaf, where that is known. */
  addRecord(bytes: Uint8Array, digest: Uint8Array | null): void {
    this.#count++;
    if (this.#count === 1) {
      this.#first = { bytes: bytes.slice(), digest: digest?.slice() ?? null };
      return;
    }
    if (this.#count === 2) {
      for (const held of [this.#head, this.#first]) if (held !== null) this.#leaf(held);
    }
    this.#leaf({ bytes, digest });
  }

  /** Ends the partition; whether anything is left of it. */
  end(): boolean {
    const { bytes: head } = this.#head ?? { bytes: new Uint8Array(0) };
    if (this.#count === 1 && this.#first !== null) {
      this.#digest([head, this.#first.bytes]);
    } else if (this.#count === 0 && this.#hasHead) {
      this.#digest([head]);
    }
    this.#head = null;
    this.#first = null;
    return this.#count > 0 || this.#hasHead;
  }

  #leaf({ bytes, digest }: Held): void {
    if (digest !== null) this.#sink.leaf(digest);
    else this.#digest([bytes]);
  }

  #digest(parts: readonly Uint8Array[]): void {
    this.#sink.leaf(xxh3_128(Buffer.concat([this.#prefix, ...parts])));
  }
}
