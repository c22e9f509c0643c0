/**
 * The smallest and the largest value of each clustering column on its own, over all rows and markers:
 * what Statistics.db has in versions ma to mc (format writing reference, 14.5).
 */
import { type Comparator, type CqlType, comparator } from '../cql/index.js';

/** Plain data; null where a column has no value anywhere. */
export interface Extremes {
  readonly least: (Uint8Array | null)[];
  readonly most: (Uint8Array | null)[];
}

/**
 * The orders of clustering columns. @param emptyFirst an empty value is the smallest in descending
 * columns too, as in 3.0
 */
export function columnOrders(types: readonly CqlType[], emptyFirst: boolean): Comparator[] {
  return types.map((type) => {
    const order = comparator(type);
    if (!emptyFirst || !type.reversed) return order;
    return (a, b) => {
      if (a.length > 0 && b.length > 0) return order(a, b);
      return Math.min(1, a.length) - Math.min(1, b.length);
    };
  });
}

export class ColumnExtremes {
  readonly #orders: readonly Comparator[];

  /** @param emptyFirst see `columnOrders` */
  constructor(types: readonly CqlType[], emptyFirst: boolean) {
    this.#orders = columnOrders(types, emptyFirst);
  }

  none(): Extremes {
    return { least: this.#orders.map(() => null), most: this.#orders.map(() => null) };
  }

  /** Takes the values of one clustering, of which the last may be missing. */
  add(extremes: Extremes, values: readonly (Uint8Array | null)[]): void {
    values.forEach((value, i) => {
      if (value === null) return;
      const order = this.#orders[i];
      const least = extremes.least[i] ?? null;
      const most = extremes.most[i] ?? null;
      // Of equal values the smallest is the later, the largest the earlier one.
      if (least === null || (order?.(value, least) ?? 0) <= 0) extremes.least[i] = value;
      if (most === null || (order?.(value, most) ?? 0) > 0) extremes.most[i] = value;
    });
  }

  /** Adds what the rows behind give. */
  merge(extremes: Extremes, more: Extremes): void {
    const most = [...extremes.most];
    this.add(extremes, more.least);
    extremes.most.splice(0, most.length, ...most);
    const least = [...extremes.least];
    this.add(extremes, more.most);
    extremes.least.splice(0, least.length, ...least);
  }
}
