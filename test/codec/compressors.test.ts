/** Block compressors by Cassandra's names. */
import { createRequire } from 'node:module';
import { deflateSync } from 'node:zlib';
import t from 'tap';
import { equalBytes, fromHex } from '../../src/binary/index.js';
import { compressor, loadCompressor } from '../../src/codec/index.js';
import { randomBytes, randomNumbers } from './seeded.js';

const NO_OPTIONS = new Map<string, string>();
const plain = randomBytes(randomNumbers(1), 4000, 'runs');

function roundTrip(name: string): boolean {
  const codec = compressor(name, NO_OPTIONS, 16384);
  const block = codec.encode?.(plain) ?? new Uint8Array();
  const out = new Uint8Array(plain.length);
  codec.decode(block, out);
  return equalBytes(out, plain);
}

t.test('LZ4Compressor: length prefix and block', async (t) => {
  const codec = compressor('LZ4Compressor', NO_OPTIONS, 16384);
  t.ok(roundTrip('LZ4Compressor'));
  t.ok(roundTrip('org.apache.cassandra.io.compress.LZ4Compressor'), 'also by its full name');
  t.same(codec.encode?.(new Uint8Array()), fromHex('0000000000'), 'an empty block');
  codec.decode(fromHex('0000000000') ?? plain, new Uint8Array());
  const block = codec.encode?.(plain) ?? plain;
  const other = block.slice();
  other[3] = 0x7f;
  t.throws(() => codec.decode(other, new Uint8Array(4000)), {
    code: 'SSTABLE_CORRUPT',
    expected: '4000 bytes',
  });
  t.throws(() => codec.decode(block, new Uint8Array(3999)), { code: 'SSTABLE_CORRUPT' });
  for (const length of [0, 3, 4]) {
    const short = block.subarray(0, length);
    t.throws(() => codec.decode(short, new Uint8Array(4000)), { code: 'SSTABLE_CORRUPT' });
  }
});

t.test('LZ4Compressor at its high level is read, but its bytes are not reproduced', async (t) => {
  const options = new Map([['lz4_compressor_type', 'high']]);
  t.equal(compressor('LZ4Compressor', options, 16384).encode, undefined);
});

t.test('NoopCompressor', async (t) => {
  const codec = compressor('NoopCompressor', NO_OPTIONS, 4096);
  t.ok(roundTrip('NoopCompressor'));
  t.throws(() => codec.decode(plain, new Uint8Array(3999)), { code: 'SSTABLE_CORRUPT' });
});

t.test('DeflateCompressor', async (t) => {
  const codec = compressor('DeflateCompressor', NO_OPTIONS, 16384);
  const block = deflateSync(plain);
  const out = new Uint8Array(plain.length);
  codec.decode(block, out);
  t.ok(equalBytes(out, plain));
  codec.decode(new Uint8Array(), new Uint8Array());
  for (const length of [0, 100, 3999, 4001]) {
    t.throws(() => codec.decode(block, new Uint8Array(length)), { code: 'SSTABLE_CORRUPT' });
  }
  const bomb = deflateSync(new Uint8Array(64 * 1024 * 1024));
  t.throws(() => codec.decode(bomb, new Uint8Array(16384)), { code: 'SSTABLE_CORRUPT' });
});

t.test('ZstdDictionaryCompressor: with the dictionary of the table, or without one', async (t) => {
  const name = 'ZstdDictionaryCompressor';
  await loadCompressor(name);
  const library = createRequire(import.meta.url)('@bokuweb/zstd-wasm');
  const dictionary = randomBytes(randomNumbers(3), 2000, 'noise');
  const content = Buffer.concat([dictionary.subarray(300, 1500), Buffer.from('and more')]);
  const context = library.createCCtx();
  const block: Uint8Array = library.compressUsingDict(context, content, dictionary);
  t.ok(block.length < 200, `${block.length} bytes refer to the dictionary`);
  const codec = compressor(name, NO_OPTIONS, 4096, dictionary);
  const out = new Uint8Array(content.length);
  codec.decode(block, out);
  t.ok(equalBytes(out, content));
  const unknown = compressor(name, NO_OPTIONS, 4096);
  t.throws(() => unknown.decode(block, out), { code: 'SSTABLE_CORRUPT' });
  unknown.decode(library.compress(content), out);
  t.ok(equalBytes(out, content), 'before the first training');
  for (const length of [0, 10, content.length - 1, content.length + 1]) {
    t.throws(() => codec.decode(block, new Uint8Array(length)), { code: 'SSTABLE_CORRUPT' });
  }
  const short = block.subarray(0, block.length - 3);
  t.throws(() => codec.decode(short, out), { code: 'SSTABLE_CORRUPT' });
});

t.test('other names are refused by name, giant chunks by size', async (t) => {
  t.throws(() => compressor('BrotliCompressor', NO_OPTIONS, 16384), {
    code: 'SSTABLE_UNSUPPORTED_COMPRESSION',
    found: 'BrotliCompressor',
  });
  t.throws(() => compressor('LZ4Compressor', NO_OPTIONS, 2 ** 30), { code: 'LIMIT_EXCEEDED' });
});
