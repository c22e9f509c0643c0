import t from 'tap';
import { type CqlType, parseType, quoteName, typeToCql } from '../../src/cql/index.js';
import type { ErrorCode } from '../../src/errors.js';

t.test('plain types', async (t) => {
  t.match(parseType('org.apache.cassandra.db.marshal.UTF8Type'), { kind: 'text', fixedLength: -1 });
  t.match(parseType(' Int32Type '), { kind: 'int', fixedLength: 4, text: 'Int32Type' });
  t.match(parseType('Int32Type()'), { kind: 'int' });
  for (const [name, length] of [
    ['BooleanType', 1],
    ['DateType', 8],
    ['TimeUUIDType', 16],
    ['EmptyType', 0],
    ['ByteType', -1],
    ['SimpleDateType', -1],
    ['TimeType', -1],
    ['CounterColumnType', -1],
  ] as const) {
    t.equal(parseType(name).fixedLength, length, name);
  }
});

t.test('frozen and reversed are flags', async (t) => {
  const bare = parseType('ListType(Int32Type)');
  t.match(bare, { kind: 'list', isMultiCell: true, element: { kind: 'int' } });
  t.match(parseType('FrozenType(ListType(Int32Type))'), { kind: 'list', isMultiCell: false });
  t.match(parseType('ReversedType(Int32Type)'), { kind: 'int', reversed: true, fixedLength: 4 });
  t.equal(parseType('ReversedType(ReversedType(Int32Type))').reversed, false);
  const nested = parseType('MapType(UTF8Type,FrozenType(SetType(UTF8Type)))');
  t.match(nested, { isMultiCell: true, value: { kind: 'set', isMultiCell: false } });
  t.match(parseType('TupleType(ListType(UTF8Type))'), { elements: [{ isMultiCell: false }] });
});

t.test('types with names and numbers', async (t) => {
  t.match(parseType('UserType(ks,7574,61:Int32Type,c3a9:FrozenType(ListType(UTF8Type)))'), {
    kind: 'udt',
    keyspace: 'ks',
    name: 'ut',
    isMultiCell: true,
    fields: [
      { name: 'a', type: { kind: 'int' } },
      { name: 'é', type: { kind: 'list', isMultiCell: false } },
    ],
  });
  t.match(parseType('VectorType(FloatType , 3)'), { dimension: 3, fixedLength: 12 });
  t.match(parseType('VectorType(UTF8Type, 3)'), { fixedLength: -1 });
  t.match(parseType('CompositeType(Int32Type, UTF8Type)'), {
    kind: 'composite',
    elements: [{ kind: 'int' }, { kind: 'text' }],
  });
  const dynamic = parseType('DynamicCompositeType(a=>BytesType,b=>UTF8Type)') as CqlType & {
    aliases: ReadonlyMap<string, CqlType>;
  };
  t.equal(dynamic.aliases.get('b')?.kind, 'text');
  t.match(
    parseType('PartitionerDefinedOrder(org.apache.cassandra.dht.Murmur3Partitioner:UTF8Type)'),
    {
      partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
      base: { kind: 'text' },
    },
  );
});

t.test('texts that are no types', async (t) => {
  const bad: readonly (readonly [string, ErrorCode])[] = [
    ['', 'SSTABLE_CORRUPT'],
    ['ListType', 'SSTABLE_CORRUPT'],
    ['ListType(Int32Type', 'SSTABLE_CORRUPT'],
    ['ListType(Int32Type))', 'SSTABLE_CORRUPT'],
    ['MapType(Int32Type)', 'SSTABLE_CORRUPT'],
    ['UserType(ks,zz,61:Int32Type)', 'SSTABLE_CORRUPT'],
    ['VectorType(FloatType, 0)', 'SSTABLE_CORRUPT'],
    ['VectorType(FloatType, 999999999)', 'LIMIT_EXCEEDED'],
    ['com.example.GeoType', 'SSTABLE_UNSUPPORTED_TYPE'],
    ['Int33Type', 'SSTABLE_UNSUPPORTED_TYPE'],
    [`${'ListType('.repeat(100)}Int32Type${')'.repeat(100)}`, 'LIMIT_EXCEEDED'],
    [`${'FrozenType('.repeat(200_000)}`, 'LIMIT_EXCEEDED'],
  ];
  for (const [text, code] of bad) t.throws(() => parseType(text), { code }, text.slice(0, 40));
});

t.test('names as CQL has them', async (t) => {
  const names = [
    ['UTF8Type', 'text'],
    ['DateType', 'timestamp'],
    ['ReversedType(TimeUUIDType)', 'timeuuid'],
    ['ListType(FrozenType(ListType(Int32Type)))', 'list<frozen<list<int>>>'],
    ['FrozenType(MapType(UTF8Type,SetType(Int32Type)))', 'frozen<map<text, frozen<set<int>>>>'],
    ['TupleType(Int32Type,UTF8Type)', 'frozen<tuple<int, text>>'],
    ['UserType(ks,416464,61:Int32Type)', '"Add"'],
    ['VectorType(FloatType , 3)', 'vector<float, 3>'],
    ['LexicalUUIDType', "'org.apache.cassandra.db.marshal.LexicalUUIDType'"],
  ] as const;
  for (const [type, name] of names) t.equal(typeToCql(parseType(type)), name);
  t.equal(quoteName('select'), '"select"');
  t.equal(quoteName('a_1'), 'a_1');
  t.equal(quoteName('say "hi"'), '"say ""hi"""');
});
