/** The rows of an SSTable into the repository: ranges in workers, stored in file order here. */
import { compressor, loadCompressor } from '../codec/index.js';
import { type CompressionInfo, parseCrc } from '../components/index.js';
import { SstashError } from '../errors.js';
import { openFile, type RandomAccessFile } from '../io/index.js';
import { concatRuns, type RunRule, SSTableTree, serialiseTree } from '../merkle/index.js';
import { mapOrdered } from '../parallel/index.js';
import type { SSTable } from '../sstable/index.js';
import { isTokenOrdered, treeRule } from '../table/index.js';
import {
  type BlockSpec,
  blockPayload,
  checkedPayload,
  compressedBlocks,
  plainBlocks,
  sliceBlocks,
} from './block-layout.js';
import { noneStored } from './chunk-batch.js';
import type { ByOrigin } from './counts.js';
import { Derivation, type DerivedComponents } from './derived/index.js';
import { RangeMatching } from './match/index.js';
import { NotReproducible, type OpenedRows, RangeStore, runRange } from './range-store.js';
import { idText, type LeafSumRecord, type RowsData } from './records.js';
import type { RowsTask } from './rows-task.js';
import { type StoreContext, storeBytes } from './store-bytes.js';
import { becomesSlab } from './store-slab.js';

const RANGE_BYTES = 8 * 1024 * 1024;
/** Of smaller rows a range has fewer bytes: what is held for each row is more than the row then. */
const SMALL_ROW_BYTES = 64;
/** An empty block is some bytes in every compressor. */
const TAIL_BYTES_MAX = 4096;

/** What became of a Data.db whose rows were stored. */
export interface StoredRows {
  readonly data: RowsData;
  readonly leafSum: LeafSumRecord;
  /** CRC-32 of the file, to compare with Digest.crc32. */
  readonly crc32: number;
  /** Components that need not be stored. */
  readonly derived: DerivedComponents;
  /** Where its leaves came from, and their canonical bytes. */
  readonly leaves: ByOrigin;
  readonly leafBytes: ByOrigin;
  /** The same of blocks that are kept beside the rows, in bytes. */
  readonly exceptions: ByOrigin;
  /** Bytes of Statistics.db that the repository did not have. */
  readonly newStatistics: number;
}

/**
 * Stores the rows of `sstable` as chunks of leaves. `file` is its Data.db as it was found. Throws
 * SSTABLE_… when something in it is damaged or not known to this release, or
 * NotReproducible: then the caller keeps the plain bytes.
 */
export async function storeRows(
  context: StoreContext,
  sstable: SSTable,
  file: { readonly path: string },
): Promise<StoredRows> {
  checkReproducible(sstable);
  const data = await openFile(file.path);
  let derivation: Derivation | null = null;
  try {
    derivation = await Derivation.start(sstable);
    return await storeOpened({ context, sstable, file: data, derivation });
  } finally {
    derivation?.close();
    await data.close();
  }
}

async function storeOpened(opened: OpenedRows): Promise<StoredRows> {
  const { context, sstable, file, derivation } = opened;
  const statisticsBytes = await sstable.readComponent('Statistics.db');
  const ranges = new RangeStore(opened);
  const blocks = await blocksOf(sstable, file.size);
  const rule = await treeRule(sstable);
  const tasks = await rangeTasks(opened, blocks, rule, statisticsBytes);
  const answers = mapOrdered(tasks, context.executor.concurrency + 1, async (make) => {
    const task = await make();
    await context.reading(fileBytes(task.blocks));
    return { task, answer: await runRange(context, task) };
  });
  try {
    for await (const { task, answer } of answers) await ranges.add(task, answer);
  } finally {
    await ranges.settled();
  }
  ranges.judge(1);
  const extra = await storeTail(sstable, blocks, file);
  ranges.tail(extra.stored);
  const derived = await derivation.finish();
  const count = noneStored();
  const statistics = await storeBytes(context, 'statistics', statisticsBytes, count);
  const runs = concatRuns(rule, ranges.runs);
  const ordered = isTokenOrdered(sstable.statistics.partitioner);
  const tree = new SSTableTree(rule, runs, sstable.dataLength, ordered);
  const treeId = await context.writer.put('trees', serialiseTree(tree));
  const { leaves, words } = tree.sum();
  const { compression } = sstable;
  return {
    crc32: ranges.crc,
    derived,
    leafSum: { leaves, words: [...words] },
    leaves: ranges.leaves,
    leafBytes: ranges.leafBytes,
    exceptions: ranges.exceptions,
    newStatistics: count.newRawBytes,
    data: {
      form: 'rows',
      bytes: file.size,
      sha256: ranges.hash.digest('hex'),
      nativeBytes: sstable.dataLength,
      ...ranges.rowCounts(),
      statistics,
      liveComplexDeletionTime: sstable.statistics.liveComplexDeletionTime,
      compression:
        compression === null
          ? null
          : {
              compressor: compression.compressor,
              options: [...compression.options],
              blockLength: compression.chunkLength,
              maxCompressedLength: compression.maxCompressedLength,
              emptyLastBlock: extra.stored.length > 0,
              blocks: ranges.blocks,
              exceptionBlocks: ranges.exceptionBlocks,
            },
      ranges: ranges.columns,
      tree: idText(treeId),
    },
  };
}

function rangeBytes({ dataLength, statistics }: SSTable): number {
  const rows = Number(statistics.stats.totalRows);
  return dataLength < rows * SMALL_ROW_BYTES ? RANGE_BYTES / 2 : RANGE_BYTES;
}

/** What is to be done for each range, to be made when it is its turn. */
async function rangeTasks(
  { context, sstable, file, derivation }: OpenedRows,
  blocks: BlockSpec,
  rule: RunRule,
  statistics: Uint8Array,
): Promise<(() => Promise<RowsTask>)[]> {
  const { chunker, slabBytesMin, answerBytesMax } = context;
  const { format, letters: version } = sstable.version;
  const { columnIndexSize } = derivation;
  const facts = { dataPath: file.path, format, version, statistics, columnIndexSize };
  const ranges = await sstable.ranges(rangeBytes(sstable));
  const matching = await RangeMatching.of(context.matching, sstable, ranges);
  return ranges.map(({ from, to }, i) => async () => {
    const slice = sliceBlocks(blocks, from, to);
    const task = { ...facts, blocks: slice, from, to, rule, chunker, asSlab: false };
    if (to - from > answerBytesMax) return task;
    const match = await matching.of(i);
    const asSlab = becomesSlab({ sstable, nativeBytes: to - from, slabBytesMin, match });
    return { ...task, match, asSlab };
  });
}

/** Without an encoder every block would be an exception; without its header no row is made again. */
function checkReproducible({ compression, headerIsInferred }: SSTable): void {
  if (headerIsInferred) throw new NotReproducible('Statistics.db does not mark its frozen types');
  if (compression === null) return;
  const { compressor: name, options, chunkLength } = compression;
  if (compressor(name, options, chunkLength).encode !== undefined) return;
  throw new NotReproducible(`blocks of ${name} cannot be written again byte for byte`);
}

function fileBytes(blocks: BlockSpec): number {
  const { offsets } = blocks;
  return (offsets[offsets.length - 1] ?? 0) - (offsets[0] ?? 0);
}

async function blocksOf(sstable: SSTable, size: number): Promise<BlockSpec> {
  if (sstable.compression !== null) return compressedBlocks(sstable.compression, size);
  const crc = sstable.components.has('CRC.db')
    ? parseCrc(await sstable.readComponent('CRC.db'), {}, size)
    : null;
  return plainBlocks(size, crc);
}

/**
 * What follows the last block with rows: nothing, or the empty block that compactions leave, which
 * must be the one that is written again.
 */
async function storeTail(
  sstable: SSTable,
  blocks: BlockSpec,
  file: RandomAccessFile,
): Promise<{ stored: Uint8Array }> {
  const end = blocks.offsets[blocks.offsets.length - 1] ?? 0;
  if (end === file.size) return { stored: new Uint8Array(0) };
  const where = { file: file.path, component: 'Data.db', offset: end };
  const codec = sstable.compression;
  if (file.size - end > TAIL_BYTES_MAX) {
    throw new SstashError('SSTABLE_CORRUPT', 'bytes that are no block follow the rows', where);
  }
  const stored = await file.read(end, file.size - end);
  const payload = checkedPayload(stored, where);
  // Only the workers have used it so far.
  if (codec !== null) await loadCompressor(codec.compressor);
  if (codec !== null && isEmptyBlock(codec, payload)) return { stored };
  throw new SstashError('SSTABLE_CORRUPT', 'bytes that are no block follow the rows', where);
}

function isEmptyBlock(info: CompressionInfo, payload: Uint8Array): boolean {
  const codec = compressor(info.compressor, info.options, info.chunkLength);
  const empty = blockPayload(codec, new Uint8Array(0), info.maxCompressedLength);
  return empty !== null && Buffer.compare(payload, empty) === 0;
}
