/**
 * LZ4 blocks (no frame, no length prefix).
 *
 * A block is a list of sequences: token (literal count << 4 | match length - 4), more literal
 * length bytes when the count is 15, the literals, a 16-bit little-endian distance, more match
 * length bytes when the length is 15. The last sequence has literals only.
 *
 * The encoder takes the same decisions as liblz4 >= 1.8.2 `LZ4_compress_default` (acceleration 1),
 * so that blocks written by Cassandra come out byte for byte.
 */

/** Below this the table holds 16-bit positions hashed from 4 bytes, else 32-bit ones from 5. */
const SMALL_LIMIT: i32 = 65536 + 11;
const TABLE_BYTES: usize = 16384;
/** A match is searched up to 12 bytes before the end; the last 5 bytes are literals. */
const MATCH_SEARCH_END: i32 = 12;
const LAST_LITERALS: i32 = 5;
const MAX_DISTANCE: usize = 65535;
/** Input of a short sequence behind its token: 14 literals, of which 16 bytes are read, a distance. */
const SHORT_INPUT: i32 = 18;
/** Output of a short sequence: 14 literals, 18 bytes of a match. */
const SHORT_OUTPUT: i32 = 32;
const TABLE: usize = memory.data(16384, 16);

/** Negative results of `decode`: what was wrong with the block. */
const ENDS_EARLY: i32 = -1;
const LITERALS_TOO_LONG: i32 = -2;
const OUTPUT_SHORT: i32 = -3;
const DISTANCE_WRONG: i32 = -4;
const MATCH_TOO_LONG: i32 = -5;

@inline
function copy16(to: usize, from: usize): void {
  v128.store(to, v128.load(from));
}

/**
 * Decodes `[source, source + sourceLength)` into exactly `[target, target + targetLength)`.
 * Reads and writes nothing outside the two; returns `targetLength` or a negative reason.
 *
 * Most sequences have fewer than 15 literals and a match of at most 18 bytes that does not overlap
 * what it makes: far from both ends those are two fixed copies, whatever their lengths.
 */
export function decode(source: usize, sourceLength: i32, target: usize, targetLength: i32): i32 {
  let ip = source;
  let op = target;
  const ipEnd = source + <usize>sourceLength;
  const opEnd = target + <usize>targetLength;
  // Up to these a short sequence fits with all bytes that its copies run over.
  const ipShort = sourceLength > SHORT_INPUT ? ipEnd - SHORT_INPUT : source;
  const opShort = targetLength > SHORT_OUTPUT ? opEnd - SHORT_OUTPUT : target;
  while (true) {
    if (ip >= ipEnd) return ENDS_EARLY;
    const token = <usize>load<u8>(ip++);
    let literals = token >> 4;
    let length = token & 15;
    if (literals < 15 && ip < ipShort && op < opShort) {
      copy16(op, ip);
      op += literals;
      ip += literals;
      const near = <usize>load<u16>(ip);
      if (near >= 8 && near <= op - target) {
        const from = op - near;
        store<u64>(op, load<u64>(from));
        store<u64>(op, load<u64>(from, 8), 8);
        if (length < 15) {
          store<u16>(op, load<u16>(from, 16), 16);
          op += length + 4;
          ip += 2;
          continue;
        }
      }
    } else {
      if (literals == 15) {
        let more: usize;
        do {
          if (ip >= ipEnd) return ENDS_EARLY;
          more = <usize>load<u8>(ip++);
          literals += more;
          if (literals > <usize>targetLength) return LITERALS_TOO_LONG;
        } while (more == 255);
      }
      const room = opEnd - op;
      const left = ipEnd - ip;
      if (literals > room || literals > left) return LITERALS_TOO_LONG;
      if (left >= literals + 16 && room >= literals + 16) {
        for (let i: usize = 0; i < literals; i += 16) copy16(op + i, ip + i);
      } else {
        memory.copy(op, ip, literals);
      }
      ip += literals;
      op += literals;
      if (ip == ipEnd) return op == opEnd ? targetLength : OUTPUT_SHORT;
      if (ipEnd - ip < 2) return ENDS_EARLY;
    }
    const distance = <usize>load<u16>(ip);
    ip += 2;
    if (distance == 0 || distance > op - target) return DISTANCE_WRONG;
    if (length == 15) {
      let more: usize;
      do {
        if (ip >= ipEnd) return ENDS_EARLY;
        more = <usize>load<u8>(ip++);
        length += more;
        if (length > <usize>targetLength) return MATCH_TOO_LONG;
      } while (more == 255);
    }
    length += 4;
    if (length > opEnd - op) return MATCH_TOO_LONG;
    copyMatch(op, distance, length, opEnd);
    op += length;
  }
}

/** Repeats what stands `distance` before `op`; may write past the match, never past `end`. */
@inline
function copyMatch(op: usize, distance: usize, length: usize, end: usize): void {
  let to = op;
  let from = op - distance;
  const stop = op + length;
  if (distance >= 16 && end - op >= length + 16) {
    do {
      copy16(to, from);
      to += 16;
      from += 16;
    } while (to < stop);
  } else if (distance >= 8 && end - op >= length + 8) {
    do {
      store<u64>(to, load<u64>(from));
      to += 8;
      from += 8;
    } while (to < stop);
  } else {
    while (to < stop) store<u8>(to++, load<u8>(from++));
  }
}

/** Bytes that `encode` may write for an input of `length` bytes (its last copies run over). */
@inline
export function bound(length: i32): i32 {
  return length + length / 255 + 16 + 16;
}

/**
 * Encodes `[source, source + length)` at `target`, which needs `length + length / 255 + 32` bytes;
 * up to 8 bytes after the input are read. Returns the length of the block.
 */
export function encode(source: usize, length: i32, target: usize): i32 {
  return length < SMALL_LIMIT
    ? encodeWith<u16>(source, length, target)
    : encodeWith<u32>(source, length, target);
}

@inline
function hashAt<T>(ip: usize): usize {
  if (sizeof<T>() == 2) return <usize>((load<u32>(ip) * 2654435761) >> 19) << 1;
  return <usize>(((load<u64>(ip) << 24) * 889523592379) >> 52) << 2;
}

/** As `hashAt`, of the bytes that stand there; the first 5 count. */
@inline
function hashOf<T>(bytes: u64): usize {
  if (sizeof<T>() == 2) return <usize>((<u32>bytes * 2654435761) >> 19) << 1;
  return <usize>(((bytes << 24) * 889523592379) >> 52) << 2;
}

@inline
function tooFar<T>(ip: usize, match: usize): bool {
  if (sizeof<T>() == 2) return false;
  return ip - match > MAX_DISTANCE;
}

@inline
function matchLength(a: usize, b: usize, limit: usize): usize {
  const start = a;
  while (a + 7 < limit) {
    const difference = load<u64>(a) ^ load<u64>(b);
    if (difference) return a - start + (<usize>ctz<u64>(difference) >> 3);
    a += 8;
    b += 8;
  }
  if (a + 3 < limit && load<u32>(a) == load<u32>(b)) {
    a += 4;
    b += 4;
  }
  if (a + 1 < limit && load<u16>(a) == load<u16>(b)) {
    a += 2;
    b += 2;
  }
  if (a < limit && load<u8>(a) == load<u8>(b)) a++;
  return a - start;
}

/** Writes token and length of a literal run; returns the address after them. */
@inline
function writeLiteralHead(token: usize, count: usize): usize {
  let op = token + 1;
  if (count < 15) {
    store<u8>(token, <u8>(count << 4));
    return op;
  }
  store<u8>(token, 15 << 4);
  let rest = count - 15;
  for (; rest >= 255; rest -= 255) store<u8>(op++, 255);
  store<u8>(op++, <u8>rest);
  return op;
}

/** Adds the match length (minus 4) to the token; returns the address after the length bytes. */
@inline
function writeMatchLength(token: usize, op: usize, count: usize): usize {
  if (count < 15) {
    store<u8>(token, load<u8>(token) + <u8>count);
    return op;
  }
  store<u8>(token, load<u8>(token) + 15);
  let rest = count - 15;
  for (; rest >= 255; rest -= 255) store<u8>(op++, 255);
  store<u8>(op++, <u8>rest);
  return op;
}

function encodeWith<T>(source: usize, length: i32, target: usize): i32 {
  const end = source + <usize>length;
  let anchor = source;
  let op = target;
  if (length > MATCH_SEARCH_END) {
    memory.fill(TABLE, 0, TABLE_BYTES);
    const searchEnd = end - MATCH_SEARCH_END + 1;
    const matchEnd = end - LAST_LITERALS;
    let ip = source;
    store<T>(TABLE + hashAt<T>(ip), <T>0);
    ip++;
    let hash = hashAt<T>(ip);
    let done = false;
    while (!done) {
      let match: usize = 0;
      let next = ip;
      let step: usize = 1;
      let tries: usize = 1 << 6;
      do {
        ip = next;
        next += step;
        step = tries++ >> 6;
        if (next > searchEnd) {
          done = true;
          break;
        }
        const slot = TABLE + hash;
        match = source + <usize>load<T>(slot);
        hash = hashAt<T>(next);
        store<T>(slot, <T>(ip - source));
      } while (tooFar<T>(ip, match) || load<u32>(match) != load<u32>(ip));
      if (done) break;
      while (ip > anchor && match > source && load<u8>(ip - 1) == load<u8>(match - 1)) {
        ip--;
        match--;
      }
      let token = op;
      const literals = ip - anchor;
      op = writeLiteralHead(token, literals);
      for (let i: usize = 0; i < literals; i += 8) store<u64>(op + i, load<u64>(anchor + i));
      op += literals;
      while (true) {
        store<u16>(op, <u16>(ip - match));
        op += 2;
        const more = matchLength(ip + 4, match + 4, matchEnd);
        ip += more + 4;
        op = writeMatchLength(token, op, more);
        anchor = ip;
        if (ip >= searchEnd) {
          done = true;
          break;
        }
        store<T>(TABLE + hashAt<T>(ip - 2), <T>(ip - 2 - source));
        const slot = TABLE + hashAt<T>(ip);
        match = source + <usize>load<T>(slot);
        store<T>(slot, <T>(ip - source));
        if (tooFar<T>(ip, match) || load<u32>(match) != load<u32>(ip)) break;
        token = op++;
        store<u8>(token, 0);
      }
      if (!done) hash = hashAt<T>(++ip);
    }
  }
  const literals = end - anchor;
  op = writeLiteralHead(op, literals);
  memory.copy(op, anchor, literals);
  return <i32>(op + literals - target);
}

/** Outcomes of `search`: another match is taken, none is. */
const OTHER: usize = 0;
const NONE: usize = 1;
/** So many places behind the last sequence are looked at one by one, and the one behind them. */
const NEAR: usize = 65;

/**
 * Whether `encode` gives the block `[payload, payload + payloadLength)` for `[source, source +
 * length)`, which `decode` made of that block; of any other block the answer means nothing. Follows
 * the encoder's search along the sequences that are there: that their matches are matches is
 * known, so that only their ends are looked at, and nothing is written but the table.
 */
export function reproduces(source: usize, length: i32, payload: usize, payloadLength: i32): bool {
  if (length == 0) return payloadLength == 1 && load<u8>(payload) == 0;
  return length < SMALL_LIMIT
    ? reproducesWith<u16>(source, length, payload, payload + <usize>payloadLength)
    : reproducesWith<u32>(source, length, payload, payload + <usize>payloadLength);
}

/** Enters `ip`, where `bytes` begin; returns what the table had for it. */
@inline
function replace<T>(source: usize, ip: usize, bytes: u64): usize {
  const slot = TABLE + hashOf<T>(bytes);
  const before = source + <usize>load<T>(slot);
  store<T>(slot, <T>(ip - source));
  return before;
}

@inline
function isMatch<T>(ip: usize, bytes: u64, match: usize): bool {
  return !tooFar<T>(ip, match) && load<u32>(match) == <u32>bytes;
}

/** Enters `ip`; whether the encoder takes what the table had for it. */
@inline
function takes<T>(source: usize, ip: usize, bytes: u64): bool {
  return isMatch<T>(ip, bytes, replace<T>(source, ip, bytes));
}

/**
 * The encoder's search from `ip` on, `tries` places behind the last sequence: where it takes a match,
 * at or behind `start` and `distance` away, if it does.
 */
function search<T>(
  source: usize,
  ip: usize,
  tries: usize,
  start: usize,
  distance: usize,
  searchEnd: usize,
): usize {
  while (true) {
    const step = max<usize>(1, (tries++ + 62) >> 6);
    if (ip + step > searchEnd) return NONE;
    const bytes = load<u64>(ip);
    const match = replace<T>(source, ip, bytes);
    if (ip - match == distance && ip >= start) return ip;
    if (isMatch<T>(ip, bytes, match)) return OTHER;
    ip += step;
  }
}

function reproducesWith<T>(source: usize, length: i32, payload: usize, payloadEnd: usize): bool {
  const end = source + <usize>length;
  const matchEnd = end - LAST_LITERALS;
  let searchEnd = source;
  let from = payload;
  let anchor = source;
  let ip = source;
  if (length > MATCH_SEARCH_END) {
    searchEnd = end - MATCH_SEARCH_END + 1;
    memory.fill(TABLE, 0, TABLE_BYTES);
    replace<T>(source, ip, load<u64>(ip));
    ip++;
  }
  while (from < payloadEnd) {
    const token = <usize>load<u8>(from++);
    let start = anchor;
    if (token >= 16) {
      start += token >> 4;
      if (token >= 240) {
        let more: usize;
        do {
          if (from >= payloadEnd) return false;
          more = <usize>load<u8>(from++);
          start += more;
        } while (more == 255);
      }
      from += start - anchor;
      if (from >= payloadEnd) {
        if (from != payloadEnd || start != end || (token & 15) != 0) return false;
        return search<T>(source, ip, ip - anchor, end, 0, searchEnd) == NONE;
      }
      const near = min(start, anchor + NEAR);
      for (; ip + 4 <= near; ip += 4) {
        const bytes = load<u64>(ip);
        if (takes<T>(source, ip, bytes)) return false;
        if (takes<T>(source, ip + 1, bytes >> 8)) return false;
        if (takes<T>(source, ip + 2, bytes >> 16)) return false;
        if (takes<T>(source, ip + 3, bytes >> 24)) return false;
      }
      for (; ip < near; ip++) {
        if (takes<T>(source, ip, load<u64>(ip))) return false;
      }
    }
    if (start >= searchEnd) return false;
    const distance = <usize>load<u16>(from);
    from += 2;
    let stop = start + 4 + (token & 15);
    if ((token & 15) == 15) {
      let more: usize;
      do {
        if (from >= payloadEnd) return false;
        more = <usize>load<u8>(from++);
        stop += more;
      } while (more == 255);
    }
    if (stop > matchEnd) return false;
    let found = OTHER;
    if (ip == start) {
      const bytes = load<u64>(ip);
      const match = replace<T>(source, ip, bytes);
      if (ip - match == distance) found = ip;
      else if (isMatch<T>(ip, bytes, match)) return false;
      else ip++;
    }
    if (found == OTHER) {
      // The match is found behind its start, and then grows backwards.
      found = search<T>(source, ip, ip - anchor, start, distance, searchEnd);
      if (found <= NONE || found + 4 > stop) return false;
    }
    if (start > anchor && start - distance > source) {
      if (load<u8>(start - 1) == load<u8>(start - 1 - distance)) return false;
    }
    if (stop < matchEnd && load<u8>(stop) == load<u8>(stop - distance)) return false;
    replace<T>(source, stop - 2, load<u64>(stop - 2));
    anchor = stop;
    ip = stop;
  }
  return false;
}
