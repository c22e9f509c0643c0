/** Blocks judged many at a time: the same as one by one, whatever is wrong with them. */
import t, { type Test } from 'tap';
import { judgeBlocks } from '../../src/backup/block-batch.js';
import { type BlockException, BlockReader, CRC_BYTES } from '../../src/backup/block-layout.js';
import { equalBytes } from '../../src/binary/index.js';
import { combineCrc32, compressor, crc32, KernelInstance } from '../../src/codec/index.js';
import { randomBytes, randomNumbers } from '../codec/seeded.js';

const BLOCK = 4096;
const RAW_FROM = 3700;
/** Where the first block is in the file. */
const BASE = 7;
const codec = compressor('LZ4Compressor', new Map(), BLOCK);

/** `raw`: stored as it is, rightly; `split`: zeros in two matches where the encoder makes one. */
type Kind = 'usual' | 'raw' | 'split' | 'damaged';

const SPLIT = Uint8Array.from([
  ...[0, 16, 0, 0],
  ...[0x1f, 0, 1, 0, ...new Array(7).fill(255), 196],
  ...[0x0f, 1, 0, ...new Array(8).fill(255), 31],
  ...[0x50, 0, 0, 0, 0, 0],
]);

function storedBlock(kind: Kind, length: number, next: () => number): Uint8Array {
  const plain = randomBytes(next, length, kind === 'raw' ? 'noise' : 'letters');
  let payload = codec.encode?.(plain) ?? plain;
  if (kind === 'raw') payload = plain;
  if (kind === 'split') payload = SPLIT;
  const stored = new Uint8Array(payload.length + CRC_BYTES);
  stored.set(payload);
  new DataView(stored.buffer).setUint32(payload.length, crc32(payload));
  if (kind === 'damaged') stored[9] = (stored[9] as number) ^ 1;
  return stored;
}

function fileOf(kinds: readonly Kind[], lastLength: number): { file: Buffer; blocks: BlockReader } {
  const next = randomNumbers(21);
  const offsets = [BASE];
  const parts = kinds.map((kind, i) => {
    const stored = storedBlock(kind, i === kinds.length - 1 ? lastLength : BLOCK, next);
    offsets.push((offsets[i] as number) + stored.length);
    return stored;
  });
  const options = new Map<string, string>();
  const spec = {
    blockLength: BLOCK,
    nativeBytes: (kinds.length - 1) * BLOCK + lastLength,
    firstBlock: 0,
    offsets: Float64Array.from(offsets),
    checksums: null,
    compression: { compressor: codec.name, options, maxCompressedLength: RAW_FROM },
  };
  return { file: Buffer.concat(parts), blocks: new BlockReader(spec, {}) };
}

function compare(t: Test, kinds: readonly Kind[], lastLength: number): void {
  const { file, blocks } = fileOf(kinds, lastLength);
  const { nativeBytes } = blocks.spec;
  const kernel = KernelInstance.acquire();
  kernel.ensure(kernel.start + nativeBytes);
  const plain = kernel.bytes.subarray(kernel.start, kernel.start + nativeBytes);
  const stored = new Uint8Array(new SharedArrayBuffer(file.length));
  stored.set(file);
  const exceptions: BlockException[] = [];
  let crc = 0;
  let count = 0;
  for (let at = 0; count < kinds.length; ) {
    const judged = judgeBlocks(
      blocks,
      count,
      stored.subarray(at),
      plain.subarray(count * BLOCK),
      true,
    );
    if (judged === null) break;
    exceptions.push(...judged.exceptions);
    crc = combineCrc32(crc, judged.crc, judged.bytes);
    at += judged.bytes;
    count += judged.count;
    if (at !== blocks.offset(count) - BASE) t.fail(`ends at ${at}`);
  }
  const damaged = kinds.indexOf('damaged');
  t.equal(count, damaged === -1 ? kinds.length : damaged, 'stops where damage is, and only there');
  const expected: BlockException[] = [];
  for (let i = 0; i < count; i++) {
    const own = file.subarray(blocks.offset(i) - BASE, blocks.offset(i + 1) - BASE);
    const native = new Uint8Array(Math.min(BLOCK, nativeBytes - i * BLOCK));
    blocks.decode(i, own, native);
    const made = plain.subarray(i * BLOCK, i * BLOCK + native.length);
    if (!equalBytes(native, made)) t.fail(`block ${i}: other bytes`);
    const exception = blocks.exception(i, own, native);
    if (exception !== null)
      expected.push({ ...exception, payload: Uint8Array.from(exception.payload) });
  }
  t.equal(crc, crc32(file.subarray(0, blocks.offset(count) - BASE)), 'their CRC');
  t.strictSame(exceptions, expected);
  t.equal(expected.length, kinds.slice(0, count).filter((kind) => kind === 'split').length);
  kernel.release();
}

t.test('blocks of every kind, in the middle and at both ends', async (t) => {
  compare(t, ['usual', 'usual', 'usual'], 1000);
  compare(t, ['split', 'raw', 'usual', 'split', 'split', 'usual', 'raw', 'usual'], 4096);
  compare(t, ['raw', 'usual', 'split'], BLOCK);
  compare(t, ['usual', 'split', 'usual', 'damaged', 'usual'], 13);
  compare(t, ['damaged', 'usual'], 1);
});

t.test('more blocks than there is room for at once', async (t) => {
  const kinds = Array.from({ length: 700 }, (_, i): Kind => (i % 50 === 3 ? 'split' : 'usual'));
  compare(t, kinds, 77);
});

t.test("other compressors, and memory that is no kernel's, are left to others", async (t) => {
  const { file, blocks } = fileOf(['usual'], 500);
  t.equal(judgeBlocks(blocks, 0, file, new Uint8Array(500), true), null);
  const options = new Map([['lz4_compressor_type', 'high']]);
  const compression = { compressor: codec.name, options, maxCompressedLength: RAW_FROM };
  t.notOk(new BlockReader({ ...blocks.spec, compression }, {}).isForKernels);
});
