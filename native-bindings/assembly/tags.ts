/** Tags of canonical records, as in src/canonical/tags.ts. */
export const HEAD_TAG: u32 = 0x01;
export const ROW_TAG: u32 = 0x02;
export const MARKER_TAG: u32 = 0x03;
export const OPAQUE_TAG: u32 = 0x04;
export const OPAQUE_HEAD_TAG: u32 = 0x05;
