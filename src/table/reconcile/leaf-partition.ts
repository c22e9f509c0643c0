/** One partition of an SSTable that is known by its tree and its leaves, as those of backups. */
import type { Unfiltered } from '../../components/index.js';
import type { PartitionPart } from '../../sstable/index.js';
import type { LeafSource, PlacedRecord } from '../leaf-source.js';
import { placeOf } from '../place.js';
import { candidateRuns, readFirst, runOf } from '../place-finder.js';
import { PlaceOrder } from '../place-order.js';
import type { PartitionSource } from './merged-partition.js';

/** What the SSTable says of a partition; null where that is nothing. Errors are those of reading. */
export async function leafPartition(
  source: LeafSource,
  key: Uint8Array,
  signal?: AbortSignal,
): Promise<PartitionSource | null> {
  const { tree, header, name } = source;
  const order = new PlaceOrder(source.partitioner, header.keyType, header.clusteringTypes);
  const wanted = headOf(key);
  const run = await runOf(tree, order, wanted, (at) => readFirst(source, at, signal));
  if (run < 0) return null;
  const [, end] = candidateRuns(tree, wanted.partition);
  const partsUpTo = (to: number): AsyncGenerator<PartitionPart, void, undefined> =>
    partsOf(source.read(tree.span(run, to), signal), order, wanted);
  for await (const _ of partsUpTo(run + 1)) {
    const base = name.slice(name.lastIndexOf('/') + 1);
    const read = async () => ({ parts: partsUpTo(end), open: null });
    return { base, path: name, position: null, header, read };
  }
  return null;
}

/** A record that stands where the partition begins. */
function headOf(key: Uint8Array): PlacedRecord {
  const head = { type: 'partition', position: 0, headerLength: 0, staticRow: null } as const;
  return { partition: placeOf(key), record: { ...head, key, deletion: null } };
}

/** What of `batches` is of the partition; they begin in front of it. */
async function* partsOf(
  batches: AsyncIterable<readonly PlacedRecord[]>,
  order: PlaceOrder,
  { partition: wanted }: PlacedRecord,
): AsyncGenerator<PartitionPart, void, undefined> {
  for await (const batch of batches) {
    const unfiltereds: Unfiltered[] = [];
    let head: PartitionPart['head'] = null;
    let isBehind = false;
    for (const { partition, record } of batch) {
      const difference = order.partitions(partition, wanted);
      isBehind = difference > 0;
      if (isBehind) break;
      if (difference < 0) continue;
      if (record.type === 'partition') head = record;
      else unfiltereds.push(record);
    }
    if (head !== null || unfiltereds.length > 0) yield { head, unfiltereds };
    if (isBehind) return;
  }
}
