/** Cuts the rows that a dump prints into parts for the workers. */
import type { SSTable } from '../../sstable/index.js';
import type { TokenRange } from '../../tasks/index.js';
import type { SSTableSelection } from './select.js';

/** Positions in the uncompressed stream, each at a partition or the end. */
export interface DumpPart {
  readonly from: number;
  /** Null: only the partition at `from`. */
  readonly to: number | null;
}

/** Small enough that an answer is mostly one piece of text, large enough to be worth a task. */
const PART_BYTES = 1024 * 1024;

/** Parts in file order; `found` is called with the text of each key that is there. */
export async function planParts(
  sstable: SSTable,
  selection: SSTableSelection,
  found: (text: string) => void,
): Promise<DumpPart[]> {
  if (selection.keys === null) {
    const parts = await sstable.ranges(PART_BYTES);
    const { tokens } = selection.filter;
    return tokens === null ? parts : partsOfTokens(sstable, parts, tokens);
  }
  const positions = new Set<number>();
  for (const { text, bytes } of selection.keys) {
    const position = await sstable.seek(bytes);
    if (position === null) continue;
    found(text);
    positions.add(position);
  }
  return [...positions].sort((a, b) => a - b).map((from) => ({ from, to: null }));
}

/** The parts that may hold tokens of the range; partitions are in the order of their tokens. */
async function partsOfTokens(
  sstable: SSTable,
  parts: readonly DumpPart[],
  tokens: TokenRange,
): Promise<DumpPart[]> {
  if (tokens.after >= tokens.upTo) return [...parts];
  const firstToken = async (part: DumpPart): Promise<bigint> =>
    sstable.partitioner.token(await keyAt(sstable, part.from));
  const begin = await firstIndex(parts, async (part) => (await firstToken(part)) > tokens.after);
  const end = await firstIndex(parts, async (part) => (await firstToken(part)) > tokens.upTo);
  return parts.slice(Math.max(0, begin - 1), end);
}

/** Index of the first part for which `holds`, which is false and then true over the parts. */
async function firstIndex(
  parts: readonly DumpPart[],
  holds: (part: DumpPart) => Promise<boolean>,
): Promise<number> {
  let [low, high] = [0, parts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const part = parts[middle];
    if (part !== undefined && (await holds(part))) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The partition key at a position of the uncompressed stream: u16 length, then its bytes. */
async function keyAt(sstable: SSTable, position: number): Promise<Uint8Array> {
  const [high = 0, low = 0] = await sstable.readData(position, 2);
  return sstable.readData(position + 2, high * 256 + low);
}
