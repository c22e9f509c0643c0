/** Writers of the components that follow from the rows. */
export {
  type CrcParameters,
  CrcWriter,
  parametersOfCrc,
  writeDigest,
} from './checksum-writers.js';
export {
  ComponentDeriver,
  type ComponentPiece,
  type DeriverOptions,
} from './component-deriver.js';
export {
  CompressionInfoWriter,
  type CompressionParameters,
  parametersOfCompression,
} from './compression-info-writer.js';
export type { DerivedParameters } from './derived-parameters.js';
export type { EarlyOpenParameters } from './early-opening.js';
export { type FilterParameters, FilterWriter, parametersOfFilter } from './filter-writer.js';
export { IndexWriter, type RowIndexParameters } from './index-writer.js';
export { type PartitionsParameters, PartitionsWriter } from './partitions-writer.js';
export { type RowsPlaces, RowsWriter } from './rows-writer.js';
export { parametersOfSummary, type SummaryParameters, SummaryWriter } from './summary-writer.js';
export { parametersOfToc, type TocParameters, writeToc } from './toc-writer.js';
export { TrieIndexDeriver } from './trie-index-deriver.js';
export { TrieWriter } from './trie-writer.js';
