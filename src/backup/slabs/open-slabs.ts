/**
 * Slabs whose heads this thread has read. A merge takes turns between many slabs, range after range:
 * without this each range would read all their heads again, and each read the block in which the one
 * before ended.
 */
import type { BytePool } from '../../io/index.js';
import type { BlockSpan, SlabRows } from './slab-rows.js';

/** More than the SSTables that one range is usually merged from; some 40 KB each. */
const OPEN_MAX = 64;

export class OpenSlab {
  readonly rows: SlabRows;
  /** Number of each chunk, by the key of its id as hex. */
  readonly numbers: ReadonlyMap<string, number>;
  /** The last block that was read, as it is stored, at the start of `#lastBytes`. */
  #last: { readonly block: number; readonly length: number } | null = null;
  #lastBytes = NOTHING;

  constructor(rows: SlabRows, numbers: ReadonlyMap<string, number>) {
    this.rows = rows;
    this.numbers = numbers;
  }

  /**
   * Stored bytes of a span, in memory of `pool`; `get` reads what is not here, by offset behind the
   * head and length, into the array it is given or another one.
   */
  async stored(
    span: BlockSpan,
    pool: BytePool,
    get: (offset: number, length: number, into?: Uint8Array) => Promise<Uint8Array>,
  ): Promise<Uint8Array> {
    // A length that no usual span has may be damage: the store knows how many bytes there are.
    if (span.length > POOLED_MAX) return get(span.offset, span.length);
    const all = pool.take(span.length);
    const known = this.#last?.block === span.first ? this.#last.length : 0;
    all.set(this.#lastBytes.subarray(0, known));
    if (known < span.length) {
      const rest = all.subarray(known);
      const read = await get(span.offset + known, rest.length, rest);
      if (read.buffer !== rest.buffer) rest.set(read);
    }
    this.#keep(span.end - 1, all);
    return all;
  }

  /** Keeps the block at the end of `bytes`. */
  #keep(block: number, bytes: Uint8Array): void {
    const length = this.rows.head.blocks[block] as number;
    if (length > this.#lastBytes.length) this.#lastBytes = new Uint8Array(length);
    this.#lastBytes.set(bytes.subarray(bytes.length - length));
    this.#last = { block, length };
  }
}

const NOTHING = new Uint8Array(0);
/** More than one read fetches of usual chunks. */
const POOLED_MAX = 4 * 1024 * 1024;

/** By repository, pack and offset; the one used last at the end. */
const open = new Map<string, OpenSlab>();

export async function openSlab(key: string, read: () => Promise<OpenSlab>): Promise<OpenSlab> {
  const slab = open.get(key) ?? (await read());
  open.delete(key);
  open.set(key, slab);
  const [oldest] = open.keys();
  if (open.size > OPEN_MAX && oldest !== undefined) open.delete(oldest);
  return slab;
}
