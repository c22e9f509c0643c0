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
  const out = new Uint8Array(lz4Bound(source.length));
  const view = new DataView(source.buffer, source.byteOffset, source.length);
  const small = source.length < SMALL_LIMIT;
  const table = new Uint32Array(small ? 8192 : 4096);
  const hash = (at: number): number =>
    small
      ? Math.imul(view.getUint32(at, true), 2654435761) >>> 19
      : Number(
          ((BigInt.asUintN(64, view.getBigUint64(at, true) << 24n) * 889523592379n) >> 52n) & 4095n,
        );
  const matches = (at: number, candidate: number): boolean =>
    (small || at - candidate <= MAX_DISTANCE) && view.getUint32(at) === view.getUint32(candidate);
  const searchEnd = source.length - MATCH_SEARCH_END + 1;
  const matchEnd = source.length - LAST_LITERALS;
  let anchor = 0;
  let op = 0;
  const writeLength = (count: number): void => {
    let rest = count - 15;
    for (; rest >= 255; rest -= 255) out[op++] = 255;
    if (rest >= 0) out[op++] = rest;
  };
  const writeLiterals = (end: number): number => {
    const token = op++;
    out[token] = Math.min(end - anchor, 15) << 4;
    writeLength(end - anchor);
    out.set(source.subarray(anchor, end), op);
    op += end - anchor;
    return token;
  };
  /** Moves to the next match at or after `from`; -1 for none before the end. */
  const search = (from: number): { at: number; match: number } | null => {
    let next = from;
    let nextHash = hash(next);
    for (let step = 1, tries = 64; ; step = tries++ >> 6) {
      const at = next;
      next += step;
      if (next > searchEnd) return null;
      const slot = nextHash;
      const match = table[slot] as number;
      nextHash = hash(next);
      table[slot] = at;
      if (matches(at, match)) return { at, match };
    }
  };
  if (source.length > MATCH_SEARCH_END) {
    table[hash(0)] = 0;
    let found = search(1);
    while (found !== null) {
      let { at, match } = found;
      while (at > anchor && match > 0 && source[at - 1] === source[match - 1]) {
        at--;
        match--;
      }
      let token = writeLiterals(at);
      for (;;) {
        out[op++] = (at - match) & 255;
        out[op++] = (at - match) >> 8;
        at += MIN_MATCH;
        const start = at;
        for (match += MIN_MATCH; at < matchEnd && source[at] === source[match]; at++) match++;
        out[token] = (out[token] as number) | Math.min(at - start, 15);
        writeLength(at - start);
        anchor = at;
        if (at >= searchEnd) break;
        table[hash(at - 2)] = at - 2;
        const slot = hash(at);
        match = table[slot] as number;
        table[slot] = at;
        if (!matches(at, match)) break;
        token = op++;
      }
      found = at >= searchEnd ? null : search(at + 1);
    }
  }
  writeLiterals(source.length);
  return out.slice(0, op);
}
