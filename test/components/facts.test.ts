/** What the index components are made of, read off the rows. */
import t from 'tap';
import { fixtureSets, fixtureTables } from '../../fixtures/index.js';
import { ByteWriter, equalBytes, toHex } from '../../src/binary/index.js';
import {
  batchKey,
  batchPosition,
  formatVersion,
  type PartitionBatch,
  PartitionScanner,
  type SerializationHeader,
} from '../../src/components/index.js';
import { parseType } from '../../src/cql/index.js';
import { isSstashError } from '../../src/errors.js';
import { SSTable } from '../../src/sstable/index.js';
import { randomNumbers } from '../codec/seeded.js';

function scan(
  sstable: Pick<SSTable, 'header' | 'version'>,
  pieces: Iterable<Uint8Array>,
  columnIndexSize: number,
): PartitionBatch[] {
  const { header, version } = sstable;
  const scanner = new PartitionScanner({ header, version, columnIndexSize });
  const batches: PartitionBatch[] = [];
  for (const piece of pieces) {
    scanner.push(piece);
    if (scanner.count > 0) batches.push(scanner.take());
  }
  scanner.end();
  return batches;
}

/** Everything in the batches as text, so that their number does not matter. */
function textOf(batches: readonly PartitionBatch[]): string[] {
  return batches.flatMap((batch) => {
    const blocks = new Map(batch.indexed.map((partition) => [partition.at, partition]));
    return Array.from({ length: batch.count }, (_, i) => {
      const { headerLength, deletion, blocks: rows } = blocks.get(i) ?? {};
      const facts = [batchPosition(batch, i), headerLength, deletion && toHex(deletion)];
      if (rows !== undefined) {
        const { offsets, widths, nameEnds, names, open, end } = rows;
        facts.push(offsets.join(), widths.join(), nameEnds.join(), toHex(names), end);
        facts.push(open.map((each) => `${each?.markedForDeleteAt}`).join());
      }
      const entry = batch.entries.subarray(batch.starts[i], batch.starts[i + 1]);
      return `${toHex(batchKey(batch, i))} ${toHex(entry)} ${facts.join(' ')}`;
    });
  });
}

function* cut(bytes: Uint8Array, size: () => number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const length = size();
    yield bytes.slice(at, at + length);
    at += length;
  }
}

t.test('partitions are those of the rows, however the stream is cut', async (t) => {
  const next = randomNumbers(5);
  let partitions = 0;
  let blocks = 0;
  for (const { sstables } of fixtureTables(fixtureSets)) {
    const [first] = sstables;
    if (first === undefined) continue;
    const sstable = await SSTable.open(first.dataPath);
    if (sstable.dataLength > 100_000) {
      await sstable.close();
      continue;
    }
    const bytes = await sstable.readData(0, sstable.dataLength);
    const least = bytes.length < 3000 ? 1 : 200;
    const whole = scan(sstable, [bytes], 500);
    const expected = textOf(whole);
    for (const size of [() => least, () => least + (next() % 60), () => 4096]) {
      if (textOf(scan(sstable, cut(bytes, size), 500)).join('\n') !== expected.join('\n')) {
        t.fail(`${first.dataPath} in pieces`);
      }
    }
    let at = 0;
    for await (const batch of sstable.events()) {
      for (const event of batch) {
        if (event.type !== 'partition') continue;
        const [found] = whole;
        if (found === undefined || batchPosition(found, at) !== event.position) {
          t.fail(`position ${at} of ${first.dataPath}`);
        }
        if (found && !equalBytes(batchKey(found, at), event.key)) t.fail(`key ${at}`);
        at++;
      }
    }
    for (const { indexed } of whole) for (const each of indexed) blocks += each.blocks.count;
    t.equal(expected.length, at, first.dataPath);
    partitions += at;
    await sstable.close();
  }
  t.ok(partitions > 1000 && blocks > 200, `${partitions} partitions, ${blocks} blocks`);
});

const version = formatVersion('big', 'oa');
const header: SerializationHeader = {
  minTimestamp: 0n,
  minLocalDeletionTime: 0,
  minTTL: 0,
  keyType: parseType('Int32Type'),
  keyTypeText: 'Int32Type',
  clusteringTypes: [parseType('UTF8Type')],
  clusteringTypeTexts: ['UTF8Type'],
  staticColumns: [],
  regularColumns: [],
};

t.test('bytes that are no rows', async (t) => {
  const codeOf = (hex: string): string => {
    const bytes = new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
    try {
      return `${scan({ header, version }, [bytes], 100).length} batches`;
    } catch (error) {
      if (isSstashError(error)) return error.code;
      throw error;
    }
  };
  const head = '0004 00000001 80';
  t.equal(codeOf(`${head} 24 00 01 61 02 00 00 01`), '1 batches');
  t.equal(codeOf(`${head} 24 00 01 61 02 00 00`), 'SSTABLE_TRUNCATED', 'no end');
  t.equal(codeOf(`${head} 24 00 01 61 09 00 00`), 'SSTABLE_TRUNCATED', 'a row that goes on');
  t.equal(codeOf('0004 0000'), 'SSTABLE_TRUNCATED', 'half a key');
  t.equal(codeOf(`${head} 03`), 'SSTABLE_CORRUPT', 'flags');
  t.equal(codeOf(`${head} 24 03 01 61 02 00 00 01`), 'SSTABLE_CORRUPT', 'empty and null');
  t.equal(codeOf(`${head} 24 00 e8 00000000`), 'SSTABLE_CORRUPT', 'a huge clustering');
  t.equal(codeOf(`${head} 24 00 01 61 f0 ffffffff`), 'SSTABLE_CORRUPT', 'a huge row');
  t.equal(codeOf(`${head} 02 04 0000 04 00 00 00`), 'SSTABLE_CORRUPT', 'kind of a marker');
  t.equal(codeOf(`${head} 02 01 0002 00`), 'SSTABLE_CORRUPT', 'values of a marker');
  t.equal(codeOf(`${head} 02 01 0000 3f 00 00 00`), 'SSTABLE_CORRUPT', 'size of a marker');
  t.equal(codeOf(`${head} 02 01 0000 04 00 00 00 00`), 'SSTABLE_CORRUPT', 'end of a marker');
});

t.test('blocks are cut by their own size', async (t) => {
  const w = new ByteWriter();
  w.bytes(Uint8Array.of(0, 4, 0, 0, 0, 1, 0x80));
  // Rows of 50 bytes.
  for (let i = 0; i < 5; i++) {
    w.bytes(Uint8Array.of(0x24, 0, 1, 0x61 + i, 45, 0));
    w.bytes(new Uint8Array(44));
  }
  w.u8(1);
  const blocksOf = (size: number) => scan({ header, version }, [w.view()], size)[0]?.indexed[0];
  t.same([...(blocksOf(100)?.blocks.offsets ?? [])], [7, 107, 207]);
  t.same([...(blocksOf(100)?.blocks.widths ?? [])], [100, 100, 51], 'the last with the end byte');
  t.same([...(blocksOf(101)?.blocks.widths ?? [])], [150, 101]);
  t.same([...(blocksOf(50)?.blocks.widths ?? [])], [50, 50, 50, 50, 50], 'without it');
  t.equal(blocksOf(250), undefined, 'one block is no index');
  t.equal(blocksOf(50)?.headerLength, 7);
  t.equal(blocksOf(50)?.blocks.end, 257);
});
