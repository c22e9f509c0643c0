/** Ways to damage an SSTable, each with what it is called in docs/check.md. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { crc32 } from 'node:zlib';
import { compressor } from '../dist/codec/index.js';
import {
  CompressionInfoWriter,
  formatVersion,
  parametersOfCompression,
  parseStatistics,
  writeStatistics,
} from '../dist/components/index.js';
import { SSTable } from '../dist/sstable/index.js';

function versionOf(prefix) {
  const [letters, , format] = basename(prefix).split('-');
  return formatVersion(format, letters);
}

const edit = (name, change) => async (prefix) => {
  const path = `${prefix}-${name}`;
  writeFileSync(path, change(readFileSync(path)));
};

const flip = (name, where) =>
  edit(name, (bytes) => {
    const at = where < 0 ? bytes.length + where : Math.floor(bytes.length * where);
    bytes[at] ^= 0x10;
    return bytes;
  });

const cut = (name, keep) =>
  edit(name, (bytes) => bytes.subarray(0, Math.floor(bytes.length * keep)));

const remove = (name) => async (prefix) => rmSync(`${prefix}-${name}`);

/** Statistics.db with some fields changed, and right checksums. */
const statistics = (change) => async (prefix) => {
  const version = versionOf(prefix);
  const path = `${prefix}-Statistics.db`;
  const stored = parseStatistics(readFileSync(path), version);
  const stats = { ...stored.stats, ...change(stored.stats) };
  writeFileSync(path, writeStatistics({ ...stored, stats }, version));
};

/** The rows changed, in blocks whose checksums and whose digest are right again. */
const rows = (change) => async (prefix) => {
  const sstable = await SSTable.open(`${prefix}-Data.db`);
  const stream = Buffer.from(await sstable.readData(0, sstable.dataLength));
  const { compression, version } = sstable;
  await sstable.close();
  const plain = change(stream);
  const parameters = { ...parametersOfCompression(compression), emptyLast: false };
  const info = new CompressionInfoWriter(parameters, version);
  const { chunkLength, maxCompressedLength, options } = compression;
  const codec = compressor(compression.compressor, options, chunkLength);
  const parts = [];
  for (let at = 0; at < plain.length; at += chunkLength) {
    const block = plain.subarray(at, at + chunkLength);
    const packed = codec.encode(block);
    const payload = packed.length >= maxCompressedLength ? block : packed;
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(payload));
    parts.push(payload, sum);
    info.block(payload.length + 4);
  }
  const data = Buffer.concat(parts);
  writeFileSync(`${prefix}-Data.db`, data);
  const pieces = [info.head(plain.length), info.take(), info.tail()];
  writeFileSync(`${prefix}-CompressionInfo.db`, Buffer.concat(pieces));
  writeFileSync(`${prefix}-Digest.crc32`, String(crc32(data)));
};

/** Changes bytes where a text stands in the rows. */
const atText = (text, change) =>
  rows((stream) => {
    const at = stream.indexOf(text);
    if (at < 0) throw new Error(`${text} is not in the rows`);
    change(stream, at);
    return stream;
  });

const EARLIEST = { kind: 1, values: [] };
const int = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

/** `format`: where there is such a thing. */
export const DAMAGES = [
  { what: 'Data.db: a bit of a block', apply: flip('Data.db', 0.4) },
  {
    what: 'Data.db: bits of two blocks',
    apply: async (prefix) => {
      await flip('Data.db', 0.2)(prefix);
      await flip('Data.db', 0.7)(prefix);
    },
  },
  { what: 'Data.db: cut short', apply: cut('Data.db', 0.6) },
  {
    what: 'Data.db: 100 bytes too many',
    apply: edit('Data.db', (b) => Buffer.concat([b, Buffer.alloc(100)])),
  },
  {
    what: 'rows, sums right: text that is not UTF-8',
    apply: atText('value 20 3', (b, at) => b.fill(0xff, at, at + 2)),
  },
  {
    what: 'rows, sums right: a row with a wrong size',
    apply: atText('value 20 3', (b, at) => {
      b[at - 5] += 1;
    }),
  },
  {
    what: 'rows, sums right: a value longer than its row',
    apply: atText('value 20 3', (b, at) => {
      b[at - 1] += 40;
    }),
  },
  {
    what: 'rows, sums right: two rows in the wrong order',
    apply: atText('value 20 3', (b, at) => {
      const [one, other] = [b.indexOf(int(3), at - 16), b.indexOf(int(2), at - 48)];
      int(2).copy(b, one);
      int(3).copy(b, other);
    }),
  },
  {
    what: 'rows, sums right: a key changed',
    apply: rows((stream) => {
      const at = stream.indexOf(Buffer.concat([Buffer.from([0, 4]), int(20)]));
      int(21).copy(stream, at + 2);
      return stream;
    }),
  },
  {
    what: 'rows, sums right: all rows behind the first partitions lost',
    apply: rows((stream) => {
      const at = stream.indexOf(Buffer.concat([Buffer.from([0, 4]), int(20)]));
      return stream.subarray(0, at);
    }),
  },
  { what: 'Digest.crc32: another number', apply: edit('Digest.crc32', () => Buffer.from('12345')) },
  { what: 'Digest.crc32: missing', apply: remove('Digest.crc32') },
  {
    what: 'CompressionInfo.db: a shorter dataLength',
    apply: edit('CompressionInfo.db', (bytes) => {
      const at = bytes.indexOf(Buffer.from([0x7f, 0xff, 0xff, 0xff])) + 4;
      bytes.writeBigInt64BE(bytes.readBigInt64BE(at) - 5000n, at);
      return bytes;
    }),
  },
  { what: 'CompressionInfo.db: the offset of a block', apply: flip('CompressionInfo.db', -9) },
  {
    what: 'Index.db: a key',
    format: 'big',
    apply: edit('Index.db', (bytes) => {
      const at = bytes.indexOf(Buffer.concat([Buffer.from([0, 4]), int(20)]));
      bytes[at + 5] ^= 0x40;
      return bytes;
    }),
  },
  {
    what: 'Index.db: a position',
    format: 'big',
    apply: edit('Index.db', (bytes) => {
      const at = bytes.indexOf(Buffer.concat([Buffer.from([0, 4]), int(20)]));
      bytes[at + 8] ^= 0x01;
      return bytes;
    }),
  },
  {
    what: 'Index.db: the row index of a large partition',
    format: 'big',
    apply: edit('Index.db', (bytes) => {
      const at = bytes.indexOf(Buffer.concat([Buffer.from([0, 4]), int(1)]));
      bytes[at + 40] ^= 0x04;
      return bytes;
    }),
  },
  { what: 'Index.db: the last entries lost', format: 'big', apply: cut('Index.db', 0.7) },
  { what: 'Partitions.db: a position', format: 'bti', apply: flip('Partitions.db', 0.1) },
  { what: 'Partitions.db: a transition', format: 'bti', apply: flip('Partitions.db', 0.6) },
  {
    what: 'Partitions.db: the number of keys',
    format: 'bti',
    apply: edit('Partitions.db', (bytes) => {
      bytes[bytes.length - 9] += 1;
      return bytes;
    }),
  },
  {
    what: 'Rows.db: the offset of a row block',
    format: 'bti',
    apply: edit('Rows.db', (bytes) => {
      bytes[2] ^= 0x08;
      return bytes;
    }),
  },
  {
    what: 'Summary.db: a position',
    format: 'big',
    apply: edit('Summary.db', (bytes) => {
      bytes[32] ^= 0x01;
      return bytes;
    }),
  },
  { what: 'Filter.db: bits cleared', apply: edit('Filter.db', (bytes) => bytes.fill(0, 8)) },
  { what: 'Filter.db: missing', apply: remove('Filter.db') },
  {
    what: 'TOC.txt: lists a file that is not there',
    apply: edit('TOC.txt', (b) => Buffer.concat([b, Buffer.from('Extra.db\n')])),
  },
  { what: 'Statistics.db: a bit of the numbers', apply: flip('Statistics.db', 0.5) },
  { what: 'Statistics.db: a bit of the columns', apply: flip('Statistics.db', -12) },
  {
    what: 'Statistics.db, sums right: covered clusterings too narrow',
    apply: statistics((stats) => {
      const narrow = [int(3)];
      if (stats.coveredClustering === null) return { maxClusteringValues: narrow };
      return {
        coveredClustering: { ...stats.coveredClustering, end: { kind: 6, values: narrow } },
      };
    }),
  },
  {
    what: 'Statistics.db, sums right: no partition deletions although there is one',
    apply: statistics((stats) => {
      return stats.hasPartitionLevelDeletions === null
        ? { minClusteringValues: [int(100)] }
        : {
            hasPartitionLevelDeletions: false,
            coveredClustering: { ...stats.coveredClustering, start: EARLIEST },
          };
    }),
  },
  {
    what: 'Statistics.db, sums right: maxLocalDeletionTime in the past',
    apply: statistics(() => ({
      minLocalDeletionTime: 1000,
      maxLocalDeletionTime: 1000,
    })),
  },
  {
    what: 'Statistics.db, sums right: minTimestamp too large',
    apply: statistics((stats) => ({ minTimestamp: stats.maxTimestamp })),
  },
  {
    what: 'Statistics.db, sums right: totalRows',
    apply: statistics((stats) => ({ totalRows: stats.totalRows + 1n })),
  },
];
