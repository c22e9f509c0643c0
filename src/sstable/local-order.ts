/**
 * The order of the keys of a secondary index (LocalPartitioner).
 *
 * The keys are the indexed values. For an index on a collection the header gives the type of the
 * collection, though, and does not say whether its elements, keys, values or entries are indexed
 * (format writing reference, 11.2); the keys themselves tell.
 */
import { type CqlType, type Partitioner, parseType, partitioner } from '../cql/index.js';
import { isSstashError } from '../errors.js';

const COMPOSITE = 'org.apache.cassandra.db.marshal.CompositeType';

/** What the keys of an index on a column of type `type` may be. */
function candidates(type: CqlType): CqlType[] {
  if (type.kind === 'set' || type.kind === 'list') return [type.element];
  if (type.kind !== 'map') return [];
  const entry = parseType(`${COMPOSITE}(${type.key.text},${type.value.text})`);
  return [entry, type.key, type.value];
}

/** Whether the header does not tell the order of the keys. */
export function needsInference(order: Partitioner, keyType: CqlType): boolean {
  return order.name === 'LocalPartitioner' && keyType.isMultiCell;
}

/**
 * The order under which `keys`, as they stand in the SSTable, ascend. `order` itself where none of
 * the known ones does.
 */
export function inferOrder(
  order: Partitioner,
  keyType: CqlType,
  keys: readonly Uint8Array[],
): Partitioner {
  for (const type of candidates(keyType)) {
    const candidate = partitioner(order.name, type);
    if (ascends(candidate, keys)) return candidate;
  }
  return order;
}

function ascends(order: Partitioner, keys: readonly Uint8Array[]): boolean {
  try {
    const [first] = keys;
    // A single key has to be a value of the type at least.
    if (first !== undefined) order.compareKeys(first, first);
    return keys.every((key, i) => {
      const before = keys[i - 1];
      return before === undefined || order.compareKeys(before, key) < 0;
    });
  } catch (error) {
    if (isSstashError(error)) return false;
    throw error;
  }
}
