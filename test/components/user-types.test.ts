/** User types without FrozenType: which of them are frozen. */
import t from 'tap';
import { ByteReader, ByteWriter } from '../../src/binary/index.js';
import {
  formatVersion,
  parseSerializationHeader,
  type SerializationHeader,
  withOtherUserTypes,
} from '../../src/components/index.js';

const UDT = 'UserType(ks,61,78:Int32Type,79:UTF8Type)';

function header(letters: string, columns: readonly (readonly [string, string])[]) {
  const w = new ByteWriter();
  const text = (value: string) => w.vintBytes(new Uint8Array(Buffer.from(value)));
  for (let base = 0; base < 3; base++) w.uvint(0);
  text('Int32Type');
  w.uvint(0);
  w.uvint(0);
  w.uvint(columns.length);
  for (const column of columns) column.forEach(text);
  return parseSerializationHeader(new ByteReader(w.toBytes()), formatVersion('big', letters));
}

const complexOnes = ({ regularColumns }: SerializationHeader) =>
  regularColumns.filter(({ complex }) => complex).map(({ text }) => text);
const names = ({ regularColumns }: SerializationHeader) => regularColumns.map(({ text }) => text);

t.test('the order of the columns tells', async (t) => {
  const frozen = header('mc', [
    ['a', UDT],
    ['b', 'UTF8Type'],
    ['c', 'SetType(UTF8Type)'],
  ]);
  t.same(complexOnes(frozen), ['c']);
  t.same(names(frozen), ['a', 'b', 'c']);
  const multiCell = header('mb', [
    ['b', 'UTF8Type'],
    ['a', UDT],
    ['c', 'SetType(UTF8Type)'],
  ]);
  t.same(complexOnes(multiCell), ['a', 'c']);
});

t.test('marked types beside it tell, and bare ones in collections', async (t) => {
  const marked = header('ma', [
    ['a', `FrozenType(${UDT})`],
    ['z', UDT],
  ]);
  t.same(complexOnes(marked), ['z']);
  t.same(
    complexOnes(
      header('ma', [
        ['x', UDT],
        ['z', `ListType(FrozenType(${UDT}))`],
      ]),
    ),
    ['x', 'z'],
  );
  t.same(
    complexOnes(
      header('me', [
        ['x', UDT],
        ['z', `MapType(UTF8Type,${UDT})`],
      ]),
    ),
    ['z'],
  );
});

t.test('without a sign it is the version', async (t) => {
  const open = [
    ['a', 'UTF8Type'],
    ['z', UDT],
  ] as const;
  t.same(complexOnes(header('ma', open)), []);
  t.same(complexOnes(header('mb', open)), []);
  t.same(complexOnes(header('mc', open)), ['z']);
  t.same(complexOnes(header('me', open)), ['z']);
  t.same(complexOnes(header('nb', open)), ['z']);
});

t.test('read the other way, there and back', async (t) => {
  const first = header('mc', [
    ['a', 'SetType(Int32Type)'],
    ['b', UDT],
    ['c', 'UTF8Type'],
  ]);
  t.same(names(first), ['c', 'a', 'b']);
  const second = withOtherUserTypes(first);
  if (second === null) throw new Error('no user type found');
  t.same(names(second), ['b', 'c', 'a']);
  t.same(complexOnes(second), ['a']);
  t.same(withOtherUserTypes(second), first);
  t.equal(withOtherUserTypes(header('mc', [['a', `FrozenType(${UDT})`]])), null);
});
