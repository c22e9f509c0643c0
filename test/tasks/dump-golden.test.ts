/** Dumps compared with those of sstabledump, byte for byte. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { fixtureSets, fixtureTables, readDump } from '../../fixtures/index.js';
import { isSstashError } from '../../src/errors.js';
import { dumpDocument } from './dump-harness.js';

/** Whether a dump without `expired` can be compared on any day: TTLs there are short or very long. */
const NOW = { now: Math.floor(Date.parse('2026-11-25') / 1000) };

t.test('every fixture dumps as sstabledump dumped it', async (t) => {
  let compared = 0;
  for (const table of fixtureTables(fixtureSets)) {
    for (const { base, dataPath, dumpPath } of table.sstables) {
      if (dumpPath === null) continue;
      const found = await dumpDocument(dataPath, { style: NOW });
      const expected = readDump(dumpPath).trimEnd();
      if (found !== expected) t.equal(found, expected, `${table.table} ${base}`);
      compared++;
    }
  }
  t.ok(compared > 100, `${compared} dumps are the same`);
});

interface Golden {
  readonly dir: string;
  readonly base: string;
  readonly dumpComplete: boolean;
  readonly oracle: Record<string, { readonly path: string; readonly exit: number } | undefined>;
}

const golden = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/corpus/golden');
const VERSIONS = /^(4\.0\.19-nb|4\.1\.10-nb|5\.0\.6-nb|5\.0\.6-oa)\//;

t.test('raw times and later versions', { skip: !existsSync(golden) }, async (t) => {
  const manifest = JSON.parse(readFileSync(join(golden, 'manifest.json'), 'utf8'));
  let compared = 0;
  for (const sstable of manifest.sstables as Golden[]) {
    const dump = sstable.oracle['dump-t'];
    if (!VERSIONS.test(sstable.dir) || !sstable.dumpComplete || dump?.exit !== 0) continue;
    const dataPath = join(golden, sstable.dir, `${sstable.base}-Data.db`);
    const isIndex = /\/\.[^/]+$/.test(sstable.dir);
    const style = { rawTime: true, ...NOW, ...(isIndex ? { tableKind: 'INDEX' as const } : {}) };
    const expected = gunzipSync(readFileSync(join(golden, dump.path))).toString();
    try {
      const found = await dumpDocument(dataPath, { style });
      if (found !== expected) t.equal(found, expected, `${sstable.dir} ${sstable.base}`);
      compared++;
    } catch (error) {
      if (!isSstashError(error, 'SSTABLE_UNSUPPORTED_COMPRESSION')) throw error;
    }
  }
  t.ok(compared > 100, `${compared} dumps are the same`);
});
