/**
 * The sketch of partition keys in COMPACTION of Statistics.db: HyperLogLog++ with p = 13 and sp = 25
 * over a 64-bit MurmurHash2, as Cassandra builds it, to the byte (format writing reference, 14.6).
 *
 *   version   i32, -2
 *   p, sp     LEB128 each, 13 and 25
 *   format    LEB128: 0 normal, 1 sparse
 *   normal    LEB128 5464, then 1366 i32 words, each with six 5-bit registers from the low bits up
 *   sparse    LEB128 n, n × LEB128 difference to the entry before, modulo 2^32
 *
 * A sparse entry is an i32: an even one is the index (25 bits) × 2; an odd one has the index above
 * six bits that are the run length xor 63. Entries of 2^31 and above are negative where they are
 * compared, which leaves them in an odd order; the bytes show it, so it is copied here.
 */
import { ByteWriter } from '../binary/index.js';

const REGISTERS = 8192;
const REGISTERS_PER_WORD = 6;
const WORDS = 1366;
const TEMPORARY_MAX = 1536;
const SPARSE_MAX = 6144;

/**
 * Keys whose hashes must be offered in their order; the registers of later ones can be merged. The
 * sparse form ends long before that many distinct keys.
 */
export const SKETCH_ORDERED_KEYS = 16384;

export class KeySketch {
  #temporary = new Int32Array(TEMPORARY_MAX + 1);
  #waiting = 0;
  /** Null once the sketch has its normal form. */
  #sparse: Int32Array | null = new Int32Array(0);
  #registers = new Uint8Array(0);

  /** Whether the order of keys has stopped to matter. */
  get isNormal(): boolean {
    return this.#sparse === null;
  }

  /** Takes the hash of a key in halves, unsigned or not. */
  offer(high: number, low: number): void {
    const index = high >>> 7;
    const run = runOf(high, low);
    if (this.#sparse === null) {
      this.#raise(high >>> 19, run);
      return;
    }
    const plain = (index & 0xfff) !== 0;
    this.#temporary[this.#waiting++] = plain ? index << 1 : (((index << 6) | (run ^ 63)) << 1) | 1;
    if (this.#waiting <= TEMPORARY_MAX) return;
    this.#merge();
    if (this.#sparse.length > SPARSE_MAX) this.#toNormal();
  }

  /** Merges 8192 registers of keys that were not offered; the sketch takes its normal form. */
  merge(registers: Uint8Array): void {
    this.#toNormal();
    registers.forEach((run, register) => {
      this.#raise(register, run);
    });
  }

  /** As it stands in the file. */
  toBytes(): Uint8Array {
    if (this.#sparse !== null) this.#merge();
    const w = new ByteWriter(WORDS * 4 + 16);
    w.i32(-2);
    w.u8(13);
    w.u8(25);
    if (this.#sparse !== null) writeSparse(w, this.#sparse);
    else writeNormal(w, this.#registers);
    return w.toBytes();
  }

  #raise(register: number, run: number): void {
    if (run > (this.#registers[register] ?? 0)) this.#registers[register] = run;
  }

  #toNormal(): void {
    if (this.#sparse === null) return;
    this.#merge();
    this.#registers = new Uint8Array(REGISTERS);
    for (const entry of this.#sparse) {
      const run = (entry & 1) === 1 ? ((entry >>> 1) & 63) ^ 63 : Math.clz32(entry << 19) + 1;
      this.#raise(indexOf(entry) >>> 12, run);
    }
    this.#sparse = null;
  }

  #merge(): void {
    if (this.#sparse === null || this.#waiting === 0) return;
    const fresh = [...this.#temporary.subarray(0, this.#waiting)].sort(
      (a, b) => indexOf(a) - indexOf(b) || (a << 19) - (b << 19),
    );
    this.#waiting = 0;
    this.#sparse = mergeEntries(this.#sparse, fresh);
  }
}

/** Rank of the first bit that is set below the register's 13. */
function runOf(high: number, low: number): number {
  const upper = (high << 13) | (low >>> 19);
  if (upper !== 0) return Math.clz32(upper) + 1;
  return 32 + Math.clz32((low << 13) | 4096) + 1;
}

function indexOf(entry: number): number {
  return (entry & 1) === 1 ? entry >>> 7 : entry >>> 1;
}

/** Two lists of entries as one; smaller entries first, as signed numbers. */
function mergeEntries(set: Int32Array, fresh: readonly number[]): Int32Array {
  const merged = new Int32Array(set.length + fresh.length);
  let length = 0;
  let next = 0;
  const take = (): number => {
    const entry = fresh[next++] ?? 0;
    while (next < fresh.length && indexOf(fresh[next] ?? 0) === indexOf(entry)) next++;
    return entry;
  };
  let at = 0;
  while (at < set.length || next < fresh.length) {
    const old = set[at] ?? 0;
    const young = fresh[next] ?? 0;
    if (at >= set.length) merged[length++] = take();
    else if (next >= fresh.length) merged[length++] = set[at++] ?? 0;
    else if (indexOf(old) === indexOf(young)) {
      merged[length++] = Math.min(old, take());
      at++;
    } else if (old < young) merged[length++] = set[at++] ?? 0;
    else merged[length++] = take();
  }
  return merged.slice(0, length);
}

function writeSparse(w: ByteWriter, entries: Int32Array): void {
  w.u8(1);
  writeLeb128(w, entries.length);
  let before = 0;
  for (const entry of entries) {
    writeLeb128(w, (entry - before) >>> 0);
    before = entry;
  }
}

function writeNormal(w: ByteWriter, registers: Uint8Array): void {
  w.u8(0);
  writeLeb128(w, WORDS * 4);
  for (let word = 0; word < WORDS; word++) {
    let bits = 0;
    for (let i = 0; i < REGISTERS_PER_WORD; i++) {
      bits |= (registers[word * REGISTERS_PER_WORD + i] ?? 0) << (5 * i);
    }
    w.i32(bits);
  }
}

/** @param value unsigned, 32 bits */
function writeLeb128(w: ByteWriter, value: number): void {
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) w.u8((rest & 0x7f) | 0x80);
  w.u8(rest);
}
