/** What a backup counted, as lines for people: for `backup`, `show` and `stats`. */
import { type KeptReport, RECIPE_KINDS, type StoredBytes } from '../../backup/index.js';
import { formatBytes, formatCount } from '../format.js';
import { plural } from './open.js';

type Named = readonly (readonly [name: string, value: number])[];

/** Those that are not zero: `unchanged 1.5 KiB, compaction 3 MiB`. */
function named(values: Named, format: (value: number) => string): string {
  return values
    .filter(([, value]) => value !== 0)
    .map(([name, value]) => `${name} ${format(value)}`)
    .join(', ');
}

/** Bytes of frames of objects that describe rows and files. */
export function recipeBytes(stored: StoredBytes): number {
  return RECIPE_KINDS.reduce((sum, kind) => sum + stored[kind], 0);
}

/** Bytes that were added to the repository, by what they are for. */
export function partsText(stored: StoredBytes & { readonly packs?: number }): string {
  const { leaves, statistics, components, data, files, exceptions, packs = 0 } = stored;
  const parts: Named = [
    ['rows', leaves],
    ['Statistics.db', statistics],
    ['other components', components],
    ['Data.db as it is', data],
    ['side files', files],
    ['blocks as they are', exceptions],
    ['recipes', recipeBytes(stored)],
    ['packs and indexes', packs],
  ];
  return named(parts, formatBytes);
}

/** `2.34%`; nothing where there is nothing to compare with. */
export function share(part: number, whole: number): string {
  if (whole === 0) return '';
  const percent = (part / whole) * 100;
  return `${percent.toFixed(percent < 10 ? 2 : 1)}%`;
}

/** Where what was reused came from, what was stored, and how much that is. */
export function countedLines({ bytes, reused, leaves, stored }: KeptReport): string[] {
  const where: Named = [
    ['unchanged files', reused.unchanged],
    ['compaction', reused.compaction],
    ['replicas', reused.replica],
    ["replicas' older SSTables", reused.olderReplica],
    ['the same chunks', reused.chunks],
  ];
  const rows: Named = [
    ['new', leaves.new],
    ['in unchanged files', leaves.unchanged],
    ['by compaction', leaves.compaction],
    ['by replicas', leaves.replica + leaves.olderReplica],
    ['in the same chunks', leaves.chunks],
  ];
  const of = share(bytes.stored, bytes.wholeFile);
  const compared = of === '' ? '' : `, ${of} of the ${formatBytes(bytes.wholeFile)} in new files`;
  const known = rows.reduce((sum, [, value]) => sum + value, 0);
  const lines: Named = [
    [`reused: ${named(where, formatBytes)}`, bytes.reused],
    [`leaves: ${named(rows, formatCount)}`, known],
    [`stored: ${partsText(stored)}${compared}`, bytes.stored],
  ];
  return lines.filter(([, value]) => value > 0).map(([line]) => line);
}

/** What is kept exactly, but shared less well; none where there is none. */
export function keptApartLines(report: KeptReport): string[] {
  const { opaqueLeaves, opaqueBytes, exceptionBlocks, exceptionBytes } = report;
  const { plainSSTables, plainBytes } = report;
  const counted = (count: number, bytes: number, one: string, many: string): string[] =>
    count === 0 ? [] : [`${plural(count, one, many)} (${formatBytes(bytes)})`];
  const apart = [
    ...counted(opaqueLeaves, opaqueBytes, 'record as native bytes', 'records as native bytes'),
    ...counted(
      exceptionBlocks,
      exceptionBytes,
      'compressed block as it is',
      'compressed blocks as they are',
    ),
    ...counted(plainSSTables, plainBytes, 'Data.db as plain bytes', 'Data.db files as plain bytes'),
  ];
  return apart.length === 0 ? [] : [`kept, but shared less well: ${apart.join(', ')}`];
}
