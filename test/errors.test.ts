import { readFileSync } from 'node:fs';
import t from 'tap';
import { ERROR_CODES, fromWire, isSstashError, SstashError, toWire } from '../src/errors.js';

t.test('an error crosses a worker boundary with class, code and details', async (t) => {
  const original = new SstashError('SSTABLE_CHECKSUM', 'block does not match', {
    file: 'nb-1-big-Data.db',
    component: 'Data.db',
    offset: 4096,
    expected: 'aa',
    found: 'bb',
    hint: 'restore it',
  });
  const back = fromWire(structuredClone(toWire(original)));
  t.ok(isSstashError(back, 'SSTABLE_CHECKSUM'));
  t.match(back, {
    code: 'SSTABLE_CHECKSUM',
    message: 'block does not match',
    file: 'nb-1-big-Data.db',
    component: 'Data.db',
    offset: 4096,
    expected: 'aa',
    found: 'bb',
    hint: 'restore it',
    stack: original.stack,
  });
});

t.test('a foreign error stays what it is', async (t) => {
  const back = fromWire(structuredClone(toWire(new RangeError('boom'))));
  t.notOk(isSstashError(back));
  t.equal(back.name, 'RangeError');
  t.equal(back.message, 'boom');
  t.equal(fromWire(toWire('text')).message, 'text');
});

t.test('details already known win over those added later', async (t) => {
  const inner = new SstashError('SSTABLE_CORRUPT', 'bad', { offset: 7 });
  t.match(inner.with({ offset: 9, file: 'f' }), { offset: 7, file: 'f', code: 'SSTABLE_CORRUPT' });
});

t.test('docs/errors.md lists exactly the codes', async (t) => {
  const text = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');
  const listed = [...text.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1]);
  t.same([...listed].sort(), [...ERROR_CODES].sort());
});
