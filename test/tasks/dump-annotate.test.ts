/** Annotated dumps name every byte of Data.db exactly once. */
import t from 'tap';
import { fixtureSets, fixtureTables } from '../../fixtures/index.js';
import { isSstashError } from '../../src/errors.js';
import { SSTable } from '../../src/sstable/index.js';
import { dumpText } from './dump-harness.js';

t.test('offsets and lengths cover the stream', async (t) => {
  let checked = 0;
  for (const table of fixtureTables(fixtureSets)) {
    for (const { base, dataPath } of table.sstables) {
      const sstable = await SSTable.open(dataPath);
      const { dataLength } = sstable;
      await sstable.close();
      let position = 0;
      try {
        const text = await dumpText(dataPath, { format: 'annotate' });
        for (const [, offset, length] of text.matchAll(/^ *(\d+) +(\d+) {2}[0-9a-f]+…? /gm)) {
          if (Number(offset) !== position)
            t.equal(Number(offset), position, `${table.table} ${base}`);
          position += Number(length);
        }
      } catch (error) {
        if (isSstashError(error, 'SSTABLE_UNSUPPORTED_COMPRESSION')) continue;
        throw error;
      }
      if (position !== dataLength) t.equal(position, dataLength, `${table.table} ${base}`);
      checked++;
    }
  }
  t.ok(checked > 100, `${checked} SSTables`);
});
