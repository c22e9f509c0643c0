/** Flags of native rows and markers, and of their cells (format reference, 7.3 and 7.7). */
export const END_OF_PARTITION: u32 = 0x01;
export const IS_MARKER: u32 = 0x02;
export const HAS_TIMESTAMP: u32 = 0x04;
export const HAS_TTL: u32 = 0x08;
export const HAS_DELETION: u32 = 0x10;
export const HAS_ALL_COLUMNS: u32 = 0x20;
export const HAS_COMPLEX_DELETION: u32 = 0x40;
export const IS_EXTENDED: u32 = 0x80;

/** Of the byte that follows where a row is extended. */
export const EXT_STATIC: u32 = 0x01;
export const EXT_SHADOWABLE: u32 = 0x02;

export const CELL_DELETED: u32 = 0x01;
export const CELL_EXPIRING: u32 = 0x02;
export const CELL_EMPTY: u32 = 0x04;
export const CELL_ROW_TIME: u32 = 0x08;
export const CELL_ROW_TTL: u32 = 0x10;
/** What a cell that ends or is deleted has. */
export const CELL_MORTAL: u32 = CELL_DELETED | CELL_EXPIRING;
