/** Data.db made from any bytes as its uncompressed stream, with sums that match. */
import { compressor, crc32, loadCompressor } from '../../src/codec/index.js';
import {
  CompressionInfoWriter,
  CrcWriter,
  parametersOfCompression,
  writeDigest,
} from '../../src/components/index.js';
import type { SSTable } from '../../src/sstable/index.js';

/** The whole uncompressed stream. */
export function plainRows(sstable: SSTable): Promise<Uint8Array> {
  return sstable.readData(0, sstable.dataLength);
}

/** Data.db and the components with its sums, for `rows`, as the writer of `sstable` stores them. */
export async function storedRows(
  sstable: SSTable,
  rows: Uint8Array,
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const { compression } = sstable;
  if (compression === null) {
    const crc = new CrcWriter({ chunkSize: 65536, emptyLast: false });
    crc.push(rows);
    crc.finish();
    files.set('CRC.db', crc.take());
    files.set('Data.db', rows);
  } else {
    const parameters = { ...parametersOfCompression(compression), emptyLast: false };
    const info = new CompressionInfoWriter(parameters, sstable.version);
    await loadCompressor(compression.compressor);
    const { chunkLength, maxCompressedLength, options } = compression;
    const codec = compressor(compression.compressor, options, chunkLength);
    const parts: Buffer[] = [];
    for (let at = 0; at < rows.length; at += chunkLength) {
      const plain = rows.subarray(at, at + chunkLength);
      const packed = codec.encode?.(plain);
      if (packed === undefined) throw new Error(`${codec.name} cannot be written`);
      const raw = packed.length >= maxCompressedLength;
      const payload = raw ? Buffer.alloc(Math.max(plain.length, maxCompressedLength)) : packed;
      if (raw) payload.set(plain);
      const sum = Buffer.alloc(4);
      sum.writeUInt32BE(crc32(payload));
      parts.push(Buffer.from(payload), sum);
      info.block(payload.length + 4);
    }
    files.set('Data.db', Buffer.concat(parts));
    const pieces = [info.head(rows.length), info.take(), info.tail()];
    files.set('CompressionInfo.db', Buffer.concat(pieces));
  }
  const data = files.get('Data.db') ?? new Uint8Array(0);
  files.set('Digest.crc32', writeDigest(crc32(data)));
  return files;
}
