/**
 * The normal form of a range of a table, digested (docs/reconciled.md): leaves of all its SSTables
 * side by side, partition by partition. What one SSTable alone says, and nothing covers, ends or
 * deletes, is in normal form already: its digest is taken as it is. Only the rest is decoded.
 */
import { compareBytes, equalBytes } from '../../binary/index.js';
import { FactCount, LeafNote } from '../../canonical/index.js';
import type {
  DeletionTime,
  Marker,
  PartitionHead,
  SerializationHeader,
  Unfiltered,
} from '../../components/index.js';
import {
  type ClusteringComparator,
  clusteringComparator,
  type Partitioner,
} from '../../cql/index.js';
import { isTokenOrdered } from '../token-ordered.js';
import { MergedColumns } from './columns.js';
import type { LeafCursor } from './leaf-cursor.js';
import {
  type MergedHead,
  mergeHeads,
  PartitionMerger,
  type RowVersion,
} from './merge-partition.js';
import type { NormalSums, NormalSumsBuilder } from './normal-sums.js';
import { PartitionDigest } from './partition-digest.js';
import { Purger, type PurgeTimes } from './purge.js';
import { RowStream } from './row-stream.js';

export interface NormalScanOptions {
  readonly headers: readonly SerializationHeader[];
  readonly partitioner: Partitioner;
  readonly times: PurgeTimes;
  readonly sums: NormalSumsBuilder;
  /** Ring places (halves above) of the partitions to take; null: all. */
  readonly ring: { readonly from: number; readonly to: number } | null;
  readonly dropped?: ReadonlyMap<string, bigint>;
  /**
   * Sum up how the normal form differs from the leaves as they are, of one SSTable; not given: all of
   * the normal form.
   */
  readonly isDelta?: boolean;
}

/** A cursor and its place among the SSTables of the table. */
type Cursors = readonly LeafCursor[];

export class NormalScan {
  readonly #cursors: Cursors;
  readonly #order: (a: LeafCursor, b: LeafCursor) => number;
  readonly #sums: NormalSumsBuilder;
  readonly #digest: PartitionDigest;
  readonly #columns: MergedColumns;
  readonly #compare: ClusteringComparator;
  readonly #purger: Purger;
  readonly #purges: boolean;
  readonly #ring: NormalScanOptions['ring'];
  readonly #byToken: boolean;
  readonly #isDelta: boolean;
  /** The cursor stands inside a partition. */
  #inside = false;

  constructor(cursors: Cursors, options: NormalScanOptions) {
    const { headers, partitioner, times, sums, ring, dropped } = options;
    this.#isDelta = options.isDelta ?? false;
    this.#cursors = cursors;
    this.#byToken = isTokenOrdered(partitioner.name);
    this.#order = this.#byToken ? byToken : (a, b) => partitioner.compareKeys(a.key, b.key);
    this.#sums = sums;
    this.#digest = new PartitionDigest(sums);
    this.#columns = new MergedColumns(headers, {
      droppedAt: ({ text }) => dropped?.get(text) ?? null,
    });
    this.#compare = clusteringComparator(headers[0]?.clusteringTypes ?? []);
    this.#purger = new Purger(times);
    this.#purges = times.gcBefore !== null;
    this.#ring = ring;
  }

  /** Reads everything. Errors: as `scanLeaves`, SSTABLE_CORRUPT for an order that is none. */
  async run(): Promise<NormalSums> {
    for (const cursor of this.#cursors) await cursor.load();
    for (;;) {
      const same = this.#first();
      const [cursor] = same;
      if (cursor === undefined) break;
      if (same.length > 1) await this.#merged(same);
      else await this.#alone(cursor, this.#after(cursor));
    }
    const facts = this.#cursors.map((cursor) => cursor.facts);
    return this.#sums.finish({
      from: Math.max(...facts.map(({ lastExpiry }) => lastExpiry)),
      until: Math.min(...facts.map(({ nextExpiry }) => nextExpiry)),
    });
  }

  /** The cursors that stand at the first partition. */
  #first(): LeafCursor[] {
    let same: LeafCursor[] = [];
    for (const cursor of this.#cursors) {
      if (cursor.ended) continue;
      const [least] = same;
      const difference = least === undefined ? 0 : this.#order(cursor, least);
      if (difference < 0) same = [cursor];
      else if (difference === 0) same.push(cursor);
    }
    return same;
  }

  /** The first of the others, null when there are none. */
  #after(cursor: LeafCursor): LeafCursor | null {
    let least: LeafCursor | null = null;
    for (const other of this.#cursors) {
      if (other === cursor || other.ended) continue;
      if (least === null || this.#order(other, least) < 0) least = other;
    }
    return least;
  }

  #takes(tokenHigh: number): boolean {
    const place = (tokenHigh ^ 0x80000000) >>> 0;
    return this.#ring === null || (place >= this.#ring.from && place < this.#ring.to);
  }

  /** Partitions of `cursor` in front of those of `limit`. */
  async #alone(cursor: LeafCursor, limit: LeafCursor | null): Promise<void> {
    const isOnly = this.#isDelta && limit === null && !this.#columns.hasDropped;
    do {
      if (isOnly && cursor.skipPlainPartitions()) {
        if (cursor.atEnd) await cursor.load();
        continue;
      }
      if (!this.#takes(cursor.tokenHigh)) {
        await skipPartition(cursor);
        continue;
      }
      this.#sums.enter(cursor.tokenHigh);
      if (!this.#plainPart(cursor)) await this.#normalised(cursor);
      else if (this.#inside) await this.#rest(cursor);
      else if (cursor.atEnd) await cursor.load();
    } while (!cursor.ended && (limit === null || this.#order(cursor, limit) < 0));
  }

  /**
   * Takes the plain leaves that the partition at hand begins with, as they are; false where these
   * are too few to leave its first leaf as it is. Afterwards `#inside` tells whether there is more of
   * the partition than that.
   */
  #plainPart(cursor: LeafCursor): boolean {
    const { window, leaf } = cursor;
    if (window === null || this.#columns.hasDropped) return false;
    const end = leaf + cursor.plainLeaves();
    const isWhole =
      end === window.leafCount
        ? !window.insidePartition
        : end > leaf && window.leafIsHead[end] === 1;
    // The head and two rows: whatever follows, each is a leaf of its own.
    if (!isWhole && end - leaf < 3) return false;
    this.#inside = !isWhole;
    if (this.#inside) this.#digest.resume(cursor.key);
    if (!this.#isDelta) {
      this.#sums.partition();
      this.#sums.add(cursor.digests, leaf, end);
    }
    cursor.skip(end - leaf);
    return true;
  }

  /** What of a partition is behind its plain part. */
  async #rest(cursor: LeafCursor): Promise<void> {
    const merger = new PartitionMerger(1, null, this.#columns);
    let inside = cursor.atEnd ? await cursor.stepOver() : true;
    while (inside) {
      const plain = merger.active === null ? cursor.plainLeaves() : 0;
      if (plain > 0) {
        if (!this.#isDelta) this.#sums.add(cursor.digests, cursor.leaf, cursor.leaf + plain);
        inside = cursor.skip(plain) ? !cursor.isHead : await cursor.stepOver();
        continue;
      }
      this.#takeOut(cursor);
      this.#leaf(cursor, merger);
      inside = cursor.step() ?? (await cursor.stepOver());
    }
    this.#digest.end();
  }

  /** A partition of one SSTable in which something ends or is deleted, leaf by leaf. */
  async #normalised(cursor: LeafCursor): Promise<void> {
    cursor.judge(false);
    const [head, first] = cursor.decode();
    if (head?.type !== 'partition') throw new TypeError('a partition without a head');
    const merged = mergeHeads([head], this.#columns);
    const merger = new PartitionMerger(1, merged.deletion, this.#columns);
    this.#digest.begin(this.#head(merged));
    if (this.#isDelta) this.#sums.partition(-1);
    this.#takeOut(cursor);
    if (first !== undefined && first.type !== 'partition') this.#add(merger, [first]);
    let inside = cursor.step() ?? (await cursor.stepOver());
    while (inside) {
      this.#takeOut(cursor);
      this.#leaf(cursor, merger);
      inside = cursor.step() ?? (await cursor.stepOver());
    }
    if (this.#digest.end()) this.#sums.partition();
  }

  /** Where differences are summed up: the leaf at hand as it is. */
  #takeOut(cursor: LeafCursor): void {
    if (this.#isDelta) this.#sums.subtract(cursor.digests, cursor.leaf);
  }

  #leaf(cursor: LeafCursor, merger: PartitionMerger): void {
    if (this.#isNormal(cursor, merger.active)) {
      this.#asItIs(cursor);
      return;
    }
    const [record] = cursor.decode();
    if (record === undefined || record.type === 'partition') throw new TypeError('no row');
    this.#add(merger, [record]);
  }

  /** Adds the row at hand, a leaf in normal form. */
  #asItIs(cursor: LeafCursor): void {
    const { leaf, digests } = cursor;
    if (this.#digest.isSplit) this.#sums.add(digests, leaf, leaf + 1);
    else this.#digest.addRecord(cursor.bytes);
  }

  /** Whether the row at hand, of which no other SSTable has a version, is in normal form. */
  #isNormal(cursor: LeafCursor, active: DeletionTime | null): boolean {
    const { notes, facts } = cursor;
    if (this.#columns.hasDropped) return false;
    if (notes === 0 && active === null) return true;
    cursor.judge(active !== null);
    if ((notes & (LeafNote.covers | LeafNote.opaque)) !== 0) return false;
    if (notes !== 0 && (this.#purges || facts.counts[FactCount.expired] !== 0)) return false;
    return active === null || facts.minTimestamp > active.markedForDeleteAt;
  }

  /** A partition of several SSTables. */
  async #merged(same: Cursors): Promise<void> {
    const isTaken = this.#takes(same[0]?.tokenHigh ?? 0);
    if (!isTaken) {
      for (const cursor of same) await skipPartition(cursor);
      return;
    }
    this.#sums.enter(same[0]?.tokenHigh ?? 0);
    if (await this.#equal(same)) return;
    const streams = same.map((cursor) => new RowStream(cursor, this.#compare));
    const heads: PartitionHead[] = [];
    for (const stream of streams) heads.push(await stream.open());
    const merged = mergeHeads(heads, this.#columns);
    const merger = new PartitionMerger(same.length, merged.deletion, this.#columns);
    this.#digest.begin(this.#head(merged));
    for (;;) {
      const here = this.#firstRows(streams);
      const [stream] = here;
      if (stream === undefined) break;
      const isOne = stream.isRow && here.every((each) => each.isLeaf) && sayTheSame(here);
      if (isOne && this.#isNormal(stream.cursor, merger.active)) this.#asItIs(stream.cursor);
      else {
        const records = here.map((each) => each.record());
        const sources = here.map((each) => streams.indexOf(each));
        this.#add(merger, records, sources);
      }
      for (const each of here) if (!each.advance()) await each.advanceOver();
    }
    if (this.#digest.end()) this.#sums.partition();
  }

  /** Takes a partition of one leaf that all of them have alike; false where it is not. */
  async #equal(same: Cursors): Promise<boolean> {
    const [first] = same;
    if (first === undefined || this.#columns.hasDropped) return false;
    const { digest } = first;
    const isOne = (cursor: LeafCursor): boolean =>
      cursor.notes === 0 && cursor.isWholePartition && equalBytes(cursor.digest, digest);
    if (!same.every(isOne)) return false;
    this.#sums.partition();
    this.#sums.add(first.digests, first.leaf, first.leaf + 1);
    for (const cursor of same) if (!cursor.skip(1)) await cursor.load();
    return true;
  }

  /** The streams that stand at the first place. */
  #firstRows(streams: readonly RowStream[]): RowStream[] {
    let same: RowStream[] = [];
    for (const stream of streams) {
      const { prefix } = stream;
      if (prefix === null) continue;
      const least = same[0]?.prefix ?? null;
      const difference = least === null ? 0 : this.#compare(prefix, least);
      if (difference < 0) same = [stream];
      else if (difference === 0) same.push(stream);
    }
    return same;
  }

  /** Records of one place, merged; `sources` are their SSTables, 0 where there is one alone. */
  #add(
    merger: PartitionMerger,
    records: readonly Unfiltered[],
    sources: readonly number[] = [0],
  ): void {
    const rows: RowVersion[] = [];
    const markers: { source: number; marker: Marker }[] = [];
    for (const [i, record] of records.entries()) {
      const source = sources[i] ?? 0;
      if (record.type === 'row') rows.push({ source, row: record });
      else markers.push({ source, marker: record });
    }
    const merged = rows.length > 0 ? merger.rows(rows) : merger.markers(markers);
    if (merged === null) return;
    const kept =
      merged.type === 'row' ? this.#purger.row(merged.row) : this.#purger.marker(merged.marker);
    if (kept !== null) this.#digest.add(kept);
  }

  #head({ key, deletion, staticRow }: MergedHead): PartitionHead {
    return {
      type: 'partition',
      position: 0,
      headerLength: 0,
      key,
      deletion: this.#purger.deletion(deletion),
      staticRow: staticRow === null ? null : this.#purger.row(staticRow),
    };
  }
}

/** Whether the leaves at which the streams stand are the same. */
function sayTheSame(streams: readonly RowStream[]): boolean {
  const [first, second] = streams;
  if (first === undefined || second === undefined) return true;
  const { digest } = first.cursor;
  return streams.every(({ cursor }) => equalBytes(cursor.digest, digest));
}

function byToken(a: LeafCursor, b: LeafCursor): number {
  return a.tokenHigh - b.tokenHigh || a.tokenLow - b.tokenLow || compareBytes(a.key, b.key);
}

async function skipPartition(cursor: LeafCursor): Promise<void> {
  while (cursor.step() ?? (await cursor.stepOver()));
}
