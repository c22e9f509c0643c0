/** Puts benchmark tables into running nodes. */
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '../fixtures/harness/cql.mjs';

export const KEYSPACE = 'bench';

/**
 * Makes the tables of these folders in a cluster and copies their SSTables to each of its nodes.
 * @param {string[]} tableDirectories `<table>-<id>` with components and schema.cql
 */
export async function loadTables(nodes, tableDirectories) {
  const session = await connect(nodes[0]);
  const replication = `{'class': 'SimpleStrategy', 'replication_factor': ${nodes.length}}`;
  await session.execute(`CREATE KEYSPACE ${KEYSPACE} WITH replication = ${replication}`);
  for (const source of tableDirectories) {
    const schema = readFileSync(join(source, 'schema.cql'), 'utf8');
    await session.executeAll(
      schema.split(/;\s*\n/).filter((part) => part.trim() !== ''),
      true,
    );
    for (const node of nodes) {
      const target = join(node.dataDirectory, KEYSPACE, basename(source));
      // The schema reaches the other nodes a moment later.
      while (!existsSync(target)) await delay(100);
      for (const file of readdirSync(source)) {
        if (file !== 'schema.cql') cpSync(join(source, file), join(target, file));
      }
      node.nodetool('refresh', KEYSPACE, basename(source).split('-')[0]);
    }
  }
  await session.close();
}
