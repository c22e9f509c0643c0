/**
 * One byte changed at a time: every change must be reported, none may crash the check. A sample of
 * the bytes by default, all of them with SSTASH_DAMAGE=full.
 */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { componentPath, copyFixture, faultsOf, withChanged } from '../helpers/sstable-copies.js';

const { SSTASH_DAMAGE } = process.env;
const full = SSTASH_DAMAGE === 'full';
const masks = full ? [0x01, 0x02, 0x40, 0x80, 0xff] : [0x01, 0x80];

/** Bytes between two changes: the small components are changed everywhere. */
const steps: [component: string, step: number][] = [
  ['Data.db', full ? 1 : 11],
  ['Index.db', 1],
  ['Partitions.db', 1],
  ['Rows.db', 1],
  ['Statistics.db', full ? 1 : 53],
  ['CompressionInfo.db', 1],
  ['CRC.db', 1],
  ['Digest.crc32', 1],
];

const cases = [
  ['cassandra-3.11', 'statics'],
  ['cassandra-4.1', 'compression_none'],
  ['cassandra-5.0', 'wide'],
  ['cassandra-5.0-bti', 'wide_deleted'],
] as const;

for (const [set, table] of cases) {
  t.test(`every changed byte of ${set} ${table} is reported`, async (t) => {
    const data = copyFixture(set, table, t.testdir({}));
    t.same(await faultsOf(data), [], 'sound before');
    for (const [component, least] of steps) {
      // Before 4.0 the file has no checksums: much of it is only compared with the rows.
      if (set === 'cassandra-3.11' && component === 'Statistics.db') continue;
      let length: number;
      try {
        length = readFileSync(componentPath(data, component)).length;
      } catch {
        continue;
      }
      const step = full ? least : Math.max(least, Math.ceil(length / 80));
      const missed: string[] = [];
      for (let at = 0; at < length; at += step) {
        for (const mask of masks) {
          const change = (bytes: Buffer): Buffer => {
            bytes[at] = (bytes[at] ?? 0) ^ mask;
            return bytes;
          };
          const faults = await withChanged(data, component, change, () => faultsOf(data));
          if (faults.length === 0) missed.push(`${at} ^ ${mask}`);
        }
      }
      t.same(missed, [], `${component}, ${length} bytes`);
    }
    t.same(await faultsOf(data), [], 'sound after');
  });
}
