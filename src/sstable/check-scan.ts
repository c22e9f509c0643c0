/**
 * Task `check-scan`: a range of Data.db, its blocks and its rows, by the scan kernel. It tells whether
 * all of it is sound, not what is wrong.
 */
import { combineCrc32, loadCompressor } from '../codec/index.js';
import type { CompressionInfo } from '../components/index.js';
import { isNoDamage, isSstashError } from '../errors.js';
import type { RandomAccessFile } from '../io/index.js';
import { type TaskContext, TransferResult } from '../parallel/index.js';
import { type BlockReader, CompressedBlocks, PlainBlocks } from './blocks.js';
import {
  type BlockSpan,
  blockSpan,
  CompressedCheck,
  checkBlocks,
  type FilePart,
  readChecksums,
} from './check-blocks.js';
import { Faults } from './check-faults.js';
import { withSSTable } from './open-cache.js';
import { type RangeFacts, scanRange } from './range-scan.js';
import type { SSTable } from './sstable.js';
import { StoredBlocks } from './stored-blocks.js';

export interface CheckScanArgument {
  readonly dataPath: string;
  /** Partitions of the stream. */
  readonly from: number;
  readonly to: number;
  /** The blocks up to the end of the file belong to it. */
  readonly last: boolean;
  /** Values are held against their types. */
  readonly deep: boolean;
  /** Bytes after which a block of a row index ends. */
  readonly columnIndexSize: number;
}

export interface CheckScanResult {
  /** Null where something is not sound. */
  readonly facts: RangeFacts | null;
  readonly part: FilePart;
}

export async function checkScan(
  argument: CheckScanArgument,
  context: TaskContext,
): Promise<TransferResult<CheckScanResult>> {
  const result = await withSSTable(argument.dataPath, (sstable) =>
    checkScanOf(sstable, argument, context.signal),
  );
  return new TransferResult(result, buffersOf(result));
}

/** The same with an SSTable that is open. */
export async function checkScanOf(
  sstable: SSTable,
  argument: CheckScanArgument,
  signal?: AbortSignal,
): Promise<CheckScanResult> {
  try {
    return await new RangeCheck(sstable, argument, signal).run();
  } catch (error) {
    if (!isSstashError(error) || isNoDamage(error)) throw error;
    return NOT_SOUND;
  }
}

const NOT_SOUND: CheckScanResult = { facts: null, part: { crc: 0, length: 0 } };

class RangeCheck {
  readonly #sstable: SSTable;
  readonly #argument: CheckScanArgument;
  readonly #signal: AbortSignal | undefined;

  constructor(sstable: SSTable, argument: CheckScanArgument, signal: AbortSignal | undefined) {
    this.#sstable = sstable;
    this.#argument = argument;
    this.#signal = signal;
  }

  async run(): Promise<CheckScanResult> {
    const { compression } = this.#sstable;
    const file = await this.#sstable.openComponent('Data.db');
    return compression === null ? this.#plain(file) : this.#compressed(file, compression);
  }

  async #plain(file: RandomAccessFile): Promise<CheckScanResult> {
    const { from, to, last } = this.#argument;
    const checksums = await readChecksums(this.#sstable);
    const span = blockSpan(from, to, last, checksums?.chunkSize ?? this.#sstable.blockLength);
    const faults = new Faults();
    const sums = { compression: null, checksums };
    const part = await checkBlocks(file, sums, span, faults, this.#signal);
    if (faults.list.length > 0) return NOT_SOUND;
    return { facts: await this.#rows(new PlainBlocks(file, null)), part };
  }

  async #compressed(file: RandomAccessFile, info: CompressionInfo): Promise<CheckScanResult> {
    const { from, to, last } = this.#argument;
    await loadCompressor(info.compressor);
    const blocks = Math.ceil(info.dataLength / info.chunkLength);
    const span = blockSpan(from, to, last, info.chunkLength);
    const faults = new Faults();
    const check = new CompressedCheck(file, info, faults);
    const stored = new StoredBlocks(
      info,
      file.size,
      { ...span, end: Math.min(span.end, blocks) },
      check,
    );
    const facts = await this.#rows(
      new CompressedBlocks(file, info, (first, bytes) => stored.take(first, bytes)),
    );
    if (facts === null || !stored.complete) return NOT_SOUND;
    let { part } = stored;
    if (last) part = joined(part, await check.run(behind(blocks), this.#signal));
    return faults.list.length > 0 ? NOT_SOUND : { facts, part };
  }

  #rows(blocks: BlockReader): Promise<RangeFacts | null> {
    const { from, to, deep, columnIndexSize } = this.#argument;
    const signal = this.#signal;
    const options = { deep, columnIndexSize, ...(signal === undefined ? {} : { signal }) };
    return scanRange(this.#sstable, { from, to }, blocks, options);
  }
}

/** What follows the blocks that have rows: the empty last block of a compaction. */
function behind(blocks: number): BlockSpan {
  return { first: blocks, end: Infinity, last: true };
}

function joined(a: FilePart, b: FilePart): FilePart {
  return { crc: combineCrc32(a.crc, b.crc, b.length), length: a.length + b.length };
}

/** Every buffer once. */
function buffersOf({ facts }: CheckScanResult): ArrayBuffer[] {
  if (facts === null) return [];
  const { totals, batches } = facts;
  const arrays = [
    totals.drops,
    totals.sketchHashes,
    ...batches.flatMap(({ entries, starts }) => [entries, starts]),
  ];
  const buffers = arrays.map((array) => array.buffer as ArrayBuffer);
  return [...new Set(buffers)].filter((buffer) => buffer.byteLength > 0);
}
