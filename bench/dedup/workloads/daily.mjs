/**
 * Thirty days of orders: each day some are added, changed and deleted, with four flushes and whatever
 * compactions follow from them. One node gets the same writes under every compaction strategy.
 */
import { readGoal, totalGoal } from '../goals.mjs';
import { BASE_MILLIS, DAY_MILLIS, micros, rows, Values } from '../values.mjs';

const DAYS = 30;
const FLUSHES = 4;
const CUSTOMERS = 4000;

/** Shares of the orders of the first day. */
const ADDED = 0.02;
const CHANGED = 0.03;
const DELETED = 0.01;

/** Keyspaces by strategy; strategies stand as Cassandra has them by default where nothing is said. */
const STRATEGIES = {
  stcs: "{'class': 'SizeTieredCompactionStrategy'}",
  lcs: "{'class': 'LeveledCompactionStrategy'}",
  ucs: "{'class': 'UnifiedCompactionStrategy'}",
  ucs_leveled: "{'class': 'UnifiedCompactionStrategy', 'scaling_parameters': 'L10'}",
  twcs: "{'class': 'TimeWindowCompactionStrategy', 'compaction_window_size': 1}",
  // As tables beyond 50 MB are treated: SSTables of other sizes are not compacted together.
  stcs_tiers: "{'class': 'SizeTieredCompactionStrategy', 'min_sstable_size': '65536'}",
};

function order(number, written) {
  const values = new Values(number);
  const note = values.words(8);
  return [number % CUSTOMERS, number, 'open', note, values.bytes(60), micros(written, number)];
}

/** What is written between two flushes of a day. */
async function writePart(session, keyspace, { base, day, part }) {
  const written = BASE_MILLIS + day * DAY_MILLIS + part * 3_600_000;
  const values = new Values(day * FLUSHES + part);
  const share = (of) => Math.round((base * of) / FLUSHES);
  const step = day * FLUSHES + part;
  const first = base + (step - FLUSHES) * share(ADDED);
  const insert =
    `INSERT INTO ${keyspace}.orders (customer, number, status, note, payload) ` +
    'VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?';
  await session.executeRows(
    insert,
    rows(first, first + share(ADDED), (i) => order(i, written)),
  );
  const key = () => {
    const number = values.below(first);
    return [number % CUSTOMERS, number];
  };
  const where = 'WHERE customer = ? AND number = ?';
  const update = `UPDATE ${keyspace}.orders USING TIMESTAMP ? SET status = ? ${where}`;
  const status = () => values.pick(['paid', 'sent', 'done']);
  const changed = rows(0, share(CHANGED), (i) => [micros(written, i), status(), ...key()]);
  await session.executeRows(update, changed);
  const remove = `DELETE FROM ${keyspace}.orders USING TIMESTAMP ? ${where}`;
  const deleted = rows(0, share(DELETED), (i) => [micros(written, i), ...key()]);
  await session.executeRows(remove, deleted);
}

async function makeDays({ open, scale }) {
  const base = Math.round(120_000 * scale);
  const node = await open('5.0', 'node1');
  const keyspaces = Object.keys(STRATEGIES);
  for (const keyspace of keyspaces) {
    await node.createKeyspace(keyspace);
    await node.session.execute(
      `CREATE TABLE ${keyspace}.orders (customer int, number int, status text, note text, ` +
        'payload blob, PRIMARY KEY (customer, number)) ' +
        `WITH gc_grace_seconds = 0 AND compaction = ${STRATEGIES[keyspace]}`,
    );
    const insert =
      `INSERT INTO ${keyspace}.orders (customer, number, status, note, payload) ` +
      'VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?';
    await node.session.executeRows(
      insert,
      rows(0, base, (i) => order(i, BASE_MILLIS)),
    );
  }
  node.flush();
  await node.settled();
  node.keep(1, ...keyspaces);
  for (let day = 1; day < DAYS; day++) {
    for (let part = 0; part < FLUSHES; part++) {
      for (const keyspace of keyspaces) {
        await writePart(node.session, keyspace, { base, day, part });
      }
      node.flush();
    }
    await node.settled();
    node.keep(day + 1, ...keyspaces);
  }
}

const goals = {
  stcs: [totalGoal('twelve days, stored of whole files', 12, 15), readGoal()],
  lcs: [totalGoal('twelve days, stored of whole files', 12, 20), readGoal()],
  ucs: [totalGoal('twelve days, stored of whole files', 12, 20), readGoal()],
};

/** One set of snapshots, measured keyspace by keyspace. */
export const daily = Object.keys(STRATEGIES).map((keyspace) => ({
  name: `daily-${keyspace.replace('_', '-')}`,
  snapshots: 'daily',
  keyspace,
  what:
    `30 days of 120,000 orders: each day 2 % added, 3 % changed, 1 % deleted, four flushes, ` +
    `compactions as they come, ${STRATEGIES[keyspace]}`,
  goals: goals[keyspace] ?? [readGoal()],
  make: makeDays,
}));
