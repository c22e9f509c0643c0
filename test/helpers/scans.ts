/** The scan kernel of a check against its slower twin. */
import { checkRangeOf } from '../../src/sstable/check-range.js';
import { SSTable } from '../../src/sstable/index.js';
import { scanRange } from '../../src/sstable/range-scan.js';

/** What they disagree about, as to the rows that are on disk now, or null. */
export async function compareScans(dataPath: string): Promise<string | null> {
  const sstable = await SSTable.open(dataPath);
  try {
    const { dataLength } = sstable;
    const blocks = await sstable.blocks();
    const range = { from: 0, to: dataLength };
    const options = { deep: true, columnIndexSize: 4096 };
    const fast = dataLength === 0 ? null : await scanRange(sstable, range, blocks, options);
    const argument = {
      dataPath,
      ...range,
      index: null,
      last: true,
      deep: true,
      rows: dataLength > 0,
    };
    const slow = await checkRangeOf(sstable, argument);
    const faults = slow.rowFaults.filter(({ component }) => component === 'Data.db');
    const sound = faults.length === 0 && slow.totals.complete;
    if ((fast !== null) !== sound) {
      const why = faults.map(({ message }) => message).join('; ');
      return sound ? 'the kernel alone finds damage' : `the kernel takes for sound: ${why}`;
    }
    if (fast === null) return null;
    const [a, b] = [fast.totals, slow.totals].map((totals) =>
      JSON.stringify(totals, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
    );
    return a === b ? null : `sums differ:\n${a}\n${b}`;
  } finally {
    await sstable.close();
  }
}
