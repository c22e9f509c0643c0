/** stats, and what backup and show say of counts, as the command line runs them. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { daySnapshot } from '../../fixtures/index.js';
import type { CommandContext } from '../../src/cli/context.js';
import { runBackup } from '../../src/cli/keep/backup.js';
import { listBackups } from '../../src/cli/keep/backups.js';
import { init } from '../../src/cli/keep/init.js';
import { showBackup } from '../../src/cli/keep/show.js';
import { showStats } from '../../src/cli/keep/stats.js';
import { openRepository } from '../backup/harness.js';
import { runCommand } from './compare-context.js';

type Action = (context: CommandContext) => Promise<number>;

const day = (name: 'day1' | 'day2'): string => daySnapshot('products', name).directory;

async function json(action: Action) {
  const { code, text } = await runCommand(action, { json: true, cache: t.testdirName });
  return { code, json: JSON.parse(text) as unknown };
}

async function human(action: Action): Promise<string> {
  return (await runCommand(action, { cache: t.testdirName })).text;
}

t.test('counts of a day and the next', async (t) => {
  const root = t.testdir();
  const repo = join(root, 'repo');
  await human((c) => init(c, repo, {}));
  t.match(await human((c) => showStats(c, { repo })), /: 420 B in 1 file: 0 packs 0 B/);
  const first = await human((c) => runBackup(c, [day('day1')], { repo, node: 'n1' }));
  t.match(first, /^table +sstables +read +new +reused +derived +stored +whole files$/m);
  t.match(first, /^stored: rows .+ of the \d.+ in new files$/m);
  const options = { repo, node: 'n1' };
  const dry = await json((c) => runBackup(c, [day('day2')], { ...options, dryRun: true }));
  const real = await json((c) => runBackup(c, [day('day2')], options));
  t.match(real.json, {
    bytes: { read: Number, new: Number, reused: Number, stored: Number, wholeFile: Number },
    reused: { unchanged: Number, compaction: Number, replica: 0 },
    leaves: { new: 0, compaction: Number },
    stored: { leaves: 0, lists: Number, packs: Number },
    tables: [{ table: 'products', stored: { recipes: Number } }],
  });
  const { id, created } = real.json as { id: string; created: string };
  t.same({ ...(dry.json as object), id, created, dryRun: false }, real.json);

  const again = await human((c) => runBackup(c, [day('day2')], { repo, node: 'n1' }));
  t.match(again, /^reused: unchanged files [\d.]+ KiB$/m);
  t.match(again, /^leaves: in unchanged files \d+$/m);
  t.notMatch(again, /^stored:/m);

  const shown = await json((c) => showBackup(c, id, { repo }));
  const { bytes, reused } = real.json as { bytes: object; reused: object };
  t.match(shown.json, { report: { bytes, reused } });
  t.match(await human((c) => showBackup(c, id, { repo })), /^leaves: by compaction \d+$/m);
  t.notMatch(JSON.stringify((await json((c) => listBackups(c, { repo }))).json), 'counts');

  const stats = await json((c) => showStats(c, { repo }));
  t.match(stats, {
    code: 0,
    json: {
      location: repo,
      files: { all: { count: Number, bytes: Number } },
      backups: [{ node: 'n1' }, { id, report: { bytes } }, { storedBytes: 0 }],
      tables: [{ table: 'products', ratios: { dedup: Number } }],
      total: { storedBytes: Number, wholeFileBytes: Number },
    },
  });
  const text = await human((c) => showStats(c, { repo }));
  t.match(text, /^shop\.products .*%/m);
  t.match(text, /^stored: rows .* in \d+ objects$/m);
  t.match(text, /3 backups/);
});

t.test('damage makes exit code 1', async (t) => {
  const root = t.testdir();
  const repo = join(root, 'repo');
  await human((c) => init(c, repo, {}));
  await human((c) => runBackup(c, [day('day1')], { repo, node: 'n1' }));
  const repository = await openRepository(repo);
  const [manifest] = await repository.manifests();
  const [place] = await repository.place(manifest === undefined ? [] : [manifest.root]);
  const pack = place?.pack ?? '';
  rmSync(join(repo, 'packs', pack.slice(0, 2), pack));
  const found = await runCommand((c) => showStats(c, { repo }), { cache: t.testdirName });
  t.equal(found.code, 1);
  t.match(found.warnings, [/is counted in part/]);
});
