/** Clustering prefixes: rows, bounds and boundaries, and their order (format reference, 5.1). */

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
