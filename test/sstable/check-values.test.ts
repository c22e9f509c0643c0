/** A deep check of values that no client could have written, behind sums that match. */
import { writeFileSync } from 'node:fs';
import t from 'tap';
import { SSTable } from '../../src/sstable/index.js';
import { DamagedTable, fixtureData } from '../helpers/damage.js';
import { compareScans } from '../helpers/scans.js';
import { componentPath, faultsOf } from '../helpers/sstable-copies.js';
import { plainRows, storedRows } from '../helpers/stored-rows.js';

/** Bytes of the rows of the fixtures `user_types` that are found, and what they become. */
const changes = [
  {
    what: 'a cell of a field that the type does not have',
    find: '0200020f00000002',
    put: '0200090f00000002',
    message: /^a path of column a is 0x0009, none of the 3 fields of .*UserType\(/,
    dumped: '"path" : [ "0x0009" ], "value" : "0x000000020000000161',
  },
  {
    what: 'a null in a frozen set',
    find: '000000020000000161000000027435',
    put: '00000002ffffffff00000003617435',
    message: /^a value of column (fa|h) is not a value of .*SetType\(.*: it has a null$/,
    dumped: '"tags": [null, "at5"]',
  },
  {
    what: 'a tuple with another field',
    find: '00000014000000020000000400000001000000040000000',
    put: '0000000c000000010000000400000001000000040000000',
    message: /^a value of column tu is not a value of .*TupleType\(.*: 4 fields instead of 3$/,
    dumped: '"t", [1]]',
  },
] as const;

/** `rows` with every `find` replaced; both are hex, and of the same length. */
function replaced(rows: Uint8Array, find: string, put: string): Uint8Array {
  const text = Buffer.from(rows).toString('hex');
  if (!text.includes(find)) throw new Error(`${find} is not in the rows`);
  return Buffer.from(text.replaceAll(find, put), 'hex');
}

for (const set of ['cassandra-3.11', 'cassandra-4.1', 'cassandra-5.0-bti'] as const) {
  for (const { what, find, put, message, dumped } of changes) {
    t.test(`${what}, ${set}`, async (t) => {
      const damaged = await DamagedTable.copy(fixtureData(set, 'user_types'), t.testdir({}));
      const { dataPath } = damaged;
      const sstable = await SSTable.open(dataPath);
      t.same(await faultsOf(dataPath, 'deep'), [], 'sound before');
      const rows = replaced(await plainRows(sstable), find, put);
      const files = await storedRows(sstable, rows);
      await sstable.close();
      for (const [name, bytes] of files) writeFileSync(componentPath(dataPath, name), bytes);
      const rowFaults = (await faultsOf(dataPath, 'deep')).filter(
        ({ component, uncompressedOffset }) =>
          component === 'Data.db' && uncompressedOffset !== null,
      );
      t.ok(rowFaults.length > 0, 'found');
      for (const fault of rowFaults) t.match(fault, { code: 'SSTABLE_CORRUPT', message });
      t.equal(await compareScans(dataPath), null, 'the kernel and its twin agree');
      const answers = await damaged.withFiles(files);
      t.equal(answers['check --deep'].code, 1);
      t.ok(answers.dump.code === 0 && answers.dump.text.includes(dumped), 'dump hides nothing');
    });
  }
}
