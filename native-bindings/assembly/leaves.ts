/**
 * Canonical bytes of leaves (docs/canonical-form.md): where each leaf ends, and its match digest.
 * What is read comes from the repository and was checked against its id; all the same every length
 * is compared with the end, so that no bytes make this run astray.
 */
import {
  HEAD_TAG,
  MARKER_TAG,
  OPAQUE_HEAD_TAG,
  OPAQUE_TAG,
  ROW_TAG,
} from './tags';
import { afterVint, vintAt } from './cursor';
import * as xxh3 from './xxh3';

const MATCH_DIGEST_BYTES: usize = 12;

/** Next byte of the record that is skipped, and where the bytes end. */
let p: usize = 0;
let end: usize = 0;

@inline
function isHead(at: usize): bool {
  const tag = <u32>load<u8>(at);
  return tag == HEAD_TAG || tag == OPAQUE_HEAD_TAG;
}

/**
 * Writes the end of each leaf in `[bytes, bytes + length)` as u32 to `out`, which has room for
 * `count`; false where there are not exactly `count` leaves. A partition whose only record ends the
 * bytes may go on elsewhere: `count` tells.
 */
export function leafEnds(bytes: usize, length: usize, count: u32, out: usize): bool {
  p = bytes;
  end = bytes + length;
  let n: u32 = 0;
  while (p < end) {
    if (n == count) return false;
    const head = isHead(p);
    if (!skipRecord()) return false;
    const headEnd = p;
    if (head && p < end && !isHead(p)) {
      if (!skipRecord()) return false;
      const single = p < end ? isHead(p) : n + 1 == count;
      if (!single) p = headEnd;
    }
    store<u32>(out + (<usize>n << 2), <u32>(p - bytes));
    n++;
  }
  return n == count;
}

/** The first 12 bytes of XXH3-128 under `secret` of each leaf's bytes alone, to `out`. */
export function leafDigests(
  bytes: usize,
  ends: usize,
  count: u32,
  secret: usize,
  out: usize,
): void {
  let from: usize = 0;
  for (let i: u32 = 0; i < count; i++) {
    const to = <usize>load<u32>(ends + (<usize>i << 2));
    xxh3.hash(bytes + from, to - from, secret);
    store<u64>(out, bswap<u64>(xxh3.high));
    store<u32>(out + 8, <u32>(bswap<u64>(xxh3.low)));
    out += MATCH_DIGEST_BYTES;
    from = to;
  }
}

/** Moves `p` behind the record there. */
function skipRecord(): bool {
  const tag = <u32>load<u8>(p++);
  if (tag == ROW_TAG) return skipClustering() && skipBody();
  if (tag == HEAD_TAG) return skipHead();
  if (tag == OPAQUE_TAG || tag == OPAQUE_HEAD_TAG) return skipBytes();
  if (tag != MARKER_TAG) return false;
  const kind = <u32>load<u8>(p++);
  if (!skipClustering()) return false;
  skipVints(kind == 2 || kind == 5 ? 4 : 2);
  return p <= end;
}

function skipHead(): bool {
  if (!skipBytes()) return false;
  const flags = <u32>load<u8>(p++);
  if (flags & 1) skipVints(2);
  return flags & 2 ? skipBody() : p <= end;
}

function skipClustering(): bool {
  let count = vintAt(p);
  p = afterVint(p);
  for (; count > 0; count--) {
    if (p >= end) return false;
    const length = vintAt(p);
    p = afterVint(p);
    if (length > 0 && !skip(length - 1)) return false;
  }
  return p <= end;
}

function skipBody(): bool {
  const flags = <u32>load<u8>(p++);
  if (flags & 1) skipVints(1);
  if (flags & 2) skipVints(2);
  if (flags & 4) skipVints(2);
  let columns = vintAt(p);
  p = afterVint(p);
  for (; columns > 0; columns--) {
    if (p >= end || !skipBytes()) return false;
    const first = <u32>load<u8>(p);
    if (!(first < 0x80 ? skipCell(false) : skipComplex(first))) return false;
  }
  return p <= end;
}

function skipComplex(first: u32): bool {
  p++;
  if (first & 0x40) skipVints(2);
  let cells = vintAt(p);
  p = afterVint(p);
  for (; cells > 0; cells--) {
    if (p >= end || !skipCell(true)) return false;
  }
  return p <= end;
}

@inline
function skipCell(hasPath: bool): bool {
  const flags = <u32>load<u8>(p++);
  if (!(flags & 0x08)) skipVints(1);
  if (flags & 0x03 && !(flags & 0x10)) skipVints(flags & 0x02 ? 2 : 1);
  if (hasPath && !skipBytes()) return false;
  return flags & 0x04 ? p <= end : skipBytes();
}

@inline
function skipVints(count: u32): void {
  for (; count > 0; count--) p = afterVint(p);
}

@inline
function skipBytes(): bool {
  const length = vintAt(p);
  p = afterVint(p);
  return skip(length);
}

@inline
function skip(length: u64): bool {
  if (p > end || length > <u64>(end - p)) return false;
  p += <usize>length;
  return true;
}
