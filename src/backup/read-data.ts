/** Data.db out of the repository, as a stream of its bytes in file order. */
import { SstashError } from '../errors.js';
import { type Executor, mapOrdered } from '../parallel/index.js';
import type { Repository } from '../repository/index.js';
import { BlockPacker, type PackerOptions } from './block-packer.js';
import { decodeChunkList } from './chunk-list.js';
import { type DecodedRange, type DecodeTask, decodeNative } from './decode-range.js';
import { decodeExceptions } from './exceptions.js';
import { packPlaces, readStream, readStreamWhole } from './read-stream.js';
import { decodeRecord, idOf, type Recipe, type RowsData } from './records.js';
import { ANSWER_NATIVE_BYTES_MAX } from './rows-task.js';

export interface ReadContext {
  readonly repository: Repository;
  readonly executor: Executor;
  readonly signal?: AbortSignal;
}

/** Version letters and format in a base name: `nb-1-big`. */
function versionOf(base: string): { version: string; format: string } {
  const [version = '', , format = ''] = base.split('-');
  return { version, format };
}

export async function readRecipe(repository: Repository, id: string): Promise<Recipe> {
  return decodeRecord<Recipe>(await repository.read(idOf(id)), 'recipe');
}

/** The bytes of the file; the caller compares their SHA-256 with the recipe's. */
export async function* readData(
  context: ReadContext,
  recipe: Recipe,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { data } = recipe;
  if (data.form === 'rows') yield* readRows(context, recipe.sstable, data);
  else if (data.form === 'bytes') {
    yield* readStream(context.repository, data.stream, context.signal);
  } else {
    const form = (data as { form: unknown }).form;
    throw new SstashError('REPOSITORY_UNSUPPORTED', `Data.db is kept in an unknown form: ${form}`, {
      hint: 'use a newer sstash',
    });
  }
}

async function* readRows(
  context: ReadContext,
  base: string,
  data: RowsData,
): AsyncGenerator<Uint8Array, void, undefined> {
  const options = packerOptions(data);
  const ranges = rangeTasks(context, base, data);
  const { executor, signal } = context;
  const answers = mapOrdered(ranges, executor.concurrency + 1, async (task) => {
    if (task.nativeBytes > ANSWER_NATIVE_BYTES_MAX) return { task, answer: null };
    const run = signal === undefined ? {} : { signal };
    return { task, answer: await executor.run<DecodedRange>('restore-range', task, run) };
  });
  if (options === null) {
    for await (const { task, answer } of answers) {
      if (answer === null)
        for await (const piece of decodeNative(task, signal)) yield piece.slice();
      else yield answer.head;
    }
    return;
  }
  // Blocks at the edges of ranges are put together here; their exceptions come with their range.
  const exceptions = new Map<number, Uint8Array>();
  const packer = new BlockPacker(options, 0, exceptions);
  for await (const { task, answer } of answers) {
    if (task.exceptions !== null) {
      for (const [block, payload] of decodeExceptions(task.exceptions)) {
        exceptions.set(block, payload);
      }
    }
    if (answer === null) {
      for await (const piece of decodeNative(task, signal)) {
        packer.push(piece);
        yield* packer.take();
      }
    } else {
      packer.push(answer.head);
      if (answer.blockCount > 0) packer.pass(answer.blocks, answer.blockCount);
      packer.push(answer.tail);
    }
    yield* packer.take();
    for (const block of exceptions.keys()) if (block < packer.block) exceptions.delete(block);
  }
  packer.endBlock();
  if (data.compression?.emptyLastBlock === true) packer.endBlock(true);
  yield* packer.take();
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
): AsyncGenerator<DecodeTask, void, undefined> {
  const statistics = await readStreamWhole(repository, data.statistics);
  let position = 0;
  for (const [i, list] of data.ranges.lists.entries()) {
    const nativeBytes = data.ranges.nativeBytes[i] ?? 0;
    const chunks = decodeChunkList(await repository.read(idOf(list)));
    const stream = data.ranges.exceptions[i];
    yield {
      location: repository.store.location,
      idsKey: repository.keys.ids,
      chunks: packPlaces(await repository.place(chunks.map(({ id }) => id))),
      ...versionOf(base),
      statistics,
      liveComplexDeletionTime: data.liveComplexDeletionTime,
      position,
      nativeBytes,
      blocks: packerOptions(data),
      exceptions: stream === undefined ? null : await readStreamWhole(repository, stream),
      file: `${base}-Data.db`,
    };
    position += nativeBytes;
  }
}
