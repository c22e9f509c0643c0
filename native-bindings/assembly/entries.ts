/**
 * Entries of Index.db of partitions without a row index: u16 key length, key, unsigned vint position
 * in the uncompressed stream, 0.
 */
import * as murmur3 from './murmur3';

/** Bytes of an entry besides those of its key, at most; as many may be written behind one. */
export const ENTRY_BYTES: usize = 12;

/** Writes the entry of a partition whose head (u16 key length, key) is at `head`; where it ends. */
@inline
export function writeEntry(to: usize, head: usize, keyLength: usize, position: u64): usize {
  memory.copy(to, head, 2 + keyLength);
  to += 2 + keyLength;
  if (position < 0x80) {
    store<u16>(to, <u16>position);
    return to + 2;
  }
  const extra = (70 - clz<u64>(position)) / 7 - 1;
  if (extra >= 8) {
    store<u8>(to, 0xff);
    store<u64>(to, bswap<u64>(position), 1);
    store<u8>(to, 0, 9);
    return to + 10;
  }
  const marks = (((<u64>0xff00) >> extra) & 0xff) << (extra << 3);
  store<u64>(to, bswap<u64>((position | marks) << (56 - (extra << 3))));
  to += <usize>extra + 1;
  store<u8>(to, 0);
  return to + 1;
}

/** Hashes the keys of the `count` entries that begin at u32 `starts`, as `hashMany` does. */
export function hashEntries(entries: usize, starts: usize, count: u32, out: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const entry = entries + load<u32>(starts + (<usize>i << 2));
    murmur3.hash(entry + 2, <i32>bswap<u16>(load<u16>(entry)));
    const to = out + (<usize>i << 4);
    store<u64>(to, murmur3.h1);
    store<u64>(to, murmur3.h2, 8);
  }
}
