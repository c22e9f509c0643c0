/** Native bytes to blocks: the same ones, whether many are made in a call or each by itself. */
import t, { type Test } from 'tap';
import { rawPayload } from '../../src/backup/block-layout.js';
import { BlockPacker, type PackerOptions } from '../../src/backup/block-packer.js';
import { equalBytes } from '../../src/binary/index.js';
import { compressor, crc32, KernelInstance } from '../../src/codec/index.js';
import { type ByteKind, randomBytes, randomNumbers } from '../codec/seeded.js';

const BLOCK = 4096;

interface Case {
  readonly kind: ByteKind;
  readonly maxCompressedLength: number;
  readonly position: number;
  readonly exceptions: ReadonlyMap<number, Uint8Array>;
  readonly compressor: string;
}

const USUAL: Case = {
  kind: 'letters',
  maxCompressedLength: 2 ** 31 - 1,
  position: 0,
  exceptions: new Map(),
  compressor: 'LZ4Compressor',
};

/** Pieces of all lengths, each at the start of kernel memory. */
function compare(t: Test, name: string, special: Partial<Case>): void {
  const one = { ...USUAL, ...special };
  const options: PackerOptions = { ...one, options: new Map(), blockLength: BLOCK };
  const codec = compressor(one.compressor, new Map(), BLOCK);
  const next = randomNumbers(9);
  const kernel = KernelInstance.acquire();
  kernel.ensure(kernel.start + 400_000);
  const room = new SharedArrayBuffer(64 * 1024);
  const packer = new BlockPacker(options, one.position, one.exceptions, room);
  const first = packer.block;
  const pieces: Uint8Array[] = [];
  for (const length of [3, 100_000, BLOCK, 0, 1, BLOCK - 1, 400_000, 5 * BLOCK, 20_001]) {
    const piece = randomBytes(next, length, one.kind);
    pieces.push(piece);
    const view = kernel.bytes.subarray(kernel.start, kernel.start + length);
    view.set(piece);
    packer.push(view);
  }
  kernel.release();
  const native = Buffer.concat(pieces);
  const made = packer.finish();
  let at = made.head.length;
  t.equal((one.position + at) % BLOCK, 0);
  t.ok(equalBytes(made.head, native.subarray(0, at)), `${name}: head`);
  const expected = made.lengths.map((_, i) => {
    const plain = native.subarray(at, at + BLOCK);
    at += BLOCK;
    const payload = codec.encode?.(plain) ?? plain;
    const usual = payload.length < one.maxCompressedLength ? payload : plain;
    const stored = one.exceptions.get(first + i) ?? rawPayload(usual, 0);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(stored));
    return Buffer.concat([stored, sum]);
  });
  t.ok(equalBytes(made.tail, native.subarray(at)), `${name}: tail`);
  t.same(
    made.lengths,
    expected.map(({ length }) => length),
    `${name}: lengths`,
  );
  const all = Buffer.concat(expected);
  t.ok(equalBytes(made.blocks, all), `${name}: blocks`);
  t.equal(made.crc, crc32(all), `${name}: CRC`);
}

t.test('blocks out of pieces of all lengths', async (t) => {
  compare(t, 'usual', {});
  compare(t, 'noise', { kind: 'noise' });
  compare(t, 'from the middle of a block on', { position: 7 * BLOCK + 5 });
  compare(t, 'no kernel', { compressor: 'NoopCompressor' });
});

t.test('blocks that are stored as they are, among others', async (t) => {
  const next = randomNumbers(9);
  const codec = compressor('LZ4Compressor', new Map(), BLOCK);
  const lengths = Array.from({ length: 40 }, () => {
    return codec.encode?.(randomBytes(next, BLOCK, 'letters')).length ?? 0;
  });
  const middle = lengths.sort((a, b) => a - b)[20] ?? 0;
  compare(t, 'some', { maxCompressedLength: middle });
  compare(t, 'all', { kind: 'noise', maxCompressedLength: BLOCK });
});

t.test('exceptions: the first of a piece, neighbours, longer ones', async (t) => {
  const exceptions = new Map(
    [3, 4, 9, 30, 31].map((block) => [block, new Uint8Array(BLOCK + 40 * block).fill(block)]),
  );
  compare(t, 'exceptions', { exceptions, position: 3 * BLOCK });
});
