/**
 * Facts that Cassandra's model cannot hold, although their bytes can be read and written: a row that
 * says them was not written by Cassandra, and is kept as it is.
 */
import type { FormatVersion, Unfiltered } from '../components/index.js';

/** Write time of nothing: liveness or a deletion with it counts as absent. */
const NO_TIMESTAMP = -(2n ** 63n);

/** Whether Cassandra could hold, and so write, every fact of `unfiltered`. */
export function hasOnlyWritableFacts(unfiltered: Unfiltered, version: FormatVersion): boolean {
  if (unfiltered.type === 'marker') return true;
  if (unfiltered.liveness?.timestamp === NO_TIMESTAMP) return false;
  if (unfiltered.deletion?.markedForDeleteAt === NO_TIMESTAMP) return false;
  const none = version.hasUIntDeletionTime ? 0xffffffff : 0x7fffffff;
  return unfiltered.columns.every((data) => {
    // A column without data is not in the row at all.
    if (data.cells.length === 0 && data.complexDeletion === null) return false;
    // A local deletion time of "none" makes a cell live.
    return data.cells.every((cell) => cell.ttl !== 0 || cell.localDeletionTime !== none);
  });
}
