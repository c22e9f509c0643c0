/** Bits of Data.db (format reference, 7.3, 7.7) and kinds of bounds (5.1). */

export const RowFlag = {
  endOfPartition: 0x01,
  isMarker: 0x02,
  hasTimestamp: 0x04,
  hasTtl: 0x08,
  hasDeletion: 0x10,
  hasAllColumns: 0x20,
  hasComplexDeletion: 0x40,
  extension: 0x80,
} as const;

export const ExtendedFlag = {
  isStatic: 0x01,
  shadowable: 0x02,
} as const;

export const CellFlag = {
  isDeleted: 0x01,
  isExpiring: 0x02,
  hasEmptyValue: 0x04,
  useRowTimestamp: 0x08,
  useRowTtl: 0x10,
} as const;

/** Kinds that a marker may have: bounds 0, 1, 6, 7 and boundaries 2, 5. */
export function isBoundKind(kind: number): boolean {
  return kind <= 7 && kind !== 3 && kind !== 4;
}

/** A boundary closes one deletion and opens the next. */
export function isBoundary(kind: number): boolean {
  return kind === 2 || kind === 5;
}
