/**
 * Raw LZ4 blocks in TypeScript: the specification of native-bindings/assembly/lz4.ts.
 *
 * A block is a list of sequences: token (literal count << 4 | match length - 4), more literal
 * length bytes when the count is 15, the literals, a 16-bit little-endian distance, more match
 * length bytes when the length is 15. The last sequence has literals only.
 */

/** Below this length the encoder's table holds 16-bit positions, hashed from 4 bytes. */
const SMALL_LIMIT = 65536 + 11;
/** A match begins at least 12 bytes before the end; the last 5 bytes are literals. */
const MATCH_SEARCH_END = 12;
const LAST_LITERALS = 5;
const MIN_MATCH = 4;
const MAX_DISTANCE = 65535;

/** Most bytes that encoding `length` bytes writes (8-byte copies run over by up to 32). */
export function lz4Bound(length: number): number {
  return length + Math.floor(length / 255) + 32;
}

/** Decodes `source` into exactly `target`; false when the block is malformed or does not fit. */
export function lz4DecodeTypescript(source: Uint8Array, target: Uint8Array): boolean {
  let ip = 0;
  let op = 0;
  /** Length with its continuation bytes; past `target.length` the block is malformed anyway. */
  const longLength = (length: number): number => {
    let total = length;
    if (length < 15) return total;
    for (;;) {
      const more = source[ip++];
      if (more === undefined || total > target.length) return Number.POSITIVE_INFINITY;
      total += more;
      if (more !== 255) return total;
    }
  };
  for (;;) {
    const token = source[ip++];
    if (token === undefined) return false;
    const literals = longLength(token >> 4);
    if (literals > target.length - op || literals > source.length - ip) return false;
    target.set(source.subarray(ip, ip + literals), op);
    ip += literals;
    op += literals;
    if (ip === source.length) return op === target.length;
    const low = source[ip++];
    const high = source[ip++];
    if (low === undefined || high === undefined) return false;
    const distance = low | (high << 8);
    if (distance === 0 || distance > op) return false;
    const length = longLength(token & 15) + MIN_MATCH;
    if (length > target.length - op) return false;
    for (const end = op + length; op < end; op++) target[op] = target[op - distance] as number;
  }
}

/** The greedy search of liblz4's fast compressor at acceleration 1. Returns a new array. */
export function lz4EncodeTypescript(source: Uint8Array): Uint8Array {
  return new Encoder(source).encode();
}

class Encoder {
  readonly #source: Uint8Array;
  readonly #view: DataView;
  readonly #small: boolean;
  /** Last position of each hash. */
  readonly #table: Uint32Array;
  readonly #out: Uint8Array;
  #outLength = 0;
  /** First byte that is not in a sequence yet. */
  #anchor = 0;

  constructor(source: Uint8Array) {
    this.#source = source;
    this.#view = new DataView(source.buffer, source.byteOffset, source.length);
    this.#small = source.length < SMALL_LIMIT;
    this.#table = new Uint32Array(this.#small ? 8192 : 4096);
    this.#out = new Uint8Array(lz4Bound(source.length));
  }

  encode(): Uint8Array {
    const { length } = this.#source;
    if (length > MATCH_SEARCH_END) {
      this.#table[this.#hash(0)] = 0;
      let next = 1;
      while (next >= 0) next = this.#sequences(next);
    }
    this.#literals(length);
    return this.#out.slice(0, this.#outLength);
  }

  /** The next match from `from` on and those that follow at once; -1 at the end. */
  #sequences(from: number): number {
    const found = this.#search(from);
    if (found === null) return -1;
    const source = this.#source;
    let { at, match } = found;
    while (at > this.#anchor && match > 0 && source[at - 1] === source[match - 1]) {
      at--;
      match--;
    }
    let token = this.#literals(at);
    for (;;) {
      at = this.#match(token, at, match);
      this.#anchor = at;
      if (at >= this.#searchEnd) return -1;
      this.#table[this.#hash(at - 2)] = at - 2;
      match = this.#replace(this.#hash(at), at);
      if (!this.#matches(at, match)) return at + 1;
      token = this.#outLength++;
    }
  }

  get #searchEnd(): number {
    return this.#source.length - MATCH_SEARCH_END + 1;
  }

  /** The first match at or after `from`, looking at fewer places the longer it takes. */
  #search(from: number): { at: number; match: number } | null {
    let next = from;
    let nextHash = this.#hash(next);
    for (let step = 1, tries = 64; ; step = tries++ >> 6) {
      const at = next;
      const slot = nextHash;
      next += step;
      if (next > this.#searchEnd) return null;
      nextHash = this.#hash(next);
      const match = this.#replace(slot, at);
      if (this.#matches(at, match)) return { at, match };
    }
  }

  #hash(at: number): number {
    if (this.#small) return Math.imul(this.#view.getUint32(at, true), 2654435761) >>> 19;
    const five = BigInt.asUintN(64, this.#view.getBigUint64(at, true) << 24n);
    return Number(BigInt.asUintN(64, five * 889523592379n) >> 52n);
  }

  #replace(slot: number, at: number): number {
    const before = this.#table[slot] as number;
    this.#table[slot] = at;
    return before;
  }

  #matches(at: number, candidate: number): boolean {
    if (!this.#small && at - candidate > MAX_DISTANCE) return false;
    return this.#view.getUint32(at) === this.#view.getUint32(candidate);
  }

  /** Token and literals up to `end`; returns where the token is. */
  #literals(end: number): number {
    const token = this.#outLength++;
    const count = end - this.#anchor;
    this.#out[token] = Math.min(count, 15) << 4;
    this.#length(count);
    this.#out.set(this.#source.subarray(this.#anchor, end), this.#outLength);
    this.#outLength += count;
    return token;
  }

  /** Distance and length of a match, the latter added to the token; returns its end. */
  #match(token: number, start: number, from: number): number {
    const source = this.#source;
    const out = this.#out;
    out[this.#outLength++] = (start - from) & 255;
    out[this.#outLength++] = (start - from) >> 8;
    const limit = source.length - LAST_LITERALS;
    const least = start + MIN_MATCH;
    let at = least;
    for (let match = from + MIN_MATCH; at < limit && source[at] === source[match]; at++) match++;
    out[token] = (out[token] as number) | Math.min(at - least, 15);
    this.#length(at - least);
    return at;
  }

  /** The bytes after a count of 15 or more. */
  #length(count: number): void {
    let rest = count - 15;
    for (; rest >= 255; rest -= 255) this.#out[this.#outLength++] = 255;
    if (rest >= 0) this.#out[this.#outLength++] = rest;
  }
}
