/** The scan kernel against its twin, and Statistics.db as both make it, over all fixtures. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { fixtureTables } from '../../fixtures/index.js';
import { writeStatistics } from '../../src/components/index.js';
import { inlineExecutor } from '../../src/parallel/index.js';
import { proveSound } from '../../src/sstable/check-proof.js';
import { checkScan, SSTable } from '../../src/sstable/index.js';
import { compareScans } from '../helpers/scans.js';
import { componentPath } from '../helpers/sstable-copies.js';

const executor = inlineExecutor({ 'check-scan': checkScan });
const paths = fixtureTables().flatMap(({ sstables }) => sstables.map(({ dataPath }) => dataPath));

t.setTimeout(240_000);

t.test('kernel and twin find the same sums in all fixtures', { timeout: 0 }, async (t) => {
  for (const path of paths) {
    const difference = await compareScans(path);
    if (difference !== null) t.fail(`${path}: ${difference}`);
  }
  t.ok(paths.length > 200, `${paths.length} SSTables`);
});

t.test(
  'Statistics.db follows from the rows, to the byte, in ranges of any size',
  { timeout: 0 },
  async (t) => {
    let several = 0;
    for (const path of paths) {
      const sstable = await SSTable.open(path);
      const { statistics, version, dataSize, compression } = sstable;
      const file = readFileSync(componentPath(path, 'Statistics.db'));
      for (const bytes of [2048, 1 << 24]) {
        const ranges = await sstable.ranges(bytes);
        if (ranges.length > 1) several++;
        else if (bytes < 1 << 24) continue;
        const proof = await proveSound(sstable, ranges, { executor, deep: true, here: true });
        if (proof.odd.size > 0) t.fail(`${path} is odd`);
        const unequal = proof.outcomes.filter(({ equal }) => !equal);
        if (unequal.length > 0) t.same(unequal, [], path);
        const expected = proof.collector?.expected({ dataSize, compression });
        if (expected === undefined) throw new Error(`nothing is known of ${path}`);
        const { stats } = expected;
        const cardinality = expected.cardinality ?? new Uint8Array(0);
        const made = writeStatistics({ ...statistics, stats, cardinality }, version);
        if (Buffer.compare(made, file) !== 0) t.fail(`${path}: made of ${ranges.length} ranges`);
      }
      await sstable.close();
    }
    t.ok(several > 50, `${several} SSTables in several ranges`);
  },
);
