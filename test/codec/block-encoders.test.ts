/** Blocks of real SSTables, encoded again by what stands in for Cassandra's libraries. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { fixtureTables } from '../../fixtures/index.js';
import { equalBytes } from '../../src/binary/index.js';
import { compressor } from '../../src/codec/index.js';
import { SSTable } from '../../src/sstable/index.js';

const CRC_BYTES = 4;

t.test('every block of every fixture', async (t) => {
  const counts = new Map<string, number>();
  for (const { table, sstables } of fixtureTables()) {
    for (const { dataPath } of sstables) {
      const sstable = await SSTable.open(dataPath);
      const { compression } = sstable;
      if (compression !== null) {
        const { compressor: name, options, chunkLength, chunkOffsets } = compression;
        const file = readFileSync(dataPath);
        const codec = compressor(name, options, chunkLength);
        for (const [i, start] of chunkOffsets.entries()) {
          const from = i * chunkLength;
          const length = Math.max(0, Math.min(chunkLength, compression.dataLength - from));
          const stored = file.subarray(start, (chunkOffsets[i + 1] ?? file.length) - CRC_BYTES);
          if (stored.length >= compression.maxCompressedLength || codec.encode === undefined)
            continue;
          const plain = await sstable.readData(from, length);
          if (equalBytes(codec.encode(plain), stored)) {
            counts.set(codec.name, (counts.get(codec.name) ?? 0) + 1);
          } else if (codec.name !== 'LZ4Compressor' || sstable.version.letters >= 'na') {
            t.fail(`${table}: block ${i} of ${codec.name}`);
          }
        }
      }
      await sstable.close();
    }
  }
  for (const name of ['LZ4', 'Deflate', 'Zstd']) {
    const count = counts.get(`${name}Compressor`) ?? 0;
    t.ok(count > 0, `${name}: ${count} blocks`);
  }
});

t.test('an empty block', async (t) => {
  for (const name of ['DeflateCompressor', 'ZstdCompressor']) {
    const codec = compressor(name, new Map(), 4096);
    const block = codec.encode?.(new Uint8Array(0)) ?? Uint8Array.of(1);
    codec.decode(block, new Uint8Array(0));
    t.pass(`${name}: ${block.length} bytes`);
  }
});
