/** Real tables as flushed and as compacted with another compressor: the rows are the same. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { rootDigest } from '../../src/merkle/index.js';
import { inlineExecutor } from '../../src/parallel/index.js';
import { openLocalTables, tableSum } from '../../src/table/index.js';
import { tasks } from '../../src/tasks/index.js';

const golden = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/corpus/golden');
const VERSIONS = ['4.1.10-nb-flushtable', '5.0.6-oa-flushtable', '5.0.6-oa', '4.1.10-nb'];
const SAME = /^(cmp_|gap_mixed|ranges_wide)/;

async function roots(directory: string): Promise<Map<string, string>> {
  const executor = inlineExecutor(tasks);
  const found = new Map<string, string>();
  for (const table of await openLocalTables([directory], { executor, cache: null })) {
    if (!SAME.test(table.table)) continue;
    const opened = await table.open();
    found.set(`${table.keyspace}.${table.table}`, rootDigest(tableSum(opened.trees)));
    await opened.close();
  }
  return found;
}

const there = VERSIONS.filter((version) => existsSync(join(golden, version, '_compacted')));
const skip = there.length === 0 && 'the golden files are not here';

t.test('raw roots survive compaction into another compressor', { skip }, async (t) => {
  let compared = 0;
  for (const version of there) {
    const compacted = await roots(join(golden, version, '_compacted'));
    for (const keyspace of readdirSync(join(golden, version))) {
      if (keyspace === '_compacted') continue;
      for (const [name, root] of await roots(join(golden, version, keyspace))) {
        const other = compacted.get(name);
        if (other === undefined) continue;
        compared++;
        t.equal(other, root, `${version} ${name}`);
      }
    }
  }
  t.ok(compared > 10, `${compared} tables`);
});
