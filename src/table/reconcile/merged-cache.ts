/**
 * Sums of merged views kept between runs, named by the SSTables that were merged and by what was
 * asked. Nothing here is ever an error: what cannot be read, does not check out or cannot be written
 * is made again.
 *
 *     8      magic "SSTMERGE"
 *     2      version, 1 (little-endian, as all numbers here)
 *     1      depth, bits of the prefixes
 *     5      zero
 *     8, 8   f64 from, until: the times for which it holds
 *     24n    for each of the 2^depth prefixes: u32 × 4 sum, u32 leaves, u32 partitions
 *     16     XXH3-128 of everything before
 */
import { join } from 'node:path';
import { equalBytes, toHex } from '../../binary/index.js';
import { xxh3_128 } from '../../codec/index.js';
import { isSstashError } from '../../errors.js';
import { makeDirectory, publish, readWholeFile } from '../../io/index.js';
import { LIMITS } from '../../limits.js';
import { type NormalSums, NormalSumsBuilder } from './normal-sums.js';
import { holdsAt } from './own-sum.js';

/** Version of docs/reconciled.md and of the layout. */
const VERSION = 1;
const MAGIC = new TextEncoder().encode('SSTMERGE');
const HEADER_BYTES = 32;
const RECORD_BYTES = 24;
const CHECKSUM_BYTES = 16;
const DEPTH_MAX = 24;

/** What a kept sum depends on: identities of the SSTables, and what was asked but for the time. */
export interface MergedName {
  readonly identities: readonly string[];
  readonly gcBefore: number | null;
  /** Dropped columns, where they were taken out. */
  readonly dropped: string;
}

function pathOf(directory: string, { identities, gcBefore, dropped }: MergedName): string {
  const parts = [String(VERSION), ...[...identities].sort(), String(gcBefore), dropped];
  const name = toHex(xxh3_128(new TextEncoder().encode(parts.join('\n'))));
  return join(directory, 'merged', name.slice(0, 2), `${name}.sums`);
}

function serialise({ depth, from, until, words, leaves, partitions }: NormalSums): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + RECORD_BYTES * leaves.length);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint16(8, VERSION, true);
  view.setUint8(10, depth);
  view.setFloat64(16, from, true);
  view.setFloat64(24, until, true);
  for (let i = 0; i < leaves.length; i++) {
    const at = HEADER_BYTES + RECORD_BYTES * i;
    for (let w = 0; w < 4; w++) view.setUint32(at + 4 * w, words[4 * i + w] as number, true);
    view.setUint32(at + 16, leaves[i] as number, true);
    view.setUint32(at + 20, partitions[i] as number, true);
  }
  return Buffer.concat([bytes, xxh3_128(bytes)]);
}

function parse(bytes: Uint8Array): NormalSums | null {
  const body = bytes.length - CHECKSUM_BYTES;
  if (body < HEADER_BYTES || !equalBytes(bytes.subarray(0, 8), MAGIC)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const depth = view.getUint8(10);
  if (view.getUint16(8, true) !== VERSION || depth > DEPTH_MAX) return null;
  if (body !== HEADER_BYTES + RECORD_BYTES * 2 ** depth) return null;
  if (!equalBytes(xxh3_128(bytes.subarray(0, body)), bytes.subarray(body))) return null;
  const sums = new NormalSumsBuilder(depth);
  for (let i = 0; i < sums.leaves.length; i++) {
    const at = HEADER_BYTES + RECORD_BYTES * i;
    for (let w = 0; w < 4; w++) sums.words[4 * i + w] = view.getUint32(at + 4 * w, true);
    sums.leaves[i] = view.getUint32(at + 16, true);
    sums.partitions[i] = view.getUint32(at + 20, true);
  }
  return sums.finish({ from: view.getFloat64(16, true), until: view.getFloat64(24, true) });
}

/** What is kept under `name`, if it holds at `at`. */
export async function readMerged(
  directory: string,
  name: MergedName,
  at: number,
): Promise<NormalSums | null> {
  try {
    const sums = parse(await readWholeFile(pathOf(directory, name), LIMITS.treeBytesMax));
    return sums !== null && holdsAt(sums, at) ? sums : null;
  } catch (error) {
    if (isSstashError(error)) return null;
    throw error;
  }
}

export async function writeMerged(
  directory: string,
  name: MergedName,
  sums: NormalSums,
): Promise<void> {
  const path = pathOf(directory, name);
  try {
    await makeDirectory(join(path, '..'));
    await publish(path, serialise(sums));
  } catch (error) {
    if (!isSstashError(error)) throw error;
  }
}
