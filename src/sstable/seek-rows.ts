/**
 * Where reading a large partition may begin when its first rows are not wanted, by its row index (in
 * Index.db, or Rows.db). An index has no checksum, so what it says is held against Data.db: a row or
 * marker begins there, the one before it is below what is wanted, and the range deletion that is open
 * there leads to the one that the index has for the next block.
 */
import { ByteReader, ByteWriter, NeedMoreBytes } from '../binary/index.js';
import {
  type IndexDeletion,
  parsePromotedIndex,
  RowFlag,
  RowReader,
  readBound,
  readClusteringValues,
  type Unfiltered,
} from '../components/index.js';
import {
  ClusteringKind,
  type ClusteringPrefix,
  clusteringComparator,
  writeComparableClustering,
} from '../cql/index.js';
import { isSstashError, type SstashError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { contradiction } from './index-scan.js';
import { readPartition } from './read-partition.js';
import { seekEntry, seekPlace } from './seek.js';
import type { SSTable } from './sstable.js';

/** The head of most rows. */
const HEAD_BYTES = 512;

export interface RowsPlace {
  /** Start of a row or marker in the stream; all before it are below what is wanted. */
  readonly inside: number;
  /** The range deletion in effect there. */
  readonly open: IndexDeletion | null;
}

/** A block as the index has it; positions count from the partition's start. */
interface Block {
  readonly position: number;
  readonly offset: number;
  readonly open: IndexDeletion | null;
  /** The next block; null: the end of the partition. */
  readonly next: { readonly offset: number; readonly open: IndexDeletion | null } | null;
}

/**
 * The place in partition `key` for what is at `from` or behind; null where reading begins at the
 * partition's head, and where there is no such partition. Throws SSTABLE_CORRUPT where index and
 * Data.db contradict each other, and what `SSTable.seek` throws.
 */
export async function seekRows(
  sstable: SSTable,
  key: Uint8Array,
  from: ClusteringPrefix,
): Promise<RowsPlace | null> {
  const block = await (sstable.version.format === 'bti'
    ? blockByTrie(sstable, key, from)
    : blockByNames(sstable, key, from));
  if (block === null) return null;
  const inside = block.position + block.offset;
  if (!(await verifiedStart(sstable, block, from))) return null;
  await verifyOpen(sstable, block);
  return { inside, open: block.open };
}

async function blockByNames(sstable: SSTable, key: Uint8Array, from: ClusteringPrefix) {
  const entry = await seekEntry(sstable, key);
  if (entry === null || entry.promoted === null) return null;
  const { header, version } = sstable;
  const where = { file: sstable.componentPath('Index.db'), component: 'Index.db' };
  const { promoted, promotedPosition, dataPosition: position } = entry;
  const { blocks } = parsePromotedIndex(promoted, header, version, promotedPosition, where);
  const compare = clusteringComparator(header.clusteringTypes);
  const found = blocks.findIndex(({ last }) => compare(last, from) >= 0);
  const at = found < 0 ? blocks.length - 1 : found;
  const [before, block, after] = [blocks[at - 1], blocks[at], blocks[at + 1]];
  if (before === undefined || block === undefined) return null;
  const next = after === undefined ? null : { offset: after.offset, open: block.openMarker };
  return { position, offset: block.offset, open: before.openMarker, next };
}

async function blockByTrie(sstable: SSTable, key: Uint8Array, from: ClusteringPrefix) {
  const place = await seekPlace(sstable, key);
  if (place === null || place.rows === null) return null;
  const index = await sstable.partitionIndex();
  const w = new ByteWriter();
  writeComparableClustering(w, sstable.header.clusteringTypes, from);
  const { at, next } = await index.rowEntries(place.rows, w.view());
  const end = await index.endOffset(place.rows);
  // Behind the last row there is nothing to hold the index against.
  if (next === null || at.offset === end) return null;
  const first = await index.firstOffset(place.rows);
  if (at.offset === first) return null;
  return { position: place.dataPosition, ...at, next: next.offset === end ? null : next };
}

/** What is wrong with the block is wrong with the index. */
function damage(sstable: SSTable, { position, offset }: Block, message: string): SstashError {
  const component = sstable.version.format === 'bti' ? 'Rows.db' : 'Index.db';
  const where = `the block at ${offset} of the partition at ${position}`;
  return contradiction(sstable, component, `${where} ${message}`);
}

/**
 * Throws unless a row or marker begins where the block does and the one before it is below `from`.
 * False: the rows do not tell where the one before it begins.
 */
async function verifiedStart(
  sstable: SSTable,
  block: Block,
  from: ClusteringPrefix,
): Promise<boolean> {
  const { position, offset } = block;
  const previous = await previousSize(sstable, block);
  if (previous === 0) return false;
  if (previous > offset) throw damage(sstable, block, 'begins at no row');
  const before = await rowAt(sstable, block, position + offset - previous, previous);
  const compare = clusteringComparator(sstable.header.clusteringTypes);
  const kind = before.type === 'row' ? ClusteringKind.row : before.kind;
  if (compare({ kind, values: before.clustering }, from) < 0) return true;
  throw damage(sstable, block, 'begins behind rows that are looked for');
}

/** The row or marker at `start`, which must have `size` bytes. */
async function rowAt(
  sstable: SSTable,
  block: Block,
  start: number,
  size: number,
): Promise<Unfiltered> {
  const bytes = await sstable.readData(start, size);
  const rows = new RowReader(sstable.header, sstable.version);
  rows.startInside();
  const r = new ByteReader(bytes, { base: start, complete: false });
  try {
    const item = rows.readNext(r);
    if (item.type !== 'end' && r.remaining === 0) return item;
  } catch (error) {
    if (!(error instanceof NeedMoreBytes) && !isSstashError(error)) throw error;
  }
  throw damage(sstable, block, 'does not begin behind a row');
}

/** What the first row of the block says about the size of the one before it. */
async function previousSize(sstable: SSTable, block: Block): Promise<number> {
  const start = block.position + block.offset;
  const most = sstable.dataLength - start;
  for (let wanted = HEAD_BYTES; ; wanted *= 16) {
    const bytes = await sstable.readData(start, Math.max(0, Math.min(wanted, most)));
    try {
      return readPreviousSize(sstable, new ByteReader(bytes, { base: start, complete: false }));
    } catch (error) {
      const isCut = error instanceof NeedMoreBytes && bytes.length === wanted;
      if (isCut && wanted < LIMITS.rowBytesMax) continue;
      if (!(error instanceof NeedMoreBytes) && !isSstashError(error)) throw error;
      throw damage(sstable, block, 'begins at no row');
    }
  }
}

function readPreviousSize({ header }: SSTable, r: ByteReader): number {
  const { clusteringTypes: types } = header;
  const flags = r.u8();
  if ((flags & RowFlag.endOfPartition) !== 0) throw r.corrupt('the partition ends here');
  if ((flags & RowFlag.isMarker) !== 0) {
    readBound(r, types);
  } else {
    if ((flags & RowFlag.extension) !== 0) r.skip(1);
    readClusteringValues(r, types, types.length);
  }
  r.uvint('size');
  return r.uvint('previous size');
}

/** Throws unless the deletions of the index and the markers between them agree. */
async function verifyOpen(sstable: SSTable, block: Block): Promise<void> {
  const { position, offset, next } = block;
  const end = next === null ? Infinity : position + next.offset;
  let open = block.open;
  let isReached = next === null;
  for await (const item of unfilteredsFrom(sstable, position, position + offset)) {
    if (item.position >= end) {
      isReached ||= item.position === end;
      break;
    }
    if (item.type === 'row') continue;
    const { kind, deletion, openingDeletion } = item;
    const isEnd = kind === ClusteringKind.exclEnd || kind === ClusteringKind.inclEnd;
    if ((isEnd || openingDeletion !== null) && !same(open, deletion)) {
      throw damage(sstable, block, 'has another open range deletion than its rows');
    }
    open = isEnd ? null : (openingDeletion ?? deletion);
  }
  if (!isReached) throw damage(sstable, block, 'is followed by one that begins at no row');
  if (same(open, next?.open ?? null)) return;
  throw damage(sstable, block, 'has another open range deletion than the next one');
}

async function* unfilteredsFrom(
  sstable: SSTable,
  position: number,
  inside: number,
): AsyncGenerator<Unfiltered, void, undefined> {
  for await (const { unfiltereds } of readPartition(sstable, position, { inside })) {
    yield* unfiltereds;
  }
}

function same(a: IndexDeletion | null, b: IndexDeletion | null): boolean {
  if (a === null || b === null) return a === b;
  return a.markedForDeleteAt === b.markedForDeleteAt && a.localDeletionTime === b.localDeletionTime;
}
