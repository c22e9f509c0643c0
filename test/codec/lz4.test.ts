/** LZ4 kernels, their twins, an independent decoder and blocks written by Cassandra agree. */
import { existsSync, readFileSync } from 'node:fs';
import { uncompressSync } from 'lz4-napi';
import t from 'tap';
import { fixtureSets, fixtureTables } from '../../fixtures/index.js';
import { equalBytes } from '../../src/binary/index.js';
import { KernelInstance, kernels, lz4DecodeBlock, lz4EncodeBlock } from '../../src/codec/index.js';
import {
  type CompressionInfo,
  formatVersion,
  parseCompressionInfo,
} from '../../src/components/index.js';
import { BYTE_KINDS, randomBytes, randomNumbers } from './seeded.js';

const wasm = kernels('webassembly');
const twin = kernels('typescript');

/** With the plain length before it, as lz4-napi and Cassandra frame a block. */
function framed(block: Uint8Array, length: number): Buffer {
  const out = Buffer.alloc(4 + block.length);
  new DataView(out.buffer, out.byteOffset).setUint32(0, length, true);
  out.set(block, 4);
  return out;
}

/** Both sides of every limit of the encoder, and of its switch to 32-bit tables at 65547. */
const LENGTHS = [
  0, 1, 4, 5, 11, 12, 13, 14, 15, 16, 17, 100, 1000, 4096, 16384, 65535, 65536, 65546, 65547, 65548,
  131072, 262144,
];

t.test('encodes as the twin, and every decoder reads it', async (t) => {
  const next = randomNumbers(1);
  for (const length of LENGTHS) {
    for (const kind of BYTE_KINDS) {
      const plain = randomBytes(next, length, kind);
      const block = wasm.lz4Encode(plain);
      t.ok(equalBytes(block, twin.lz4Encode(plain)), `${length} bytes of ${kind}: same block`);
      for (const decoder of [wasm, twin]) {
        const out = new Uint8Array(length);
        t.ok(decoder.lz4Decode(block, out) && equalBytes(out, plain), `${decoder.kind} reads it`);
      }
      if (length > 0)
        t.ok(uncompressSync(framed(block, length)).equals(plain), 'lz4-napi reads it');
    }
  }
});

/** Rows that begin alike, with `literals` bytes of their own, and repeat `match` bytes. */
function rows(next: () => number, literals: number, match: number, length: number): Uint8Array {
  const same = randomBytes(next, match, 'noise');
  const plain = randomBytes(next, length, 'noise');
  for (let at = 0; at + match <= length; at += match + literals) plain.set(same, at);
  return plain;
}

t.test('literals and matches of all lengths that are dealt with differently', async (t) => {
  const next = randomNumbers(5);
  const around = [254, 255, 256, 269, 270, 271, 524, 525, 526, 780];
  let count = 0;
  for (const literals of [...Array(140).keys(), ...around]) {
    for (const match of [4, 5, 7, 8, 11, 12, 13, 18, 19, 20, 40, ...around]) {
      const plain = rows(next, literals, match, 3 * (literals + match) + (next() % 30));
      const block = wasm.lz4Encode(plain);
      const what = `${literals} literals, match of ${match}`;
      if (!equalBytes(block, twin.lz4Encode(plain))) t.fail(`${what}: other block than the twin`);
      if (!wasm.lz4Reproduces(plain, block)) t.fail(`${what}: the block is not the encoder's`);
      const out = new Uint8Array(plain.length);
      if (!wasm.lz4Decode(block, out) || !equalBytes(out, plain)) t.fail(`${what}: not read`);
      count++;
    }
  }
  t.ok(count > 3000, `${count} blocks`);
});

t.test('refuses what does not fill the target exactly', async (t) => {
  const plain = randomBytes(randomNumbers(2), 5000, 'runs');
  const block = lz4EncodeBlock(plain);
  for (const length of [0, 1, 4999, 5001, 6000]) {
    t.throws(() => lz4DecodeBlock(block, new Uint8Array(length)), { code: 'SSTABLE_CORRUPT' });
    t.notOk(twin.lz4Decode(block, new Uint8Array(length)), `${length} bytes`);
  }
  for (let cut = 0; cut < block.length; cut += 7) {
    const short = block.subarray(0, cut);
    if (wasm.lz4Decode(short, new Uint8Array(5000))) t.fail(`${cut} bytes are enough`);
  }
});

t.test('damaged blocks never write past the target, and both decoders agree', async (t) => {
  const next = randomNumbers(3);
  const instance = KernelInstance.acquire();
  const at = instance.start + 4096;
  instance.ensure(at + 8192);
  let refused = 0;
  for (let round = 0; round < 3000; round++) {
    const plain = randomBytes(next, 1 + (next() % 3000), BYTE_KINDS[round % 3] ?? 'runs');
    const block = wasm.lz4Encode(plain);
    for (let i = 1 + (next() % 3); i > 0; i--) block[next() % block.length] = next() & 255;
    instance.bytes.fill(0xa5, at - 64, at + plain.length + 64);
    const target = instance.bytes.subarray(at, at + plain.length);
    const done = wasm.lz4Decode(block, target);
    const expected = new Uint8Array(plain.length);
    if (done !== twin.lz4Decode(block, expected)) t.fail(`round ${round}: the decoders disagree`);
    if (done && !equalBytes(target, expected)) t.fail(`round ${round}: other bytes`);
    if (!done) refused++;
    const around = [
      ...instance.bytes.subarray(at - 64, at),
      ...instance.bytes.subarray(at + plain.length, at + plain.length + 64),
    ];
    if (around.some((byte) => byte !== 0xa5)) t.fail(`round ${round}: wrote outside`);
  }
  instance.release();
  t.ok(refused > 500, `${refused} blocks refused`);
});

t.test('what lies around a damaged block makes no difference', async (t) => {
  const next = randomNumbers(6);
  const instance = KernelInstance.acquire();
  const at = instance.start + 4096;
  const from = at + 4096;
  instance.ensure(from + 4096);
  const { bytes, exports } = instance;
  let refused = 0;
  const decode = (block: Uint8Array, length: number, what: string): void => {
    const outcomes = [0x00, 0x01, 0x5f, 0xff].map((byte) => {
      bytes.fill(byte, at - 64, from + block.length + 64);
      bytes.set(block, from);
      const decoded = exports.lz4Decode(from, block.length, at, length);
      for (const side of [at - 64, at + length]) {
        const outside = bytes.subarray(side, side + 64);
        if (outside.some((other) => other !== byte)) t.fail(`${what}: wrote outside`);
      }
      const written = decoded === length ? bytes.slice(at, at + length) : new Uint8Array(0);
      return `${decoded} ${Buffer.from(written).toString('base64')}`;
    });
    if (new Set(outcomes).size > 1) t.fail(`${what}: read outside`);
    if (outcomes[0]?.startsWith('-')) refused++;
  };
  for (let round = 0; round < 2000; round++) {
    const plain = rows(next, next() % 40, 4 + (next() % 30), 1 + (next() % 2000));
    const block = wasm.lz4Encode(plain);
    block[next() % block.length] = next() & 255;
    decode(block, plain.length, `round ${round}`);
  }
  for (let literals = 0; literals < 20; literals++) {
    const plain = rows(next, literals, 10, 600);
    const block = wasm.lz4Encode(plain);
    for (let end = 0; end < block.length; end++) {
      decode(block.subarray(0, end), plain.length, `${end} bytes, runs of ${literals} literals`);
    }
  }
  instance.release();
  t.ok(refused > 3000, `${refused} blocks refused`);
});

t.test('a match does not begin before the target', async (t) => {
  for (let literals = 1; literals < 15; literals++) {
    for (let distance = literals - 1; distance < literals + 3; distance++) {
      const last = Array.from({ length: 40 }, (_, i) => i);
      const run = last.slice(0, literals);
      const block = Uint8Array.of(literals << 4, ...run, distance, 0, 0xf0, 40 - 15, ...last);
      for (const decoder of [wasm, twin]) {
        const isSound = decoder.lz4Decode(block, new Uint8Array(literals + 4 + 40));
        const expected = distance > 0 && distance <= literals;
        if (isSound !== expected) t.fail(`${decoder.kind}: ${distance} back at ${literals}`);
      }
    }
  }
  t.pass('all short runs of literals');
});

t.test('decodes in place when the target is kernel memory', async (t) => {
  const plain = randomBytes(randomNumbers(4), 16384, 'runs');
  const block = wasm.lz4Encode(plain);
  const instance = KernelInstance.acquire();
  instance.ensure(instance.start + 65536);
  const target = instance.bytes.subarray(instance.start, instance.start + plain.length);
  t.ok(wasm.lz4Decode(block, target));
  t.ok(equalBytes(target, plain));
  instance.bytes.set(block, instance.start + 32768);
  const source = instance.bytes.subarray(instance.start + 32768).subarray(0, block.length);
  target.fill(0);
  t.ok(wasm.lz4Decode(source, target), 'and when the source is as well');
  t.ok(equalBytes(target, plain));
  instance.release();
});

/** The compressed blocks of a Data.db without their checksums, with the plain length of each. */
function* blocks(data: Uint8Array, info: CompressionInfo): Generator<[Uint8Array, number]> {
  const { chunkOffsets, chunkLength, dataLength, maxCompressedLength } = info;
  for (let i = 0; i < chunkOffsets.length; i++) {
    const end = chunkOffsets[i + 1] ?? data.length;
    const block = data.subarray(chunkOffsets[i], end - 4);
    const plain = Math.max(0, Math.min(chunkLength, dataLength - i * chunkLength));
    if (block.length < maxCompressedLength) yield [block, plain];
  }
}

function readInfo(dataPath: string): CompressionInfo | null {
  const path = dataPath.replace(/Data\.db$/, 'CompressionInfo.db');
  if (!existsSync(path)) return null;
  const [, letters = '', format = ''] = /(\w\w)-[^/]*-(big|bti)-Data\.db$/.exec(dataPath) ?? [];
  return parseCompressionInfo(readFileSync(path), formatVersion(format, letters), { file: path });
}

// 3.11 came with an older liblz4, whose fast compressor gives a few other blocks.
const SINCE_4 = fixtureSets.filter((set) => set !== 'cassandra-3.11');

t.test('blocks that Cassandra wrote come back byte for byte', async (t) => {
  let same = 0;
  for (const { dataPath } of fixtureTables(SINCE_4).flatMap((table) => table.sstables)) {
    const info = readInfo(dataPath);
    if (info?.compressor !== 'LZ4Compressor') continue;
    if (info.options.get('lz4_compressor_type') === 'high') continue;
    for (const [block, length] of blocks(readFileSync(dataPath), info)) {
      const plain = new Uint8Array(length);
      lz4DecodeBlock(block.subarray(4), plain);
      if (!equalBytes(lz4EncodeBlock(plain), block.subarray(4))) t.fail(`${dataPath}: other bytes`);
      if (!equalBytes(twin.lz4Encode(plain), block.subarray(4)))
        t.fail(`${dataPath}: twin differs`);
      same++;
    }
  }
  t.ok(same > 150, `${same} blocks`);
});
