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

export class ColumnExtremes {
  readonly #orders: readonly Comparator[];

  constructor(types: readonly CqlType[]) {
    this.#orders = types.map(comparator);
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
