import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { findTables, locateTable } from '../../src/sstable/index.js';

const ID = '5e1f0000000011ee8000000000000001';
const OTHER_ID = '5e1f0000000011ee8000000000000002';

function make(root: string, ...files: string[]): void {
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), 'x');
  }
}

/** `keyspace.table[@snapshot]: base ...` of each table found. */
async function found(...paths: string[]): Promise<string[]> {
  const tables = await findTables(paths);
  return tables.map(({ keyspace, table, snapshot, sstables }) => {
    const at = snapshot === null ? '' : `@${snapshot}`;
    return `${keyspace}.${table}${at}: ${sstables.map((s) => s.descriptor.base).join(' ')}`;
  });
}

function dataDirectory(root: string): string {
  const table = `data/ks/users-${ID}`;
  make(
    root,
    `${table}/nb-10-big-Data.db`,
    `${table}/nb-10-big-Index.db`,
    `${table}/nb-9-big-Data.db`,
    `${table}/nb-11-big-Data.db.tmp`,
    `${table}/nb_txn_flush_${OTHER_ID}.log`,
    `${table}/schema.cql`,
    `${table}/.by_name/nb-3-big-Data.db`,
    `${table}/backups/nb-1-big-Data.db`,
    `${table}/snapshots/monday/nb-9-big-Data.db`,
    `${table}/snapshots/monday/schema.cql`,
    `${table}/snapshots/monday/.by_name/nb-3-big-Data.db`,
    `data/ks/Empty_Table-${OTHER_ID}/snapshots/monday/nb-1-big-Data.db`,
    `data/Ks_2/Quoted_Table-${OTHER_ID}/oa-3h5p_0zif_4fgqy25uyy4bksw649-big-Data.db`,
    'data/plain/folder/nb-1-big-Data.db',
    'commitlog/CommitLog-7-1.log',
  );
  return root;
}

t.test('finds live tables, oldest SSTable first, whatever is pointed at', async (t) => {
  const root = dataDirectory(t.testdir({}));
  const users = ['ks.users: nb-9-big nb-10-big', 'ks.users.by_name: nb-3-big'];
  const quoted = 'Ks_2.Quoted_Table: oa-3h5p_0zif_4fgqy25uyy4bksw649-big';
  const all = [quoted, ...users, 'plain.folder: nb-1-big'];
  t.same(await found(join(root, 'data')), all);
  t.same(await found(root), all);
  t.same(await found(join(root, 'data/ks')), users);
  t.same(await found(join(root, `data/ks/users-${ID}`)), users);
  t.same(await found(join(root, 'data/plain'), join(root, 'data/Ks_2')), [
    quoted,
    'plain.folder: nb-1-big',
  ]);
});

t.test('a snapshot, a backup and a single SSTable are looked at when they are named', async (t) => {
  const root = dataDirectory(t.testdir({}));
  const table = join(root, `data/ks/users-${ID}`);
  t.same(await found(join(table, 'snapshots/monday')), [
    'ks.users@monday: nb-9-big',
    'ks.users.by_name@monday: nb-3-big',
  ]);
  t.same(await found(join(table, 'snapshots')), await found(join(table, 'snapshots/monday')));
  t.same(await found(join(table, 'backups')), ['ks.users: nb-1-big']);
  for (const name of ['nb-10-big-Data.db', 'nb-10-big-Index.db', 'nb-10-big', 'nb-10-big-']) {
    t.same(await found(join(table, name)), ['ks.users: nb-10-big'], name);
  }
  t.same(
    await found(join(table, 'nb-10-big-Data.db'), join(table, 'nb-9-big'), table),
    ['ks.users: nb-9-big nb-10-big', 'ks.users.by_name: nb-3-big'],
    'nothing twice',
  );
  const [first] = await findTables([table]);
  t.same(
    first?.others.map((file) => file.name),
    ['schema.cql'],
  );
  t.same([...(first?.sstables[1]?.components.keys() ?? [])], ['Data.db', 'Index.db']);
});

t.test('data directories on several disks are one table; two nodes are two', async (t) => {
  const root = t.testdir({});
  make(
    root,
    `disk1/ks/users-${ID}/nb-1-big-Data.db`,
    `disk2/ks/users-${ID}/nb-2-big-Data.db`,
    `node2/ks/users-${ID}/nb-1-big-Data.db`,
  );
  const disks = [join(root, 'disk1'), join(root, 'disk2')];
  t.same(await found(...disks), ['ks.users: nb-1-big nb-2-big']);
  t.equal((await findTables(disks))[0]?.directories.length, 2);
  t.same(await found(join(root, 'disk1'), join(root, 'node2')), [
    'ks.users: nb-1-big',
    'ks.users: nb-1-big',
  ]);
});

t.test('refuses what it cannot read by name', async (t) => {
  const root = t.testdir({});
  make(root, 'new/t/zz-1-big-Data.db', 'old/t/ks-t-jb-5-Data.db', 'la/t/la-5-big-Data.db');
  const code = 'SSTABLE_UNSUPPORTED_VERSION';
  await t.rejects(findTables([join(root, 'new')]), { code, file: /zz-1-big-Data\.db$/ });
  await t.rejects(findTables([join(root, 'old')]), { code, file: /ks-t-jb-5-Data\.db$/ });
  await t.rejects(findTables([join(root, 'la')]), { code, file: /la-5-big-Data\.db$/ });
});

t.test('goes on beside SSTables of versions that are not known', async (t) => {
  const root = t.testdir({});
  make(root, 'ks/t/nb-1-big-Data.db', 'ks/t/zz-2-big-Data.db', 'ks/t/zz-2-big-Index.db');
  make(root, 'ks/t/schema.cql', 'ks/old/ks-old-jb-5-Data.db', 'ks/old/ks-old-jb-5-Index.db');
  const told: string[] = [];
  const tables = await findTables([join(root, 'ks')], {
    onUnknown: ({ dataPath, error }) => told.push(`${error.code} ${dataPath.slice(root.length)}`),
  });
  t.same(told, [
    'SSTABLE_UNSUPPORTED_VERSION /ks/old/ks-old-jb-5-Data.db',
    'SSTABLE_UNSUPPORTED_VERSION /ks/t/zz-2-big-Data.db',
  ]);
  t.same(
    tables.map(({ table, sstables, unknown, others }) => [
      table,
      sstables.map(({ descriptor }) => descriptor.base),
      unknown.flatMap(({ files }) => files.map(({ name }) => name)),
      others.map(({ name }) => name),
    ]),
    [
      ['old', [], ['ks-old-jb-5-Data.db', 'ks-old-jb-5-Index.db'], []],
      ['t', ['nb-1-big'], ['zz-2-big-Data.db', 'zz-2-big-Index.db'], ['schema.cql']],
    ],
  );
  await t.rejects(
    findTables([join(root, 'ks/t/zz-2-big-Data.db')], { onUnknown: () => t.fail() }),
    {
      code: 'SSTABLE_UNSUPPORTED_VERSION',
    },
  );
});

t.test('a keyspace that holds snapshots alone is told where they are', async (t) => {
  const root = t.testdir({});
  make(root, `data/ks/users-${ID}/snapshots/monday/nb-1-big-Data.db`);
  for (const path of ['data/ks', 'data', `data/ks/users-${ID}`]) {
    await t.rejects(findTables([join(root, path)]), {
      code: 'PATH_NO_SSTABLE',
      hint: /`\S+users-\w+.snapshots.monday`\.$/,
    });
  }
});

t.test('says so when there is nothing, and where there would be something', async (t) => {
  const root = dataDirectory(t.testdir({}));
  make(root, 'empty/readme.txt');
  await t.rejects(findTables([join(root, 'none')]), { code: 'PATH_NOT_FOUND' });
  await t.rejects(findTables([join(root, 'empty')]), { code: 'PATH_NO_SSTABLE' });
  await t.rejects(findTables([join(root, 'empty/readme.txt')]), { code: 'PATH_NO_SSTABLE' });
  await t.rejects(findTables([join(root, `data/ks/Empty_Table-${OTHER_ID}`)]), {
    code: 'PATH_NO_SSTABLE',
    hint: /snapshots.monday/,
  });
});

t.test('leaves out what a transaction has not finished, or has made obsolete', async (t) => {
  const root = t.testdir({});
  const bases = ['nb-1-big', 'nb-2-big', 'nb-3-big', 'nb-4-big'];
  make(root, ...bases.map((base) => `ks/t/${base}-Data.db`));
  const record = (type: string, base: string): string =>
    `${type}:[/var/lib/cassandra/data/ks/t/${base}-,0,8][1234567890]`;
  const log = join(root, 'ks/t/nb_txn_compaction_5e1f0000-0000-11ee-8000-000000000001.log');
  const lines = [
    record('REMOVE', 'nb-1-big'),
    record('REMOVE', 'nb-2-big'),
    record('ADD', 'nb-3-big'),
  ];
  writeFileSync(log, `${lines.join('\n')}\n`);
  t.same(await found(root), ['ks.t: nb-1-big nb-2-big nb-4-big'], 'not committed');
  t.same(await found(join(root, 'ks/t/nb-3-big')), ['ks.t: nb-3-big'], 'asked for by name');
  writeFileSync(log, `${[...lines, 'COMMIT:[,0,0][2613697770]'].join('\n')}\n`);
  t.same(await found(root), ['ks.t: nb-3-big nb-4-big'], 'committed');
  writeFileSync(log, `${[...lines, 'ABORT:[,0,0][2613697770]'].join('\n')}\n`);
  t.same(await found(root), ['ks.t: nb-1-big nb-2-big nb-4-big'], 'aborted');
});

t.test('a loop of links ends', async (t) => {
  const root = t.testdir({});
  make(root, 'ks/t/nb-1-big-Data.db');
  symlinkSync(root, join(root, 'ks/again'));
  t.same(await found(root), ['ks.t: nb-1-big']);
});

t.test('reads keyspace, table, index, snapshot and id from the folder', async (t) => {
  const of = (path: string) => locateTable(path);
  const none = { id: null, snapshot: null, backups: false };
  t.same(of('/d/ks/t'), { ...none, keyspace: 'ks', table: 't' });
  t.same(of(`/d/ks/t-${ID}/.idx`), { ...none, keyspace: 'ks', table: 't.idx', id: ID });
  t.same(of(`/d/ks/t-${ID}/snapshots/s-1/.idx`), {
    keyspace: 'ks',
    table: 't.idx',
    id: ID,
    snapshot: 's-1',
    backups: false,
  });
  t.same(of(`/d/ks/t-${ID}/backups`), {
    ...none,
    keyspace: 'ks',
    table: 't',
    id: ID,
    backups: true,
  });
});
