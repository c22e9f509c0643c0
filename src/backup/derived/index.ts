/**
 * Components that follow from the rows (Index.db, Filter.db, CompressionInfo.db ...): made again while
 * rows are backed up, compared, and not stored where they come out the same; made while rows are
 * restored.
 */
export { Derivation, type DerivedComponents } from './derivation.js';
export { DerivedFiles } from './derived-files.js';
