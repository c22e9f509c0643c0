import t from 'tap';
import { ByteWriter, fromHex } from '../../src/binary/index.js';
import {
  formatVersion,
  parseCompressionFacts,
  parseCompressionInfo,
} from '../../src/components/index.js';

const nb = formatVersion('big', 'nb');
const me = formatVersion('big', 'me');
const pa = formatVersion('big', 'pa');
const bytes = (hex: string): Uint8Array => fromHex(hex.replaceAll(' ', '')) ?? new Uint8Array(0);

interface Parts {
  readonly compressor?: string;
  readonly options?: readonly (readonly [string, string])[];
  readonly chunkLength?: number;
  readonly most?: number;
  readonly dataLength?: bigint;
  readonly offsets?: readonly bigint[];
  readonly count?: number;
  readonly tail?: Uint8Array;
}

function file(parts: Parts): Uint8Array {
  const w = new ByteWriter();
  const text = (value: string) => w.shortBytes(new TextEncoder().encode(value));
  text(parts.compressor ?? 'LZ4Compressor');
  w.i32(parts.options?.length ?? 0);
  for (const [key, value] of parts.options ?? []) {
    text(key);
    text(value);
  }
  w.i32(parts.chunkLength ?? 16384);
  w.i32(parts.most ?? 0x7fffffff);
  w.i64(parts.dataLength ?? 20_000n);
  const offsets = parts.offsets ?? [0n, 9000n];
  w.i32(parts.count ?? offsets.length);
  for (const offset of offsets) w.i64(offset);
  w.bytes(parts.tail ?? new Uint8Array(0));
  return w.toBytes();
}

const SIMPLE = '000d 4c5a34436f6d70726573736f72 00000000 00004000';

t.test('one block', async (t) => {
  const tail = '00000000000000ad 00000001 0000000000000000';
  const info = parseCompressionInfo(bytes(`${SIMPLE} 7fffffff ${tail}`), nb);
  t.match(info, {
    compressor: 'LZ4Compressor',
    chunkLength: 16384,
    maxCompressedLength: 0x7fffffff,
    dataLength: 173,
    dictionary: null,
  });
  t.same([...info.chunkOffsets], [0]);
  const old = parseCompressionInfo(bytes(`${SIMPLE} ${tail}`), me);
  t.equal(old.maxCompressedLength, 0x7fffffff);
});

t.test('options, limits, the empty last block', async (t) => {
  const info = parseCompressionInfo(
    file({
      compressor: 'org.apache.cassandra.io.compress.LZ4Compressor',
      options: [['lz4_compressor_type', 'high']],
      most: 14895,
      offsets: [0n, 9000n, 12_000n],
    }),
    nb,
  );
  t.equal(info.compressor, 'LZ4Compressor');
  t.same([...info.options], [['lz4_compressor_type', 'high']]);
  t.equal(info.chunkOffsets.length, 3, 'one block more than the rows need');
  const foreign = file({ compressor: 'com.example.Mine', options: [['any', 'thing']] });
  t.equal(parseCompressionInfo(foreign, nb).compressor, 'com.example.Mine');
});

t.test('without the offsets', async (t) => {
  const whole = file({ options: [['lz4_compressor_type', 'high']] });
  const { chunkOffsets, ...rest } = parseCompressionInfo(whole, nb);
  const facts = { ...rest, chunks: chunkOffsets.length };
  const offsetsAt = whole.length - 8 * chunkOffsets.length;
  for (let length = 0; length <= whole.length; length++) {
    const start = whole.subarray(0, length);
    const parse = () => parseCompressionFacts(start, whole.length, nb);
    if (length < offsetsAt) t.throws(parse, { name: 'NeedMoreBytes' });
    else t.same(parse(), facts);
    if (length === whole.length) break;
    t.throws(() => parseCompressionFacts(start, length, nb), { code: 'SSTABLE_TRUNCATED' });
  }
  const long = Uint8Array.of(...whole, 0);
  for (const start of [long, long.subarray(0, offsetsAt)]) {
    t.throws(() => parseCompressionFacts(start, long.length, nb), { code: 'SSTABLE_CORRUPT' });
    t.throws(() => parseCompressionFacts(start, long.length, pa), {
      name: start === long ? 'SstashError' : 'NeedMoreBytes',
    });
  }
});

t.test('contradictions', async (t) => {
  const bad: readonly (readonly [string, Parts])[] = [
    ['no power of two', { chunkLength: 16385 }],
    ['no block length', { chunkLength: 0 }],
    ['limit above the block length', { most: 16385 }],
    ['negative limit', { most: -1 }],
    ['negative length', { dataLength: -1n }],
    ['length beyond 2^53', { dataLength: 2n ** 60n }],
    ['too few blocks', { dataLength: 40_000n }],
    ['too many blocks', { dataLength: 10n, offsets: [0n, 10n, 20n] }],
    ['no block', { dataLength: 0n, offsets: [] }],
    ['first block not at 0', { offsets: [1n, 9000n] }],
    ['blocks that do not ascend', { offsets: [0n, 3n] }],
    ['negative offset', { offsets: [0n, -1n] }],
    ['unknown option', { options: [['lz4_compressor_typf', 'fast']] }],
    ['unknown value', { options: [['lz4_compressor_type', 'fasu']] }],
    [
      'the same option twice',
      {
        options: [
          ['crc_check_chance', '1'],
          ['crc_check_chance', '1'],
        ],
      },
    ],
    ['a name that is none', { compressor: 'LZ4\u0001' }],
    ['bytes at the end', { tail: new Uint8Array(1) }],
  ];
  for (const [what, parts] of bad) {
    t.throws(() => parseCompressionInfo(file(parts), nb), { code: 'SSTABLE_CORRUPT' }, what);
  }
  t.throws(() => parseCompressionInfo(file({ chunkLength: 2 ** 30 }), nb), {
    code: 'LIMIT_EXCEEDED',
  });
  const whole = file({});
  for (let length = 0; length < whole.length; length++) {
    t.throws(() => parseCompressionInfo(whole.subarray(0, length), nb), { name: 'SstashError' });
  }
  const huge = file({ dataLength: 16384n * 2_000_000_000n, offsets: [], count: 2_000_000_000 });
  t.throws(() => parseCompressionInfo(huge, nb), { code: 'SSTABLE_TRUNCATED' });
});

t.test('a compression dictionary', async (t) => {
  const w = new ByteWriter();
  w.u8(0);
  w.i64(7n);
  w.i32(3);
  w.bytes(bytes('010203'));
  // CRC-32C of 00, 07 and seven zero bytes, 01 02 03.
  w.u32(0x5055b86d);
  const good = file({ tail: w.toBytes() });
  t.throws(() => parseCompressionInfo(good, nb), { code: 'SSTABLE_CORRUPT' }, 'nb has none');
  const { dictionary } = parseCompressionInfo(good, pa);
  t.equal(dictionary?.id, 7n);
  t.same([...(dictionary?.bytes ?? [])], [1, 2, 3]);
  const damaged = good.slice();
  damaged[good.length - 5] = 9;
  t.throws(() => parseCompressionInfo(damaged, pa), { code: 'SSTABLE_CHECKSUM' });
});
