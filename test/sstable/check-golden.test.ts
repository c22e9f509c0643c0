/** Real SSTables of every version, as far as they are beside the project, are sound. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { findTables } from '../../src/sstable/index.js';
import { faultsOf } from '../helpers/sstable-copies.js';

const corpus = new URL('../../../shared/corpus/golden', import.meta.url).pathname;
const skip = existsSync(corpus) ? false : 'the corpus is not there';

t.test('nothing is wrong with them, however deep one looks', { skip }, async (t) => {
  let count = 0;
  for (const entry of readdirSync(corpus, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    for (const table of await findTables([join(corpus, entry.name)])) {
      for (const { dataPath } of table.sstables) {
        count++;
        const faults = await faultsOf(dataPath, 'deep');
        if (faults.length > 0) t.same(faults, [], dataPath);
      }
    }
  }
  t.ok(count > 1000, `${count} SSTables`);
});
