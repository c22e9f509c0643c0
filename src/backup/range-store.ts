/** What the ranges of one SSTable give: stored in file order, whichever is read first. */
import { createHash, type Hash } from 'node:crypto';
import { combineCrc32, crc32 } from '../codec/index.js';
import type { RandomAccessFile } from '../io/index.js';
import { RunTable } from '../merkle/index.js';
import type { SSTable } from '../sstable/index.js';
import type { StoredBytes } from './block-feed.js';
import { noneStored, type StoredCount, storeBatch } from './chunk-batch.js';
import { type ChunkList, encodeChunkList, type ListedChunk, wholeChunks } from './chunk-list.js';
import { addCounts, noOrigins } from './counts.js';
import type { Derivation } from './derived/index.js';
import { noRows, type RangeCounts, type RangePiece, type RangeSummary } from './encode-range.js';
import { encodeExceptions } from './exceptions.js';
import type { MatchedExtents, MatchResult, MatchTask } from './match/index.js';
import { placeAt } from './read-stream.js';
import { idText, type RowsData, type StreamRef } from './records.js';
import type { AnswerRooms } from './rooms.js';
import { encodePieces, type RowsResult, type RowsTask } from './rows-task.js';
import { type StoreContext, storeBytes } from './store-bytes.js';
import { isSlabPiece, type SlabPiece, storeSlab } from './store-slab.js';

const PIECE_BYTES = 4 * 1024 * 1024;

/** Thrown where most blocks would have to be kept beside the rows: then the plain bytes are less. */
export class NotReproducible extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'NotReproducible';
  }
}

/** Blocks that are looked at before a file may be given up. */
const JUDGED_BLOCKS_MIN = 16;

export interface OpenedRows {
  readonly context: StoreContext;
  readonly sstable: SSTable;
  readonly file: RandomAccessFile;
  readonly derivation: Derivation;
}

/** A worker's answer, and the memory that it may be in. */
interface RangeAnswerInRooms extends RowsResult {
  readonly rooms: AnswerRooms;
}

export type RangeAnswer = RangeAnswerInRooms | AsyncGenerator<RangePiece, RangeSummary, undefined>;

/** A worker's answer, or, for a range that is too large for one, its pieces made in this thread. */
export async function runRange(context: StoreContext, task: RowsTask): Promise<RangeAnswer> {
  const { signal, executor, rooms: large, smallRooms: small } = context;
  if (task.to - task.from > context.answerBytesMax) return encodePieces(task, PIECE_BYTES, signal);
  const big = { chunks: large.take(), blocks: large.take() };
  const rooms = { ...big, digests: small.take(), facts: small.take() };
  const options = signal === undefined ? {} : { signal };
  const answer = await executor.run<RowsResult>('backup-range', { ...task, rooms }, options);
  return { ...answer, rooms };
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

/** Ids of the chunks that were to be matched with, and cannot be read. */
function unreadableIn(task: RowsTask, { match }: RangeSummary): Uint8Array[] {
  const stored = task.match?.task ?? null;
  if (stored === null || match === null) return [];
  return match.unreadable.map((number) => placeAt(stored.chunks, number).id);
}

function storedChunks(task: MatchTask, { chunks }: MatchedExtents): ListedChunk[] {
  const listed: ListedChunk[] = [];
  for (const number of chunks) {
    const { id, rawLength } = placeAt(task.chunks, number);
    listed.push({ id, rawLength, leaves: task.chunkLeaves[number] as number });
  }
  return listed;
}

/** What `source` yields; `done` is told what it returns. */
async function* withResult<T, R>(
  source: AsyncGenerator<T, R, undefined>,
  done: (result: R) => void,
): AsyncGenerator<T, void, undefined> {
  done(yield* source);
}

/** Collects what the ranges of one SSTable give, in file order. */
export class RangeStore {
  readonly #context: StoreContext;
  readonly #file: RandomAccessFile;
  readonly #derivation: Derivation;
  /** Lengths of all compressed blocks, as they are known; null where there are none. */
  readonly #blockStarts: Float64Array | null;
  #position = 0;
  /** Blocks whose length was told. */
  #noted = 0;
  #digestsKept: Promise<void> = Promise.resolve();
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
    let rooms: AnswerRooms | null = null;
    if ('summary' in answer) {
      if (isSlabPiece(answer)) {
        await this.#addSlab(task, answer);
        return;
      }
      ({ summary, rooms } = answer);
      // Their rows may come in chunks that have the same ids.
      await this.#context.writer.noteUnreadable(unreadableIn(task, summary));
      chunks.push(...(await this.#piece(answer)));
      this.#context.rooms.giveBack(rooms.chunks, rooms.blocks);
    } else {
      let end: RangeSummary | undefined;
      // `for await` closes the generator, and with it the file, also after an error.
      for await (const piece of withResult(answer, (result) => (end = result))) {
        for (const chunk of await this.#piece(piece)) chunks.push(chunk);
      }
      if (end === undefined) throw new TypeError('unreachable');
      summary = end;
    }
    await this.#finish(task, listOf(task, chunks, summary), summary, rooms);
  }

  async #addSlab(task: RowsTask, answer: RangeAnswerInRooms & SlabPiece): Promise<void> {
    const { writer, rooms: large, smallRooms: small } = this.#context;
    const { rooms } = answer;
    const count = noneStored();
    const chunks = await storeSlab(writer, answer, count);
    if (chunks === null) {
      large.giveBack(rooms.chunks, rooms.blocks);
      small.giveBack(rooms.digests, rooms.facts);
      const again = { ...task, asSlab: false };
      await this.add(again, await runRange(this.#context, again));
      return;
    }
    this.#stored(answer.stored);
    this.#count(count);
    large.giveBack(rooms.chunks, rooms.blocks);
    await this.#finish(task, wholeChunks(chunks, answer.slab.id), answer.summary, rooms);
  }

  /**
   * Keeps the digests of a list, which lie in `room`. The next range does not wait for them to be on
   * disk, only for those of the one before.
   */
  async #keepDigests(
    listId: string,
    { digestFile }: MatchResult,
    room: SharedArrayBuffer,
  ): Promise<void> {
    const { matching, smallRooms } = this.#context;
    await this.#digestsKept;
    const kept = matching.cache?.write(listId, digestFile) ?? Promise.resolve();
    this.#digestsKept = kept.then(() => smallRooms.giveBack(room));
    // Whoever waits for it next gets the error; until then nobody does.
    this.#digestsKept.catch(() => undefined);
  }

  /** To be waited for in any case. */
  async settled(): Promise<void> {
    await this.#digestsKept;
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

  /** `rooms`: where what `summary` says may lie; null for a range that came in pieces. */
  async #finish(
    task: RowsTask,
    list: ChunkList,
    summary: RangeSummary,
    rooms: AnswerRooms | null,
  ): Promise<void> {
    const { writer, smallRooms } = this.#context;
    const { match, facts } = summary;
    if (facts !== null) this.#derivation.partitions(facts);
    if (rooms !== null) smallRooms.giveBack(rooms.facts);
    await this.#derivation.compare();
    const range = this.columns.lists.length;
    const listId = idText(await writer.put('lists', encodeChunkList(list)));
    this.columns.lists.push(listId);
    if (match !== null) {
      addCounts(this.leaves, { ...noOrigins(), ...match.found.leaves });
      addCounts(this.leafBytes, { ...noOrigins(), ...match.found.bytes });
      if (rooms !== null) await this.#keepDigests(listId, match, rooms.digests);
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
