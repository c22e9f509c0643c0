/** An uncompressed copy of an SSTable, whose rows a test may change with sound checksums. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { SSTable } from '../../src/sstable/index.js';
import { componentPath } from './sstable-copies.js';

const STATS = 2;
const CRC_CHUNK = 65536;

/** Turns the SSTable into an uncompressed one; returns the bytes of its Data.db. */
export async function uncompress(dataPath: string): Promise<Buffer> {
  const sstable = await SSTable.open(dataPath);
  const stream = Buffer.from(await sstable.readData(0, sstable.dataLength));
  const { estimatedPartitionSize, estimatedCellCount } = sstable.statistics.stats;
  const buckets = estimatedPartitionSize.buckets.length + estimatedCellCount.buckets.length;
  const stats = sstable.statistics.parts.find(({ type }) => type === STATS);
  const compressed = sstable.compression !== null;
  await sstable.close();
  if (stats === undefined) throw new Error('no STATS');
  if (compressed) {
    const path = componentPath(dataPath, 'Statistics.db');
    const bytes = readFileSync(path);
    // Behind two histograms, the commit log position and the smallest and largest values.
    bytes.writeDoubleBE(-1, stats.offset + 8 + 16 * buckets + 12 + 32);
    const body = bytes.subarray(stats.offset, stats.offset + stats.length);
    bytes.writeUInt32BE(crc32(body), stats.offset + stats.length);
    writeFileSync(path, bytes);
    rmSync(componentPath(dataPath, 'CompressionInfo.db'));
    const toc = componentPath(dataPath, 'TOC.txt');
    writeFileSync(toc, readFileSync(toc, 'utf8').replace('CompressionInfo.db', 'CRC.db'));
  }
  writeData(dataPath, stream);
  return stream;
}

/** Writes Data.db with the checksums that belong to it. */
export function writeData(dataPath: string, stream: Uint8Array): void {
  writeFileSync(dataPath, stream);
  const sums = [Buffer.alloc(4)];
  sums[0]?.writeInt32BE(CRC_CHUNK);
  for (let at = 0; at < stream.length; at += CRC_CHUNK) {
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(stream.subarray(at, at + CRC_CHUNK)));
    sums.push(sum);
  }
  writeFileSync(componentPath(dataPath, 'CRC.db'), Buffer.concat(sums));
  writeFileSync(componentPath(dataPath, 'Digest.crc32'), String(crc32(stream)));
}
