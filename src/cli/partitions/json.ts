/** `partitions --json`. */
import { toHex } from '../../binary/index.js';
import type { PartitionCounts, PartitionSize, SkewFinding } from '../../table/index.js';
import { keyName } from './names.js';
import type { TablePartitions } from './partitions.js';

function countsJson({ future, millis, ...counts }: PartitionCounts): unknown {
  return { ...counts, futureWrites: future, millisecondWrites: millis };
}

function partitionJson({ files, key: table }: TablePartitions, size: PartitionSize): object {
  const { key, bytes, largestRow, counts, minTimestamp, maxTimestamp, shares } = size;
  return {
    key: keyName(table, key),
    keyHex: toHex(key),
    token: table.partitioner.tokenText(key),
    bytes,
    largestRow,
    ...(countsJson(counts) as object),
    minTimestamp,
    maxTimestamp,
    sstables: shares.map(({ source, counts: own, ...share }) => ({
      sstable: files.sstables[source]?.descriptor.base,
      ...share,
      ...(countsJson(own) as object),
    })),
  };
}

export function reportJson(found: TablePartitions): unknown {
  const { files, at, gcGraceSeconds, sort, report } = found;
  const { keyspace, table, directory, sstables } = files;
  const { partitions, shared, bytes, counts, top, skew } = report;
  const finding = ({ partitions: count, examples }: SkewFinding): unknown => {
    return { partitions: count, examples: examples.map((size) => partitionJson(found, size)) };
  };
  return {
    keyspace,
    table,
    directory,
    at,
    gcGraceSeconds,
    sort,
    sstables: sstables.map(({ descriptor, dataPath }) => {
      return { sstable: descriptor.base, path: dataPath };
    }),
    totals: { partitions, shared, bytes, ...(countsJson(counts) as object) },
    partitions: top.map((size) => partitionJson(found, size)),
    skew: {
      future: finding(skew.future),
      millis: finding(skew.millis),
      reversed: finding(skew.reversed),
    },
  };
}
