import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fixtureTables } from '../../fixtures/index.js';
import { parseSchema } from '../../src/cql/index.js';

t.test('every fixture schema names its table and key', async (t) => {
  let composite = 0;
  for (const { directory, keyspace, table } of fixtureTables()) {
    const path = join(directory, 'schema.cql');
    if (!existsSync(path)) continue;
    const [schema] = parseSchema(readFileSync(path, 'utf8'));
    t.match(schema, { keyspace, table });
    t.ok((schema?.partitionKey.length ?? 0) > 0, table);
    for (const name of [...(schema?.partitionKey ?? []), ...(schema?.clustering ?? [])]) {
      t.notOk(schema?.columns?.has(name), `${name} is of the key alone`);
    }
    if ((schema?.partitionKey.length ?? 0) > 1) composite++;
    if (schema?.base === null) t.equal(schema.gcGraceSeconds, 864000, table);
  }
  t.ok(composite > 0);
});

t.test('keys, quoted names, comments', async (t) => {
  const [one, two, three] = parseSchema(`
    -- CREATE TABLE not.this (a int PRIMARY KEY);
    CREATE KEYSPACE "Ks" WITH replication = {'class': 'x; CREATE TABLE nor.this'};
    CREATE TABLE IF NOT EXISTS "Ks"."My Table" (
      "Part Key" int, /* , */ b frozen<map<text, list<int>>>, "say ""hi""" text, c int static,
      PRIMARY KEY (("Part Key", b), "say ""hi""")
    ) WITH CLUSTERING ORDER BY ("say ""hi""" DESC) AND comment = 'it''s; fine' AND gc_grace_seconds = 60;
    create table ks.small (ID uuid primary key, v vector<float, 3>);
    CREATE TABLE third (a int, b int, PRIMARY KEY (a))`);
  t.match(one, { keyspace: 'Ks', table: 'My Table', gcGraceSeconds: 60 });
  t.same(one?.partitionKey, ['Part Key', 'b']);
  t.same(one?.clustering, ['say "hi"']);
  t.same([...(one?.columns ?? [])], ['c']);
  t.match(two, { keyspace: 'ks', table: 'small', partitionKey: ['id'], clustering: [] });
  t.same([...(two?.columns ?? [])], ['v']);
  t.match(three, { keyspace: '', table: 'third', partitionKey: ['a'] });
});

t.test('dropped, added and renamed columns', async (t) => {
  const [schema] = parseSchema(`
    CREATE TABLE ks.t (pk int, ck int, a int, b text, c int, d int, e int, PRIMARY KEY (pk, ck));
    ALTER TABLE ks.t DROP a USING TIMESTAMP 1700000000000001;
    ALTER TABLE ks.t ADD a map<int, frozen<list<text>>>, f int;
    ALTER TABLE ks.t DROP b USING TIMESTAMP 1700000000000002;
    ALTER TABLE ks.t DROP (c, d);
    ALTER TABLE ks.t ADD d int;
    ALTER TABLE ks.t RENAME pk TO id AND ck TO "Order";
    ALTER TABLE ks.other DROP e;`);
  t.same(schema?.partitionKey, ['id']);
  t.same(schema?.clustering, ['Order']);
  t.same([...(schema?.columns ?? [])].sort(), ['a', 'd', 'e', 'f']);
  const always = 2n ** 63n - 1n;
  t.same(
    [...(schema?.dropped ?? [])],
    [
      ['a', 1700000000000001n],
      ['b', always],
      ['c', always],
    ],
    'what came again without a time of its drop is whole',
  );
});

t.test('materialised views', async (t) => {
  const [all, some] = parseSchema(`
    CREATE MATERIALIZED VIEW ks.by_group AS SELECT * FROM ks.base
      WHERE grp IS NOT NULL AND pk IS NOT NULL PRIMARY KEY ((grp), pk) WITH gc_grace_seconds = 5;
    CREATE MATERIALIZED VIEW ks.some AS SELECT a, "B" FROM ks.base
      WHERE a IS NOT NULL PRIMARY KEY (a, pk);`);
  t.match(all, { table: 'by_group', base: 'base', partitionKey: ['grp'], clustering: ['pk'] });
  t.equal(all?.columns, null);
  t.equal(all?.gcGraceSeconds, 5);
  t.match(some, { base: 'base', partitionKey: ['a'], clustering: ['pk'] });
  t.same([...(some?.columns ?? [])], ['B']);
});

t.test('text that is no CQL gives no tables', async (t) => {
  for (const text of ['', 'CREATE', 'CREATE TABLE', '((((', "'", 'ALTER TABLE x DROP', '\0\xff']) {
    t.same(
      parseSchema(text).flatMap(({ partitionKey }) => partitionKey),
      [],
      text,
    );
  }
});
