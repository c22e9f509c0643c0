/**
 * Leaves to runs (docs/tree-format.md, section 2): where the next run begins, and the sum of the
 * digests on the way there. The host opens the runs; this is what happens for each leaf.
 */

/**
 * What the host and the kernel tell each other, 32 bytes: i32 index of the leaf that is the open
 * partition's head and i32 which of the partitions it is, both as in the batch; u32 × 4 sums.
 */
const STATE: usize = memory.data(32, 16);

/** No cut satisfies it. */
const NEVER: u32 = 255;

let depth: u32 = 0;
let rowBits: u32 = NEVER;
let headBits: u32 = NEVER;

export function runState(): usize {
  return STATE;
}

/** The rule by which runs are cut. */
export function setRunRule(ringBits: u32, insideBits: u32, atHeadBits: u32): void {
  depth = ringBits;
  rowBits = insideBits;
  headBits = atHeadBits;
}

@inline
function maskOf(bits: u32): u32 {
  return bits >= 32 ? 0xffffffff : (<u32>1 << bits) - 1;
}

@inline
function bigEndian(digest: usize): v128 {
  const bytes = v128.load(digest);
  return v128.shuffle<u8>(bytes, bytes, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

/**
 * The first of the leaves `scanFrom` to `count` that begins a run, else `count`. Leaves the sum of
 * the digests from `sumFrom` up to it in the state, and moves the place there along. `bucket` is that
 * of the open run; where `ended`, the next head begins one in any case.
 */
export function nextRun(
  heads: usize,
  cuts: usize,
  tokenHighs: usize,
  digests: usize,
  sumFrom: u32,
  scanFrom: u32,
  count: u32,
  bucket: u32,
  ended: bool,
): u32 {
  let head = load<i32>(STATE);
  let partition = load<i32>(STATE, 4);
  let sum = i32x4.splat(0);
  for (let i = sumFrom; i < scanFrom; i++) {
    sum = i32x4.add(sum, bigEndian(digests + (<usize>i << 4)));
  }
  const rowOrdinal: i64 = rowBits == NEVER ? i64.MAX_VALUE : (<i64>1) << <i64>rowBits;
  const rowMask = maskOf(rowBits);
  const headMask = maskOf(headBits);
  let leaf = scanFrom;
  for (; leaf < count; leaf++) {
    const cut = load<u32>(cuts + (<usize>leaf << 2));
    if (load<u8>(heads + <usize>leaf)) {
      head = <i32>leaf;
      partition++;
      const ring = load<u32>(tokenHighs + (<usize>partition << 2)) ^ 0x80000000;
      const here = depth == 0 ? 0 : ring >> (32 - depth);
      if (ended || here != bucket) break;
      if (headBits != NEVER && (cut & headMask) == 0) break;
    } else if ((cut & rowMask) == 0 && <i64>(<i32>leaf) - <i64>head >= rowOrdinal) {
      break;
    }
    sum = i32x4.add(sum, bigEndian(digests + (<usize>leaf << 4)));
  }
  store<i32>(STATE, head);
  store<i32>(STATE, partition, 4);
  v128.store(STATE, sum, 16);
  return leaf;
}
