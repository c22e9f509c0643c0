/** Orders of values as Cassandra's types define them: what clusterings and local keys sort by. */
import { compareBytes, toHex } from '../binary/index.js';
import { SstashError } from '../errors.js';
import { type Comparator, scalarOrder } from './compare-scalars.js';
import { dynamicOrder } from './dynamic-composite.js';
import {
  collectionElements,
  compositeComponents,
  type Element,
  tupleElements,
  vectorElements,
} from './elements.js';
import { orderOfPartitioner } from './token-order.js';
import type { ColumnToCollectionType, CompositeType, CqlType } from './types.js';

const comparators = new WeakMap<CqlType, Comparator>();

/**
 * The order of values of `type`, descending types included; resolve it once. It throws
 * SSTABLE_UNSUPPORTED_TYPE for types that Cassandra does not order by themselves.
 */
export function comparator(type: CqlType): Comparator {
  const known = comparators.get(type);
  if (known !== undefined) return known;
  const order = directed(type, build(type));
  comparators.set(type, order);
  return order;
}

/** Order of two values: negative, 0 or positive. */
export function compareValues(type: CqlType, a: Uint8Array, b: Uint8Array): number {
  return comparator(type)(a, b);
}

function directed({ reversed, emptyFirst: isOld }: CqlType, values: Comparator): Comparator {
  if (!reversed) return emptyFirst(values);
  if (isOld === true) return emptyFirst((a, b) => values(b, a));
  const ascending = emptyFirst(values);
  return (a, b) => ascending(b, a);
}

function emptyFirst(compare: Comparator): Comparator {
  return (a, b) => {
    if (a.length > 0 && b.length > 0) return compare(a, b);
    return Math.min(1, a.length) - Math.min(1, b.length);
  };
}

type ElementComparator = (a: Element, b: Element) => number;

function nullFirst(compare: Comparator): ElementComparator {
  return (a, b) => {
    if (a !== null && b !== null) return compare(a, b);
    return a === b ? 0 : a === null ? -1 : 1;
  };
}

function build(type: CqlType): Comparator {
  switch (type.kind) {
    case 'list':
    case 'set': {
      const element = nullFirst(comparator(type.element));
      return collections(type, [element]);
    }
    case 'map':
      return collections(type, [
        nullFirst(comparator(type.key)),
        nullFirst(comparator(type.value)),
      ]);
    case 'tuple':
      return tuples(type, type.elements);
    case 'udt':
      return tuples(
        type,
        type.fields.map((field) => field.type),
      );
    case 'vector': {
      const element = comparator(type.element);
      return (a, b) => {
        const right = vectorElements(type, b);
        return firstDifference(vectorElements(type, a), (value, i) =>
          element(value, right[i] ?? value),
        );
      };
    }
    case 'composite':
      return composites(type);
    case 'partitioner-order':
      return orderOfPartitioner(type.partitioner) ?? withoutOrder(type);
    case 'dynamic-composite':
      return dynamicOrder(type, comparator);
    case 'column-to-collection':
      return withoutOrder(type);
    default:
      return scalarOrder(type.kind);
  }
}

function withoutOrder(type: CqlType): Comparator {
  return () => {
    throw new SstashError('SSTABLE_UNSUPPORTED_TYPE', `${type.text} has no order here`, {
      found: type.text.slice(0, 200),
    });
  };
}

function firstDifference<T>(items: readonly T[], compare: (item: T, i: number) => number): number {
  for (const [i, item] of items.entries()) {
    const difference = compare(item, i);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Element by element, `orders` in turn; then the shorter one first. */
function collections(type: CqlType, orders: readonly ElementComparator[]): Comparator {
  return (a, b) => {
    const left = collectionElements(type, a);
    const right = collectionElements(type, b);
    const shared = left.slice(0, right.length);
    const difference = firstDifference(shared, (element, i) => {
      const order = orders[i % orders.length];
      return order?.(element, right[i] ?? null) ?? 0;
    });
    return difference || left.length - right.length;
  };
}

/** Field by field, null first; fields that are missing at the end are as good as null. */
function tuples(type: CqlType, types: readonly CqlType[]): Comparator {
  const orders = types.map((field) => nullFirst(comparator(field)));
  return (a, b) => {
    const left = tupleElements(type, a, orders.length);
    const right = tupleElements(type, b, orders.length);
    return firstDifference(orders, (order, i) => order(left[i] ?? null, right[i] ?? null));
  };
}

function composites(type: CompositeType): Comparator {
  const orders = type.elements.map((element) =>
    element.kind === 'column-to-collection' ? null : comparator(element),
  );
  return (a, b) => {
    const left = compositeComponents(type, a);
    const right = compositeComponents(type, b);
    if (left.isStatic !== right.isStatic) return left.isStatic ? -1 : 1;
    const shared = left.values.slice(0, right.values.length);
    const difference = firstDifference(shared, (value, i) => {
      const element = type.elements[i];
      const order =
        element?.kind === 'column-to-collection'
          ? orderInCollection(element, left.values[i - 1])
          : (orders[i] ?? compareBytes);
      const ends = (left.ends[i] ?? 0) - (right.ends[i] ?? 0);
      return order(value, right.values[i] ?? value) || ends;
    });
    return difference || left.values.length - right.values.length;
  };
}

/** The order of cell names of a collection column, whose name stands before them. */
function orderInCollection(type: ColumnToCollectionType, name: Uint8Array | undefined): Comparator {
  const collection = name === undefined ? undefined : type.collections.get(toHex(name));
  switch (collection?.kind) {
    case 'list':
      return scalarOrder('timeuuid');
    case 'set':
      return comparator(collection.element);
    case 'map':
      return comparator(collection.key);
    default:
      return withoutOrder(type);
  }
}
