/** Cuts the stream of Data.db into ranges of whole partitions, for parallel work. */
import { equalBytes } from '../binary/index.js';
import { parseSummary, type Summary } from '../components/index.js';
import { isSstashError } from '../errors.js';
import { contradiction, readIndexEntry, scanIndex } from './index-scan.js';
import { trieCuts, verifyCut } from './ranges-trie.js';
import { readKeyAt } from './read-key.js';
import type { SSTable } from './sstable.js';

/** Positions in the uncompressed stream; `to` is where the next range begins. */
export interface StreamRange {
  readonly from: number;
  readonly to: number;
}

/** With the position in Index.db of the entry of the range's first partition; 0 for BTI. */
export interface IndexedRange extends StreamRange {
  readonly indexFrom: number;
}

/** Where a partition begins, and its key for comparison with Data.db. */
interface Cut {
  /** Null where the index does not have it whole. */
  readonly key: Uint8Array | null;
  readonly dataPosition: number;
  readonly indexPosition: number;
}

/** Errors that mean that the index cannot be used; all others are passed on. */
const UNUSABLE = [
  'SSTABLE_CORRUPT',
  'SSTABLE_TRUNCATED',
  'SSTABLE_COMPONENT_MISSING',
  'SSTABLE_CHECKSUM',
  'LIMIT_EXCEEDED',
] as const;

/** See SSTable.ranges. */
export async function findRanges(sstable: SSTable, targetBytes: number): Promise<IndexedRange[]> {
  if (!(targetBytes >= 1)) throw new TypeError(`targetBytes is ${targetBytes}`);
  const { dataLength } = sstable;
  const whole = dataLength === 0 ? [] : [{ from: 0, to: dataLength, indexFrom: 0 }];
  if (dataLength < 2 * targetBytes) return whole;
  try {
    const cuts = await findCuts(sstable, targetBytes);
    return await verifiedRanges(sstable, cuts, targetBytes);
  } catch (error) {
    if (isSstashError(error, ...UNUSABLE)) return whole;
    throw error;
  }
}

async function findCuts(sstable: SSTable, targetBytes: number): Promise<Cut[]> {
  if (sstable.version.format === 'bti') {
    const positions = await trieCuts(sstable, targetBytes / 2);
    return positions.map((dataPosition) => ({ key: null, dataPosition, indexPosition: 0 }));
  }
  const summary = await readSummary(sstable);
  if (summary === null) return indexCuts(sstable, targetBytes);
  try {
    return await summaryCuts(sstable, summary, targetBytes);
  } catch (error) {
    // Summary.db is only a sample of Index.db, which may be sound.
    if (isSstashError(error, ...UNUSABLE)) return indexCuts(sstable, targetBytes);
    throw error;
  }
}

async function readSummary(sstable: SSTable): Promise<Summary | null> {
  if (!sstable.components.has('Summary.db')) return null;
  try {
    return parseSummary(await sstable.readComponent('Summary.db'));
  } catch (error) {
    if (isSstashError(error, ...UNUSABLE)) return null;
    throw error;
  }
}

/**
 * Samples of the summary about half a range apart; where the partitions between two of them are
 * larger than that, Index.db tells more.
 */
async function summaryCuts(
  sstable: SSTable,
  summary: Summary,
  targetBytes: number,
): Promise<Cut[]> {
  const perSample = sstable.dataLength / Math.max(1, summary.count);
  const stride = Math.max(1, Math.floor(targetBytes / 2 / perSample));
  const cuts: Cut[] = [];
  for (let i = 0; i < summary.count; i += stride) {
    const indexPosition = summary.indexPosition(i);
    const { key, dataPosition } = await readIndexEntry(sstable, indexPosition);
    if (!equalBytes(key, summary.key(i))) {
      throw contradiction(sstable, 'Summary.db', `entry ${i} has another key than Index.db`);
    }
    cuts.push({ key, dataPosition, indexPosition });
  }
  const fine: Cut[] = [];
  for (const [i, cut] of cuts.entries()) {
    fine.push(cut);
    const next = cuts[i + 1];
    const end = next?.dataPosition ?? sstable.dataLength;
    if (end - cut.dataPosition <= targetBytes * 1.5) continue;
    const between = await indexCuts(sstable, targetBytes, cut.indexPosition, next?.indexPosition);
    fine.push(...between.slice(1));
  }
  return fine;
}

/** Every entry that is `targetBytes` or more behind the cut before. */
async function indexCuts(
  sstable: SSTable,
  targetBytes: number,
  from = 0,
  to?: number,
): Promise<Cut[]> {
  const cuts: Cut[] = [];
  for await (const batch of scanIndex(sstable, to === undefined ? { from } : { from, to })) {
    for (const { key, dataPosition, indexPosition } of batch) {
      const least = (cuts.at(-1)?.dataPosition ?? -targetBytes) + targetBytes;
      if (dataPosition >= least) cuts.push({ key: key.slice(), dataPosition, indexPosition });
    }
  }
  return cuts;
}

/** Ranges of `targetBytes` at least, each cut of which is known to be a partition's start. */
async function verifiedRanges(
  sstable: SSTable,
  cuts: readonly Cut[],
  targetBytes: number,
): Promise<IndexedRange[]> {
  const { dataLength } = sstable;
  const component = sstable.version.format === 'bti' ? 'Partitions.db' : 'Index.db';
  if (cuts[0]?.dataPosition !== 0) throw contradiction(sstable, component, 'does not begin at 0');
  const ranges: IndexedRange[] = [];
  let from = 0;
  let indexFrom = 0;
  let previous = 0;
  for (const { key, dataPosition, indexPosition } of cuts.slice(1)) {
    if (dataPosition <= previous || dataPosition >= dataLength) {
      throw contradiction(sstable, component, `the data position ${dataPosition} is impossible`);
    }
    previous = dataPosition;
    // A small rest goes with the range before it.
    if (dataPosition - from < targetBytes || dataLength - dataPosition < targetBytes / 4) continue;
    if (key === null) {
      await verifyCut(sstable, dataPosition);
    } else if (!equalBytes(key, await readKeyAt(sstable, dataPosition))) {
      throw contradiction(
        sstable,
        'Index.db',
        `there is another key at ${dataPosition} of Data.db`,
      );
    }
    ranges.push({ from, to: dataPosition, indexFrom });
    from = dataPosition;
    indexFrom = indexPosition;
  }
  ranges.push({ from, to: dataLength, indexFrom });
  return ranges;
}
