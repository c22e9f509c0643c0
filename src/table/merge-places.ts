/** Records of several SSTables gathered by place, in order; memory is one batch per SSTable. */
import type { Side, ZoneSpan } from '../merkle/index.js';
import type { LeafSource, OpenedTable, PlacedRecord } from './leaf-source.js';
import type { PlaceOrder } from './place-order.js';
import { RecordCursor } from './record-cursor.js';

/** What one SSTable says about a place. */
export interface Version {
  readonly side: Side;
  /** Index of the SSTable in its side. */
  readonly source: number;
  readonly placed: PlacedRecord;
}

export type Tables = Readonly<Record<Side, OpenedTable>>;

/** The source `index` of `side`; a TypeError when the table has trees only. */
export function sourceOf(tables: Tables, side: Side, index: number): LeafSource {
  const source = tables[side].sources?.[index];
  if (source === undefined) throw new TypeError(`no rows behind tree ${index}`);
  return source;
}

interface Input {
  readonly side: Side;
  readonly source: number;
  readonly cursor: RecordCursor;
}

function inputsOf(tables: Tables, spans: readonly ZoneSpan[], signal?: AbortSignal): Input[] {
  const bySource = new Map<LeafSource, ZoneSpan[]>();
  for (const span of spans) {
    const source = sourceOf(tables, span.side, span.tree);
    bySource.set(source, [...(bySource.get(source) ?? []), span]);
  }
  return [...bySource].flatMap(([source, own]): Input[] => {
    const [first] = own;
    if (first === undefined) return [];
    own.sort((a, b) => a.firstLeaf - b.firstLeaf);
    const cursor = new RecordCursor(source, own, signal);
    return [{ side: first.side, source: first.tree, cursor }];
  });
}

/** Places that are handed over together: a step of an async generator costs as much as a place. */
const BATCH_PLACES = 256;

/** All that `spans` say, in batches of places; each place once, with one version per SSTable. */
export async function* mergePlaces(
  tables: Tables,
  spans: readonly ZoneSpan[],
  order: PlaceOrder,
  signal?: AbortSignal,
): AsyncGenerator<readonly (readonly Version[])[], void> {
  const inputs = inputsOf(tables, spans, signal);
  try {
    for (const { cursor } of inputs) await cursor.fill();
    let batch: Version[][] = [];
    for (;;) {
      const least = leastOf(inputs, order);
      if (least === null) break;
      const versions: Version[] = [];
      for (const { side, source, cursor } of inputs) {
        const placed = cursor.current;
        if (placed === null || order.records(placed, least) !== 0) continue;
        versions.push({ side, source, placed });
        if (!cursor.next()) await cursor.fill();
      }
      batch.push(versions);
      if (batch.length < BATCH_PLACES) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  } finally {
    for (const { cursor } of inputs) await cursor.close();
  }
}

function leastOf(inputs: readonly Input[], order: PlaceOrder): PlacedRecord | null {
  let least: PlacedRecord | null = null;
  for (const { cursor } of inputs) {
    const { current } = cursor;
    if (current === null) continue;
    if (least === null || order.records(current, least) < 0) least = current;
  }
  return least;
}
