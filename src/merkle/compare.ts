/**
 * Which runs two sets of trees do not share.
 *
 * The comparison goes down the ring from its root. A node is a prefix of the ring; each tree holds
 * a stretch of runs in it. Where the sums of both sides over the node are equal the node is done,
 * whatever files its leaves stand in. Otherwise both halves are looked at, down to the depth where
 * no tree's runs can be told apart by more prefix bits; there the runs that stand on both sides
 * alike cancel out, and what is left is a *zone*: its rows have to be read.
 *
 * Trees of small SSTables have broad runs. Where such a run meets narrower ones of another tree it
 * is refined: read once and replaced by a finer tree of its leaves (a fragment), so that one small
 * SSTable does not make a comparison read everything.
 */
import { commonRule } from './rule.js';
import type { LeafSpan, SSTableTree } from './sstable-tree.js';
import { addSums, EMPTY_SUM, equalSums, type LeafSum } from './sum.js';

export type Side = 'a' | 'b';

/** Neighbouring leaves of one SSTable that a zone needs. */
export interface ZoneSpan extends LeafSpan {
  readonly side: Side;
  /** Index of the tree in its side. */
  readonly tree: number;
}

/** A stretch of the ring where the sides differ; zones come in ring order and do not overlap. */
export interface Zone {
  /** The prefix: the top `depth` bits of `ringHigh`. */
  readonly depth: number;
  readonly ringHigh: number;
  /** What stands in the zone on either side, leaves that cancelled out left out. */
  readonly sums: Readonly<Record<Side, LeafSum>>;
  /** Per tree in file order. */
  readonly spans: readonly ZoneSpan[];
}

export interface CompareOptions {
  /**
   * The leaves of one run as a tree of their own, with a rule of depth 32 (a *fragment*; positions
   * and leaf ordinals those of the file), or null where that cannot be made; `sum` is the run's.
   * Without it broad runs stay as they are.
   */
  readonly refine?: (
    side: Side,
    tree: number,
    span: LeafSpan,
    sum: LeafSum,
  ) => Promise<SSTableTree | null>;
}

/** A stretch of the runs of one tree, or of a fragment of it. */
interface Part {
  readonly side: Side;
  readonly index: number;
  readonly tree: SSTableTree;
  readonly fragment: boolean;
  readonly from: number;
  readonly to: number;
}

interface Node {
  readonly depth: number;
  readonly ringHigh: number;
  readonly parts: readonly Part[];
}

/** Below this many narrow runs a broad one is not worth refining: reading all costs no more. */
const REFINE_MIN = 4;

/** The sum of the parts of `side`. */
function sumOf(parts: readonly Part[], side: Side): LeafSum {
  const own = parts.filter((part) => part.side === side);
  return own.length === 0 ? EMPTY_SUM : addSums(own.map((p) => p.tree.sum(p.from, p.to)));
}

/** The zones in which the trees `a` and `b` differ, none where they hold the same leaves. */
export async function* compareTrees(
  a: readonly SSTableTree[],
  b: readonly SSTableTree[],
  { refine }: CompareOptions = {},
): AsyncGenerator<Zone> {
  const whole = (side: Side) => (tree: SSTableTree, index: number) => {
    return { side, index, tree, fragment: false, from: 0, to: tree.runs.count };
  };
  const parts = [...a.map(whole('a')), ...b.map(whole('b'))].filter((part) => part.to > 0);
  const stack: Node[] = [{ depth: 0, ringHigh: 0, parts: withoutTwins(parts) }];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (equalSums(sumOf(node.parts, 'a'), sumOf(node.parts, 'b'))) continue;
    const narrow = node.parts.filter((part) => part.tree.rule.depth > node.depth);
    const broad = node.parts.filter((part) => part.tree.rule.depth <= node.depth);
    const runs = narrow.reduce((n, part) => n + (part.fragment ? 0 : part.to - part.from), 0);
    const worthwhile = runs > (broad.length === 0 ? 0 : REFINE_MIN);
    const refined = worthwhile ? await refineAll(broad, refine) : null;
    if (refined !== null) {
      stack.push(...halves({ ...node, parts: [...narrow, ...refined] }));
      continue;
    }
    const zone = zoneOf(node);
    if (zone !== null) yield zone;
  }
}

/** The two children of `node`, the upper one first. */
function halves(node: Node): Node[] {
  const depth = node.depth + 1;
  const middle = (node.ringHigh + 2 ** (32 - depth)) >>> 0;
  const low: Part[] = [];
  const high: Part[] = [];
  for (const part of node.parts) {
    const at = part.tree.lowerBound(middle, part.from, part.to);
    if (at > part.from) low.push({ ...part, to: at });
    if (at < part.to) high.push({ ...part, from: at });
  }
  return [
    { depth, ringHigh: middle, parts: high },
    { depth, ringHigh: node.ringHigh, parts: low },
  ];
}

/** The broad runs that do not stand on both sides as fragments; null when one cannot be made. */
async function refineAll(
  broad: readonly Part[],
  refine: CompareOptions['refine'],
): Promise<Part[] | null> {
  if (broad.length === 0) return [];
  if (refine === undefined) return null;
  const refined: Part[] = [];
  for (const part of withoutTwinRuns(broad)) {
    const fragment = await fragmentOf(part, refine);
    if (fragment === null) return null;
    refined.push(fragment);
  }
  return refined;
}

async function fragmentOf(
  part: Part,
  refine: NonNullable<CompareOptions['refine']>,
): Promise<Part | null> {
  const { tree: whole, side, index, from, to } = part;
  const tree = await refine(side, index, whole.span(from, to), whole.sum(from, to));
  return tree && { ...part, tree, fragment: true, from: 0, to: tree.runs.count };
}

/** What has to be read of `node`, null when every run cancels out. */
function zoneOf(node: Node): Zone | null {
  const lonely = withoutTwinRuns(node.parts);
  if (lonely.length === 0) return null;
  const joined: Part[] = [];
  for (const part of lonely) {
    const last = joined.at(-1);
    const follows = last !== undefined && last.tree === part.tree && last.to === part.from;
    if (follows) joined[joined.length - 1] = { ...last, to: part.to };
    else joined.push(part);
  }
  const spans = joined.map(({ side, index, tree, from, to }): ZoneSpan => {
    return { side, tree: index, ...tree.span(from, to) };
  });
  const sums = { a: sumOf(lonely, 'a'), b: sumOf(lonely, 'b') };
  return { depth: node.depth, ringHigh: node.ringHigh, sums, spans };
}

/** Drops whole trees that stand on both sides with the same leaves. */
function withoutTwins(parts: readonly Part[]): Part[] {
  return withoutPairs(parts, ({ tree }) => `${tree.leafCount} ${tree.sum().words.join()}`);
}

/**
 * The runs of `parts`, one part each, without those that stand on both sides. Runs are joined to
 * what the rules of all trees have in common first, so that trees of other depths line up too.
 */
function withoutTwinRuns(parts: readonly Part[]): Part[] {
  if (parts.length === 0) return [];
  const rule = parts.map((part) => part.tree.rule).reduce(commonRule);
  const runs = parts.flatMap((part) => {
    const { firstLeaf, count } = part.tree.runs.regroup(rule, part.from, part.to);
    return Array.from({ length: count }, (_, i): Part => {
      const from = indexOfLeaf(part, firstLeaf[i] as number);
      const to = i + 1 < count ? indexOfLeaf(part, firstLeaf[i + 1] as number) : part.to;
      return { ...part, from, to };
    });
  });
  return withoutPairs(runs, ({ tree, from, to }) => {
    const { leaves, words } = tree.sum(from, to);
    return `${tree.runs.ringHigh[from]} ${tree.runs.ringLow[from]} ${leaves} ${words.join()}`;
  });
}

/** `parts` without those that have a partner of the same key on the other side, pair by pair. */
function withoutPairs(parts: readonly Part[], key: (part: Part) => string): Part[] {
  const waiting = new Map<string, Part[]>();
  const dropped = new Set<Part>();
  for (const part of parts) {
    const name = key(part);
    const others = waiting.get(name) ?? [];
    waiting.set(name, others);
    const partner = others[0];
    if (partner === undefined || partner.side === part.side) {
      others.push(part);
    } else {
      others.shift();
      dropped.add(part).add(partner);
    }
  }
  return parts.filter((part) => !dropped.has(part));
}

/** The run of `part` that begins with leaf `leaf`. */
function indexOfLeaf(part: Part, leaf: number): number {
  const { firstLeaf } = part.tree.runs;
  let low = part.from;
  let high = part.to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((firstLeaf[middle] as number) < leaf) low = middle + 1;
    else high = middle;
  }
  return low;
}
