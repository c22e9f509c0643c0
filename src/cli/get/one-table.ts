/** The one table that paths name. */
import { basename } from 'node:path';
import { SstashError } from '../../errors.js';
import { findTables, type TableFiles, type UnknownSSTable } from '../../sstable/index.js';

const isIndex = ({ directory }: TableFiles): boolean => basename(directory).startsWith('.');

/** Throws USAGE where there are several; secondary indexes count only where a path names one. */
export async function oneTable(
  paths: readonly string[],
  onUnknown: (unknown: UnknownSSTable) => void,
): Promise<TableFiles> {
  const all = await findTables(paths, { onUnknown });
  const found = all.filter(({ sstables }) => sstables.length > 0);
  const unknown = all[0]?.unknown[0];
  if (found.length === 0 && unknown !== undefined) throw unknown.error;
  const tables = found.filter((table) => !isIndex(table));
  const [first, second] = tables.length === 0 ? found : tables;
  if (first === undefined) throw new TypeError('findTables found nothing and did not say so');
  if (second === undefined) return first;
  throw new SstashError('USAGE', 'the paths name more than one table', {
    expected: 'one table',
    found: `${first.keyspace}.${first.table}, ${second.keyspace}.${second.table}, …`,
    hint: `Give the folder of one, for example \`${first.directory}\`.`,
  });
}
