/** Tags and flags of canonical records (docs/canonical-form.md). */

export const RecordTag = {
  head: 0x01,
  row: 0x02,
  marker: 0x03,
  /** Native bytes of a row or marker. */
  opaque: 0x04,
  /** Native bytes of a head. */
  opaqueHead: 0x05,
} as const;

export const HeadFlag = {
  hasDeletion: 0x01,
  hasStaticRow: 0x02,
} as const;

export const BodyFlag = {
  hasLiveness: 0x01,
  expires: 0x02,
  hasDeletion: 0x04,
  shadowable: 0x08,
} as const;

/** Whether a row body may begin with `flags`. */
export function isBodyFlags(flags: number): boolean {
  if (flags > 0x0f) return false;
  if ((flags & BodyFlag.expires) !== 0 && (flags & BodyFlag.hasLiveness) === 0) return false;
  return (flags & BodyFlag.shadowable) === 0 || (flags & BodyFlag.hasDeletion) !== 0;
}

/** First byte of a complex column; a simple cell's flags are below 0x20. */
export const ColumnTag = {
  complex: 0x80,
  complexDeleted: 0xc0,
} as const;
