/**
 * What must be kept of an SSTable, besides its rows and Statistics.db, so that the other components
 * can be written again byte for byte. Plain data, the same after JSON. A component that is not there
 * has no parameters.
 */
import type { CrcParameters } from './checksum-writers.js';
import type { CompressionParameters } from './compression-info-writer.js';
import type { FilterParameters } from './filter-writer.js';
import type { RowIndexParameters } from './index-writer.js';
import type { PartitionsParameters } from './partitions-writer.js';
import type { SummaryParameters } from './summary-writer.js';
import type { TocParameters } from './toc-writer.js';

export interface DerivedParameters {
  /** Of Index.db, or of Rows.db. */
  readonly rowIndex: RowIndexParameters;
  readonly compressionInfo?: CompressionParameters;
  readonly crc?: CrcParameters;
  readonly digest?: true;
  readonly index?: true;
  readonly filter?: FilterParameters;
  readonly summary?: SummaryParameters;
  readonly partitions?: PartitionsParameters;
  readonly rows?: true;
  readonly toc?: TocParameters;
}
