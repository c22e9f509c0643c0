/**
 * Speed of each kernel, as a table of Markdown: `node native-bindings/measure.mjs [Data.db ...]`.
 *
 * Needs `npm run build`. Rows are made here, so the walk can be measured everywhere; tables named on
 * the command line are walked too. Best of several rounds, one thread.
 */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import lz4 from 'lz4-napi';
import xxhash from 'xxhash-addon';
import { ByteWriter } from '../dist/binary/index.js';
import { LeafWalker } from '../dist/canonical/index.js';
import { kernels } from '../dist/codec/index.js';
import { formatVersion, RowWriter } from '../dist/components/index.js';
import { SSTable } from '../dist/sstable/index.js';

const ROUNDS = 7;
const WINDOW = 1024 * 1024;
const wasm = kernels('webassembly');
const twin = kernels('typescript');

const [cpu] = cpus();
console.log(`${cpu?.model} x ${cpus().length}, Node ${process.version}, ${process.platform}\n`);
console.log('| Kernel | Input | Speed | Compared with |\n|---|---|---|---|');

/** Seconds of the fastest of some rounds. */
function best(work, rounds = ROUNDS) {
  let seconds = Number.POSITIVE_INFINITY;
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    work();
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  return seconds;
}

const speed = (bytes, seconds) => `${(bytes / seconds / 1e9).toFixed(2)} GB/s`;
const line = (...cells) => console.log(`| ${cells.join(' | ')} |`);

/** Rows as SSTables hold them: a stream of `count` partitions with `rows` rows of `values` bytes. */
function makeRows(partitions, rows, values) {
  const name = (text) => new TextEncoder().encode(text);
  const column = (text, index, fixedLength) => ({
    name: name(text),
    text,
    index,
    fixedLength,
    complex: false,
    kind: 'regular',
  });
  const header = {
    minTimestamp: 1763000000000000n,
    minLocalDeletionTime: 1763000000,
    minTTL: 0,
    clusteringTypes: rows > 1 ? [{ fixedLength: 8 }] : [],
    staticColumns: [],
    regularColumns: values.map(([text, length], i) => column(text, i, length === 8 ? 8 : -1)),
  };
  const options = { header, version: formatVersion('big', 'oa'), liveComplexDeletionTime: 2 ** 32 - 1 };
  const writer = new RowWriter(options);
  const out = new ByteWriter(1 << 24);
  for (let p = 0; p < partitions; p++) {
    let start = out.length;
    writer.writeHead(out, { type: 'partition', key: name(`key-${p}`), deletion: null, staticRow: null });
    for (let r = 0; r < rows; r++) {
      const timestamp = 1763000000000000n + BigInt((p * 7919 + r * 104729) % 1e9);
      const cells = values.map(([, length], i) => ({
        column: header.regularColumns[i],
        complexDeletion: null,
        cells: [
          {
            path: null,
            timestamp,
            ttl: 0,
            localDeletionTime: null,
            value: new Uint8Array(length).map((_, k) => (p + r * k) & 255),
          },
        ],
      }));
      const clustering = rows > 1 ? [new Uint8Array(new BigUint64Array([BigInt(r)]).buffer)] : [];
      const liveness = { timestamp, ttl: 0, localExpirationTime: 0 };
      const at = out.length;
      const row = { type: 'row', clustering, liveness, deletion: null, shadowable: false };
      writer.writeUnfiltered(out, { ...row, columns: cells }, at - start);
      start = at;
    }
    writer.writePartitionEnd(out);
  }
  return { ...options, bytes: out.toBytes() };
}

/** Seconds in the kernel alone, and leaves, of one pass over a stream. */
function walk(stream) {
  const walker = new LeafWalker(stream);
  const { bytes } = stream;
  let [position, leaves, seconds] = [0, 0, 0];
  while (position < bytes.length || walker.pending > 0) {
    const held = walker.pending;
    const fresh = Math.min(Math.max(0, WINDOW - held), bytes.length - position);
    walker.window(held + fresh).set(bytes.subarray(position, position + fresh), held);
    position += fresh;
    const start = performance.now();
    const step = walker.walk(held + fresh, position === bytes.length, position - held - fresh);
    seconds += (performance.now() - start) / 1000;
    leaves += step.leafCount;
  }
  walker.close();
  return { leaves, seconds };
}

function measureWalk(what, stream) {
  let [seconds, leaves] = [Number.POSITIVE_INFINITY, 0];
  for (let i = 0; i < ROUNDS; i++) {
    const pass = walk(stream);
    seconds = Math.min(seconds, pass.seconds);
    leaves = pass.leaves;
  }
  const each = `${(stream.bytes.length / leaves).toFixed(0)} B and ${((seconds * 1e9) / leaves).toFixed(0)} ns a leaf`;
  line('walk with digests and cuts', what, `**${speed(stream.bytes.length, seconds)}**`, each);
}

const text = readFileSync(new URL('../node_modules/typescript/lib/typescript.js', import.meta.url));
const plain = text.subarray(0, 8 << 20);
const pieces = [];
for (let at = 0; at < plain.length; at += 16384) pieces.push(plain.subarray(at, at + 16384));

const blocks = pieces.map((piece) => wasm.lz4Encode(piece));
const target = new Uint8Array(16384);
const decode = (decoder) =>
  best(() => {
    blocks.forEach((block, i) => {
      if (!decoder.lz4Decode(block, target.subarray(0, pieces[i].length))) throw new Error('block');
    });
  });
const framed = blocks.map((block, i) => {
  const out = Buffer.alloc(4 + block.length);
  out.writeUInt32LE(pieces[i].length);
  out.set(block, 4);
  return out;
});
const napi = best(() => {
  for (const block of framed) lz4.uncompressSync(block);
});
line(
  'LZ4 decode',
  'program text, 16 KiB blocks',
  speed(plain.length, decode(wasm)),
  `lz4-napi ${speed(plain.length, napi)}, twin ${speed(plain.length, decode(twin))}`,
);
const encode = (encoder, rounds) => best(() => pieces.forEach((piece) => encoder.lz4Encode(piece)), rounds);
line(
  'LZ4 encode as liblz4',
  'the same',
  speed(plain.length, encode(wasm)),
  `twin ${speed(plain.length, encode(twin, 2))}`,
);
for (const length of [200, 4096, 65536]) {
  const piece = plain.subarray(0, length);
  const count = Math.ceil(2e7 / length);
  const times = (hash, n) => best(() => {
    for (let i = 0; i < n; i++) hash(piece);
  });
  line(
    'XXH3-128, one call from outside',
    `${length} bytes`,
    speed(length * count, times(wasm.xxh3, count)),
    `xxhash-addon ${speed(length * count, times((b) => xxhash.XXHash128.hash(b), count))}, ` +
      `twin ${speed(length * 20, times(twin.xxh3, 20))}`,
  );
}

const VALUES = [['comment', 96], ['created', 8], ['email', 40], ['name', 24], ['score', 8]];
measureWalk('partitions of one row, 5 columns', makeRows(60_000, 1, VALUES));
measureWalk('large partitions, the same rows', makeRows(60, 1000, VALUES));
measureWalk('large partitions, small rows', makeRows(60, 4000, [['level', 8], ['value', 8]]));
for (const path of process.argv.slice(2)) {
  const sstable = await SSTable.open(path);
  const bytes = await sstable.readData(0, sstable.dataLength);
  const { header, version, statistics } = sstable;
  const { liveComplexDeletionTime } = statistics;
  const stream = { header, version, liveComplexDeletionTime, bytes };
  measureWalk(`${sstable.keyspace}.${sstable.table}`, stream);
  await sstable.close();
}
