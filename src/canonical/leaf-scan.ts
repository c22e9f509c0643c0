/** Canonical bytes of several leaves: where each one ends, and the digests they are matched by. */
import { align, KernelInstance, kernelKind } from '../codec/index.js';
import { SstashError } from '../errors.js';
import { leafDigestsTypescript, leafEndsTypescript } from './leaf-scan-typescript.js';

/** Of a match digest (docs/repository-format.md, 11). */
export const MATCH_DIGEST_BYTES = 12;
const SECRET_BYTES = 192;
/** Kernels may touch this many bytes behind a region. */
const MARGIN = 256;

/**
 * Where each of `count` leaves ends in `bytes`, which hold nothing else. A partition whose only
 * record ends the bytes may go on elsewhere: `count` tells. Throws REPOSITORY_CORRUPT.
 */
export function leafEnds(bytes: Uint8Array, count: number): Uint32Array {
  const ends =
    kernelKind() === 'typescript' ? leafEndsTypescript(bytes, count) : endsOf(bytes, count);
  if (ends !== null) return ends;
  throw new SstashError('REPOSITORY_CORRUPT', 'a chunk does not have the leaves its list says', {
    expected: `${count} leaves`,
    hint: '`sstash verify --read-data` looks for damage in the repository.',
  });
}

/**
 * The match digest of each leaf, back to back, written to `target` (MATCH_DIGEST_BYTES for each of
 * `ends`), which is returned. `secret` is the digests key of a repository.
 */
export function leafDigests<T extends Uint8Array>(
  bytes: Uint8Array,
  ends: Uint32Array,
  secret: Uint8Array,
  target: T,
): T {
  if (kernelKind() === 'typescript') {
    target.set(leafDigestsTypescript(bytes, ends, secret));
    return target;
  }
  if (digestsInPlace(bytes, ends, secret, target)) return target;
  const instance = KernelInstance.acquire();
  try {
    const secretAt = align(instance.start);
    const endsAt = align(secretAt + SECRET_BYTES);
    const outAt = align(endsAt + 4 * ends.length);
    const bytesAt = align(outAt + MATCH_DIGEST_BYTES * ends.length + MARGIN);
    instance.ensure(bytesAt + bytes.length + MARGIN);
    instance.bytes.set(secret, secretAt);
    new Uint32Array(instance.bytes.buffer, endsAt, ends.length).set(ends);
    instance.bytes.set(bytes, bytesAt);
    instance.exports.leafDigests(bytesAt, endsAt, ends.length, secretAt, outAt);
    target.set(instance.bytes.subarray(outAt, outAt + MATCH_DIGEST_BYTES * ends.length));
    return target;
  } finally {
    instance.release();
  }
}

/** Where both arrays lie in the memory of one kernel already, and there is room for the digests. */
function digestsInPlace(
  bytes: Uint8Array,
  ends: Uint32Array,
  secret: Uint8Array,
  target: Uint8Array,
): boolean {
  if (bytes.buffer !== ends.buffer) return false;
  const instance = KernelInstance.owner(bytes);
  const length = MATCH_DIGEST_BYTES * ends.length;
  const room = instance?.inputRoom(SECRET_BYTES + length + MARGIN);
  if (instance === undefined || room === undefined) return false;
  room.set(secret);
  const { byteOffset: secretAt } = room;
  const outAt = secretAt + SECRET_BYTES;
  instance.exports.leafDigests(bytes.byteOffset, ends.byteOffset, ends.length, secretAt, outAt);
  target.set(instance.bytes.subarray(outAt, outAt + length));
  return true;
}

function endsOf(bytes: Uint8Array, count: number): Uint32Array | null {
  // Every record has more than one byte.
  if (count > bytes.length) return null;
  const instance = KernelInstance.acquire();
  try {
    const outAt = align(instance.start);
    const bytesAt = align(outAt + 4 * count + MARGIN);
    instance.ensure(bytesAt + bytes.length + MARGIN);
    instance.bytes.set(bytes, bytesAt);
    if (instance.exports.leafEnds(bytesAt, bytes.length, count, outAt) === 0) return null;
    return new Uint32Array(instance.bytes.buffer, outAt, count).slice();
  } finally {
    instance.release();
  }
}
