/**
 * Profiles with sets, maps, lists and a UDT: two flushes (day 1), compacted (day 2), 5 % changed and
 * compacted (day 3).
 */
import { dayGoal, readGoal } from '../goals.mjs';
import { BASE_MILLIS, DAY_MILLIS, micros, rows, Values } from '../values.mjs';

const KEYSPACE = 'profiles';

const SCHEMA = [
  `CREATE TYPE ${KEYSPACE}.address (street text, city text, zip int)`,
  `CREATE TABLE ${KEYSPACE}.people (id int PRIMARY KEY, name text, email text, tags set<text>, ` +
    'attributes map<text, text>, visits list<timestamp>, home address, work frozen<address>) ' +
    "WITH compaction = {'class': 'SizeTieredCompactionStrategy', 'enabled': 'false'}",
];

const INSERT =
  `INSERT INTO ${KEYSPACE}.people (id, name, email, tags, attributes, visits, home, work) ` +
  'VALUES (?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?';

const UPDATE =
  `UPDATE ${KEYSPACE}.people USING TIMESTAMP ? SET attributes[?] = ?, tags = tags + ?, ` +
  'visits = visits + ?, home.city = ? WHERE id = ?';

function address(values) {
  const street = `${values.words(2)} ${values.below(200)}`;
  return { street, city: values.words(1), zip: values.below(100_000) };
}

function profile(id) {
  const values = new Values(id);
  const attributes = {};
  for (let i = values.below(8); i >= 0; i--)
    attributes[`key-${values.below(40)}`] = values.words(3);
  const tags = new Set(Array.from({ length: 1 + values.below(5) }, () => values.words(1)));
  return [
    id,
    values.words(2),
    `${values.hex(6)}@example.org`,
    [...tags],
    attributes,
    Array.from({ length: values.below(6) }, (_, i) => BASE_MILLIS + i * 1000),
    address(values),
    address(values),
    micros(BASE_MILLIS, id),
  ];
}

export const profiles = {
  name: 'profiles',
  what: '200,000 profiles with collections: flushed twice; compacted; 5 % changed',
  goals: [dayGoal('day 3 (5 % changed, compacted), stored of whole files', 3, 5), readGoal()],
  async make({ open, scale }) {
    const count = Math.round(200_000 * scale);
    const node = await open('5.0', 'node1');
    await node.createKeyspace(KEYSPACE);
    for (const statement of SCHEMA) await node.session.execute(statement);
    for (let part = 0; part < 2; part++) {
      await node.session.executeRows(
        INSERT,
        rows(0, count / 2, (i) => profile(2 * i + part)),
      );
      node.flush(KEYSPACE);
    }
    node.keep(1, KEYSPACE);
    node.compact(KEYSPACE);
    node.keep(2, KEYSPACE);
    const values = new Values(11);
    const written = BASE_MILLIS + DAY_MILLIS;
    const changed = rows(0, count / 20, (i) => [
      micros(written, i),
      `key-${values.below(40)}`,
      values.words(3),
      [values.words(1)],
      [written + i],
      values.words(1),
      values.below(count),
    ]);
    await node.session.executeRows(UPDATE, changed);
    node.flush(KEYSPACE);
    node.compact(KEYSPACE);
    node.keep(3, KEYSPACE);
  },
};
