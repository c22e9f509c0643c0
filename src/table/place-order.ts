/** The order in which all SSTables of a table hold their records. */
import { compareBytes } from '../binary/index.js';
import {
  type ClusteringComparator,
  ClusteringKind,
  type ClusteringPrefix,
  type CqlType,
  clusteringComparator,
  type Partitioner,
  partitioner,
} from '../cql/index.js';
import type { PartitionPlace, PlacedRecord } from './leaf-source.js';
import { isTokenOrdered } from './token-ordered.js';

export class PlaceOrder {
  readonly partitioner: Partitioner;
  /** Order of rows and bounds inside a partition; bounds at one place are equal. */
  readonly clusterings: ClusteringComparator;
  readonly #byToken: boolean;

  /**
   * @param partitionerName class name
   * @throws SstashError SSTABLE_UNSUPPORTED_PARTITIONER
   */
  constructor(partitionerName: string, keyType: CqlType, clusteringTypes: readonly CqlType[]) {
    this.partitioner = partitioner(partitionerName, keyType);
    this.#byToken = isTokenOrdered(partitionerName);
    this.clusterings = clusteringComparator(clusteringTypes);
  }

  partitions(a: PartitionPlace, b: PartitionPlace): number {
    if (a === b) return 0;
    if (!this.#byToken) return this.partitioner.compareKeys(a.key, b.key);
    return a.ringHigh - b.ringHigh || a.ringLow - b.ringLow || compareBytes(a.key, b.key);
  }

  /** Zero for records that speak of the same place. */
  records(a: PlacedRecord, b: PlacedRecord): number {
    return this.partitions(a.partition, b.partition) || this.#inside(a.record, b.record);
  }

  #inside(a: PlacedRecord['record'], b: PlacedRecord['record']): number {
    const [left, right] = [prefixOf(a), prefixOf(b)];
    if (left === null || right === null) return Number(left !== null) - Number(right !== null);
    // Bounds on the same side of the same clustering are told apart by their kind.
    return this.clusterings(left, right) || left.kind - right.kind;
  }
}

/** Null for a head, which comes before everything else of its partition. */
function prefixOf(record: PlacedRecord['record']): ClusteringPrefix | null {
  if (record.type === 'partition') return null;
  const kind = record.type === 'row' ? ClusteringKind.row : record.kind;
  return { kind, values: record.clustering };
}
