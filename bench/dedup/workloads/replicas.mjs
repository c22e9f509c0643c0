/**
 * Three nodes with three copies of the same rows, cut into SSTables at other moments (day 1); the
 * second compacts everything (day 2); the third loses its files and is rebuilt from the others
 * (day 3).
 */
import { nodesGoal, readGoal } from '../goals.mjs';
import { BASE_MILLIS, micros, rows, Values } from '../values.mjs';

const KEYSPACE = 'replicas';
const NODES = ['node1', 'node2', 'node3'];
const ROUNDS = 6;

/** Of so many orders one changes, or deletes, another. */
const CHANGED = 50;
const DELETED = 100;

/** After which rounds each node flushes; a node that compacts does so at the end. */
const FLUSHES = [
  [1, 3, 5],
  [0, 2, 4, 5],
  [2, 5],
];

const INSERT =
  `INSERT INTO ${KEYSPACE}.orders (customer, number, status, note, payload) ` +
  'VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?';

/**
 * One order; some change one of the round before. What was overwritten before a flush is on those
 * replicas alone that flushed in between: so much no two replicas can share.
 */
function order(round, perRound, i) {
  const again = round > 0 && i % CHANGED === 0;
  const number = again ? (round - 1) * perRound + i + 1 : round * perRound + i;
  const values = new Values(round * perRound + i);
  const status = values.pick(['open', 'paid', 'sent', 'done']);
  const written = BASE_MILLIS + round * 60_000;
  const row = [number % 5000, number, status, values.words(8), values.bytes(60)];
  return [...row, micros(written, i)];
}

export const replicas = {
  name: 'replicas',
  what:
    'three replicas of 600,000 orders (2 % changed, 1 % deleted again), flushed at other moments; ' +
    'one compacted; one rebuilt',
  goals: [
    nodesGoal('day 1, second replica, stored of the first', 1, ['node2'], 2),
    nodesGoal('day 1, three replicas, stored of the first', 1, NODES, 110),
    nodesGoal('day 3, rebuilt third replica, stored of the first on day 1', 3, ['node3'], 2),
    readGoal(),
  ],
  async make({ openCluster, scale }) {
    const perRound = Math.round(100_000 * scale);
    const nodes = await openCluster('5.0', NODES);
    const [first, second, third] = nodes;
    await first.createKeyspace(KEYSPACE, NODES.length);
    await first.session.execute(
      `CREATE TABLE ${KEYSPACE}.orders (customer int, number int, status text, note text, ` +
        'payload blob, PRIMARY KEY (customer, number)) ' +
        "WITH compaction = {'class': 'SizeTieredCompactionStrategy', 'enabled': 'false'}",
    );
    for (let round = 0; round < ROUNDS; round++) {
      const make = (i) => order(round, perRound, i);
      await first.session.executeRows(INSERT, rows(0, perRound, make));
      if (round > 0) {
        const remove = `DELETE FROM ${KEYSPACE}.orders USING TIMESTAMP ? WHERE customer = ? AND number = ?`;
        const gone = rows(0, perRound / DELETED, (i) => {
          const number = (round - 1) * perRound + i * DELETED;
          return [micros(BASE_MILLIS + round * 60_000, i), number % 5000, number];
        });
        await first.session.executeRows(remove, gone);
      }
      nodes.forEach((node, at) => {
        if (FLUSHES[at].includes(round)) node.flush(KEYSPACE);
      });
    }
    for (const node of nodes) node.keep(1, KEYSPACE);
    second.compact(KEYSPACE);
    for (const node of nodes) node.keep(2, KEYSPACE);
    await third.lose(KEYSPACE);
    third.node.nodetool('rebuild', '--keyspace', KEYSPACE);
    for (const node of nodes) node.keep(3, KEYSPACE);
  },
};
