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
  /** Where the partitions of each range begin on the ring. */
  readonly #places: readonly RingPlace[];
  readonly #ranges: readonly StreamRange[];

  private constructor(
    secret: Uint8Array,
    sources: MatchSources | null,
    places: readonly RingPlace[],
    ranges: readonly StreamRange[],
  ) {
    this.#secret = secret;
    this.#sources = sources;
    this.#places = places;
    this.#ranges = ranges;
  }

  static async of(
    { secret, sources }: Matching,
    sstable: SSTable,
    ranges: readonly StreamRange[],
  ): Promise<RangeMatching> {
    // Only Murmur3's order is that of the trees, by which leaves are found.
    const opened = isTokenOrdered(sstable.statistics.partitioner) ? await sources() : null;
    const places: RingPlace[] = [];
    if (opened !== null) {
      for (const { from } of ranges) places.push(placeOf(await readKeyAt(sstable, from)));
    }
    return new RangeMatching(secret, opened, places, ranges);
  }

  async of(range: number): Promise<RangeMatch> {
    const from = this.#places[range];
    const sources = this.#sources;
    if (sources === null || from === undefined) return { secret: this.#secret, task: null };
    const to = this.#places[range + 1] ?? null;
    const { from: start, to: end } = this.#ranges[range] as StreamRange;
    return { secret: this.#secret, task: await sources.task(from, to, end - start) };
  }
}
