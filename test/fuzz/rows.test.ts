/**
 * Rows with one field changed, behind checksums that match: no command may crash or lose rows, and the
 * scan kernel and its slower twin must agree about what is sound and about every sum.
 */
import { writeFileSync } from 'node:fs';
import t from 'tap';
import { SSTable } from '../../src/sstable/index.js';
import { DamagedTable, fixtureData, type Observation } from '../helpers/damage.js';
import { compareScans } from '../helpers/scans.js';
import { plainRows, storedRows } from '../helpers/stored-rows.js';
import { randomNumbers } from './mutations.js';
import { changeRows, rowFields } from './row-fields.js';

const { SSTASH_DAMAGE, SSTASH_DAMAGE_CHANGES } = process.env;
const CHANGES = Number(SSTASH_DAMAGE_CHANGES ?? (SSTASH_DAMAGE === 'full' ? 3000 : 40));

const cases = [
  ['cassandra-3.11', 'collections'],
  ['cassandra-4.1', 'deletes'],
  ['cassandra-4.1', 'counters'],
  ['cassandra-4.1', 'clustering_mixed'],
  ['cassandra-5.0', 'ranges'],
  ['cassandra-5.0', 'user_types'],
  ['cassandra-5.0', 'columns_65'],
  ['cassandra-5.0-bti', 'expiring'],
] as const;

// Several processes may share the machine.
t.setTimeout(CHANGES > 40 ? 0 : 240_000);

const count = (text: string, what: RegExp): number => text.match(what)?.length ?? 0;

/** What is wrong with the answers to a change, or null. */
function judge(answers: Observation): string | null {
  for (const [name, { code }] of Object.entries(answers)) {
    if (![0, 1, 3].includes(code)) return `${name} ends with ${code}`;
  }
  if (answers.dump.code === 0 && answers.tree.code === 0) {
    const [, partitions] = /"partitions": (\d+)/.exec(answers.tree.text) ?? [];
    const dumped = count(answers.dump.text, /"partition" : \{/g);
    if (Number(partitions) !== dumped) return `dump has ${dumped}, tree ${partitions} partitions`;
  }
  if (answers['check --deep'].code !== 0) return null;
  if (answers.check.code !== 0) return 'check finds what check --deep does not';
  const failed = (['dump', 'tree'] as const).filter((name) => answers[name].code !== 0);
  return failed.length > 0 ? `sound, but ${failed.join(' and ')} fails` : null;
}

for (const [set, table] of cases) {
  t.test(`changed fields in the rows of ${set} ${table}`, { timeout: 0 }, async (t) => {
    const damaged = await DamagedTable.copy(fixtureData(set, table), t.testdir({}));
    const sstable = await SSTable.open(damaged.dataPath);
    const rows = await plainRows(sstable);
    const fields = await rowFields(damaged.dataPath);
    t.ok(fields.fields.length > 50, `${fields.fields.length} fields`);
    t.equal(await compareScans(damaged.dataPath), null, 'sound before');
    const wrong: string[] = [];
    for (let seed = 1; seed <= CHANGES; seed++) {
      const changed = changeRows(randomNumbers(seed), rows, fields);
      const files = await storedRows(sstable, changed.rows);
      const answers = await damaged.withFiles(files);
      for (const [component, bytes] of files) writeFileSync(damaged.path(component), bytes);
      const verdict = judge(answers) ?? (await compareScans(damaged.dataPath));
      damaged.restore();
      if (verdict !== null) wrong.push(`seed ${seed}, ${changed.what}: ${verdict}`);
    }
    t.same(wrong, []);
    await sstable.close();
  });
}
