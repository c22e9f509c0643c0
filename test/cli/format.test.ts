import t from 'tap';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMicros,
  formatMillis,
  formatSeconds,
} from '../../src/cli/format.js';
import { toJson } from '../../src/cli/json.js';
import { renderTable } from '../../src/cli/table.js';

t.test('sizes are IEC', async (t) => {
  t.equal(formatBytes(0), '0 B');
  t.equal(formatBytes(1023), '1023 B');
  t.equal(formatBytes(1536), '1.5 KiB');
  t.equal(formatBytes(31 * 1024 * 1024), '31.0 MiB');
  t.equal(formatBytes(250 * 1024 ** 3), '250 GiB');
});

t.test('write times keep every microsecond, over all 64 bits', async (t) => {
  t.equal(formatMicros(1700000000000051n), '2023-11-14T22:13:20.000051Z');
  t.equal(formatMicros(0n), '1970-01-01T00:00:00.000000Z');
  t.equal(formatMicros(-1n), '1969-12-31T23:59:59.999999Z');
  t.equal(formatMicros(2n ** 63n - 1n), '+294247-01-10T04:00:54.775807Z');
  t.equal(formatMicros(-(2n ** 63n)), '-290308-12-21T19:59:05.224192Z');
});

t.test('other times, counts and spans', async (t) => {
  t.equal(formatSeconds(4294967293), '2106-02-07T06:28:13Z');
  t.equal(formatSeconds(951782400), '2000-02-29T00:00:00Z');
  t.equal(formatMillis(1700000000123n), '2023-11-14T22:13:20.123Z');
  t.equal(formatCount(1234567n), '1,234,567');
  t.equal(formatCount(12), '12');
  t.equal(formatDuration(3725), '01:02:05');
  t.equal(formatDuration(90061), '1 day 01:01:01');
});

t.test('JSON loses nothing', async (t) => {
  const value = {
    big: 2n ** 63n,
    bytes: Uint8Array.of(0, 255),
    counts: BigInt64Array.of(1n),
    map: new Map([['a', 1]]),
    none: Number.NaN,
  };
  t.equal(
    toJson(value),
    '{"big":"9223372036854775808","bytes":"00ff","counts":["1"],"map":{"a":1},"none":"NaN"}',
  );
});

t.test('tables are aligned columns without lines', async (t) => {
  const text = await renderTable(
    ['name', 'rows'],
    [
      ['a', '5'],
      ['longer', '1,200'],
    ],
  );
  t.equal(text, 'name     rows\na           5\nlonger  1,200\n');
  t.equal(await renderTable([], [['a', 'b'], ['long']]), 'a     b\nlong\n', 'without a head');
  const wide = await renderTable(['name', 'rows'], [['\u6771\u4eac', '5']]);
  t.equal(wide, 'name  rows\n\u6771\u4eac     5\n', 'wide characters take two columns');
});
