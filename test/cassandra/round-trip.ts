/**
 * A real node's tables: backed up, wiped, restored, read back by CQL. `npm run test:cassandra` runs
 * it with both releases; it needs JDK 17, Maven and Python's pip and is not part of `npm test`.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { connect, type Session } from '../../fixtures/harness/cql.mjs';
import { type CassandraNode, startNode } from '../../fixtures/harness/node.mjs';

const PROGRAM = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const KEYSPACE = 'roundtrip';
const TAG = 'before';
const OFF = "compaction = {'class': 'SizeTieredCompactionStrategy', 'enabled': 'false'}";

const SCHEMA = [
  `CREATE KEYSPACE ${KEYSPACE} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
  `CREATE TABLE ${KEYSPACE}.readings (sensor text, at int, value double, notes map<text, text>, PRIMARY KEY (sensor, at)) WITH ${OFF}`,
  `CREATE TABLE ${KEYSPACE}.people (id int PRIMARY KEY, town text, visits int) WITH ${OFF} AND compression = {'enabled': 'false'}`,
  `CREATE INDEX people_town ON ${KEYSPACE}.people (town)`,
  `CREATE TABLE ${KEYSPACE}.hits (page text PRIMARY KEY, hits counter) WITH ${OFF}`,
];

const QUERIES = [
  `SELECT JSON sensor, at, value, writetime(value), notes FROM ${KEYSPACE}.readings`,
  `SELECT JSON id, town, visits, writetime(visits) FROM ${KEYSPACE}.people`,
  `SELECT JSON id FROM ${KEYSPACE}.people WHERE town = 'town 3'`,
  `SELECT JSON page, hits FROM ${KEYSPACE}.hits`,
];

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const FIRST = [
  ...range(3000).map(
    (i) =>
      `INSERT INTO ${KEYSPACE}.readings (sensor, at, value, notes) VALUES ('s${i % 11}', ${i}, ${i / 8}, {'n': 'v${i}'}) USING TIMESTAMP ${1_700_000_000_000_000 + i}`,
  ),
  ...range(400).map(
    (i) => `INSERT INTO ${KEYSPACE}.people (id, town, visits) VALUES (${i}, 'town ${i % 9}', ${i})`,
  ),
  ...range(200).map(
    (i) => `UPDATE ${KEYSPACE}.hits SET hits = hits + ${i} WHERE page = 'p${i % 7}'`,
  ),
];

const SECOND = [
  `DELETE FROM ${KEYSPACE}.readings WHERE sensor = 's1' AND at > 100 AND at <= 900`,
  `DELETE FROM ${KEYSPACE}.readings WHERE sensor = 's2'`,
  `UPDATE ${KEYSPACE}.readings SET notes['late'] = 'x' WHERE sensor = 's3' AND at = 3`,
  ...range(50).map((i) => `UPDATE ${KEYSPACE}.people SET town = 'town 3' WHERE id = ${i}`),
  ...range(10).map((i) => `UPDATE ${KEYSPACE}.hits SET hits = hits - 1 WHERE page = 'p${i % 7}'`),
];

async function answers(session: Session): Promise<unknown[][]> {
  const results = [];
  for (const query of QUERIES) {
    const { rows } = await session.execute(query);
    results.push(rows.map((row) => row.values()[0]));
  }
  return results;
}

/** `<table>-<id>/<component>` of a keyspace folder, or of its snapshots, with the SHA-256. */
function componentSums(keyspace: string, snapshot?: string): string[] {
  const lines: string[] = [];
  const below = snapshot === undefined ? '' : `/snapshots/${snapshot}`;
  for (const name of readdirSync(keyspace, { recursive: true, encoding: 'utf8' })) {
    const path = join(keyspace, name);
    if (!/\/\w+-\w+-big-[^/]+$/.test(name) || !name.includes(`${below}/`)) continue;
    if (snapshot === undefined && name.includes('/snapshots/')) continue;
    if (!statSync(path).isFile()) continue;
    const sum = createHash('sha256').update(readFileSync(path)).digest('hex');
    lines.push(`${name.replace(below, '')} ${sum}`);
  }
  return lines.sort();
}

function snapshotFolders(node: CassandraNode): string[] {
  const keyspace = join(node.dataDirectory, KEYSPACE);
  return readdirSync(keyspace).map((table) => join(keyspace, table, 'snapshots', TAG));
}

function sstash<T>(work: string, ...args: string[]): T {
  const env = {
    ...process.env,
    SSTASH_CACHE_DIR: join(work, 'cache'),
    SSTASH_REPO: join(work, 'repo'),
  };
  const text = execFileSync(process.execPath, [PROGRAM, ...args, '--json'], {
    encoding: 'utf8',
    env,
    maxBuffer: 1 << 26,
  });
  return JSON.parse(text) as T;
}

for (const line of ['4.1', '5.0']) {
  t.test(`Cassandra ${line}: back up, wipe, restore, read`, { timeout: 600_000 }, async (t) => {
    const work = mkdtempSync(join(tmpdir(), 'sstash-round-trip-'));
    const directory = join(work, 'node');
    let node = await startNode({ line, directory });
    t.teardown(async () => {
      await node.stop();
      rmSync(work, { recursive: true });
    });
    let session = await connect(node);
    await session.executeAll(SCHEMA, true);
    for (const statements of [FIRST, SECOND]) {
      await session.executeAll(statements);
      node.nodetool('flush', KEYSPACE);
    }
    const before = await answers(session);
    t.ok(
      before.every((rows) => rows.length > 0),
      'there is something to lose',
    );
    node.nodetool('snapshot', '-t', TAG, KEYSPACE);
    const keyspace = join(node.dataDirectory, KEYSPACE);
    const sums = componentSums(keyspace, TAG);
    t.ok(sums.length > 50, `${sums.length} components`);

    sstash(work, 'init', join(work, 'repo'));
    const backup = sstash<{ bytes: { new: number } }>(work, 'backup', ...snapshotFolders(node));
    t.ok(backup.bytes.new > 0);
    const again = sstash<{ bytes: { new: number } }>(work, 'backup', ...snapshotFolders(node));
    t.equal(again.bytes.new, 0, 'a second backup stores nothing new');

    await session.close();
    node.nodetool('drain');
    await node.stop();
    rmSync(keyspace, { recursive: true });
    const restored = sstash<{ files: number; bytesWritten: number }>(
      work,
      'restore',
      'latest',
      '--to',
      node.dataDirectory,
    );
    t.ok(restored.bytesWritten > 0);
    t.same(componentSums(keyspace), sums, 'every component is back, byte for byte');

    node = await startNode({ line, directory });
    session = await connect(node);
    t.same(await answers(session), before, 'the node answers as before');
    await session.close();
  });
}
