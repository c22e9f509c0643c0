/** DynamicCompositeType: keys, order and byte-comparable forms as real nodes wrote them. */
import t from 'tap';
import { fixtureSets, fixtureTable } from '../../fixtures/index.js';
import { ByteWriter, compareBytes, fromHex, toHex } from '../../src/binary/index.js';
import {
  type ClusteringPrefix,
  clusteringComparator,
  compareValues,
  keyText,
  parseKeyText,
  parseType,
  valueToJson,
  writeComparableClustering,
} from '../../src/cql/index.js';
import { SSTable } from '../../src/sstable/index.js';

const type = parseType(
  'DynamicCompositeType(b=>BytesType,i=>Int32Type,r=>ReversedType(Int32Type))',
);
const bytes = (hex: string) => fromHex(hex.replaceAll(' ', '')) ?? new Uint8Array(0);

t.test('texts of keys, there and back', async (t) => {
  for (const set of fixtureSets) {
    const sstable = await SSTable.open(
      fixtureTable(set, 'custom_keys').sstables[0]?.dataPath ?? '',
    );
    const { keyType } = sstable.header;
    let keys = 0;
    for await (const batch of sstable.events()) {
      for (const event of batch) {
        if (event.type !== 'partition') continue;
        const text = keyText(keyType, event.key);
        t.equal(toHex(parseKeyText(keyType, text)), toHex(event.key), text);
        t.type(await sstable.seek(event.key), 'number');
        keys++;
      }
    }
    t.equal(keys, 10);
    await sstable.close();
  }
});

t.test('clusterings stand in the order of both forms', async (t) => {
  for (const set of fixtureSets) {
    const table = fixtureTable(set, 'custom_clusterings');
    const sstable = await SSTable.open(table.sstables[0]?.dataPath ?? '');
    const { clusteringTypes } = sstable.header;
    const compare = clusteringComparator(clusteringTypes);
    const rows: ClusteringPrefix[] = [];
    for await (const batch of sstable.events()) {
      for (const event of batch) {
        if (event.type === 'row') rows.push({ kind: 4, values: event.clustering });
      }
    }
    const forms = rows.map((row) => {
      const w = new ByteWriter();
      writeComparableClustering(w, clusteringTypes, row);
      return w.toBytes();
    });
    const ascends = rows.slice(1).every((row, i) => compare(rows[i] as ClusteringPrefix, row) < 0);
    t.ok(rows.length === 40 && ascends, set);
    t.ok(forms.slice(1).every((form, i) => compareBytes(forms[i] as Uint8Array, form) < 0));
    await sstable.close();
  }
});

t.test('by type, then by value, then by end; the shorter one first', async (t) => {
  const one = bytes('8069 0004 00000001 00');
  const sign = (a: Uint8Array, b: Uint8Array) => Math.sign(compareValues(type, a, b));
  t.equal(sign(one, one), 0);
  t.equal(sign(one, bytes('8069 0004 00000002 00')), -1);
  t.equal(sign(one, bytes('8069 0004 00000001 01')), -1);
  t.equal(sign(one, bytes('8069 0004 00000001 ff')), 1);
  t.equal(sign(one, bytes('8062 0001 00 00')), 1, 'BytesType before Int32Type');
  t.equal(sign(one, bytes('8072 0004 00000001 00')), -1, 'ReversedType after it');
  const reversed = (hex: string) => bytes(`8072 0004 ${hex} 00`);
  t.equal(sign(reversed('00000005'), reversed('00000001')), -1);
  const longer = bytes('8069 0004 00000001 00 8062 0001 00 00');
  t.equal(sign(one, longer), -1);
  t.equal(sign(longer, one), 1);
  t.equal(sign(new Uint8Array(0), one), -1);
});

t.test('what is no such value', async (t) => {
  for (const hex of ['80', '8069 0004 000000', '807a 0001 00 00', '0003 4e6f6e 0000 00']) {
    t.throws(() => keyText(type, bytes(hex)), { code: 'SSTABLE_CORRUPT' }, hex);
  }
  t.equal(valueToJson(type, bytes('8062 0002 00ff 00')), '"b@00ff"');
  for (const text of ['1', 'x@1', 'i@one', 'i@1:']) {
    t.throws(() => parseKeyText(type, text), { code: 'KEY_INVALID' }, text);
  }
});

t.test('cell names of collections inside of old comparators', async (t) => {
  const old = parseType(
    'CompositeType(UTF8Type,ColumnToCollectionType(6d:MapType(Int32Type,UTF8Type),73:SetType(UTF8Type)))',
  );
  const name = (column: string, hex: string) =>
    bytes(`0001 ${column} 00 ${(hex.length / 2).toString(16).padStart(4, '0')} ${hex} 00`);
  t.ok(compareValues(old, name('6d', 'ffffffff'), name('6d', '00000001')) < 0, 'by number');
  t.ok(compareValues(old, name('73', 'ffffffff'), name('73', '00000001')) > 0, 'by text');
  t.throws(() => compareValues(old, name('61', '00'), name('61', '01')), {
    code: 'SSTABLE_UNSUPPORTED_TYPE',
  });
});
