/** What the ranges of one new SSTable are matched with. */
import { readKeyAt, type SSTable, type StreamRange } from '../../sstable/index.js';
import { isTokenOrdered, placeOf } from '../../table/index.js';
import type { DigestCache } from './digest-cache.js';
import type { RangeMatch } from './leaf-matcher.js';
import type { MatchSources, RingPlace } from './sources.js';

/** How a backup finds rows that are stored already. */
export interface Matching {
  /** Key of match digests. */
  readonly secret: Uint8Array;
  readonly cache: DigestCache | null;
  /** Stored SSTables of the table that may hold the same rows; null where there are none. */
  readonly sources: () => Promise<MatchSources | null>;
}

export class RangeMatching {
  readonly #secret: Uint8Array;
  readonly #sources: MatchSources | null;
  readonly #sstable: SSTable;
  readonly #ranges: readonly StreamRange[];
  /** Where the partitions of a range begin on the ring; read when its turn comes. */
  readonly #places = new Map<number, Promise<RingPlace>>();

  private constructor(
    secret: Uint8Array,
    sources: MatchSources | null,
    sstable: SSTable,
    ranges: readonly StreamRange[],
  ) {
    this.#secret = secret;
    this.#sources = sources;
    this.#sstable = sstable;
    this.#ranges = ranges;
  }

  static async of(
    { secret, sources }: Matching,
    sstable: SSTable,
    ranges: readonly StreamRange[],
  ): Promise<RangeMatching> {
    // Only Murmur3's order is that of the trees, by which leaves are found.
    const opened = isTokenOrdered(sstable.statistics.partitioner) ? await sources() : null;
    return new RangeMatching(secret, opened, sstable, ranges);
  }

  async of(range: number): Promise<RangeMatch> {
    const { from: start, to: end } = this.#ranges[range] as StreamRange;
    const sources = this.#sources;
    if (sources === null) return { secret: this.#secret, task: null };
    const next = this.#ranges[range + 1] === undefined ? null : this.#place(range + 1);
    const [from, to] = await Promise.all([this.#place(range), next]);
    this.#places.delete(range);
    return { secret: this.#secret, task: await sources.task(from, to, end - start) };
  }

  #place(range: number): Promise<RingPlace> {
    const { from } = this.#ranges[range] as StreamRange;
    const place = this.#places.get(range) ?? readKeyAt(this.#sstable, from).then(placeOf);
    this.#places.set(range, place);
    return place;
  }
}
