/**
 * What a backup counts, table by table: where the bytes of its files and the leaves of its rows came
 * from, and which bytes it added to the repository for what. Kept in the manifest without the zeros.
 */

/** What objects are for; the bytes of each kind are those of frames (docs/repository-format.md, 3). */
export const STORED_KINDS = [
  /** Chunks of rows. */
  'leaves',
  /** Chunks of Statistics.db. */
  'statistics',
  /** Chunks of other components that are kept as they are. */
  'components',
  /** Chunks of Data.db files that are kept as they are. */
  'data',
  /** Chunks of files beside the SSTables. */
  'files',
  /** Compressed blocks that the encoder does not write the same. */
  'exceptions',
  'lists',
  'trees',
  'recipes',
  'records',
] as const;
export type StoredKind = (typeof STORED_KINDS)[number];
export type StoredBytes = Record<StoredKind, number>;

/** What describes rows and files, beside their own bytes. */
export const RECIPE_KINDS = ['lists', 'trees', 'recipes', 'records'] as const;

/** Where something came from. */
export const ORIGINS = [
  /** The repository did not have it. */
  'new',
  /** Files of which nothing has changed since the node's last backup. */
  'unchanged',
  /** Leaves found in SSTables of the node's last backup that are gone since. */
  'compaction',
  /** Leaves found in SSTables of other nodes: since this node's last backup, and older ones. */
  'replica',
  'olderReplica',
  /** Chunks that the repository had already, whoever stored them. */
  'chunks',
] as const;
export type Origin = (typeof ORIGINS)[number];
export type ByOrigin = Record<Origin, number>;

/** What is kept exactly, but not in the form that is shared best. */
export interface KeptApart {
  /** Records kept as their native bytes, because the strict reading would not give them back. */
  opaqueLeaves: number;
  /** Canonical bytes of their leaves. */
  opaqueBytes: number;
  /** Compressed blocks kept beside the rows, because the encoder does not write them the same. */
  exceptionBlocks: number;
  exceptionBytes: number;
  /** SSTables whose Data.db is kept as plain bytes as a whole. */
  plainSSTables: number;
  plainBytes: number;
}

export interface TableCounts extends KeptApart {
  sstables: number;
  /** SSTables whose Data.db was not read again. */
  sstablesReused: number;
  /** Bytes that were read. */
  read: number;
  /** Bytes of components that follow from the rows. */
  derived: number;
  /** Bytes of all other files; for Data.db in proportion to the canonical bytes of its leaves. */
  readonly files: ByOrigin;
  /** Leaves of all Data.db files that are kept as rows, and their canonical bytes. */
  readonly leaves: ByOrigin;
  readonly leafBytes: ByOrigin;
  /** Bytes that were added to the repository, without heads and indexes of packs. */
  readonly stored: StoredBytes;
  /** Bytes of files with contents that no backup had: what a store of whole files adds. */
  wholeFile: number;
}

const zeros = <K extends string>(keys: readonly K[]): Record<K, number> =>
  Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;

export const noOrigins = (): ByOrigin => zeros(ORIGINS);
export const nothingStored = (): StoredBytes => zeros(STORED_KINDS);

export function noCounts(): TableCounts {
  return {
    sstables: 0,
    sstablesReused: 0,
    read: 0,
    derived: 0,
    files: noOrigins(),
    leaves: noOrigins(),
    leafBytes: noOrigins(),
    stored: nothingStored(),
    wholeFile: 0,
    opaqueLeaves: 0,
    opaqueBytes: 0,
    exceptionBlocks: 0,
    exceptionBytes: 0,
    plainSSTables: 0,
    plainBytes: 0,
  };
}

export function sumOf(values: Readonly<Record<string, number>>): number {
  return Object.values(values).reduce((sum, value) => sum + value, 0);
}

/** Adds `more` to `into`, number by number. */
export function addCounts<T extends object>(into: T, more: Readonly<T>): T {
  for (const key of Object.keys(into) as (keyof T)[]) {
    const own = into[key];
    const other = more[key];
    if (typeof own === 'number') Object.assign(into, { [key]: own + (other as number) });
    else if (typeof own === 'object' && own !== null) addCounts(own, other as typeof own);
  }
  return into;
}

/** Splits `total` as `weights` say, exactly: what is rounded off one part is in the next. */
export function apportion(total: number, weights: ByOrigin): ByOrigin {
  const all = sumOf(weights);
  const parts = noOrigins();
  if (all === 0) return { ...parts, new: total };
  let before = 0;
  let given = 0;
  for (const origin of ORIGINS) {
    before += weights[origin];
    const upTo = Math.round(total * (before / all));
    parts[origin] = upTo - given;
    given = upTo;
  }
  return parts;
}

/** Without the zeros, for the manifest. */
export function sparse(counts: object): Record<string, unknown> {
  const entries = Object.entries(counts).flatMap(([key, value]): [string, unknown][] => {
    if (typeof value === 'number') return value === 0 ? [] : [[key, value]];
    const inner = sparse(value as object);
    return Object.keys(inner).length === 0 ? [] : [[key, inner]];
  });
  return Object.fromEntries(entries);
}

/** The opposite; what is no count is passed over. */
export function countsOf(kept: unknown): TableCounts {
  return filled(noCounts(), kept);
}

export function filled<T extends object>(into: T, kept: unknown): T {
  if (typeof kept !== 'object' || kept === null) return into;
  const values = new Map(Object.entries(kept));
  for (const [key, own] of Object.entries(into)) {
    const value: unknown = values.get(key);
    if (typeof own === 'object' && own !== null) filled(own, value);
    else if (typeof value === 'number') Object.assign(into, { [key]: value });
  }
  return into;
}
