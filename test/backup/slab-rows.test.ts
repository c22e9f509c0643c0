/** Slabs of rows that fixtures do not have, made by hand and judged as `verify` does. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { BlockReader } from '../../src/backup/block-layout.js';
import { listedAt } from '../../src/backup/chunk-batch.js';
import { encodeRange } from '../../src/backup/encode-range.js';
import { inspectSlab } from '../../src/backup/slabs/index.js';
import { ByteReader, ByteWriter } from '../../src/binary/index.js';
import { NativeEncoder } from '../../src/canonical/index.js';
import { compressor, crc32 } from '../../src/codec/index.js';
import { formatVersion, parseSerializationHeader } from '../../src/components/index.js';
import { openFile } from '../../src/io/index.js';
import { OBJECT_KINDS } from '../../src/repository/index.js';

const BLOCK = 16384;
const MARSHAL = 'org.apache.cassandra.db.marshal';
const version = formatVersion('big', 'nb');
const utf8 = new TextEncoder();

/** HEADER of a table with one int key, one int clustering and these columns of one type. */
function headerOf(names: readonly string[], type: string): Uint8Array {
  const writer = new ByteWriter();
  const text = (value: string): void => writer.vintBytes(utf8.encode(value));
  for (let i = 0; i < 3; i++) writer.uvint(0);
  text(`${MARSHAL}.Int32Type`);
  writer.uvint(1);
  text(`${MARSHAL}.Int32Type`);
  writer.uvint(0);
  writer.uvint(names.length);
  for (const name of names) {
    text(name);
    text(`${MARSHAL}.${type}`);
  }
  return writer.toBytes();
}

function int(value: number): Uint8Array {
  return new Uint8Array([value >>> 24, value >>> 16, value >>> 8, value]);
}

/** Canonical bytes of a partition: rows 0 to `rows`, in which every column has the same value. */
function partition(
  writer: ByteWriter,
  key: number,
  names: readonly string[],
  values: readonly Uint8Array[],
): void {
  writer.u8(1);
  writer.vintBytes(int(key));
  writer.u8(0);
  for (const [clustering, value] of values.entries()) {
    writer.u8(2);
    writer.uvint(1);
    writer.uvint(5);
    writer.bytes(int(clustering));
    writer.u8(1);
    writer.svint(1_000_000);
    writer.uvint(names.length);
    for (const name of names) {
      writer.vintBytes(utf8.encode(name));
      writer.u8(8);
      writer.vintBytes(value);
    }
  }
}

/** Writes the rows as blocks, makes a slab of them, and judges it. */
async function sound(t: Test, header: Uint8Array, canonical: Uint8Array): Promise<void> {
  const rows = {
    header: parseSerializationHeader(new ByteReader(header), version),
    version,
    liveComplexDeletionTime: 2147483647,
  };
  const encoder = new NativeEncoder(rows, {});
  const native = Buffer.concat([encoder.push(canonical).slice(), encoder.finish().slice()]);
  encoder.close();
  const codec = compressor('LZ4Compressor', new Map(), BLOCK);
  const parts: Uint8Array[] = [];
  const offsets = [0];
  for (let at = 0; at < native.length; at += BLOCK) {
    const payload = codec.encode?.(new Uint8Array(native.subarray(at, at + BLOCK)));
    if (payload === undefined || payload === null) throw new TypeError('LZ4 has an encoder');
    const sum = new ByteWriter(4);
    sum.u32(crc32(payload));
    parts.push(payload, sum.toBytes());
    offsets.push((offsets.at(-1) ?? 0) + payload.length + 4);
  }
  const path = join(t.testdir(), 'Data.db');
  writeFileSync(path, Buffer.concat(parts));
  const spec = {
    blockLength: BLOCK,
    nativeBytes: native.length,
    firstBlock: 0,
    offsets: Float64Array.from(offsets),
    checksums: null,
    compression: {
      compressor: 'LZ4Compressor',
      options: new Map(),
      maxCompressedLength: 2 ** 31 - 1,
    },
  };
  const file = await openFile(path);
  t.teardown(() => file.close());
  const idsKey = new Uint8Array(32).fill(7);
  const slab = { format: 'big', version: 'nb', header, liveComplexDeletionTime: 2147483647 };
  const blocks = new BlockReader(spec, {});
  const pieces = encodeRange(
    { file, blocks, walker: rows, where: {}, keepsBlocks: true },
    {
      from: 0,
      to: native.length,
      chunker: { idsKey, compression: 'lz4', averageBytes: 65536, maxBytes: 524288 },
      rule: { depth: 0, rowBits: 32, headBits: 32 },
      pieceBytes: Number.POSITIVE_INFINITY,
      columnIndexSize: null,
      slab,
    },
  );
  const { value: piece, done } = await pieces.next();
  if (done === true || piece.slab === null) throw new TypeError('a range has a piece');
  const { frame, lead, ownBytes, id, rawLength } = piece.slab;
  const pack = new Uint8Array(Buffer.concat([frame, lead, piece.stored.bytes]));
  const head = { id, offset: 0, length: frame.length, rawLength, kind: OBJECT_KINDS.slab };
  let offset = frame.length;
  const chunks = Array.from({ length: piece.batch.count }, (_, i) => {
    const length = ownBytes[i] ?? 0;
    const entry = { ...listedAt(piece.batch, i), offset, length, kind: OBJECT_KINDS.leaves };
    offset += length;
    return entry;
  });
  const wrong = new Map();
  await inspectSlab(pack, { slab: head, chunks }, idsKey, {}, wrong);
  t.same([...wrong.values()], [], `${chunks.length} chunks of ${canonical.length} bytes`);
  await pieces.return(undefined as never);
}

t.test('canonical rows that are many times as long as native ones', async (t) => {
  const names = Array.from({ length: 40 }, (_, i) => `is_eligible_for_something_nice_${i + 10}`);
  const writer = new ByteWriter();
  partition(
    writer,
    1,
    names,
    Array.from({ length: 400 }, (_, i) => new Uint8Array([i & 1])),
  );
  await sound(t, headerOf(names, 'BooleanType'), writer.toBytes());
});

t.test('chunks with the same rows in two partitions', async (t) => {
  const large = new Uint8Array(70_000).map((_, i) => (i * i) >> 3);
  const values = [0, 1, 2].map((n) => large.map((byte) => byte ^ n));
  const writer = new ByteWriter();
  for (const key of [1, 2]) partition(writer, key, ['v'], values);
  await sound(t, headerOf(['v'], 'BytesType'), writer.toBytes());
});
