/**
 * Small rows: four flushes that each hold every fourth row (day 1), one SSTable after a major
 * compaction (day 2), 1 % changed, 1 % added and compacted again (day 3).
 */
import { dayGoal, readGoal } from '../goals.mjs';
import { BASE_MILLIS, DAY_MILLIS, micros, rows, Values } from '../values.mjs';

const KEYSPACE = 'small';
const FLUSHES = 4;

const INSERT =
  `INSERT INTO ${KEYSPACE}.accounts (id, name, city, note, payload, score, flags) ` +
  'VALUES (?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?';

const CITIES = ['Aachen', 'Bergen', 'Dundee', 'Faro', 'Helsinki', 'Innsbruck', 'Kaunas', 'Lyon'];

function account(i, written) {
  const values = new Values(i);
  return [
    i,
    `account-${values.below(900_000)}@example.org`,
    values.pick(CITIES),
    values.words(8),
    values.bytes(48),
    values.below(1_000_000) / 100,
    values.below(16),
    micros(written, i),
  ];
}

export const small = {
  name: 'small',
  what: '1 M rows of about 200 bytes: flushed four times; compacted; 1 % changed, 1 % added',
  goals: [
    dayGoal('day 2 (major compaction), stored of whole files', 2, 0.5),
    dayGoal('day 3 (1 % changed, 1 % added, compacted), stored of whole files', 3, 2.5),
    readGoal(),
  ],
  async make({ open, scale }) {
    const count = Math.round(1_000_000 * scale);
    const node = await open('5.0', 'node1');
    await node.createKeyspace(KEYSPACE);
    await node.session.execute(
      `CREATE TABLE ${KEYSPACE}.accounts (id bigint PRIMARY KEY, name text, city text, note text, ` +
        'payload blob, score double, flags int) ' +
        "WITH compaction = {'class': 'SizeTieredCompactionStrategy', 'enabled': 'false'}",
    );
    for (let part = 0; part < FLUSHES; part++) {
      const make = (i) => account(i * FLUSHES + part, BASE_MILLIS);
      await node.session.executeRows(INSERT, rows(0, count / FLUSHES, make));
      node.flush(KEYSPACE);
    }
    node.keep(1, KEYSPACE);
    node.compact(KEYSPACE);
    node.keep(2, KEYSPACE);
    const later = BASE_MILLIS + DAY_MILLIS;
    const update = `UPDATE ${KEYSPACE}.accounts USING TIMESTAMP ? SET score = ?, note = ? WHERE id = ?`;
    const random = new Values(7);
    const changed = rows(0, count / 100, (i) => [
      micros(later, i),
      random.below(1_000_000) / 100,
      random.words(8),
      random.below(count),
    ]);
    await node.session.executeRows(update, changed);
    const added = rows(count, count * 1.01, (i) => account(i, later));
    await node.session.executeRows(INSERT, added);
    node.flush(KEYSPACE);
    node.compact(KEYSPACE);
    node.keep(3, KEYSPACE);
  },
};
