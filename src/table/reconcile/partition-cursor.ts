/** What one SSTable says of a partition, row by row; the order of its rows is checked on the way. */
import type { Marker, PartitionHead, Unfiltered } from '../../components/index.js';
import { type ClusteringComparator, ClusteringKind } from '../../cql/index.js';
import { SstashError } from '../../errors.js';
import type { PartitionPart } from '../../sstable/index.js';

/** Where an unfiltered stands among the others of its partition. */
export function prefixOf(unfiltered: Unfiltered): { kind: number; values: Marker['clustering'] } {
  const kind = unfiltered.type === 'row' ? ClusteringKind.row : unfiltered.kind;
  return { kind, values: unfiltered.clustering };
}

export class PartitionCursor {
  /** Path of Data.db, for errors. */
  readonly name: string;
  readonly #parts: AsyncGenerator<PartitionPart, void, undefined>;
  readonly #compare: ClusteringComparator;
  #head: PartitionHead | null = null;
  #batch: readonly Unfiltered[] = [];
  #at = 0;
  #before: Unfiltered | null = null;
  /** The unfiltered the cursor stands at, null before `open` and at the end. */
  current: Unfiltered | null = null;

  constructor(
    name: string,
    parts: AsyncGenerator<PartitionPart, void, undefined>,
    compare: ClusteringComparator,
  ) {
    this.name = name;
    this.#parts = parts;
    this.#compare = compare;
  }

  /** The partition's head; the cursor stands at the first unfiltered behind it. */
  async open(): Promise<PartitionHead> {
    await this.fill();
    if (this.#head === null) throw new TypeError('the partition has no head');
    return this.#head;
  }

  /** Moves on; false when `fill` must be awaited before `current` is right. */
  next(): boolean {
    this.#at++;
    this.#stand();
    return this.current !== null;
  }

  /** Reads on; `current` is the next unfiltered, or null at the end. */
  async fill(): Promise<void> {
    this.#batch = [];
    this.#at = 0;
    while (this.#batch.length === 0) {
      const { done, value } = await this.#parts.next();
      if (done === true) break;
      this.#head ??= value.head;
      this.#batch = value.unfiltereds;
    }
    this.#stand();
  }

  async close(): Promise<void> {
    await this.#parts.return();
  }

  #stand(): void {
    this.current = this.#batch[this.#at] ?? null;
    if (this.current === null) return;
    const before = this.#before;
    this.#before = this.current;
    if (before === null || this.#compare(prefixOf(before), prefixOf(this.current)) < 0) return;
    throw new SstashError('SSTABLE_CORRUPT', 'rows of a partition are out of order', {
      file: this.name,
      component: 'Data.db',
      uncompressedOffset: this.current.position,
      hint: 'Run `sstash check` on this SSTable to see everything that is wrong with it.',
    });
  }
}
