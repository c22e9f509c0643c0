import { createHash } from 'node:crypto';
import t from 'tap';
import { ObjectIndex } from '../../src/repository/index.js';

const idOf = (i: number): Uint8Array => createHash('sha256').update(String(i)).digest();

t.test('finds every object of many, and none that is not there', async (t) => {
  const index = new ObjectIndex();
  const count = 5000;
  for (let i = 0; i < count; i++) {
    index.add(`pack${i % 7}`, { id: idOf(i), offset: i, length: i + 1, rawLength: i * 2, kind: 1 });
  }
  t.equal(index.size, count);
  t.equal(index.packs.length, 7);
  let wrong = 0;
  for (let i = 0; i < count; i++) {
    const found = index.locate(idOf(i));
    const right = found?.pack === `pack${i % 7}` && found.offset === i;
    if (!right || found.length !== i + 1 || found.rawLength !== i * 2) wrong++;
    if (index.has(idOf(count + i))) wrong++;
  }
  t.equal(wrong, 0);
});

t.test('an object keeps its first place, and further ones', async (t) => {
  const index = new ObjectIndex();
  index.add('a', { id: idOf(1), offset: 8, length: 10, rawLength: 20, kind: 1 });
  index.add('b', { id: idOf(1), offset: 9, length: 11, rawLength: 21, kind: 1 });
  index.add('b', { id: idOf(1), offset: 9, length: 11, rawLength: 21, kind: 1 });
  t.same(index.locate(idOf(1)), {
    pack: 'a',
    offset: 8,
    length: 10,
    rawLength: 20,
    others: [{ pack: 'b', offset: 9, length: 11, rawLength: 21 }],
  });
  t.equal(index.size, 1);
});
