import t from 'tap';
import {
  compareColumnNames,
  compareIds,
  formatVersion,
  KNOWN_VERSIONS,
  parseComponentName,
  parseUuidId,
} from '../../src/components/index.js';

t.test('versions', async (t) => {
  t.equal(KNOWN_VERSIONS.length, 12);
  const gates = (format: string, letters: string) => formatVersion(format, letters);
  t.match(gates('big', 'nb'), {
    hasMetadataChecksum: true,
    hasLegacyMinMax: true,
    hasImprovedMinMax: false,
    hasOriginatingHostId: true,
    hasUIntDeletionTime: false,
    hasOldBloomFilter: false,
  });
  t.match(gates('big', 'na'), { hasOriginatingHostId: false, hasIsTransient: true });
  t.match(gates('big', 'me'), { hasOriginatingHostId: true, hasOldBloomFilter: true });
  t.match(gates('big', 'nc'), {
    hasLegacyMinMax: true,
    hasImprovedMinMax: true,
    hasKeyRange: true,
  });
  t.match(gates('bti', 'da'), {
    format: 'bti',
    letters: 'da',
    hasUIntDeletionTime: true,
    hasLegacyMinMax: false,
    hasCompressionDictionary: false,
  });
  for (const [format, letters] of [
    ['big', 'la'],
    ['big', 'da'],
    ['bti', 'oa'],
    ['big', 'ob'],
    ['x', 'nb'],
  ] as const) {
    t.throws(() => formatVersion(format, letters), {
      code: 'SSTABLE_UNSUPPORTED_VERSION',
      found: `${format}/${letters}`,
    });
  }
});

t.test('file names', async (t) => {
  t.same(parseComponentName('nb-1-big-Data.db'), {
    base: 'nb-1-big',
    versionLetters: 'nb',
    id: '1',
    format: 'big',
    component: 'Data.db',
  });
  const uuid = 'da-3gm7_127s_3ndxs28xt4llzxwqz6-bti-SAI+aa+sai_a+Meta.db';
  t.match(parseComponentName(uuid), { id: '3gm7_127s_3ndxs28xt4llzxwqz6', format: 'bti' });
  for (const name of [
    'Data.db',
    'nb-1-Data.db',
    'nb-1-big-Data.db.tmp',
    'nb-12345678901-big-Data.db',
    'NB-1-big-Data.db',
    'nb-1-foo-Data.db',
    'nb_txn_compaction.log',
  ]) {
    t.equal(parseComponentName(name), null, name);
  }
});

t.test('UUID ids', async (t) => {
  t.same(parseUuidId('3gm7_127s_3ndxs28xt4llzxwqz6'), {
    uuid: '81f8d550-be0f-11ef-93d8-4b564f990d92',
    timeMs: Date.parse('2024-12-19T13:45:28.613Z'),
  });
  t.equal(parseUuidId('17'), null);
  const sorted = ['3gm7_127s_3ndxs28xt4llzxwqz6', '10', '9', '3GM7_127t_0ndxs28xt4llzxwqz6'];
  t.same(sorted.sort(compareIds), [
    '9',
    '10',
    '3gm7_127s_3ndxs28xt4llzxwqz6',
    '3GM7_127t_0ndxs28xt4llzxwqz6',
  ]);
});

t.test('order of column names', async (t) => {
  const name = (text: string): Uint8Array => new TextEncoder().encode(text);
  const sorted = ['select', 'ünïcode', 'abcdefg', 'abcdefé', 'abcdef', 'aéb', 'abz', ''].sort(
    (a, b) => compareColumnNames(name(a), name(b)),
  );
  t.same(sorted, ['ünïcode', '', 'abcdef', 'abcdefg', 'abcdefé', 'abz', 'aéb', 'select']);
});
