/** Which bytes are values of their type; the types of Cassandra 5.0.6 were asked about each. */
import t from 'tap';
import { fromHex } from '../../src/binary/index.js';
import { parseType, validator } from '../../src/cql/index.js';

const INTS = '0000000400000001';
const UDT = 'FrozenType(UserType(ks,61,62:Int32Type,63:Int32Type))';

const cases: readonly (readonly [type: string, hex: string, wrong: RegExp | null])[] = [
  ['TupleType(Int32Type)', INTS, null],
  ['TupleType(Int32Type,UTF8Type)', INTS, null],
  ['TupleType(Int32Type)', 'fffffffe', null],
  ['TupleType(Int32Type)', `${INTS}ff`, /end too early$/],
  ['TupleType(Int32Type)', INTS + INTS, /: 2 fields instead of 1$/],
  [UDT, INTS, null],
  [UDT, INTS + INTS, null],
  [UDT, `${INTS + INTS}ffffffff`, /: 3 fields instead of 2$/],
  ['FrozenType(ListType(Int32Type))', '00000000', null],
  ['FrozenType(ListType(Int32Type))', `00000001${INTS}00`, /1 bytes too many$/],
  ['FrozenType(SetType(Int32Type))', '00000001ffffffff', /: it has a null$/],
  ['FrozenType(MapType(Int32Type,Int32Type))', `00000001${INTS}ffffffff`, /: it has a null$/],
  ['FrozenType(MapType(Int32Type,Int32Type))', `00000001${INTS}00000000`, null],
  // 5.0 refuses it; the releases before took it in a bound list.
  ['FrozenType(ListType(Int32Type))', '00000001ffffffff', null],
  // Cassandra takes it, and cannot read it.
  ['DecimalType', '00000000', /: fewer than 5 bytes$/],
  ['DecimalType', '0000000000', null],
  ['DurationType', '020406', null],
  ['DurationType', '010305', null],
  ['DurationType', '000001', null],
  ['DurationType', '020102', /: its parts have different signs$/],
  ['DurationType', '000201', /: its parts have different signs$/],
  ['DurationType', 'f0fffffffe0000', null],
  ['DurationType', 'f0ffffffff0000', null],
  ['DurationType', 'f1ffffffff0202', /: its months or days are no 32-bit number$/],
  ['DurationType', '02f10000000002', /: its months or days are no 32-bit number$/],
  ['DurationType', '0202ffffffffffffffffff', /: its parts have different signs$/],
  ['DurationType', '0202fffffffffffffffffe', null],
  ['DurationType', '0204', /end too early$/],
  ['UTF8Type', 'c080', null],
  ['UTF8Type', 'eda080', null],
  ['UTF8Type', 'f5808080', null],
  ['BooleanType', '02', null],
  ['TimeUUIDType', '00000000000010000000000000000000', null],
];

for (const [type, hex, wrong] of cases) {
  t.test(`${hex} as ${type} is ${wrong === null ? 'a' : 'no'} value`, async (t) => {
    const validate = (): void => validator(parseType(type))(fromHex(hex) ?? new Uint8Array(0));
    if (wrong === null) t.doesNotThrow(validate);
    else t.throws(validate, { code: 'SSTABLE_CORRUPT', message: wrong });
  });
}

t.test('fields that the type does not know, where there may be some', async (t) => {
  const validate = (type: string, hex: string) => (): void =>
    validator(parseType(type), true)(fromHex(hex) ?? new Uint8Array(0));
  t.doesNotThrow(validate(UDT, `${INTS + INTS}ffffffff${INTS}`));
  t.doesNotThrow(validate(`TupleType(${UDT})`, `00000014${INTS + INTS}00000000`));
  t.throws(validate(UDT, `${INTS + INTS}00000004`), { message: /end too early$/ });
  t.throws(validate('TupleType(Int32Type)', INTS + INTS), { message: /2 fields instead of 1$/ });
});
