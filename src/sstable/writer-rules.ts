/**
 * How the release that wrote an SSTable counts what Statistics.db says (format writing reference, 14):
 * some rules follow the writer rather than the version.
 */
import type { DropTimeRule, FormatVersion, Statistics } from '../components/index.js';

export interface WriterRules {
  /** 5.0 and later, also where they write nb or nc. */
  readonly is5: boolean;
  /** How drop times may have been collected; one of them holds. */
  readonly dropRules: readonly DropTimeRule[];
  /** Drop times are collected as they are; else rounded up to minutes, `dropMax` at most. */
  readonly rawDrops: boolean;
  readonly dropMax: number;
  /** 3.0.6 and the like: what has no deletion time is counted among the drop times as well. */
  readonly countsNone: boolean;
  /** The smallest and largest clustering are taken column by column, over rows and markers. */
  readonly clusteringByColumn: boolean;
  /** Values of user types may have more fields than the header knows, and cells be of such a field. */
  readonly laterFields: boolean;
}

export function writerRules(statistics: Statistics, version: FormatVersion): WriterRules {
  const { letters } = version;
  const is5 = statistics.liveComplexDeletionTime === 0xffffffff;
  const old = letters < 'na' && version.format === 'big' && letters.startsWith('m');
  const first = letters === 'ma' || letters === 'mb';
  return {
    is5,
    // Releases of 3.0 and of 3.11 wrote mc, md and me.
    dropRules: first ? ['3.0'] : old ? ['3.11', '3.0'] : [is5 ? '5.0' : '4.0'],
    rawDrops: old,
    dropMax: is5 ? 4294967293 : 2147483646,
    countsNone: first,
    // Before 3.0.15 and 3.11.1 a compaction might take the types of an older one of its SSTables.
    laterFields: old && letters < 'md',
    clusteringByColumn: !version.hasAccurateMinMax && !version.hasImprovedMinMax,
  };
}
