/**
 * Where runs are cut. A run is a stretch of consecutive leaves of one SSTable; the rule looks at
 * the leaves' places alone (token, key hash, clustering hash, how many leaves of the partition came
 * before), so that the same rows are cut alike in every file, and each coarser rule's cuts are a
 * subset of each finer rule's.
 */

export interface RunRule {
  /** A run ends where the top `depth` bits of the ring place change; 0 to 30 (32 in fragments). */
  readonly depth: number;
  /**
   * Inside a partition a run ends before a leaf whose cut has `rowBits` low zero bits, once the
   * partition has given 2^rowBits leaves; `NO_CUT`: never.
   */
  readonly rowBits: number;
  /**
   * A run ends before a head whose cut has `headBits` low zero bits; `NO_CUT`: never. Needed where
   * the file is not in the order of its Murmur3 tokens, so that prefixes cut nothing useful.
   */
  readonly headBits: number;
}

/** A number of bits that no cut satisfies. */
export const NO_CUT = 255;

/** Deepest prefix of an SSTable's own tree. */
export const DEPTH_MAX = 30;

/** Native bytes that a run is meant to have. */
export const RUN_BYTES = 65536;

/** The top `depth` bits of a ring place, from its high half. */
export function bucketOf(ringHigh: number, depth: number): number {
  return depth === 0 ? 0 : ringHigh >>> (32 - depth);
}

/** Mask of the low `bits` bits. */
export function maskOf(bits: number): number {
  return bits >= 32 ? 0xffffffff : 2 ** bits - 1;
}

/** Whether a leaf that stands `ordinal` leaves after its partition's head begins a run. */
export function cutsInside(rule: RunRule, ordinal: number, cut: number): boolean {
  if (rule.rowBits === NO_CUT) return false;
  return ordinal >= 2 ** rule.rowBits && (cut & maskOf(rule.rowBits)) === 0;
}

/** Whether the head's own hash begins a run. */
export function cutsAtHead(rule: RunRule, cut: number): boolean {
  return rule.headBits !== NO_CUT && (cut & maskOf(rule.headBits)) === 0;
}

/** The finest rule whose cuts both `a` and `b` have. */
export function commonRule(a: RunRule, b: RunRule): RunRule {
  return {
    depth: Math.min(a.depth, b.depth),
    rowBits: Math.max(a.rowBits, b.rowBits),
    headBits: Math.max(a.headBits, b.headBits),
  };
}

/**
 * The rule for an SSTable of `dataLength` native bytes with `leaves` leaves in all.
 *
 * @param ordered whether the file is in the order of its Murmur3 tokens
 * @param ringShare share of the token ring (0 to 1] that the SSTable's partitions lie in; a node
 *   that owns little of the ring needs deeper prefixes for runs of the same size
 */
export function chooseRule(
  dataLength: number,
  leaves: number,
  ordered: boolean,
  ringShare = 1,
): RunRule {
  const runs = Math.max(1, dataLength / RUN_BYTES / Math.max(ringShare, 2 ** -DEPTH_MAX));
  const leafBytes = Math.max(1, dataLength / Math.max(1, leaves));
  const leafBits = Math.max(0, Math.min(16, Math.round(Math.log2(RUN_BYTES / leafBytes))));
  // Steps of two bits: tables that grow a little keep their rule, and so their runs line up.
  const rowBits = leafBits + (leafBits & 1);
  if (!ordered) return { depth: 0, rowBits, headBits: Math.min(16, rowBits) };
  const depth = Math.max(0, Math.min(DEPTH_MAX, Math.round(Math.log2(runs))));
  return { depth, rowBits, headBits: NO_CUT };
}
