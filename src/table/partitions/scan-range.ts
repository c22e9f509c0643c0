/** Worker side of `partitions`: the partitions of one range of an SSTable in numbers. */
import { type FactTimes, headKeyLength, headKeyStart, RecordFacts } from '../../canonical/index.js';
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
        const at = headKeyStart(bytes, from);
        this.#batch.begin(start, high, low, bytes, at, at + headKeyLength(bytes, from));
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
