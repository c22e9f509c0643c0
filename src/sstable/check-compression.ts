/**
 * CompressionInfo.db beyond what its parser sees. The file has no checksum, so each of its fields is
 * held against something else: offsets and dataLength show in the blocks, the rest here.
 */
import { compressor } from '../codec/index.js';
import type { CompressionInfo } from '../components/index.js';
import { isSstashError } from '../errors.js';
import type { ComponentCheck } from './check-components.js';
import type { Faults } from './check-faults.js';

const NO_LIMIT = 0x7fffffff;
/** Ratios that people configure: multiples of 0.005, thirds. */
const RATIO_UNIT = 200;
const THIRDS = [4 / 3, 5 / 3, 7 / 3, 8 / 3].flatMap((ratio) =>
  [2, 3, 4, 5, 6].flatMap((digits) => [Number(ratio.toFixed(digits)), floorTo(ratio, digits)]),
);
/** Cassandra compresses in whole KiB. */
const CHUNK_UNIT = 1024;

/** Highest and lowest number that an option may have. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  lz4_high_compressor_level: [1, 17],
  compression_level: [-131072, 22],
};

/** Reports what is wrong; false when the blocks cannot be decoded here. */
export function checkCompression(
  info: CompressionInfo,
  check: ComponentCheck,
  faults: Faults,
): boolean {
  const { chunkLength, maxCompressedLength } = info;
  const name = 'CompressionInfo.db';
  if (chunkLength % CHUNK_UNIT !== 0) {
    check.fault(name, null, `the block length ${chunkLength} is not a number of KiB`);
  }
  if (maxCompressedLength !== NO_LIMIT && !isFromRatio(chunkLength, maxCompressedLength)) {
    check.fault(
      name,
      null,
      `the compressed length limit ${maxCompressedLength} follows from no min_compress_ratio`,
    );
  }
  for (const [key, value] of info.options) {
    const range = Object.hasOwn(RANGES, key) ? RANGES[key] : undefined;
    if (range === undefined) continue;
    const number = Number(value);
    if (number >= range[0] && number <= range[1]) continue;
    check.fault(name, null, `the option ${key} is ${value}, not within ${range.join(' to ')}`);
  }
  try {
    compressor(info.compressor, info.options, chunkLength);
    return true;
  } catch (error) {
    if (!isSstashError(error)) throw error;
    const detail = { file: check.path(name), component: name };
    faults.addError(error.with(detail), check.path(name), name);
    return false;
  }
}

/** The limit is chunkLength / min_compress_ratio, rounded up; the ratio is at least 1. */
function isFromRatio(chunkLength: number, limit: number): boolean {
  if (limit < 1 || limit > chunkLength) return false;
  const matches = (ratio: number): boolean => Math.ceil(chunkLength / ratio) === limit;
  const first = Math.floor((chunkLength / limit) * RATIO_UNIT);
  const last = Math.ceil((chunkLength / Math.max(limit - 1, 0.5)) * RATIO_UNIT);
  for (let unit = Math.max(RATIO_UNIT, first); unit <= last; unit++) {
    if (matches(unit / RATIO_UNIT)) return true;
  }
  return THIRDS.some(matches);
}

function floorTo(ratio: number, digits: number): number {
  return Math.floor(ratio * 10 ** digits) / 10 ** digits;
}
