/** How large a component may be that is read whole. */
import { LIMITS } from '../limits.js';

const BY_NAME: Readonly<Record<string, number>> = {
  'Statistics.db': LIMITS.statisticsBytesMax,
  'CompressionInfo.db': LIMITS.compressionInfoBytesMax,
  'Filter.db': LIMITS.filterBytesMax,
  'Summary.db': LIMITS.summaryBytesMax,
  'CRC.db': LIMITS.crcBytesMax,
  'Digest.crc32': LIMITS.smallTextBytesMax,
  'TOC.txt': LIMITS.smallTextBytesMax,
};

/** Bytes of `name` that `readComponent` takes at most. */
export function componentLimit(name: string): number {
  return BY_NAME[name] ?? LIMITS.componentBytesMax;
}
