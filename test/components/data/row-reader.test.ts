/** The row reader on bytes made by hand: examples of the format, its edges, and what it refuses. */
import t from 'tap';
import {
  ByteReader,
  ByteWriter,
  fromHex,
  NeedMoreBytes,
  toHex,
} from '../../../src/binary/index.js';
import {
  formatVersion,
  type Row,
  RowReader,
  RowWriter,
  type SerializationHeader,
  type Unfiltered,
} from '../../../src/components/index.js';
import { SstashError } from '../../../src/errors.js';
import { makeHeader } from '../../helpers/random-rows.js';

const nb = formatVersion('big', 'nb');
const oa = formatVersion('big', 'oa');
const LIVE = '7fffffff 8000000000000000';

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex.replaceAll(/[^0-9a-f]/g, '')) ?? new Uint8Array(0);
}

/** Reads unfiltereds, as those of a partition without anything before. */
function readAll(header: SerializationHeader, hex: string, strict = false): Unfiltered[] {
  const r = new ByteReader(bytesOf(hex));
  const reader = new RowReader(header, nb, { strict });
  const items: Unfiltered[] = [];
  while (r.remaining > 0) {
    const item = reader.readNext(r);
    if (item.type !== 'end') items.push(item);
  }
  return items;
}

function readRow(header: SerializationHeader, hex: string): Row {
  const [row] = readAll(header, hex);
  if (row?.type !== 'row') throw new Error('no row');
  return row;
}

const texts = (values: readonly (Uint8Array | null)[]) =>
  values.map((value) => (value === null ? null : toHex(value)));

const plain = makeHeader({ clustering: [], regulars: ['UTF8Type'], minTimestamp: 1000n });
const numbers = makeHeader({
  clustering: ['Int32Type', 'Int32Type', 'Int32Type'],
  regulars: ['Int32Type'],
  minTimestamp: 1541093605676000n,
  minLocalDeletionTime: 1541093605,
});

t.test('a partition as it is before oa', async (t) => {
  const hex = `0001 30 ${LIVE} 24 0f 0f 00 08 0b 666f6f206261722062617a 01`;
  const r = new ByteReader(bytesOf(hex), { base: 500 });
  const reader = new RowReader(plain, nb, { strict: true });
  const head = reader.readHead(r);
  t.match(head, { position: 500, headerLength: 15, deletion: null, staticRow: null });
  t.equal(toHex(head.key), '30');
  const row = reader.readNext(r);
  t.match(row, { type: 'row', position: 515, size: 17, clustering: [], deletion: null });
  t.match((row as Row).liveness, { timestamp: 1000n, ttl: 0 });
  const cell = (row as Row).columns[0]?.cells[0];
  t.match(cell, { path: null, timestamp: 1000n, ttl: 0, localDeletionTime: null });
  t.equal(Buffer.from(cell?.value ?? []).toString(), 'foo bar baz');
  t.same(reader.readNext(r), { type: 'end', position: 532 });
});

t.test('partition deletions of both forms', async (t) => {
  const read = (hex: string, version = nb) =>
    new RowReader(plain, version).readHead(new ByteReader(bytesOf(hex))).deletion;
  t.same(read(`0000 ffffffff 0000000000000005`), {
    markedForDeleteAt: 5n,
    localDeletionTime: 0xffffffff,
  });
  t.equal(read('0000 80', oa), null);
  t.same(read('0000 00000000000000ff fffffffd', oa), {
    markedForDeleteAt: 255n,
    localDeletionTime: 0xfffffffd,
  });
  t.throws(() => read('0000 81', oa), { code: 'SSTABLE_CORRUPT', offset: 2 });
});

t.test('range tombstone markers and the row between them', async (t) => {
  const r = new ByteReader(
    bytesOf(`0004 00000064 ${LIVE}
      02 01 0000 04 12 9f40 00
      02 00 0001 00 00000003 04 09 9f40 00
      24 00 00000004 00000004 00000004 07 0e 00 08 00000004 01`),
  );
  const reader = new RowReader(numbers, nb, { strict: true });
  t.equal(reader.readHead(r).headerLength, 18);
  const deletion = { markedForDeleteAt: 1541093605684000n, localDeletionTime: 1541093605 };
  t.match(reader.readNext(r), { type: 'marker', kind: 1, clustering: [], size: 9, deletion });
  const end = reader.readNext(r);
  t.match(end, { type: 'marker', kind: 0, deletion, openingDeletion: null });
  if (end.type === 'marker') t.same(texts(end.clustering), ['00000003']);
  t.match(reader.readNext(r), {
    type: 'row',
    columns: [{ cells: [{ timestamp: 1541093605676000n }] }],
  });
  t.equal(reader.readNext(r).type, 'end');
});

t.test('a boundary ends one deletion and opens the next', async (t) => {
  const [marker] = readAll(numbers, '02 05 0001 00 00000001 05 00 01 00 02 03');
  t.match(marker, {
    kind: 5,
    deletion: { markedForDeleteAt: 1541093605676001n, localDeletionTime: 1541093605 },
    openingDeletion: { markedForDeleteAt: 1541093605676002n, localDeletionTime: 1541093608 },
  });
});

t.test('clustering values: empty, null, present', async (t) => {
  const header = makeHeader({ clustering: ['UTF8Type', 'UTF8Type', 'Int32Type'], regulars: [] });
  // Bits: value 0 empty (01), value 1 null (10), value 2 present (00).
  t.same(texts(readRow(header, '24 09 00000007 02 00 00').clustering), ['', null, '00000007']);
  t.same(texts(readRow(header, '24 00 01 61 00 00000007 02 00 00').clustering), [
    '61',
    '',
    '00000007',
  ]);
});

t.test('the 33rd clustering value has a header of its own', async (t) => {
  const header = makeHeader({ clustering: Array(33).fill('ByteType'), regulars: [] });
  const values = '01aa'.repeat(32);
  const row = readRow(header, `24 00 ${values} 02 02 00 00`);
  t.equal(row.clustering.length, 33);
  t.equal(row.clustering[32], null);
  t.same(row.clustering[31], Uint8Array.of(0xaa));
});

t.test('deltas wrap around and may be negative', async (t) => {
  // Liveness of min - 1: the delta is 2^64 - 1. Row deletion with a delta of -2 seconds.
  const [less, two] = ['ffffffffffffffffff', 'fffffffffffffffffe'];
  const row = readRow(plain, `34 1e 00 ${less} ${less} ${two} 08 00`);
  t.equal(row.liveness?.timestamp, 999n);
  t.same(row.deletion, {
    markedForDeleteAt: 999n,
    localDeletionTime: plain.minLocalDeletionTime - 2,
  });
  t.same(row.columns[0]?.cells[0]?.value, new Uint8Array(0), 'an empty text is no bytes behind 0');
});

t.test('TTLs of rows and cells', async (t) => {
  // Liveness: time, TTL, expiry. First cell shares both; the other has expiry, then TTL.
  const header = makeHeader({ clustering: [], regulars: ['Int32Type', 'Int32Type'] });
  const row = readRow(header, '2c 11 00 05 0a 14 1a 00000001 02 06 1e 0b 00000002');
  const base = header.minLocalDeletionTime;
  t.match(row.liveness, { ttl: 10, localExpirationTime: base + 20 });
  t.match(row.columns[0]?.cells[0], { ttl: 10, localDeletionTime: base + 20 });
  t.match(row.columns[1]?.cells[0], { ttl: 11, localDeletionTime: base + 30 });
});

t.test('complex columns: deletions, live ones among them, cells with paths', async (t) => {
  const header = makeHeader({
    clustering: [],
    regulars: ['SetType(Int32Type)', 'SetType(Int32Type)'],
    minTimestamp: 0n,
  });
  const live = 'ff8000000000000000';
  const row = readRow(header, `64 18 00 07 ${live} 05 00 08 06 02 0c 01 61 08 00 02 6263`);
  const [first, second] = row.columns;
  t.same([first?.complexDeletion, first?.cells], [null, []], 'a live one counts as none');
  t.same(second?.complexDeletion, {
    markedForDeleteAt: 8n,
    localDeletionTime: header.minLocalDeletionTime + 6,
  });
  t.same(
    second?.cells.map(({ path, value }) => texts([path, value])),
    [
      ['61', ''],
      ['', '6263'],
    ],
  );
});

t.test('column subsets', async (t) => {
  const names = (header: SerializationHeader, hex: string) =>
    readRow(header, hex).columns.map(({ column }) => column.index);
  const of = (count: number) =>
    makeHeader({ clustering: [], regulars: Array(count).fill('UTF8Type') });
  const cell = '0400';
  t.same(names(of(3), `04 05 00 00 05 ${cell}`), [1], 'bits of the missing ones');
  t.same(names(of(63), `04 0d 00 00 ff 7ffffffffffffffe ${cell}`), [0], '63 columns');
  t.same(names(of(64), `04 06 00 00 3f 3f ${cell}`), [63], 'present ones listed');
  const most = cell.repeat(62);
  t.same(
    names(of(64), `04 8081 00 00 02 00 3f ${most}`),
    Array.from({ length: 62 }, (_, i) => i + 1),
    'missing ones listed',
  );
  t.same(names(of(65), '04 03 00 00 41'), [], 'none present');
});

t.test('shadowable deletions', async (t) => {
  t.equal(readRow(plain, '90 02 04 00 00 00 01').shadowable, true);
});

t.test('what the format does not allow, with its place', async (t) => {
  const refused = (header: SerializationHeader, hex: string, offset: number, code = 'CORRUPT') =>
    t.throws(() => readAll(header, hex, true), { code: `SSTABLE_${code}`, offset }, hex);
  const two = makeHeader({ clustering: [], regulars: ['UTF8Type', 'Int32Type'] });
  const wide = makeHeader({ clustering: [], regulars: Array(64).fill('UTF8Type') });
  const set = makeHeader({ clustering: [], regulars: ['SetType(UTF8Type)'] });
  refused(plain, '03', 0);
  refused(numbers, '12 01 0000 03 00 00 00', 0);
  refused(numbers, '02 03 0000 03 00 00 00', 1);
  refused(numbers, '02 08 0000 03 00 00 00', 1);
  refused(numbers, '02 01 0004 00', 2);
  refused(plain, 'a4 04 04 00 00 08 00', 0);
  refused(plain, 'a4 01 04 00 00 08 00', 0);
  refused(plain, '24 04 00 00 20 00', 4);
  refused(plain, '20 04 00 08 00 00', 3);
  refused(plain, '20 04 00 20 00 00', 3);
  refused(plain, '28 03 00 00 00', 0);
  refused(plain, 'a0 02 03 00 04 00', 0);
  refused(two, '04 03 00 00 04', 4);
  refused(wide, '04 03 00 00 41', 4);
  refused(wide, '04 05 00 00 3e 05 05', 6);
  refused(wide, '04 05 00 00 3e 05 40', 6);
  refused(plain, '24 05 00 00 08 01 61 62', 7);
  refused(plain, '24 04 00 00 08 05 61 62 63 64 65', 5);
  refused(set, '24 04 00 00 08 00', 4);
  refused(set, '24 07 00 00 01 08 01 62 01 61', 8);
  refused(plain, '24 04 00 00 08', 2, 'TRUNCATED');
});

t.test('a tombstone as compactions of 6.0 write it: expiring too, with a TTL of 0', async (t) => {
  const [data] = readRow(plain, '20 05 00 07 00 00 00').columns;
  t.match(data?.cells[0], { timestamp: 1000n, ttl: 0, localDeletionTime: 1_600_000_000 });
  t.equal(data?.cells[0]?.value.length, 0);
});

t.test('before oa, a deletion of nothing is not taken for none', async (t) => {
  const r = new ByteReader(bytesOf('0001 30 00000005 8000000000000000 01'));
  const head = new RowReader(plain, nb).readHead(r);
  t.same(head.deletion, { markedForDeleteAt: -(2n ** 63n), localDeletionTime: 5 });
});

t.test('sizes above the limit are refused before anything is allocated', async (t) => {
  t.throws(() => readAll(plain, '24 f0ffffffff 00'), { code: 'LIMIT_EXCEEDED', offset: 1 });
  const text = makeHeader({ clustering: ['UTF8Type'], regulars: [] });
  t.throws(() => readAll(text, '24 00 fc0fffffffffff 00'), { code: 'LIMIT_EXCEEDED', offset: 2 });
});

t.test('previous sizes are checked in strict mode, where they are known', async (t) => {
  const row = (previous: string) => `24 04 ${previous} 00 08 00`;
  const two = (previous: string) => `${row('63')} ${row(previous)}`;
  t.equal(readAll(plain, two('06'), true).length, 2, 'the first one is not known');
  t.throws(() => readAll(plain, two('07'), true), {
    code: 'SSTABLE_CORRUPT',
    offset: 8,
    expected: '6',
    found: '7',
  });
  t.equal(readAll(plain, two('07')).length, 2, 'not checked otherwise');
  t.equal(readAll(plain, '24 0c ffffffffffffffffff 00 08 00').length, 1, 'whatever they are');
  const inside = new RowReader(plain, nb, { strict: true });
  const at = (base: number) => new ByteReader(bytesOf(row('63')), { base });
  inside.startInside(901);
  t.equal(inside.readNext(at(1000)).type, 'row');
  inside.startInside(900);
  t.throws(() => inside.readNext(at(1000)), { code: 'SSTABLE_CORRUPT', offset: 1002 });
});

t.test('an item that the window cuts is read again whole', async (t) => {
  const header = makeHeader({
    clustering: ['UTF8Type'],
    statics: ['UTF8Type'],
    regulars: ['UTF8Type', 'SetType(UTF8Type)'],
  });
  const out = new ByteWriter();
  const writer = new RowWriter({ header, version: oa, liveComplexDeletionTime: 0xffffffff });
  const [name, tags] = header.regularColumns;
  const [title] = header.staticColumns;
  if (name === undefined || tags === undefined || title === undefined) throw new Error('columns');
  const cell = { timestamp: 5n, ttl: 0, localDeletionTime: null, value: Uint8Array.of(1, 2) };
  const base = { type: 'row', position: 0, size: 0, deletion: null, shadowable: false } as const;
  const simple = { complexDeletion: null, cells: [{ ...cell, path: null }] };
  const staticRow: Row = {
    ...base,
    clustering: [],
    liveness: null,
    columns: [{ column: title, ...simple }],
  };
  const row: Row = {
    ...base,
    clustering: [Uint8Array.of(7, 8, 9)],
    liveness: { timestamp: 5n, ttl: 3, localExpirationTime: 9 },
    columns: [
      { column: name, ...simple },
      {
        column: tags,
        complexDeletion: { markedForDeleteAt: 4n, localDeletionTime: 4 },
        cells: [{ ...cell, path: Uint8Array.of(1) }],
      },
    ],
  };
  const key = Uint8Array.of(1, 2, 3);
  const deletion = { markedForDeleteAt: 1n, localDeletionTime: 1 };
  const head = {
    type: 'partition',
    position: 0,
    headerLength: 0,
    key,
    deletion,
    staticRow,
  } as const;
  writer.writeHead(out, head);
  const headEnd = out.length;
  writer.writeUnfiltered(out, row, headEnd);
  const bytes = out.toBytes();
  for (let length = 0; length < bytes.length; length++) {
    const reader = new RowReader(header, oa, { strict: true });
    const start = length < headEnd ? 0 : headEnd;
    const read = (r: ByteReader) => (start === 0 ? reader.readHead(r) : reader.readNext(r));
    const cut = bytes.subarray(0, length);
    const window = new ByteReader(cut, { complete: false });
    if (start > 0) reader.readHead(window);
    t.throws(() => read(window), NeedMoreBytes, `${length} bytes`);
    const file = new ByteReader(cut);
    file.offset = start;
    t.throws(() => read(file), { code: 'SSTABLE_TRUNCATED' }, `${length} bytes of a whole file`);
    const whole = new ByteReader(bytes);
    whole.offset = window.offset;
    t.match(read(whole), { position: start, type: start === 0 ? 'partition' : 'row' });
  }
});

t.test('one changed byte ends in rows or in an error of sstash', async (t) => {
  const sound = bytesOf(`02 01 0000 04 12 9f40 00
    02 00 0001 00 00000003 04 09 9f40 00
    24 00 00000004 00000004 00000004 07 0e 00 08 00000004 01`);
  let refused = 0;
  for (let at = 0; at < sound.length; at++) {
    for (let value = 0; value < 256; value++) {
      const damaged = sound.slice();
      damaged[at] = value;
      try {
        readAll(numbers, toHex(damaged), true);
      } catch (error) {
        if (!(error instanceof SstashError)) t.fail(`${at}=${value}: ${(error as Error).stack}`);
        refused++;
      }
    }
  }
  t.ok(refused > 5000, `${refused} of ${sound.length * 256} refused`);
});
