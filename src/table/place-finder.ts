/**
 * What an SSTable says about one place, when the comparison skipped the run it stands in because
 * both sides have it. Places must be asked for in order; each run is read at most once for
 * neighbouring places.
 */
import type { LeafSpan, SSTableTree, ZoneSpan } from '../merkle/index.js';
import type { LeafSource, PartitionPlace, PlacedRecord } from './leaf-source.js';
import type { PlaceOrder } from './place-order.js';
import { RecordCursor } from './record-cursor.js';

const FIRST_RECORDS_MAX = 4096;

export class PlaceFinder {
  readonly #source: LeafSource;
  readonly #order: PlaceOrder;
  readonly #signal: AbortSignal | undefined;
  /** Spans whose records were merged already. */
  readonly #merged: readonly ZoneSpan[];
  readonly #firstRecords = new Map<number, PlacedRecord | null>();
  /** The partition that `mayHold` was asked about last. */
  #asked: PartitionPlace | null = null;
  #answer = false;
  #cursor: RecordCursor | null = null;
  #run = -1;

  constructor(
    source: LeafSource,
    order: PlaceOrder,
    merged: readonly ZoneSpan[],
    signal?: AbortSignal,
  ) {
    this.#source = source;
    this.#order = order;
    this.#merged = merged;
    this.#signal = signal;
  }

  /** Whether a run that was not merged may hold records of the partition; reads nothing. */
  mayHold(partition: PartitionPlace): boolean {
    if (partition !== this.#asked) {
      this.#asked = partition;
      const [from, to] = candidateRuns(this.#source.tree, partition);
      this.#answer = false;
      for (let run = from; run < to && !this.#answer; run++) this.#answer = !this.#isMerged(run);
    }
    return this.#answer;
  }

  /** The record at the place of `wanted`, or null. */
  async find(wanted: PlacedRecord): Promise<PlacedRecord | null> {
    const run = await this.#runOf(wanted);
    if (run < 0 || this.#isMerged(run)) return null;
    if (run !== this.#run) {
      await this.close();
      this.#run = run;
      this.#cursor = new RecordCursor(this.#source, [this.#spanOf(run)], this.#signal);
      await this.#cursor.fill();
    }
    const cursor = this.#cursor;
    for (let current = cursor?.current; cursor && current; current = cursor.current) {
      const order = this.#order.records(current, wanted);
      if (order === 0) return current;
      if (order > 0) return null;
      if (!cursor.next()) await cursor.fill();
    }
    return null;
  }

  async close(): Promise<void> {
    await this.#cursor?.close();
    this.#cursor = null;
    this.#run = -1;
  }

  #spanOf(run: number): LeafSpan {
    return this.#source.tree.span(run, run + 1);
  }

  #isMerged(run: number): boolean {
    const { firstLeaf, leafCount } = this.#spanOf(run);
    const end = firstLeaf + leafCount;
    return this.#merged.some(
      (span) => span.firstLeaf <= firstLeaf && end <= span.firstLeaf + span.leafCount,
    );
  }

  #runOf(wanted: PlacedRecord): Promise<number> {
    return runOf(this.#source.tree, this.#order, wanted, (run) => this.#firstRecord(run));
  }

  async #firstRecord(run: number): Promise<PlacedRecord | null> {
    const known = this.#firstRecords.get(run);
    if (known !== undefined) return known;
    const first = await readFirst(this.#source, run, this.#signal);
    if (this.#firstRecords.size >= FIRST_RECORDS_MAX) this.#firstRecords.clear();
    this.#firstRecords.set(run, first);
    return first;
  }
}

/** The first record of a run. */
export async function readFirst(
  source: LeafSource,
  run: number,
  signal?: AbortSignal,
): Promise<PlacedRecord | null> {
  for await (const [first] of source.read(source.tree.span(run, run + 1), signal)) {
    return first ?? null;
  }
  return null;
}

/** The only run that the place can stand in, -1 when there is none. */
export async function runOf(
  tree: SSTableTree,
  order: PlaceOrder,
  wanted: PlacedRecord,
  firstRecord: (run: number) => Promise<PlacedRecord | null>,
): Promise<number> {
  let [low, high] = candidateRuns(tree, wanted.partition);
  // Runs of one partition, or of a file in another order: told apart by their first records.
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    const first = await firstRecord(middle);
    if (first !== null && order.records(first, wanted) <= 0) low = middle;
    else high = middle;
  }
  return low < high ? low : -1;
}

/** Runs from the first number up to the second may hold records of the partition. */
export function candidateRuns(tree: SSTableTree, partition: PartitionPlace): [number, number] {
  const { runs, ordered } = tree;
  if (!ordered) return [0, runs.count];
  const { ringHigh, ringLow } = partition;
  const isBefore = (run: number): boolean => {
    const high = runs.ringHigh[run] as number;
    return high < ringHigh || (high === ringHigh && (runs.ringLow[run] as number) < ringLow);
  };
  let from = tree.lowerBound(ringHigh);
  while (from < runs.count && isBefore(from)) from++;
  let to = from;
  const isHere = (run: number): boolean =>
    runs.ringHigh[run] === ringHigh && runs.ringLow[run] === ringLow;
  while (to < runs.count && isHere(to)) to++;
  // The partition may begin in the run before, behind others.
  return [Math.max(0, from - 1), to];
}
