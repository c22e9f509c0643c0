/** Outcome of a record or a walk; negative ones are damage (the host has words for them). */
export const OK: i32 = 0;
/** The window ends inside the record. */
export const NEED_BYTES: i32 = 1;
/** The output region is full. */
export const OUTPUT_FULL: i32 = 2;
/** The leaf tables are full. */
export const LEAVES_FULL: i32 = 3;
/** The row is above LIMITS.rowBytesMax. */
export const ROW_TOO_LARGE: i32 = 4;

export const BAD_END: i32 = -1;
export const BAD_FLAGS: i32 = -2;
export const BAD_SIZE: i32 = -3;
export const BAD_SUBSET: i32 = -4;
export const BAD_CELL: i32 = -5;
export const BAD_MARKER: i32 = -6;
export const BAD_DELETION: i32 = -7;
export const BAD_NUMBER: i32 = -8;
export const TRUNCATED: i32 = -9;
export const BAD_CLUSTERING: i32 = -10;
