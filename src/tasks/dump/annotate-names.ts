/** Names of the flags and kinds of Data.db (format reference, 7.3, 7.7, 5.1). */

const ROW_FLAGS = [
  'end of partition',
  'marker',
  'timestamp',
  'TTL',
  'deletion',
  'all columns',
  'complex deletion',
  'extension',
];

const CELL_FLAGS = ['deleted', 'expiring', 'empty value', "row's timestamp", "row's TTL"];

export const KIND_NAMES: Readonly<Record<number, string>> = {
  0: 'EXCL_END_BOUND',
  1: 'INCL_START_BOUND',
  2: 'EXCL_END_INCL_START_BOUNDARY',
  5: 'INCL_END_EXCL_START_BOUNDARY',
  6: 'INCL_END_BOUND',
  7: 'EXCL_START_BOUND',
};

function names(flags: number, all: readonly string[]): string {
  const set = all.filter((_, bit) => (flags & (1 << bit)) !== 0);
  return set.length === 0 ? 'none' : set.join(', ');
}

export function rowNames(flags: number): string {
  return names(flags, ROW_FLAGS);
}

export function cellNames(flags: number): string {
  return names(flags, CELL_FLAGS);
}
