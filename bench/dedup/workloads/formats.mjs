/**
 * The same rows in other files: written by 4.1 (day 1, nb), taken over by 5.0 (day 2, oa), as BTI
 * (day 3, da), with other blocks and compressors, split, scrubbed.
 */
import { readGoal } from '../goals.mjs';
import { BASE_MILLIS, micros, rows, Values } from '../values.mjs';

const KEYSPACE = 'formats';

const COMPACTION = "compaction = {'class': 'SizeTieredCompactionStrategy', 'enabled': 'false'}";

const SCHEMA = [
  `CREATE TABLE ${KEYSPACE}.events (id int PRIMARY KEY, kind text, note text, payload blob) ` +
    `WITH ${COMPACTION}`,
  `CREATE TABLE ${KEYSPACE}.readings (sensor text, at timestamp, value double, note text, ` +
    `tags set<text>, PRIMARY KEY (sensor, at)) WITH ${COMPACTION}`,
];

/** Compression of the tables on the days after the first three. */
const COMPRESSIONS = [
  "{'class': 'LZ4Compressor', 'chunk_length_in_kb': 64}",
  "{'class': 'ZstdCompressor', 'chunk_length_in_kb': 16}",
  "{'class': 'DeflateCompressor', 'chunk_length_in_kb': 16}",
  "{'class': 'SnappyCompressor', 'chunk_length_in_kb': 16}",
  "{'enabled': false}",
  "{'class': 'LZ4Compressor', 'chunk_length_in_kb': 16}",
];

function event(id) {
  const values = new Values(id);
  return [id, values.words(1), values.words(10), values.bytes(50), micros(BASE_MILLIS, id)];
}

function reading(i) {
  const values = new Values(~i);
  const at = BASE_MILLIS + Math.floor(i / 100) * 60_000;
  const tags = values.below(10) === 0 ? [values.words(1), values.words(1)] : [];
  return [
    `sensor-${i % 100}`,
    at,
    values.below(10_000) / 100,
    values.words(3),
    tags,
    micros(at, i),
  ];
}

async function write(node, scale) {
  for (const statement of SCHEMA) await node.session.execute(statement);
  await node.session.executeRows(
    `INSERT INTO ${KEYSPACE}.events (id, kind, note, payload) VALUES (?, ?, ?, ?) USING TIMESTAMP ?`,
    rows(0, 150_000 * scale, event),
  );
  await node.session.executeRows(
    `INSERT INTO ${KEYSPACE}.readings (sensor, at, value, note, tags) VALUES (?, ?, ?, ?, ?) ` +
      'USING TIMESTAMP ?',
    rows(0, 200_000 * scale, reading),
  );
  node.flush(KEYSPACE);
  node.compact(KEYSPACE);
}

export const formats = {
  name: 'formats',
  what:
    'the same 350,000 rows: nb of 4.1; oa; da; then LZ4 with blocks of 64 KiB, Zstd, Deflate, ' +
    'Snappy, no compression, LZ4 of 16 KiB again; split into several SSTables; scrubbed',
  goals: [readGoal()],
  async make({ open, scale }) {
    const node = await open('4.1', 'node1');
    await node.createKeyspace(KEYSPACE);
    await write(node, scale);
    let day = 1;
    const rewrite = (...options) => {
      node.node.nodetool('upgradesstables', ...options, KEYSPACE);
      node.keep(++day, KEYSPACE);
    };
    node.keep(day, KEYSPACE);
    await node.restart({ line: '5.0' });
    rewrite();
    await node.restart({ settings: { sstable: '{ selected_format: bti }' } });
    rewrite('-a');
    for (const compression of COMPRESSIONS) {
      for (const table of ['events', 'readings']) {
        const change = `ALTER TABLE ${KEYSPACE}.${table} WITH compression = ${compression}`;
        await node.session.execute(change);
      }
      rewrite('-a');
    }
    await node.split(KEYSPACE, Math.max(1, Math.round(8 * scale)));
    node.keep(++day, KEYSPACE);
    node.node.nodetool('scrub', '--no-snapshot', KEYSPACE);
    node.keep(++day, KEYSPACE);
  },
};
