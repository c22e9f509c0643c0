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
const SMALL_LIMIT: usize = 65536 + 11;
const TABLE_BYTES: usize = 16384;
/** A match is searched up to 12 bytes before the end; the last 5 bytes are literals. */
const MATCH_SEARCH_END: usize = 12;
const LAST_LITERALS: usize = 5;
const MAX_DISTANCE: usize = 65535;
/** So many places behind the last match are looked at one by one, and the one behind them. */
const NEAR: usize = 65;
/** Input of a short sequence: its token, 14 literals, of which 16 bytes are read, a distance. */
const SHORT_INPUT: usize = 18;
/** Output of a short sequence: 14 literals, 18 bytes of a match. */
const SHORT_OUTPUT: usize = 32;
const TABLE: usize = memory.data(16384, 16);
/**
 * Where the encoder has a copy of an input below SMALL_LIMIT: at an address that is part of each
 * instruction, so that positions need not be made addresses, which saves more than the copy takes.
 */
const BLOCK: usize = memory.data(65568, 16);

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
 * what it makes: far from both ends those are two fixed copies, whatever their lengths. The loop of
 * those gives up without a trace; what it leaves is done from the token on, with all checks.
 */
export function decode(source: usize, sourceLength: i32, target: usize, targetLength: i32): i32 {
  let ip = source;
  let op = target;
  const ipEnd = source + <usize>sourceLength;
  const opEnd = target + <usize>targetLength;
  // Before these a short sequence fits with all bytes that its copies run over. They may lie before
  // the two, since memory begins with other things.
  const ipShort = ipEnd - SHORT_INPUT;
  const opShort = opEnd - SHORT_OUTPUT;
  while (true) {
    while (true) {
      if (ip >= ipShort) break;
      if (op >= opShort) break;
      const token = <usize>load<u8>(ip);
      const literals = token >> 4;
      if (token >= 240) break;
      copy16(op, ip + 1);
      const distance = <usize>load<u16>(ip + literals, 1);
      const to = op + literals;
      if (distance < 8) break;
      if (distance > to - target) break;
      const length = token & 15;
      if (length == 15) break;
      const from = to - distance;
      store<u64>(to, load<u64>(from));
      store<u64>(to, load<u64>(from, 8), 8);
      store<u16>(to, load<u16>(from, 16), 16);
      op = to + length + 4;
      ip += literals + 3;
    }
    if (ip >= ipEnd) return ENDS_EARLY;
    const token = <usize>load<u8>(ip++);
    let literals = token >> 4;
    let length = token & 15;
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
    if (literals > room) return LITERALS_TOO_LONG;
    if (literals > left) return LITERALS_TOO_LONG;
    copyLiterals(op, ip, literals, min(left, room));
    ip += literals;
    op += literals;
    if (ip == ipEnd) return op == opEnd ? targetLength : OUTPUT_SHORT;
    if (ipEnd - ip < 2) return ENDS_EARLY;
    const distance = <usize>load<u16>(ip);
    ip += 2;
    if (distance - 1 >= op - target) return DISTANCE_WRONG;
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

/** Copies `count` bytes; may read and write past them, but never more than `room`. */
@inline
function copyLiterals(to: usize, from: usize, count: usize, room: usize): void {
  if (room >= count + 16) {
    for (let i: usize = 0; i < count; i += 16) copy16(to + i, from + i);
  } else {
    memory.copy(to, from, count);
  }
}

/** Repeats what stands `distance` before `op`; may write past the match, never past `end`. */
@inline
function copyMatch(op: usize, distance: usize, length: usize, end: usize): void {
  let to = op;
  let from = op - distance;
  const stop = op + length;
  const room = end - op - length;
  if (distance >= 16 && room >= 16) {
    do {
      copy16(to, from);
      to += 16;
      from += 16;
    } while (to < stop);
  } else if (distance >= 8 && room >= 8) {
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

// Positions of the encoder count from `source`; with `u16` the bytes are those at BLOCK.

@inline
function byteAt<T>(source: usize, at: usize): u8 {
  return sizeof<T>() == 2 ? load<u8>(at, BLOCK) : load<u8>(source + at);
}

@inline
function bytesAt<T>(source: usize, at: usize): u32 {
  return sizeof<T>() == 2 ? load<u32>(at, BLOCK) : load<u32>(source + at);
}

/** The 8 bytes behind a match of 4. */
@inline
function bytesBehind<T>(source: usize, at: usize): u64 {
  return sizeof<T>() == 2 ? load<u64>(at, BLOCK + 4) : load<u64>(source + at, 4);
}

/** Address in the table for position `at`, where `bytes` are. */
@inline
function slotOf<T>(source: usize, at: usize, bytes: u32): usize {
  if (sizeof<T>() == 2) return TABLE + (<usize>((bytes * 2654435761) >> 19) << 1);
  return TABLE + (<usize>(((load<u64>(source + at) << 24) * 889523592379) >> 52) << 2);
}

/** Enters position `at`, where `bytes` are; returns what the table had for them. */
@inline
function enter<T>(source: usize, at: usize, bytes: u32): usize {
  const slot = slotOf<T>(source, at, bytes);
  const before = <usize>load<T>(slot);
  store<T>(slot, <T>at);
  return before;
}

/** As `enter`, where the encoder does not look at what was there. */
@inline
function enterOnly<T>(source: usize, at: usize): void {
  store<T>(slotOf<T>(source, at, bytesAt<T>(source, at)), <T>at);
}

/** Whether the encoder takes `before` as a match for position `at`, where `bytes` are. */
@inline
function isMatch<T>(source: usize, at: usize, bytes: u32, before: usize): bool {
  if (sizeof<T>() == 4 && at - before > MAX_DISTANCE) return false;
  return bytesAt<T>(source, before) == bytes;
}

/** Begins a block: the table holds 0 everywhere, as if all bytes had been seen at the start. */
@inline
function begin<T>(source: usize, length: usize): void {
  if (sizeof<T>() == 2) memory.copy(BLOCK, source, length);
  memory.fill(TABLE, 0, TABLE_BYTES);
  enterOnly<T>(source, 0);
}

/**
 * Encodes `[source, source + length)` at `target`, which needs `length + length / 255 + 32` bytes;
 * up to 8 bytes after the input are read. Returns the length of the block.
 */
export function encode(source: usize, length: i32, target: usize): i32 {
  const bytes = <usize>length;
  if (bytes <= MATCH_SEARCH_END) return <i32>(writeLast(target, source, bytes) - target);
  const end =
    bytes < SMALL_LIMIT
      ? encodeWith<u16>(source, bytes, target)
      : encodeWith<u32>(source, bytes, target);
  return <i32>(end - target);
}

/** How many bytes are the same from `a` and `b` on, up to `limit`. */
@inline
function matchLength(a: usize, b: usize, limit: usize): usize {
  const start = a;
  while (a + 8 <= limit) {
    const difference = load<u64>(a) ^ load<u64>(b);
    if (difference) return a - start + (<usize>ctz<u64>(difference) >> 3);
    a += 8;
    b += 8;
  }
  return a - start + matchLengthAtEnd(a, b, limit);
}

function matchLengthAtEnd(a: usize, b: usize, limit: usize): usize {
  const start = a;
  while (a < limit && load<u8>(a) == load<u8>(b)) {
    a++;
    b++;
  }
  return a - start;
}

/** Writes what a length has above the 15 in its token; returns the address behind. */
@inline
function writeLength(op: usize, rest: usize): usize {
  for (; rest >= 255; rest -= 255) store<u8>(op++, 255);
  store<u8>(op++, <u8>rest);
  return op;
}

/** Writes what follows the token up to the match; returns the address behind. */
@inline
function writeLiterals(op: usize, from: usize, literals: usize): usize {
  if (literals >= 15) op = writeLength(op, literals - 15);
  copy16(op, from);
  for (let i: usize = 16; i < literals; i += 16) copy16(op + i, from + i);
  return op + literals;
}

/** Writes the sequence without a match; returns the address behind. */
function writeLast(op: usize, from: usize, literals: usize): usize {
  store<u8>(op++, <u8>(min<usize>(literals, 15) << 4));
  if (literals >= 15) op = writeLength(op, literals - 15);
  memory.copy(op, from, literals);
  return op + literals;
}

/** Writes a token and the length of its match, less 4; returns the address behind the latter. */
@inline
function writeMatchLength(tokenAt: usize, token: usize, op: usize, more: usize): usize {
  if (more < 15) {
    store<u8>(tokenAt, <u8>(token + more));
    return op;
  }
  store<u8>(tokenAt, <u8>(token + 15));
  return writeLength(op, more - 15);
}

/**
 * The encoder's search from `at` on, NEAR places behind the last match: looks at fewer places the
 * longer it takes. Returns where a match is taken, and above that where it is; 0 where none is.
 */
function searchFar<T>(source: usize, at: usize, searchEnd: usize): u64 {
  let tries: usize = 2 << 6;
  while (true) {
    const step = tries++ >> 6;
    if (at + step > searchEnd) return 0;
    const bytes = bytesAt<T>(source, at);
    const before = enter<T>(source, at, bytes);
    if (isMatch<T>(source, at, bytes, before)) return (<u64>before << 32) | <u64>at;
    at += step;
  }
}

/**
 * What takes time is the chain from one match to the next, through the table and the bytes there,
 * and wrong guesses of the processor. So the length of a match is calculated, as it varies; whether
 * it begins earlier is asked byte by byte: the answer is nearly always no and need not be awaited.
 * The loop over NEAR places calls nothing, since V8 unrolls only such loops. Returns the end.
 */
function encodeWith<T>(source: usize, length: usize, target: usize): usize {
  const base = sizeof<T>() == 2 ? BLOCK : source;
  const searchEnd = length - MATCH_SEARCH_END + 1;
  const matchEnd = length - LAST_LITERALS;
  let op = target;
  let anchor: usize = 0;
  let at: usize = 1;
  begin<T>(source, length);
  while (at < searchEnd) {
    const nearEnd = min(at + NEAR, searchEnd);
    let before: usize = 0;
    let found = false;
    do {
      const bytes = bytesAt<T>(source, at);
      before = enter<T>(source, at, bytes);
      if (isMatch<T>(source, at, bytes, before)) {
        found = true;
        break;
      }
    } while (++at < nearEnd);
    if (!found) {
      const far = searchFar<T>(source, at, searchEnd);
      if (!far) break;
      at = <usize>(far & 0xffffffff);
      before = <usize>(far >> 32);
    }
    while (at > anchor) {
      if (before == 0) break;
      if (byteAt<T>(source, at - 1) != byteAt<T>(source, before - 1)) break;
      at--;
      before--;
    }
    const literals = at - anchor;
    let token = min<usize>(literals, 15) << 4;
    let tokenAt = op;
    op = writeLiterals(op + 1, base + anchor, literals);
    while (true) {
      store<u16>(op, <u16>(at - before));
      op += 2;
      let more: usize;
      if (at + 12 <= matchEnd) {
        const difference = bytesBehind<T>(source, at) ^ bytesBehind<T>(source, before);
        if (difference) {
          more = <usize>ctz<u64>(difference) >> 3;
          store<u8>(tokenAt, <u8>(token + more));
        } else {
          more = matchLength(base + at + 12, base + before + 12, base + matchEnd) + 8;
          op = writeMatchLength(tokenAt, token, op, more);
        }
      } else {
        more = matchLengthAtEnd(base + at + 4, base + before + 4, base + matchEnd);
        op = writeMatchLength(tokenAt, token, op, more);
      }
      at += more + 4;
      anchor = at;
      if (at >= searchEnd) break;
      enterOnly<T>(source, at - 2);
      const bytes = bytesAt<T>(source, at);
      before = enter<T>(source, at, bytes);
      if (!isMatch<T>(source, at, bytes, before)) break;
      token = 0;
      tokenAt = op++;
    }
    at++;
  }
  return writeLast(op, source + anchor, length - anchor);
}

/** Results of `follow`: the encoder does something else, or ends the block there as well. */
const OTHER: u64 = 0;
const ENDS: u64 = 1;
/** No position: the encoder's search finds another match, or none. */
const FOUND_OTHER: usize = usize.MAX_VALUE;
const FOUND_NONE: usize = usize.MAX_VALUE - 1;

/**
 * Whether `encode` gives the block `[payload, payload + payloadLength)` for `[source, source +
 * length)`, which `decode` made of that block; of any other block the answer means nothing. Follows
 * the encoder's search along the sequences that are there: that their matches are matches is
 * known, so that only their ends are looked at, and nothing is written but the table.
 */
export function reproduces(source: usize, length: i32, payload: usize, payloadLength: i32): bool {
  const bytes = <usize>length;
  if (bytes <= MATCH_SEARCH_END) {
    return payloadLength == length + 1 && <usize>load<u8>(payload) == bytes << 4;
  }
  const payloadEnd = payload + <usize>payloadLength;
  return bytes < SMALL_LIMIT
    ? reproducesWith<u16>(source, bytes, payload, payloadEnd)
    : reproducesWith<u32>(source, bytes, payload, payloadEnd);
}

/** Enters `at`; whether the encoder takes what the table had for it. */
@inline
function entersMatch<T>(source: usize, at: usize): bool {
  const bytes = bytesAt<T>(source, at);
  return isMatch<T>(source, at, bytes, enter<T>(source, at, bytes));
}

/** Whether a match that begins at `start` could begin a byte earlier. */
@inline
function growsBefore<T>(source: usize, start: usize, distance: usize): bool {
  if (start <= distance) return false;
  return byteAt<T>(source, start - 1) == byteAt<T>(source, start - 1 - distance);
}

/**
 * Goes along one sequence: in the payload from `from` on, in the block behind the match that ends
 * at `anchor`, where the encoder's search has come to `at`. Returns where the match of the sequence
 * ends and above that where the payload goes on, or OTHER or ENDS.
 */
@inline
function follow<T>(
  source: usize,
  length: usize,
  from: usize,
  payloadEnd: usize,
  anchor: usize,
  at: usize,
): u64 {
  const matchEnd = length - LAST_LITERALS;
  const searchEnd = length - MATCH_SEARCH_END + 1;
  const token = <usize>load<u8>(from++);
  let start = anchor + (token >> 4);
  if (token >= 240) {
    let more: usize;
    do {
      if (from >= payloadEnd) return OTHER;
      more = <usize>load<u8>(from++);
      start += more;
    } while (more == 255);
  }
  from += start - anchor;
  if (from >= payloadEnd) {
    if (from != payloadEnd || start != length || (token & 15) != 0) return OTHER;
    const found = searchFrom<T>(source, at, at - anchor, length, 0, searchEnd);
    return found == FOUND_NONE ? ENDS : OTHER;
  }
  const near = min(start, anchor + NEAR);
  for (; at + 4 <= near; at += 4) {
    if (entersMatch<T>(source, at)) return OTHER;
    if (entersMatch<T>(source, at + 1)) return OTHER;
    if (entersMatch<T>(source, at + 2)) return OTHER;
    if (entersMatch<T>(source, at + 3)) return OTHER;
  }
  for (; at < near; at++) {
    if (entersMatch<T>(source, at)) return OTHER;
  }
  if (start >= searchEnd) return OTHER;
  const distance = <usize>load<u16>(from);
  from += 2;
  let stop = start + 4 + (token & 15);
  if ((token & 15) == 15) {
    let more: usize;
    do {
      if (from >= payloadEnd) return OTHER;
      more = <usize>load<u8>(from++);
      stop += more;
    } while (more == 255);
  }
  if (stop > matchEnd) return OTHER;
  let found = FOUND_OTHER;
  if (at == start) {
    const bytes = bytesAt<T>(source, at);
    const before = enter<T>(source, at, bytes);
    if (at - before == distance) found = at;
    else if (isMatch<T>(source, at, bytes, before)) return OTHER;
    else at++;
  }
  if (found == FOUND_OTHER) {
    // The match is found behind its start, and then grows backwards.
    found = searchFrom<T>(source, at, at - anchor, start, distance, searchEnd);
    if (found >= FOUND_NONE || found + 4 > stop) return OTHER;
  }
  if (start > anchor && growsBefore<T>(source, start, distance)) return OTHER;
  if (stop < matchEnd) {
    if (byteAt<T>(source, stop) == byteAt<T>(source, stop - distance)) return OTHER;
  }
  enterOnly<T>(source, stop - 2);
  return (<u64>from << 32) | <u64>stop;
}

/**
 * The encoder's search from `at` on, `tries` places behind the last match: where it takes a match,
 * at or behind `start` and `distance` away, if it does.
 */
@inline
function searchFrom<T>(
  source: usize,
  at: usize,
  tries: usize,
  start: usize,
  distance: usize,
  searchEnd: usize,
): usize {
  while (true) {
    const step = max<usize>(1, (tries++ + 62) >> 6);
    if (at + step > searchEnd) return FOUND_NONE;
    const bytes = bytesAt<T>(source, at);
    const before = enter<T>(source, at, bytes);
    if (isMatch<T>(source, at, bytes, before)) {
      return at - before == distance && at >= start ? at : FOUND_OTHER;
    }
    at += step;
  }
}

/**
 * Most sequences are short, with their match where the encoder looks first: those are dealt with
 * here, in few steps, all others by `follow`, which goes on where they turn out to be unusual. Each
 * `if` has one condition, since V8 makes a value of `&&` and compares that once more.
 */
function reproducesWith<T>(source: usize, length: usize, payload: usize, payloadEnd: usize): bool {
  const searchEnd = length - MATCH_SEARCH_END + 1;
  let from = payload;
  let anchor: usize = 0;
  let at: usize = 1;
  begin<T>(source, length);
  while (true) {
    const behind = follow<T>(source, length, from, payloadEnd, anchor, at);
    if (behind <= ENDS) return behind == ENDS;
    at = <usize>(behind & 0xffffffff);
    from = <usize>(behind >> 32);
    while (true) {
      anchor = at;
      const token = <usize>load<u8>(from);
      let stop: usize;
      let distance: usize;
      if (token < 15) {
        stop = at + token + 4;
        if (stop >= searchEnd) break;
        distance = <usize>load<u16>(from, 1);
        from += 3;
      } else {
        if ((token & 15) == 15) break;
        if (token >= 240) break;
        const literals = token >> 4;
        const start = at + literals;
        stop = start + (token & 15) + 4;
        if (stop >= searchEnd) break;
        from += literals;
        distance = <usize>load<u16>(from, 1);
        from += 3;
        do {
          if (entersMatch<T>(source, at)) return false;
          at++;
        } while (at < start);
        if (start > distance) {
          if (byteAt<T>(source, start - 1) == byteAt<T>(source, start - 1 - distance)) return false;
        }
      }
      const bytes = bytesAt<T>(source, at);
      const before = enter<T>(source, at, bytes);
      if (at - before != distance) {
        if (isMatch<T>(source, at, bytes, before)) return false;
        from -= at - anchor + 3;
        at++;
        break;
      }
      if (byteAt<T>(source, stop) == byteAt<T>(source, stop - distance)) return false;
      enterOnly<T>(source, stop - 2);
      at = stop;
    }
  }
}
