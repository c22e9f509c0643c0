/** The rows of an SSTable into the repository: ranges in workers, stored in file order here. */
import { createHash, type Hash } from 'node:crypto';
import { combineCrc32, compressor, crc32, loadCompressor } from '../codec/index.js';
import { type CompressionInfo, parseCrc } from '../components/index.js';
import { SstashError } from '../errors.js';
import { openFile, type RandomAccessFile } from '../io/index.js';
import { concatRuns, RunTable, SSTableTree, serialiseTree } from '../merkle/index.js';
import { mapOrdered } from '../parallel/index.js';
import type { PlacedObject } from '../repository/index.js';
import type { SSTable } from '../sstable/index.js';
import { isTokenOrdered, treeRule } from '../table/index.js';
import type { StoredBytes } from './block-feed.js';
import {
  type BlockSpec,
  blockPayload,
  checkedPayload,
  compressedBlocks,
  plainBlocks,
  sliceBlocks,
} from './block-layout.js';
import { noneStored, type StoredCount, storeBatch } from './chunk-batch.js';
import { type ChunkList, encodeChunkList, type ListedChunk, wholeChunks } from './chunk-list.js';
import { addCounts, type ByOrigin, noOrigins } from './counts.js';
import { Derivation, type DerivedComponents } from './derived/index.js';
import { noRows, type RangeCounts, type RangePiece, type RangeSummary } from './encode-range.js';
import { encodeExceptions } from './exceptions.js';
import { type MatchedExtents, type MatchTask, RangeMatching } from './match/index.js';
import { unpackPlaces } from './read-stream.js';
import { idText, type LeafSumRecord, type RowsData, type StreamRef } from './records.js';
import { encodePieces, type RowsResult, type RowsTask } from './rows-task.js';
import { type StoreContext, storeBytes } from './store-bytes.js';
import { becomesSlab, isKnown, isSlabPiece, type SlabPiece, storeSlab } from './store-slab.js';

const RANGE_BYTES = 8 * 1024 * 1024;
const PIECE_BYTES = 4 * 1024 * 1024;
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

/** Thrown where most blocks would have to be kept beside the rows: then the plain bytes are less. */
export class NotReproducible extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'NotReproducible';
  }
}

/** Blocks that are looked at before a file may be given up. */
const JUDGED_BLOCKS_MIN = 16;

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

interface OpenedRows {
  readonly context: StoreContext;
  readonly sstable: SSTable;
  readonly file: RandomAccessFile;
  readonly derivation: Derivation;
}

async function storeOpened(opened: OpenedRows): Promise<StoredRows> {
  const { context, sstable, file, derivation } = opened;
  const statisticsBytes = await sstable.readComponent('Statistics.db');
  const ranges = new RangeStore(opened);
  const blocks = await blocksOf(sstable, file.size);
  const rule = await treeRule(sstable);
  const { format, letters } = sstable.version;
  const { columnIndexSize } = derivation;
  const facts = { format, version: letters, statistics: statisticsBytes, columnIndexSize };
  const common = { dataPath: file.path, ...facts };
  const streamRanges = await sstable.ranges(RANGE_BYTES);
  const matching = await RangeMatching.of(context.matching, sstable, streamRanges);
  const tasks = streamRanges.map(({ from, to }, i) => async (): Promise<RowsTask> => {
    const slice = sliceBlocks(blocks, from, to);
    const { chunker, slabBytesMin } = context;
    const task = { ...common, blocks: slice, from, to, rule, chunker, asSlab: false };
    if (to - from > context.answerBytesMax) return task;
    const match = await matching.of(i);
    const choice = { sstable, nativeBytes: to - from, slabBytesMin, statistics: statisticsBytes };
    return { ...task, match, asSlab: becomesSlab({ ...choice, match }) };
  });
  const answers = mapOrdered(tasks, context.executor.concurrency + 1, async (make) => {
    const task = await make();
    await context.reading(fileBytes(task.blocks));
    return { task, answer: await runRange(context, task) };
  });
  for await (const { task, answer } of answers) await ranges.add(task, answer);
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

/** Without an encoder every block would be an exception; without its header no row is made again. */
function checkReproducible({ compression, headerIsInferred }: SSTable): void {
  if (headerIsInferred) throw new NotReproducible('Statistics.db does not mark its frozen types');
  if (compression === null) return;
  const { compressor: name, options, chunkLength } = compression;
  if (compressor(name, options, chunkLength).encode !== undefined) return;
  throw new NotReproducible(`blocks of ${name} cannot be written again byte for byte`);
}

type RangeAnswer = RowsResult | AsyncGenerator<RangePiece, RangeSummary, undefined>;

/** A worker's answer, or, for a range that is too large for one, its pieces made in this thread. */
async function runRange(context: StoreContext, task: RowsTask): Promise<RangeAnswer> {
  const { signal, executor } = context;
  if (task.to - task.from > context.answerBytesMax) return encodePieces(task, PIECE_BYTES, signal);
  const rooms = context.rooms.splice(-2);
  return executor.run<RowsResult>(
    'backup-range',
    { ...task, rooms },
    { transfer: rooms, ...(signal === undefined ? {} : { signal }) },
  );
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

/** The list of a range: its new chunks, and what it takes of stored ones. */
function listOf(task: RowsTask, own: readonly ListedChunk[], summary: RangeSummary): ChunkList {
  const matched = summary.match?.matched ?? null;
  const stored = task.match?.task ?? null;
  if (matched === null || stored === null) return wholeChunks(own);
  return {
    chunks: [...own, ...storedChunks(stored, matched)],
    streams: [own.length, ...matched.streams],
    extents: matched.extents,
    slab: null,
  };
}

function storedChunks(task: MatchTask, { chunks }: MatchedExtents): ListedChunk[] {
  const places = unpackPlaces(task.chunks);
  return Array.from(chunks, (number) => {
    const { id, rawLength } = places[number] as PlacedObject;
    return { id, rawLength, leaves: task.chunkLeaves[number] as number };
  });
}

/** What `source` yields; `done` is told what it returns. */
async function* withResult<T, R>(
  source: AsyncGenerator<T, R, undefined>,
  done: (result: R) => void,
): AsyncGenerator<T, void, undefined> {
  done(yield* source);
}

/** Collects what the ranges of one SSTable give, in file order. */
class RangeStore {
  readonly #context: StoreContext;
  readonly #file: RandomAccessFile;
  readonly #derivation: Derivation;
  /** Lengths of all compressed blocks, as they are known; null where there are none. */
  readonly #blockStarts: Float64Array | null;
  #position = 0;
  /** Blocks whose length was told. */
  #noted = 0;
  readonly hash: Hash = createHash('sha256');
  crc = 0;
  blocks = 0;
  exceptionBlocks = 0;
  readonly leaves = noOrigins();
  readonly leafBytes = noOrigins();
  readonly exceptions = noOrigins();
  readonly #counts = noRows();
  readonly runs: RunTable[] = [];
  readonly columns = {
    lists: [] as string[],
    nativeBytes: [] as number[],
    leaves: [] as number[],
    exceptions: {} as Record<string, StreamRef>,
  };

  constructor({ context, file, derivation, sstable }: OpenedRows) {
    this.#context = context;
    this.#file = file;
    this.#derivation = derivation;
    this.#blockStarts = sstable.compression?.chunkOffsets ?? null;
  }

  async add(task: RowsTask, answer: RangeAnswer): Promise<void> {
    const chunks: ListedChunk[] = [];
    let summary: RangeSummary;
    if ('summary' in answer) {
      if (isSlabPiece(answer)) {
        await this.#addSlab(task, answer);
        return;
      }
      summary = answer.summary;
      chunks.push(...(await this.#piece(answer)));
      this.#giveBack(answer);
    } else {
      let end: RangeSummary | undefined;
      // `for await` closes the generator, and with it the file, also after an error.
      for await (const piece of withResult(answer, (result) => (end = result))) {
        for (const chunk of await this.#piece(piece)) chunks.push(chunk);
      }
      if (end === undefined) throw new TypeError('unreachable');
      summary = end;
    }
    await this.#finish(task, listOf(task, chunks, summary), summary);
  }

  async #addSlab(task: RowsTask, answer: RowsResult & SlabPiece): Promise<void> {
    const { writer } = this.#context;
    if (await isKnown(writer, answer)) {
      this.#giveBack(answer);
      const again = { ...task, asSlab: false };
      await this.add(again, await runRange(this.#context, again));
      return;
    }
    this.#stored(answer.stored);
    const count = noneStored();
    const chunks = await storeSlab(writer, answer, count);
    this.#count(count);
    this.#giveBack(answer);
    await this.#finish(task, wholeChunks(chunks, answer.slab.id), answer.summary);
  }

  /** Buffers of an answer that is done with. */
  #giveBack({ batch, stored }: RowsResult): void {
    const buffers = [batch.frames, stored.bytes].map(({ buffer }) => buffer as ArrayBuffer);
    this.#context.rooms.push(...buffers);
  }

  /** Gives up where more than half of at least `least` blocks are exceptions. */
  judge(least: number): void {
    const { blocks, exceptionBlocks } = this;
    if (blocks < least || exceptionBlocks * 2 <= blocks) return;
    const share = `${exceptionBlocks} of ${blocks}`;
    throw new NotReproducible(`${share} blocks are not as this program would compress them`);
  }

  /** The next bytes of the file: one file has one order, the workers that read it have none. */
  #stored({ bytes, crc }: StoredBytes): void {
    this.hash.update(bytes);
    this.crc = combineCrc32(this.crc, crc, bytes.length);
    this.#derivation.stored(bytes, crc);
    this.#position += bytes.length;
    this.#noteBlocks();
  }

  /** What follows the last range. */
  tail(bytes: Uint8Array): void {
    this.#stored({ bytes, crc: crc32(bytes) });
  }

  /** Tells the lengths of the blocks up to where the file was read. */
  #noteBlocks(): void {
    const starts = this.#blockStarts;
    if (starts === null) return;
    while (this.#noted < starts.length) {
      const end = starts[this.#noted + 1] ?? this.#file.size;
      if (end > this.#position) return;
      this.#derivation.block(end - (starts[this.#noted] as number));
      this.#noted++;
    }
  }

  /** For the recipe. */
  rowCounts(): Omit<RangeCounts, 'opaqueBytes'> & Pick<RowsData, 'opaqueBytes'> {
    const { opaqueBytes, ...counts } = this.#counts;
    return counts.opaqueLeaves === 0 ? counts : { ...counts, opaqueBytes };
  }

  async #piece(piece: RangePiece): Promise<ListedChunk[]> {
    this.#stored(piece.stored);
    const count = noneStored();
    const chunks = await storeBatch(this.#context.writer, 'leaves', piece.batch, count);
    this.#count(count);
    return chunks;
  }

  #count({ leaves, newLeaves, rawBytes, newRawBytes }: StoredCount): void {
    this.leaves.new += newLeaves;
    this.leaves.chunks += leaves - newLeaves;
    this.leafBytes.new += newRawBytes;
    this.leafBytes.chunks += rawBytes - newRawBytes;
  }

  async #finish(task: RowsTask, list: ChunkList, summary: RangeSummary): Promise<void> {
    const { writer } = this.#context;
    if (summary.facts !== null) this.#derivation.partitions(summary.facts);
    await this.#derivation.compare();
    const range = this.columns.lists.length;
    const listId = idText(await writer.put('lists', encodeChunkList(list)));
    this.columns.lists.push(listId);
    const { match } = summary;
    if (match !== null) {
      addCounts(this.leaves, { ...noOrigins(), ...match.found.leaves });
      addCounts(this.leafBytes, { ...noOrigins(), ...match.found.bytes });
      await this.#context.matching.cache?.write(listId, match.digests);
    }
    this.columns.nativeBytes.push(task.to - task.from);
    this.columns.leaves.push(summary.leaves);
    for (const key of Object.keys(this.#counts) as (keyof RangeCounts)[]) {
      this.#counts[key] += summary[key];
    }
    this.blocks += summary.blocks;
    this.runs.push(new RunTable(summary.runs.count, summary.runs.buffer));
    if (summary.exceptions.length === 0) return;
    this.exceptionBlocks += summary.exceptions.length;
    this.judge(JUDGED_BLOCKS_MIN);
    const bytes = encodeExceptions(summary.exceptions);
    const count = noneStored();
    const stream = await storeBytes(this.#context, 'exceptions', bytes, count);
    this.columns.exceptions[range] = stream;
    this.exceptions.new += count.newRawBytes;
    this.exceptions.chunks += count.rawBytes - count.newRawBytes;
  }
}
