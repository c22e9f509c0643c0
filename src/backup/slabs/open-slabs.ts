/**
 * Slabs whose heads this thread has read. A merge takes turns between many slabs, range after range:
 * without this each range would read all their heads again, and each read the block in which the one
 * before ended.
 */
import type { BlockSpan, SlabRows } from './slab-rows.js';

/** More than the SSTables that one range is usually merged from; some 40 KB each. */
const OPEN_MAX = 64;

export class OpenSlab {
  readonly rows: SlabRows;
  /** Number of each chunk, by the key of its id as hex. */
  readonly numbers: ReadonlyMap<string, number>;
  /** The last block that was read, as it is stored. */
  #last: { readonly block: number; readonly bytes: Uint8Array } | null = null;

  constructor(rows: SlabRows, numbers: ReadonlyMap<string, number>) {
    this.rows = rows;
    this.numbers = numbers;
  }

  /** Stored bytes of a span; `get` reads what is not here, by offset behind the head and length. */
  async stored(
    span: BlockSpan,
    get: (offset: number, length: number) => Promise<Uint8Array>,
  ): Promise<Uint8Array> {
    const known = this.#last?.block === span.first ? this.#last.bytes : NOTHING;
    const missing = span.length - known.length;
    const more = missing === 0 ? NOTHING : await get(span.offset + known.length, missing);
    const all = known.length === 0 ? more : new Uint8Array(Buffer.concat([known, more]));
    const length = this.rows.head.blocks[span.end - 1] as number;
    this.#last = { block: span.end - 1, bytes: all.slice(all.length - length) };
    return all;
  }
}

const NOTHING = new Uint8Array(0);

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
