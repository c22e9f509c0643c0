/**
 * The physical digest of an SSTable: the same when and only when every component file has the same
 * bytes under the same name (the generation left out).
 */
import { toHex } from '../binary/index.js';
import { StreamHash, xxh3_128 } from '../codec/index.js';
import { openFile } from '../io/index.js';
import { throwIfInterrupted } from '../parallel/index.js';
import type { SSTable } from '../sstable/index.js';

const CHUNK_BYTES = 1024 * 1024;

export interface PhysicalOptions {
  readonly signal?: AbortSignal;
  readonly onBytes?: (bytes: number) => void;
}

/** XXH3-128 of a whole file. */
async function fileDigest(path: string, options: PhysicalOptions): Promise<Uint8Array> {
  const file = await openFile(path);
  try {
    const hash = new StreamHash();
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(1, file.size)));
    for (let at = 0; at < file.size; at += chunk.length) {
      throwIfInterrupted(options.signal);
      const bytes = await file.read(at, Math.min(chunk.length, file.size - at), chunk);
      hash.update(bytes);
      options.onBytes?.(bytes.length);
    }
    return hash.digest();
  } finally {
    await file.close();
  }
}

/** 32 hex digits: XXH3-128 of the lines `component size digest`, sorted by component. */
export async function physicalDigest(
  sstable: SSTable,
  options: PhysicalOptions = {},
): Promise<string> {
  const lines: string[] = [];
  for (const [name, { path, size }] of sstable.components) {
    lines.push(`${name} ${size} ${toHex(await fileDigest(path, options))}\n`);
  }
  return toHex(xxh3_128(new TextEncoder().encode(lines.sort().join(''))));
}

/** The physical digest of a table: over those of its SSTables, in no order. */
export function combinePhysical(digests: readonly string[]): string {
  return toHex(xxh3_128(new TextEncoder().encode([...digests].sort().join('\n'))));
}
