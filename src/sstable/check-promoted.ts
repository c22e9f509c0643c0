/** The promoted index of one partition against the partition itself. */
import { equalBytes } from '../binary/index.js';
import {
  type IndexBlock,
  type PromotedIndex,
  parsePromotedIndex,
  sameDeletion,
} from '../components/index.js';
import type { ClusteringPrefix } from '../cql/index.js';
import type { OpenDeletion } from './cell-scanner.js';
import type { ClusteringTrack } from './clustering-track.js';
import type { RawIndexEntry } from './index-cursor.js';
import type { SSTable } from './sstable.js';

export class PromotedCheck {
  readonly #index: PromotedIndex;
  readonly #entry: RawIndexEntry;
  readonly #start: number;
  readonly #report: (offset: number, message: string) => void;
  #block = 0;
  #first = true;

  /** `report` takes offsets in Index.db. Throws where the bytes are no promoted index. */
  constructor(
    sstable: SSTable,
    entry: RawIndexEntry & { readonly promoted: Uint8Array },
    start: number,
    deletion: OpenDeletion | null,
    report: (offset: number, message: string) => void,
  ) {
    const where = { file: sstable.componentPath('Index.db'), component: 'Index.db' };
    this.#index = parsePromotedIndex(
      entry.promoted,
      sstable.header,
      sstable.version,
      entry.promotedPosition,
      where,
    );
    this.#entry = entry;
    this.#start = start;
    this.#report = report;
    if (!sameDeletion(this.#index.deletion, deletion)) {
      this.#fault('the partition deletion in the index is not that of the partition');
    }
  }

  /** At each row and marker. */
  unfiltered(position: number, track: ClusteringTrack, open: OpenDeletion | null): void {
    const offset = position - this.#start;
    if (this.#first && offset !== this.#index.headerLength) {
      this.#fault(`the header length is ${this.#index.headerLength}, the header has ${offset}`);
    }
    this.#first = false;
    const block = this.#index.blocks[this.#block];
    if (block === undefined || offset < block.offset) return;
    if (offset > block.offset) {
      this.#fault(`block ${this.#block} begins at ${block.offset}, inside a row`);
    } else if (!samePrefix(block.first, track.current())) {
      this.#fault(`block ${this.#block} has another first name than its first row`);
    }
    this.#closes(this.#index.blocks[this.#block - 1], track.previous(), open);
    this.#block++;
  }

  /** At the end byte of the partition. */
  end(position: number, track: ClusteringTrack): void {
    const { blocks } = this.#index;
    const last = blocks.at(-1);
    if (this.#block < blocks.length) {
      this.#fault(`block ${this.#block} and what follows begin behind the partition`);
      return;
    }
    this.#closes(last, track.previous(), null);
    const end = position - this.#start;
    const found = last === undefined ? end : last.offset + last.width;
    // The end byte belongs to no block when the last row happened to complete one.
    if (found !== end && found !== end + 1) {
      this.#fault(`the last block ends at ${found}, the partition at ${end + 1}`);
    }
  }

  /** Block `block` ended with `last`, under `open`. */
  #closes(
    block: IndexBlock | undefined,
    last: ClusteringPrefix | null,
    open: OpenDeletion | null,
  ): void {
    if (block === undefined) return;
    if (last !== null && !samePrefix(block.last, last)) {
      this.#fault(`block ${this.#block - 1} has another last name than its last row`);
    }
    if (!sameDeletion(block.openMarker, open)) {
      this.#fault(`block ${this.#block - 1} has another open range tombstone than its rows`);
    }
  }

  #fault(message: string): void {
    this.#report(this.#entry.promotedPosition, message);
  }
}

/** The same kind and the same bytes. */
export function samePrefix(a: ClusteringPrefix, b: ClusteringPrefix): boolean {
  if (a.kind !== b.kind || a.values.length !== b.values.length) return false;
  return a.values.every((value, i) => {
    const other = b.values[i] ?? null;
    if (value === null || other === null) return value === other;
    return equalBytes(value, other);
  });
}
