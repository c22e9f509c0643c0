/** Worker side of a backup: one range of an SSTable's rows, all of it in one answer. */
import { loadCompressor } from '../codec/index.js';
import {
  formatVersion,
  headerBytes,
  type PartitionBatch,
  parseStatistics,
} from '../components/index.js';
import type { ErrorDetails } from '../errors.js';
import { openFile } from '../io/index.js';
import type { RunRule } from '../merkle/index.js';
import { BlockReader, type BlockSpec } from './block-layout.js';
import type { ChunkerOptions } from './chunk-batch.js';
import {
  encodeRange,
  type RangePiece,
  type RangeSource,
  type RangeSummary,
} from './encode-range.js';
import type { RangeMatch } from './match/index.js';
import { type AnswerRooms, transferable } from './rooms.js';

export interface RowsTask {
  readonly dataPath: string;
  readonly format: string;
  readonly version: string;
  /** Bytes of Statistics.db. */
  readonly statistics: Uint8Array;
  readonly blocks: BlockSpec;
  readonly from: number;
  readonly to: number;
  readonly rule: RunRule;
  readonly chunker: ChunkerOptions;
  /** Memory for the answer. */
  readonly rooms?: AnswerRooms;
  readonly columnIndexSize: number | null;
  /** What the range is matched with; not for one that comes in pieces. */
  readonly match?: RangeMatch;
  /** The blocks are kept as they are; only where there is nothing to match with. */
  readonly asSlab: boolean;
}

export interface RowsResult extends RangePiece {
  readonly summary: RangeSummary;
}

/** A range too large for one answer is encoded where its pieces can be taken one by one. */
export const ANSWER_NATIVE_BYTES_MAX = 24 * 1024 * 1024;

export async function encodeWholeRange(task: RowsTask, signal?: AbortSignal): Promise<RowsResult> {
  const pieces = encodePieces(task, Number.POSITIVE_INFINITY, signal);
  let last: RangePiece | undefined;
  for (;;) {
    const next = await pieces.next();
    if (next.done === true) {
      if (last === undefined) throw new TypeError('a range has a last piece');
      return { ...last, summary: next.value };
    }
    last = next.value;
  }
}

/** Buffers of what partitions say to index components that may be transferred. */
export function factBuffers(partitions: PartitionBatch | null): ArrayBuffer[] {
  if (partitions === null) return [];
  const { entries, starts } = partitions;
  return [...new Set([entries, starts].flatMap(transferable))];
}

/** The pieces of a range; each holds about `pieceBytes` of chunks. */
export async function* encodePieces(
  task: RowsTask,
  pieceBytes: number,
  signal?: AbortSignal,
): AsyncGenerator<RangePiece, RangeSummary, undefined> {
  const { from, to, chunker, rule } = task;
  const where: ErrorDetails = { file: task.dataPath, component: 'Data.db' };
  const file = await openFile(task.dataPath);
  try {
    if (task.blocks.compression !== null) await loadCompressor(task.blocks.compression.compressor);
    const version = formatVersion(task.format, task.version);
    const statistics = parseStatistics(task.statistics, version);
    const { header, liveComplexDeletionTime } = statistics;
    const walker = { header, version, liveComplexDeletionTime };
    const source: RangeSource = {
      file,
      blocks: new BlockReader(task.blocks, where),
      walker,
      where,
      keepsBlocks: task.asSlab,
    };
    const rooms = task.rooms === undefined ? {} : { rooms: task.rooms };
    const match = task.match === undefined ? {} : { match: task.match };
    const { columnIndexSize, asSlab } = task;
    const { format, version: letters } = task;
    const rows = { header: headerBytes(task.statistics, statistics), liveComplexDeletionTime };
    const slab = asSlab ? { slab: { format, version: letters, ...rows } } : {};
    const given = { ...rooms, ...match, ...slab };
    const options = { from, to, chunker, rule, pieceBytes, columnIndexSize, ...given };
    return yield* encodeRange(source, signal === undefined ? options : { ...options, signal });
  } finally {
    await file.close();
  }
}
