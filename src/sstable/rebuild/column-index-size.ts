/**
 * The column index size that an SSTable was written with: no file says it, but each block of a row
 * index bounds it. A block that was closed because it was long enough, of w bytes, whose last row
 * begins b bytes behind its start, tells that b < size <= w. Any size that agrees with all blocks
 * makes the same files.
 */
import { PartitionScanner } from '../../components/index.js';
import { isNoDamage, isSstashError } from '../../errors.js';
import type { SSTable } from '../sstable.js';
import { WINDOW_BYTES } from '../window.js';
import { type IndexedRows, rowIndexes } from './row-indexes.js';

/** What the nodes of the two formats use unless they are told otherwise, and what is also common. */
const DEFAULTS = { big: [65536, 16384, 4096], bti: [16384, 65536, 4096] };
/** Larger than every partition: there are no row indexes. */
const NO_INDEX = 0x7fffffff;
/** Smaller partitions are not expected to have an index, whatever the node's setting. */
const SMALL_BYTES = 4096;
const SAMPLES = 64;

export interface InferredSize {
  readonly size: number;
  /** Every block was looked at. */
  readonly certain: boolean;
  /** Other sizes to try, where `size` may be wrong and nothing tells. */
  readonly others: readonly number[];
}

/**
 * `all` reads every indexed partition, `sample` some blocks. Of a damaged index what can be read is
 * used.
 */
export async function columnIndexSize(
  sstable: SSTable,
  mode: 'sample' | 'all',
): Promise<InferredSize> {
  const defaults = DEFAULTS[sstable.version.format];
  const [usual = NO_INDEX] = defaults;
  const largest = largestPartition(sstable);
  if (mode === 'sample' && largest <= SMALL_BYTES) {
    return { size: usual, certain: false, others: [] };
  }
  const bounds = new Bounds(sstable, mode);
  let others: readonly number[] = [];
  try {
    for await (const rows of rowIndexes(sstable)) await bounds.add(rows);
    await bounds.finish();
  } catch (error) {
    if (!isSstashError(error) || isNoDamage(error)) throw error;
    others = [...defaults, NO_INDEX];
  }
  const withoutIndex = largest <= usual ? usual : NO_INDEX;
  const size = bounds.anyIndex ? bounds.choose(defaults) : withoutIndex;
  return { size, certain: mode === 'all' && others.length === 0, others };
}

/** Bytes that no partition is larger than, by Statistics.db. */
function largestPartition(sstable: SSTable): number {
  const { offsets, buckets } = sstable.statistics.stats.estimatedPartitionSize;
  const last = buckets.findLastIndex((count) => count > 0n);
  return last < 0 ? Infinity : (offsets[last] ?? Infinity);
}

interface Sample {
  readonly rows: IndexedRows;
  readonly block: number;
}

class Bounds {
  anyIndex = false;
  readonly #sstable: SSTable;
  readonly #all: boolean;
  #least = 1;
  #most = NO_INDEX;
  #samples: Sample[] = [];
  #stride = 1;
  #seen = 0;

  constructor(sstable: SSTable, mode: 'sample' | 'all') {
    this.#sstable = sstable;
    this.#all = mode === 'all';
  }

  async add(rows: IndexedRows): Promise<void> {
    const { length, offsets, widths } = rows;
    const count = offsets.length;
    if (count === 0) {
      if (this.#all && length > this.#least) await this.#unindexed(rows);
      return;
    }
    this.anyIndex = true;
    for (let i = 0; i < count - 1; i++) {
      this.#most = Math.min(this.#most, widths[i] ?? 0);
      if (this.#all) await this.#lastRow({ rows, block: i });
      else this.#sample({ rows, block: i });
    }
    const [offset = 0, width = 0] = [offsets[count - 1], widths[count - 1]];
    // The last block was closed by the end of the partition, which Index.db includes only then.
    const isClosedByEnd = this.#sstable.version.format === 'big' && offset + width === length;
    if (isClosedByEnd) this.#least = Math.max(this.#least, width);
  }

  async finish(): Promise<void> {
    const step = Math.max(1, Math.floor(this.#samples.length / SAMPLES));
    for (let i = 0; i < this.#samples.length; i += step) {
      const sample = this.#samples[i];
      if (sample !== undefined) await this.#lastRow(sample);
    }
  }

  /** The size within the bounds that somebody would have configured. */
  choose(defaults: readonly number[]): number {
    const fits = (size: number): boolean => size >= this.#least && size <= this.#most;
    const known = defaults.find(fits);
    if (known !== undefined) return known;
    const wholeKiB = Math.ceil(this.#least / 1024) * 1024;
    return fits(wholeKiB) ? wholeKiB : Math.min(this.#least, this.#most);
  }

  #sample(sample: Sample): void {
    if (this.#seen++ % this.#stride !== 0) return;
    this.#samples.push(sample);
    if (this.#samples.length < 4 * SAMPLES) return;
    this.#samples = this.#samples.filter((_, i) => i % 2 === 0);
    this.#stride *= 2;
  }

  async #lastRow({ rows, block }: Sample): Promise<void> {
    const { position, offsets, widths } = rows;
    const [headerLength = 0, offset = 0, width = 0] = [offsets[0], offsets[block], widths[block]];
    // The head of the partition and this block as if nothing were between them.
    const scanner = this.#scanner();
    await this.#push(scanner, position, headerLength);
    await this.#push(scanner, position + offset, width);
    this.#least = Math.max(this.#least, scanner.lastRow - headerLength + 1);
  }

  async #unindexed({ position, length }: IndexedRows): Promise<void> {
    const scanner = this.#scanner();
    await this.#push(scanner, position, length);
    this.#least = Math.max(this.#least, scanner.lastRow - scanner.headerLength + 1);
  }

  async #push(scanner: PartitionScanner, from: number, length: number): Promise<void> {
    for (let done = 0; done < length; done += WINDOW_BYTES) {
      const some = Math.min(WINDOW_BYTES, length - done);
      scanner.push(await this.#sstable.readData(from + done, some));
    }
  }

  #scanner(): PartitionScanner {
    const { header, version } = this.#sstable;
    return new PartitionScanner({ header, version, columnIndexSize: Infinity });
  }
}
