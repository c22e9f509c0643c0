/**
 * Blocks that are decoded and judged by kernels, many in a call; what they do is specified by
 * `BlockReader.decode` and `exception`, which are left to look at whatever is unusual.
 */
import { combineCrc32, crc32, crc32WithItself, KernelInstance } from '../codec/index.js';
import { copyBytes } from '../io/index.js';
import { type BlockException, type BlockReader, CRC_BYTES, checksumOf } from './block-layout.js';

/** So many blocks, from the first one on, are sound. */
export interface JudgedBlocks {
  readonly count: number;
  /** Their bytes in the file, and the CRC-32 of these. */
  readonly bytes: number;
  readonly crc: number;
  readonly exceptions: readonly BlockException[];
}

/**
 * Decodes the blocks from `first` on, which begin in `stored` and fill `plain`, all but the last one
 * of the file as long as they should be, and judges them where they will be `encoded` again. Null
 * where the first one has to be looked at alone, since no kernel knows its compressor, or it is
 * damaged.
 */
export function judgeBlocks(
  blocks: BlockReader,
  first: number,
  stored: Uint8Array,
  plain: Uint8Array,
  encoded: boolean,
): JudgedBlocks | null {
  const kernel = KernelInstance.owner(plain);
  if (kernel === undefined || !blocks.isForKernels) return null;
  const entered = enter(kernel, blocks, first, stored, plain.length);
  const { blockLength, compression } = blocks.spec;
  const rawFrom = compression?.maxCompressedLength ?? 0;
  const last = Math.min(blockLength, plain.length - (entered - 1) * blockLength);
  const count = entered === 0 ? 0 : kernel.decodeBlocks(entered, plain, blockLength, last, rawFrom);
  if (count === 0) return null;
  const base = blocks.offset(first);
  const exceptions: BlockException[] = [];
  const lastLength = count === entered ? last : blockLength;
  for (let i = 0; encoded && i < count; i++) {
    i += kernel.reproducedBlocks(i, count, plain, blockLength, lastLength, rawFrom);
    if (i === count) break;
    const end = blocks.offset(first + i + 1) - base;
    const own = stored.subarray(blocks.offset(first + i) - base, end);
    const native = plain.subarray(i * blockLength, (i + 1) * blockLength);
    const exception = blocks.exception(first + i, own, native);
    if (exception !== null) exceptions.push(exception);
  }
  let crc = 0;
  let at = 0;
  for (let i = 0; i < count; i++) {
    const end = blocks.offset(first + i + 1) - base;
    crc = combineCrc32(crc, crc32WithItself(checksumOf(stored, end)), end - at);
    at = end;
  }
  return { count, bytes: at, crc, exceptions };
}

/** Verifies blocks and copies them into the kernel's table, while there is room; returns how many. */
function enter(
  kernel: KernelInstance,
  blocks: BlockReader,
  first: number,
  stored: Uint8Array,
  plainBytes: number,
): number {
  const { blockTable, inputBytes } = kernel;
  const base = blocks.offset(first);
  const most = Math.min(blockTable.length / 2, Math.ceil(plainBytes / blocks.spec.blockLength));
  const room = kernel.inputRoom(Math.min(inputBytes, stored.length));
  if (room === undefined) return 0;
  let count = 0;
  let at = 0;
  for (; count < most; count++) {
    const end = blocks.offset(first + count + 1) - base;
    const crcAt = end - CRC_BYTES;
    if (!(crcAt >= at && end <= room.length)) break;
    if (crc32(stored.subarray(at, crcAt)) !== checksumOf(stored, end)) break;
    blockTable[2 * count] = room.byteOffset + at;
    blockTable[2 * count + 1] = crcAt - at;
    at = end;
  }
  copyBytes(room, stored.subarray(0, at));
  return count;
}
