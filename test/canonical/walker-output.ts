/** Everything that a walker says about a stream, whatever windows it was given. */
import { createHash } from 'node:crypto';
import { ByteWriter } from '../../src/binary/index.js';
import type { WalkerOptions } from '../../src/canonical/index.js';
import type { Walker } from '../../src/canonical/walker-types.js';
import { TypeScriptWalker } from '../../src/canonical/walker-typescript.js';
import { WebAssemblyWalker } from '../../src/canonical/walker-webassembly.js';
import { isSstashError } from '../../src/errors.js';

export interface WalkerOutput {
  readonly bytes: Uint8Array;
  /** End in `bytes`, start in the stream, cut, 1 for a head: four numbers per leaf. */
  readonly leaves: readonly number[];
  /** Digests, 16 bytes each. */
  readonly digests: Uint8Array;
  /** First leaf and token of each partition. */
  readonly partitions: readonly (readonly [number, bigint])[];
  readonly rows: number;
  readonly markers: number;
  readonly cells: number;
  readonly opaque: number;
}

export const WALKERS = { kernel: WebAssemblyWalker, twin: TypeScriptWalker } as const;
export type WalkerName = keyof typeof WALKERS;

/** Walks `stream` in windows of `capacity` bytes, larger where a record needs it. */
export function walkStream(
  walker: Walker,
  stream: Uint8Array,
  capacity = 1 << 20,
  origin = 0,
): WalkerOutput {
  const bytes = new ByteWriter(stream.length + 64);
  const digests = new ByteWriter();
  const leaves: number[] = [];
  const partitions: [number, bigint][] = [];
  const counts = { rows: 0, markers: 0, cells: 0, opaque: 0 };
  let position = 0;
  let size = capacity;
  while (position < stream.length || walker.pending > 0) {
    const held = walker.pending;
    const fresh = Math.max(0, Math.min(size - held, stream.length - position));
    const window = walker.window(held + fresh);
    window.set(stream.subarray(position, position + fresh), held);
    position += fresh;
    const base = position - held - fresh;
    const step = walker.walk(held + fresh, position === stream.length, origin + base);
    if (step.consumed === 0) size *= 2;
    for (let i = 0; i < step.partitionCount; i++) {
      const low = BigInt(step.partitionTokenLow[i] ?? 0);
      const token = (BigInt(step.partitionTokenHigh[i] ?? 0) << 32n) | low;
      partitions.push([leaves.length / 4 + (step.partitionLeaf[i] ?? 0), token]);
    }
    for (let i = 0; i < step.leafCount; i++) {
      const start = base + (step.leafStarts[i] ?? 0);
      leaves.push(bytes.length + (step.leafEnds[i] ?? 0), start);
      leaves.push(step.leafCuts[i] ?? 0, (step.leafIsHead[i] ?? 0) + 2 * (step.leafNotes[i] ?? 0));
    }
    bytes.bytes(step.bytes);
    digests.bytes(step.leafDigests);
    counts.rows += step.rows;
    counts.markers += step.markers;
    counts.cells += step.cells;
    counts.opaque += step.opaqueLeaves;
  }
  walker.close();
  return { bytes: bytes.toBytes(), digests: digests.toBytes(), leaves, partitions, ...counts };
}

export function walkWith(
  name: WalkerName,
  options: WalkerOptions,
  stream: Uint8Array,
  capacity?: number,
): WalkerOutput {
  return walkStream(new WALKERS[name](options), stream, capacity);
}

/** One text per output: equal for equal ones. `damage` for bytes that are refused. */
export function fingerprint(walk: () => WalkerOutput): string {
  try {
    const { bytes, digests, leaves, partitions, ...counts } = walk();
    const hash = createHash('sha256').update(bytes).update(digests);
    hash.update(leaves.join()).update(partitions.join());
    return `${JSON.stringify(counts)} ${hash.digest('hex')}`;
  } catch (error) {
    if (isSstashError(error)) return 'damage';
    throw error;
  }
}
