/** Clustering prefixes: rows, bounds and boundaries, and their order (format reference, 5.1). */
import { comparator } from './compare.js';
import type { CqlType } from './types.js';

/** Ordinals of Cassandra's ClusteringPrefix.Kind. */
export const ClusteringKind = {
  exclEnd: 0,
  inclStart: 1,
  exclEndInclStart: 2,
  static: 3,
  row: 4,
  inclEndExclStart: 5,
  inclEnd: 6,
  exclStart: 7,
} as const;

export interface ClusteringPrefix {
  /** One of ClusteringKind. */
  readonly kind: number;
  /** Null is no value, an empty array an empty one; bounds may have fewer than there are columns. */
  readonly values: readonly (Uint8Array | null)[];
}

/** Place among everything that begins with the same values: before, static, the row, after. */
const RANKS: readonly number[] = [0, 0, 0, 1, 2, 3, 3, 3];

export type ClusteringComparator = (a: ClusteringPrefix, b: ClusteringPrefix) => number;

/**
 * Order of clustering prefixes of `types` within a partition; resolve it once. Null comes first,
 * also where the column is descending. Bounds that stand at the same place are equal.
 */
export function clusteringComparator(types: readonly CqlType[]): ClusteringComparator {
  const orders = types.map(comparator);
  return (a, b) => {
    const shared = Math.min(a.values.length, b.values.length);
    for (let i = 0; i < shared; i++) {
      const left = a.values[i] ?? null;
      const right = b.values[i] ?? null;
      if (left === null || right === null) {
        if (left !== right) return left === null ? -1 : 1;
        continue;
      }
      const difference = orders[i]?.(left, right) ?? 0;
      if (difference !== 0) return difference;
    }
    if (a.values.length === b.values.length) return rank(a) - rank(b);
    // The shorter one stands before or after everything that it is the beginning of.
    return a.values.length < b.values.length ? side(a) : -side(b);
  };
}

/** Order of two prefixes; for many of the same table take `clusteringComparator`. */
export function compareClusterings(
  types: readonly CqlType[],
  a: ClusteringPrefix,
  b: ClusteringPrefix,
): number {
  return clusteringComparator(types)(a, b);
}

const rank = (prefix: ClusteringPrefix): number => RANKS[prefix.kind] ?? 2;

function side(prefix: ClusteringPrefix): number {
  return Math.sign(rank(prefix) - 2);
}
