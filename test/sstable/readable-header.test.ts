/** Headers that leave open whether a user type is frozen, and the rows that tell. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { fixtureTable } from '../../fixtures/index.js';
import { ByteWriter } from '../../src/binary/index.js';
import {
  formatVersion,
  parseStatistics,
  type Row,
  RowWriter,
  type SerializationHeader,
  withOtherUserTypes,
  writeStatistics,
} from '../../src/components/index.js';
import { SSTable } from '../../src/sstable/index.js';
import { makeHeader } from '../helpers/random-rows.js';

const directory = mkdtempSync(join(tmpdir(), 'sstash-header-'));
t.teardown(() => rmSync(directory, { recursive: true }));

const [template] = fixtureTable('cassandra-3.11', 'compression_none').sstables;

const asCells = makeHeader({
  clustering: [],
  regulars: ['UTF8Type', 'UserType(ks,61,78:Int32Type,79:UTF8Type)'],
});

/** The other way to read it. */
function asValue(): SerializationHeader {
  const other = withOtherUserTypes(asCells);
  if (other === null) throw new Error('no user type');
  return other;
}

/** One SSTable of a few rows, written with one of the two headers; nothing in it says with which. */
async function columnsRead(letters: string, header: SerializationHeader): Promise<string[]> {
  const path = join(directory, 'ks', `${letters}_${header.regularColumns[1]?.complex}`);
  mkdirSync(path, { recursive: true });
  const version = formatVersion('big', letters);
  const bytes = readFileSync(template?.dataPath.replace('Data.db', 'Statistics.db') ?? '');
  const statistics = parseStatistics(bytes, formatVersion('big', 'me'));
  const base = join(path, `${letters}-1-big-`);
  writeFileSync(`${base}Statistics.db`, writeStatistics({ ...statistics, header }, version));
  const w = new ByteWriter();
  const rows = new RowWriter({ header, version, liveComplexDeletionTime: 0x7fffffff });
  for (let i = 0; i < 3; i++) {
    const head = { key: Uint8Array.of(0, 0, 0, i), deletion: null, staticRow: null };
    const start = w.length;
    rows.writeHead(w, { ...head, type: 'partition', position: 0, headerLength: 0 });
    rows.writeUnfiltered(w, rowOf(header), w.length - start);
    rows.writePartitionEnd(w);
  }
  writeFileSync(`${base}Data.db`, w.toBytes());
  const sstable = await SSTable.open(`${base}Data.db`);
  const found = new Set<string>();
  for await (const batch of sstable.events()) {
    for (const event of batch) {
      if (event.type !== 'row') continue;
      for (const { column, cells } of event.columns) {
        const values = cells.map(({ value }) => Buffer.from(value).toString('hex'));
        found.add(`${column.text} ${column.complex ? 'cells' : 'value'} ${values.join()}`);
      }
    }
  }
  await sstable.close();
  return [sstable.headerIsInferred ? 'inferred' : 'as written', ...[...found].sort()];
}

function rowOf(header: SerializationHeader): Row {
  const cell = { path: null, timestamp: 1n, ttl: 0, localDeletionTime: null };
  const field = (i: number, hex: string) => ({
    ...cell,
    path: Uint8Array.of(0, i),
    value: new Uint8Array(Buffer.from(hex, 'hex')),
  });
  const columns = header.regularColumns.map((column) => {
    const whole = new Uint8Array(Buffer.from('00000004000000070000000161', 'hex'));
    const value = column.type.kind === 'udt' ? whole : new Uint8Array(Buffer.from('text'));
    const cells = column.complex ? [field(0, '00000007'), field(1, '61')] : [{ ...cell, value }];
    return { column, complexDeletion: null, cells };
  });
  const none = { clustering: [], deletion: null, shadowable: false, position: 0, size: 0 };
  return {
    ...none,
    type: 'row',
    liveness: { timestamp: 1n, ttl: 0, localExpirationTime: 0 },
    columns,
  };
}

for (const letters of ['ma', 'mb', 'mc', 'md', 'me']) {
  t.test(`${letters}: user types are read as they were written`, async (t) => {
    const text = `c0 value ${Buffer.from('text').toString('hex')}`;
    // Without any other sign, ma and mb are taken for files of 3.0, where every user type is frozen.
    const [cells, value] = letters < 'mc' ? ['inferred', 'as written'] : ['as written', 'inferred'];
    const whole = 'c1 value 00000004000000070000000161';
    t.same(await columnsRead(letters, asCells), [cells, text, 'c1 cells 00000007,61']);
    t.same(await columnsRead(letters, asValue()), [value, text, whole]);
  });
}
