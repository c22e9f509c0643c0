/**
 * Blocks whose stored payload is not the one that the encoder gives, kept as they are:
 *
 *     per block, ascending: uvint number of the block, uvint length, payload (without checksum)
 */
import { ByteWriter } from '../binary/index.js';
import type { ErrorDetails } from '../errors.js';
import { parseRepositoryBytes } from '../repository/index.js';
import type { BlockException } from './block-layout.js';

export function encodeExceptions(exceptions: readonly BlockException[]): Uint8Array {
  const writer = new ByteWriter();
  for (const { block, payload } of exceptions) {
    writer.uvint(block);
    writer.vintBytes(payload);
  }
  return writer.toBytes();
}

/** Payloads are views; throws REPOSITORY_CORRUPT. */
export function decodeExceptions(
  bytes: Uint8Array,
  where: ErrorDetails = {},
): Map<number, Uint8Array> {
  return parseRepositoryBytes(bytes, where, (reader) => {
    const exceptions = new Map<number, Uint8Array>();
    while (reader.remaining > 0) {
      exceptions.set(reader.uvint('number of a block'), reader.vintBytes('exceptional block'));
    }
    return exceptions;
  });
}
