/** Data.db out of the repository, as a stream of its bytes in file order. */
import { crc32, loadCompressor } from '../codec/index.js';
import type { PartitionBatch } from '../components/index.js';
import { SstashError } from '../errors.js';
import { type Executor, mapOrdered } from '../parallel/index.js';
import type { Repository } from '../repository/index.js';
import { BlockPacker, type PackerOptions, type StoredBlocks } from './block-packer.js';
import { decodeChunkList } from './chunk-list.js';
import {
  type DecodedRange,
  type DecodeTask,
  decodeNative,
  factsOf,
  readerOf,
  scannerOf,
} from './decode-range.js';
import { decodeExceptions } from './exceptions.js';
import { packPlaces, readStream, readStreamWhole } from './read-stream.js';
import { decodeRecord, idOf, type Recipe, type RowsData } from './records.js';
import { Rooms } from './rooms.js';
import { ANSWER_NATIVE_BYTES_MAX } from './rows-task.js';

export interface ReadContext {
  readonly repository: Repository;
  readonly executor: Executor;
  readonly signal?: AbortSignal;
  /** A partition with more native bytes is rebuilt in this thread, piece by piece. */
  readonly answerBytesMax?: number;
  /** Told of bytes of packs that were read, other than by the repository itself. */
  readonly onRead?: (bytes: number) => void;
}

/** Told of a Data.db while it is made, in file order; what is given is valid during the call. */
export interface DataObserver {
  /** Bytes after which a block of a row index ends. */
  readonly columnIndexSize: number;
  partitions(batch: PartitionBatch): void;
  /** Bytes of a compressed block. */
  block(length: number): void;
  /** Bytes of the file, and their CRC-32. */
  stored(bytes: Uint8Array, crc: number): void;
}

/** Version letters and format in a base name: `nb-1-big`. */
export function versionOf(base: string): { version: string; format: string } {
  const [version = '', , format = ''] = base.split('-');
  return { version, format };
}

export async function readRecipe(repository: Repository, id: string): Promise<Recipe> {
  return decodeRecord<Recipe>(await repository.read(idOf(id)), 'recipe');
}

/** The bytes of the file; each piece is valid until the next. The caller compares their SHA-256 with the recipe's. */
export async function* readData(
  context: ReadContext,
  recipe: Recipe,
  observer: DataObserver | null = null,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { data } = recipe;
  if (data.form === 'rows') yield* new RowsReader(context, recipe.sstable, data, observer).read();
  else if (data.form === 'bytes') {
    yield* readStream(context.repository, data.stream, context.signal);
  } else {
    const form = (data as { form: unknown }).form;
    throw new SstashError('REPOSITORY_UNSUPPORTED', `Data.db is kept in an unknown form: ${form}`, {
      hint: 'Use a newer sstash.',
    });
  }
}

/** Of all files: each would take new ones, and there may be thousands (3 GB in 1,092 SSTables). */
const rooms = Rooms.large();
const factRooms = Rooms.small();

/** Puts the ranges of a Data.db together. */
class RowsReader {
  readonly #context: ReadContext;
  readonly #base: string;
  readonly #data: RowsData;
  readonly #observer: DataObserver | null;

  constructor(context: ReadContext, base: string, data: RowsData, observer: DataObserver | null) {
    this.#context = context;
    this.#base = base;
    this.#data = data;
    this.#observer = observer;
  }

  read(): AsyncGenerator<Uint8Array, void, undefined> {
    const options = packerOptions(this.#data);
    return options === null ? this.#plain() : this.#blocks(options);
  }

  #answers(): AsyncGenerator<RangeAnswer, void, undefined> {
    const columnIndexSize = this.#observer?.columnIndexSize ?? null;
    const tasks = rangeTasks(this.#context, this.#base, this.#data, columnIndexSize);
    return decodeRanges(this.#context, tasks);
  }

  async *#plain(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const { task, answer } of this.#answers()) {
      if (answer === null) {
        for await (const piece of this.#native(task)) yield this.#takePlain(piece);
        continue;
      }
      this.#note(answer.facts);
      factRooms.giveBack(answer.factRoom);
      yield this.#takePlain(answer.head);
      rooms.giveBack(answer.room);
    }
  }

  async *#blocks(options: PackerOptions): AsyncGenerator<Uint8Array, void, undefined> {
    await loadCompressor(options.compressor);
    // Blocks at the edges of ranges are put together here; their exceptions come with their range.
    const exceptions = new Map<number, Uint8Array>();
    const packer = new BlockPacker(options, 0, exceptions);
    for await (const { task, answer } of this.#answers()) {
      noteExceptions(exceptions, task, packer.block);
      if (answer === null) {
        for await (const piece of this.#native(task)) {
          packer.push(piece);
          yield this.#take(packer.take());
        }
        continue;
      }
      this.#note(answer.facts);
      factRooms.giveBack(answer.factRoom);
      packer.push(answer.head);
      yield this.#take(packer.take());
      if (answer.blockCount > 0) {
        packer.pass(answer.blockCount);
        yield this.#take(answer);
      }
      if (answer.edge !== null) exceptions.set(answer.edge.block, answer.edge.payload);
      packer.push(answer.tail);
      rooms.giveBack(answer.room);
    }
    packer.endBlock();
    if (this.#data.compression?.emptyLastBlock === true) packer.endBlock(true);
    yield this.#take(packer.take());
  }

  /** A range that is made in this thread, piece by piece. */
  async *#native(task: DecodeTask): AsyncGenerator<Uint8Array, void, undefined> {
    const scanner = scannerOf(task);
    const reader = readerOf(task);
    for await (const piece of decodeNative(task, reader, this.#context.signal)) {
      scanner?.push(piece);
      yield piece;
    }
    this.#context.onRead?.(reader.bytesRead);
    this.#note(factsOf(scanner));
  }

  #take({ blocks, lengths, crc }: StoredBlocks): Uint8Array {
    for (const length of this.#observer === null ? [] : lengths) this.#observer?.block(length);
    this.#observer?.stored(blocks, crc);
    return blocks;
  }

  #takePlain(bytes: Uint8Array): Uint8Array {
    this.#observer?.stored(bytes, crc32(bytes));
    return bytes;
  }

  #note(facts: PartitionBatch | null): void {
    if (facts !== null) this.#observer?.partitions(facts);
  }
}

interface DecodedInRooms extends DecodedRange {
  readonly room: SharedArrayBuffer;
  readonly factRoom: SharedArrayBuffer;
}

interface RangeAnswer {
  readonly task: DecodeTask;
  /** Null for a range that is too large for one answer. */
  readonly answer: DecodedInRooms | null;
}

function decodeRanges(
  { executor, signal, answerBytesMax, onRead }: ReadContext,
  ranges: AsyncIterable<DecodeTask>,
): AsyncGenerator<RangeAnswer, void, undefined> {
  return mapOrdered(ranges, executor.concurrency + 1, async (task) => {
    // A slab's blocks come as they are: nobody has seen whether they can be made again.
    const isLarge = task.nativeBytes > (answerBytesMax ?? ANSWER_NATIVE_BYTES_MAX);
    if (isLarge && task.slab === null) return { task, answer: null };
    const given = { room: rooms.take(), factRoom: factRooms.take() };
    const options = signal === undefined ? {} : { signal };
    const answer = await executor.run<DecodedRange>(
      'restore-range',
      { ...task, ...given },
      options,
    );
    onRead?.(answer.bytesRead);
    return { task, answer: { ...answer, ...given } };
  });
}

/** Adds the exceptional blocks of a range and forgets those before block `from`. */
function noteExceptions(exceptions: Map<number, Uint8Array>, task: DecodeTask, from: number): void {
  for (const block of exceptions.keys()) if (block < from) exceptions.delete(block);
  if (task.exceptions === null) return;
  for (const [block, payload] of decodeExceptions(task.exceptions)) exceptions.set(block, payload);
}

function packerOptions(data: RowsData): PackerOptions | null {
  if (data.compression === null) return null;
  const { compressor, options, blockLength, maxCompressedLength } = data.compression;
  return { compressor, options: new Map(options), blockLength, maxCompressedLength };
}

async function* rangeTasks(
  { repository }: ReadContext,
  base: string,
  data: RowsData,
  columnIndexSize: number | null,
): AsyncGenerator<DecodeTask, void, undefined> {
  const statistics = await readStreamWhole(repository, data.statistics);
  let position = 0;
  for (const [i, list] of data.ranges.lists.entries()) {
    const nativeBytes = data.ranges.nativeBytes[i] ?? 0;
    const listed = await repository.read(idOf(list));
    const { chunks, slab } = decodeChunkList(listed);
    const stream = data.ranges.exceptions[i];
    yield {
      location: repository.store.location,
      idsKey: repository.keys.ids,
      list: listed,
      chunks: packPlaces(await repository.place(chunks.map(({ id }) => id))),
      ...versionOf(base),
      statistics,
      liveComplexDeletionTime: data.liveComplexDeletionTime,
      position,
      nativeBytes,
      blocks: packerOptions(data),
      exceptions: stream === undefined ? null : await readStreamWhole(repository, stream),
      columnIndexSize,
      file: `${base}-Data.db`,
      slab: slab === null ? null : packPlaces(await repository.place([slab])),
    };
    position += nativeBytes;
  }
}
