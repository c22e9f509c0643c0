import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { daySnapshot } from '../../fixtures/index.js';
import { dumpRange } from '../../src/tasks/dump-range.js';
import { dumpText } from './dump-harness.js';

t.test('a damaged block does not take the sound rows before it along', async (t) => {
  const folder = t.testdir();
  cpSync(daySnapshot('orders', 'day1').directory, folder, { recursive: true });
  const dataPath = join(folder, 'oa-1-big-Data.db');
  const whole = await dumpText(dataPath, { format: 'jsonl' });
  const bytes = readFileSync(dataPath);
  // In the third block of 16 KiB.
  bytes[20_000] = (bytes[20_000] as number) ^ 1;
  writeFileSync(dataPath, bytes);
  const style = {
    rawTime: false,
    now: 4_000_000_000,
    tombstonesOnly: false,
    dialect: '4' as const,
    tableKind: null,
  };
  const { text, error } = await dumpRange(
    {
      ...{ dataPath, from: 0, to: 1e9, resume: null, format: 'jsonl' },
      filter: { excludedKeys: [], tokens: null },
      style: { ...style, sstable: null },
    },
    { signal: new AbortController().signal },
  ).then((result) => ('value' in result ? result.value : result));
  t.match(error, { code: 'SSTABLE_CHECKSUM', details: { uncompressedOffset: 32768 } });
  const lines = Buffer.from(text).toString('utf8').split('\n');
  t.ok(lines.length > 300, `${lines.length} lines`);
  t.ok(whole.startsWith(Buffer.from(text).toString('utf8')), 'they are those of the sound file');
});
