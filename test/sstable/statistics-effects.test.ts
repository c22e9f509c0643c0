/** What `check` says follows from wrong numbers of Statistics.db. */
import t from 'tap';
import { effectOf } from '../../src/sstable/statistics-effects.js';

t.test('totals above the rows may be left by a scrub, totals below them not', async (t) => {
  for (const field of ['totalRows', 'totalColumnsSet'] as const) {
    t.match(effectOf(field, 1), /^only estimates .*; nodetool scrub leaves it so/);
    t.match(effectOf(field, -1), /^only estimates of nodetool and of compaction go wrong$/);
  }
  t.notMatch(effectOf('minTimestamp', 1), /estimates|scrub/);
});
