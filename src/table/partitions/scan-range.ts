/** Worker side of `partitions`: the partitions of one range of an SSTable in numbers. */
import { type FactTimes, RecordFacts, RecordTag } from '../../canonical/index.js';
import { type TaskContext, TransferResult } from '../../parallel/index.js';
import { type PlacedLeaves, scanLeaves, withSSTable } from '../../sstable/index.js';
import { buffersOf, type FactBatch, FactBatchBuilder } from './fact-batch.js';

/** Name of the worker task that runs `partitionFacts`. */
export const PARTITION_FACTS_TASK = 'partition-facts';

export interface PartitionFactsArgument {
  readonly dataPath: string;
  readonly from: number;
  readonly to: number;
  readonly times: FactTimes;
}

export async function partitionFacts(
  { dataPath, from, to, times }: PartitionFactsArgument,
  { signal }: TaskContext,
): Promise<TransferResult<FactBatch>> {
  return withSSTable(dataPath, async (sstable) => {
    const scan = new RangeScan(new RecordFacts(sstable.header, sstable.version, times));
    for await (const leaves of scanLeaves(sstable, { from, to }, { signal })) scan.add(leaves);
    const batch = scan.finish(to);
    return new TransferResult(batch, buffersOf(batch));
  });
}

class RangeScan {
  readonly #facts: RecordFacts;
  readonly #batch = new FactBatchBuilder();
  /** Start of the partition that is open in the stream, -1 before the first. */
  #position = -1;
  #largestRow = 0;
  /** Start of the leaf at hand in the stream. */
  #leafPosition = 0;

  constructor(facts: RecordFacts) {
    this.#facts = facts;
  }

  add(leaves: PlacedLeaves): void {
    const { bytes, leafCount, leafEnds, leafStarts, leafIsHead, position } = leaves;
    let partition = 0;
    for (let leaf = 0; leaf < leafCount; leaf++) {
      const from = leaf === 0 ? 0 : (leafEnds[leaf - 1] as number);
      const start = position + (leafStarts[leaf] as number);
      this.#endLeaf(start);
      if (leafIsHead[leaf] === 1) {
        this.#close(start);
        const high = leaves.partitionTokenHigh[partition] as number;
        const low = leaves.partitionTokenLow[partition] as number;
        const at = keyStart(bytes, from);
        this.#batch.begin(start, high, low, bytes, at, at + keyLength(bytes, from));
        this.#position = start;
        partition++;
      }
      this.#leafPosition = start;
      this.#facts.add(bytes, from, leafEnds[leaf] as number);
    }
  }

  finish(end: number): FactBatch {
    this.#endLeaf(end);
    this.#close(end);
    return this.#batch.finish();
  }

  #endLeaf(end: number): void {
    const size = end - this.#leafPosition;
    if (size > this.#largestRow) this.#largestRow = size;
  }

  #close(end: number): void {
    const facts = this.#facts;
    if (this.#position >= 0) {
      const { minTimestamp, maxTimestamp, counts } = facts;
      const bytes = end - this.#position;
      const largestRow = this.#largestRow;
      this.#batch.end({ bytes, largestRow, counts, minTimestamp, maxTimestamp });
    }
    this.#largestRow = 0;
    facts.reset();
  }
}

// A head record is a tag, a uvint length and then the key, or native bytes that begin with it behind
// an u16 length.

function vintBytes(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  return first < 0x80 ? 1 : Math.clz32(~(first << 24)) + 1;
}

/** Where the key of the head record at `at` begins. */
function keyStart(bytes: Uint8Array, at: number): number {
  const start = at + 1 + vintBytes(bytes, at + 1);
  return bytes[at] === RecordTag.opaqueHead ? start + 2 : start;
}

function keyLength(bytes: Uint8Array, at: number): number {
  const size = vintBytes(bytes, at + 1);
  if (bytes[at] === RecordTag.opaqueHead) {
    const start = at + 1 + size;
    return ((bytes[start] as number) << 8) | (bytes[start + 1] as number);
  }
  const first = bytes[at + 1] as number;
  let length = size === 1 ? first : first & (0xff >> (size - 1));
  for (let i = 1; i < size; i++) length = length * 256 + (bytes[at + 1 + i] as number);
  return length;
}
