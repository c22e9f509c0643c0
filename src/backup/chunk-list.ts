/**
 * Objects of the kind `list`: which chunks, in which order, and what of them.
 *
 * | field | type | |
 * |---|---|---|
 * | form | u8 | 1 |
 * | chunks | uvint n | |
 * | ids | n × 32 | |
 * | raw lengths | n × uvint | |
 * | leaves | n × uvint | leaves in the chunk, 0 where it holds plain bytes |
 * | streams | uvint s, s × uvint | chunks of each stream; a stream is a run of leaves to read from |
 * | extents | uvint m | 0: every leaf of the chunks in order |
 * | extent streams | m × uvint | |
 * | extent skips | m × uvint | leaves to pass over from where the stream's cursor stands |
 * | extent counts | m × uvint | leaves to take |
 *
 * This release writes one stream and no extents, and refuses by name lists that have more: they let
 * a later release say which leaves of chunks stored before make up a compacted SSTable.
 */
import { ByteWriter } from '../binary/index.js';
import { type ErrorDetails, SstashError } from '../errors.js';
import { OBJECT_ID_BYTES, parseRepositoryBytes } from '../repository/index.js';

const FORM = 1;

export interface ListedChunk {
  readonly id: Uint8Array;
  readonly rawLength: number;
  readonly leaves: number;
}

export function encodeChunkList(chunks: readonly ListedChunk[]): Uint8Array {
  const writer = new ByteWriter(64 + chunks.length * 40);
  writer.u8(FORM);
  writer.uvint(chunks.length);
  for (const { id } of chunks) writer.bytes(id);
  for (const { rawLength } of chunks) writer.uvint(rawLength);
  for (const { leaves } of chunks) writer.uvint(leaves);
  writer.uvint(1);
  writer.uvint(chunks.length);
  writer.uvint(0);
  return writer.toBytes();
}

/** Ids are views; throws REPOSITORY_CORRUPT or REPOSITORY_UNSUPPORTED. */
export function decodeChunkList(bytes: Uint8Array, where: ErrorDetails = {}): ListedChunk[] {
  return parseRepositoryBytes(bytes, where, (reader) => {
    const form = reader.u8();
    if (form !== FORM) throw unsupported(`form ${form}`, where);
    const count = reader.uvint('number of chunks');
    if (count * (OBJECT_ID_BYTES + 2) > reader.remaining) {
      throw reader.corrupt(`a list says it has ${count} chunks`);
    }
    const ids = Array.from({ length: count }, () => reader.view8(OBJECT_ID_BYTES));
    const rawLengths = ids.map(() => reader.uvint('raw length'));
    const chunks = ids.map((id, i) => {
      return { id, rawLength: rawLengths[i] as number, leaves: reader.uvint('leaves') };
    });
    const streams = reader.uvint('number of streams');
    if (streams !== 1) throw unsupported(`${streams} streams`, where);
    if (reader.uvint('chunks of the stream') !== count) {
      throw reader.corrupt('the stream has another number of chunks than the list');
    }
    const extents = reader.uvint('number of extents');
    if (extents !== 0) throw unsupported('extents', where);
    if (reader.remaining > 0) throw reader.corrupt('bytes follow the extents');
    return chunks;
  });
}

function unsupported(what: string, where: ErrorDetails): SstashError {
  return new SstashError('REPOSITORY_UNSUPPORTED', `a chunk list with ${what} is not known`, {
    hint: 'use a newer sstash',
    ...where,
  });
}
