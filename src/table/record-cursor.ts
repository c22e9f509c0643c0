/** One SSTable's records in order, one at a time. */
import type { LeafSpan } from '../merkle/index.js';
import type { LeafSource, PlacedRecord } from './leaf-source.js';

export class RecordCursor {
  readonly #batches: AsyncGenerator<readonly PlacedRecord[], void>;
  #batch: readonly PlacedRecord[] = [];
  #at = 0;
  /** The record the cursor stands at, null before the first `fill` and at the end. */
  current: PlacedRecord | null = null;

  constructor(source: LeafSource, spans: readonly LeafSpan[], signal?: AbortSignal) {
    this.#batches = readSpans(source, spans, signal);
  }

  /** Moves on; false when `fill` must be awaited before `current` is right. */
  next(): boolean {
    this.#at++;
    this.current = this.#batch[this.#at] ?? null;
    return this.current !== null;
  }

  /** Reads the next batch; `current` is its first record, or null at the end. */
  async fill(): Promise<void> {
    const next = await this.#batches.next();
    this.#batch = next.done === true ? [] : next.value;
    this.#at = 0;
    this.current = this.#batch[0] ?? null;
  }

  async close(): Promise<void> {
    await this.#batches.return();
  }
}

async function* readSpans(
  source: LeafSource,
  spans: readonly LeafSpan[],
  signal?: AbortSignal,
): AsyncGenerator<readonly PlacedRecord[], void> {
  for (const span of spans) yield* source.read(span, signal);
}
