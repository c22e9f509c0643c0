import { readFileSync } from 'node:fs';
import t from 'tap';
import { errorJson, errorLine } from '../../src/cli/error-text.js';
import { exitCodeOf, exitCodeOfSignal } from '../../src/cli/exit-codes.js';
import { ERROR_CODES, SstashError } from '../../src/errors.js';

t.test('every error code has the exit code that docs/errors.md promises', async (t) => {
  const text = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  for (const code of ERROR_CODES) {
    const promised = new RegExp(`^\\| \`${code}\` \\| (\\d+)`, 'm').exec(text)?.[1];
    t.equal(String(exitCodeOf(new SstashError(code, 'x'))), promised, code);
  }
});

t.test('signals and unexpected errors', async (t) => {
  t.equal(exitCodeOfSignal('SIGINT'), 130);
  t.equal(exitCodeOfSignal('SIGTERM'), 143);
  t.equal(exitCodeOf(new RangeError('boom')), 3);
  t.match(errorLine(new RangeError('boom')), /unexpected error.*RangeError: boom/);
  const document = JSON.parse(errorJson(new RangeError('boom')));
  t.match(document, { error: { code: 'UNEXPECTED', message: 'boom' } });
  const text = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  t.match(text, /`UNEXPECTED`, and the exit code is 3/);
});

const damage = new SstashError('SSTABLE_CORRUPT', 'the row does not end where its size says.', {
  file: '/data/ks/t/nb-1-big-Data.db',
  component: 'Data.db',
  offset: 512,
  uncompressedOffset: 2048,
});

t.test('people get one line: what, where, what next', async (t) => {
  const line = errorLine(damage);
  t.match(line, /^sstash: the row does not end where its size says: /);
  t.match(line, '/data/ks/t/nb-1-big-Data.db at byte 512 (byte 2048 of the uncompressed rows). ');
  t.match(line, '`sstash check`');
  t.notMatch(line, '\n');
});

t.test('programs get one document', async (t) => {
  t.match(JSON.parse(errorJson(damage)), {
    error: {
      code: 'SSTABLE_CORRUPT',
      message: 'the row does not end where its size says.',
      file: '/data/ks/t/nb-1-big-Data.db',
      component: 'Data.db',
      offset: 512,
      uncompressedOffset: 2048,
      hint: String,
    },
  });
});
