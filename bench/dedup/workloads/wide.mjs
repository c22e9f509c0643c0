/**
 * Wide partitions with everything that rows can have: statics, TTLs of which some are over, deletes
 * of cells, rows, ranges and partitions, a dropped column; and counters.
 *   day 1 three flushes, day 2 compacted, day 3 more deletes, a column dropped, compacted,
 *   day 4 tombstones purged, day 5 scrubbed
 */
import { setTimeout as delay } from 'node:timers/promises';
import { readGoal } from '../goals.mjs';
import { BASE_MILLIS, DAY_MILLIS, micros, rows, Values } from '../values.mjs';

const KEYSPACE = 'wide';
const PARTITIONS = 200;
const FLUSHES = 3;
const SHORT_TTL = 5;
const LONG_TTL = 100_000_000;

const COMPACTION = "compaction = {'class': 'SizeTieredCompactionStrategy', 'enabled': 'false'}";

const SCHEMA = [
  `CREATE TABLE ${KEYSPACE}.events (bucket int, at timestamp, kind text, value text, extra text, ` +
    'payload blob, owner text static, revision int static, PRIMARY KEY (bucket, at, kind)) ' +
    `WITH ${COMPACTION}`,
  `CREATE TABLE ${KEYSPACE}.hits (page text, day int, views counter, clicks counter, ` +
    `total counter static, PRIMARY KEY (page, day)) WITH ${COMPACTION}`,
];

const KINDS = ['view', 'click', 'purchase', 'refund'];

/** Key of the event with this number; the events of a bucket are a minute apart. */
const keyOf = (i) => {
  const at = Math.floor(i / PARTITIONS);
  return [i % PARTITIONS, BASE_MILLIS + at * 60_000, KINDS[at % 4]];
};

function event(i, written) {
  const values = new Values(i);
  const ttl = i % 10 === 3 ? SHORT_TTL : i % 10 === 7 ? LONG_TTL : 0;
  const cells = [values.words(5), values.words(2), values.bytes(40)];
  return [...keyOf(i), ...cells, micros(written, i), ttl];
}

/** Statements of a day's deletes; `count` events are there. */
function deletes(count, written, seed) {
  const values = new Values(seed);
  const from = `DELETE FROM ${KEYSPACE}.events USING TIMESTAMP ${micros(written)} WHERE bucket = ?`;
  const cell = `DELETE extra FROM ${KEYSPACE}.events USING TIMESTAMP ${micros(written)} WHERE bucket = ?`;
  const statements = [];
  for (let i = 0; i < count / 200; i++) {
    statements.push([`${cell} AND at = ? AND kind = ?`, keyOf(values.below(count))]);
    statements.push([`${from} AND at = ? AND kind = ?`, keyOf(values.below(count))]);
    if (i % 20 !== 0) continue;
    const [bucket, at] = keyOf(values.below(count));
    statements.push([`${from} AND at >= ? AND at < ?`, [bucket, at, at + 600_000]]);
    const [other, start, kind] = keyOf(values.below(count));
    statements.push([`${from} AND at = ? AND kind > ?`, [other, start, kind]]);
  }
  statements.push([from, [seed % PARTITIONS]]);
  return statements;
}

const owners = (round) =>
  rows(0, PARTITIONS, (bucket) => {
    return [`owner-${bucket}`, round, bucket, micros(BASE_MILLIS + round * 1000)];
  });

function hits(count, seed) {
  const values = new Values(seed);
  const pages = Math.max(1, Math.round(count / 30));
  const update =
    `UPDATE ${KEYSPACE}.hits SET views = views + ?, clicks = clicks + ?, total = total + 1 ` +
    'WHERE page = ? AND day = ?';
  return Array.from({ length: count }, () => {
    const key = [`/page/${values.below(pages)}`, values.below(30)];
    return [update, [String(values.below(9)), String(values.below(3)), ...key]];
  });
}

async function firstDay(node, count) {
  const insert =
    `INSERT INTO ${KEYSPACE}.events (bucket, at, kind, value, extra, payload) ` +
    'VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ? AND TTL ?';
  const setOwner =
    `INSERT INTO ${KEYSPACE}.events (owner, revision, bucket) VALUES (?, ?, ?) ` +
    'USING TIMESTAMP ?';
  for (let part = 0; part < FLUSHES; part++) {
    const make = (i) => event(i * FLUSHES + part, BASE_MILLIS);
    await node.session.executeRows(insert, rows(0, count / FLUSHES, make));
    await node.session.executeRows(setOwner, owners(part));
    await node.session.executeAll(deletes(count, BASE_MILLIS + DAY_MILLIS / 2, part));
    await node.session.executeAll(hits(count / 10, part));
    node.flush(KEYSPACE);
  }
}

export const wide = {
  name: 'wide',
  what:
    '300,000 rows in 200 partitions with statics, TTLs, deletes of cells, rows, ranges and ' +
    'partitions, and counters: flushed three times; compacted; deletes, a dropped column; purged; ' +
    'scrubbed',
  goals: [readGoal()],
  async make({ open, scale }) {
    const count = Math.round(300_000 * scale);
    const node = await open('5.0', 'node1');
    await node.createKeyspace(KEYSPACE);
    for (const statement of SCHEMA) await node.session.execute(statement);
    await firstDay(node, count);
    node.keep(1, KEYSPACE);
    await delay(SHORT_TTL * 1000);
    node.compact(KEYSPACE);
    node.keep(2, KEYSPACE);
    await node.session.executeAll(deletes(count, BASE_MILLIS + DAY_MILLIS, 17));
    await node.session.execute(`ALTER TABLE ${KEYSPACE}.events DROP extra`);
    await node.session.executeAll(hits(count / 200, 19));
    node.flush(KEYSPACE);
    node.compact(KEYSPACE);
    node.keep(3, KEYSPACE);
    for (const table of ['events', 'hits']) {
      await node.session.execute(`ALTER TABLE ${KEYSPACE}.${table} WITH gc_grace_seconds = 0`);
    }
    node.compact(KEYSPACE);
    node.keep(4, KEYSPACE);
    node.node.nodetool('scrub', '--no-snapshot', KEYSPACE);
    node.keep(5, KEYSPACE);
  },
};
