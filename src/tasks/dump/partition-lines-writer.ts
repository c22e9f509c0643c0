/** The JSON of `sstabledump` with one partition per line and no blanks: `sstabledump -l`. */
import type { PartitionHead, Unfiltered } from '../../components/index.js';
import { compact } from './json-text.js';
import type { DumpStyle, DumpWriter } from './row-writer.js';
import { SstabledumpWriter } from './sstabledump-writer.js';

export class PartitionLinesWriter implements DumpWriter {
  readonly #inner: SstabledumpWriter;

  constructor(style: DumpStyle) {
    this.#inner = new SstabledumpWriter(style);
  }

  get started(): boolean {
    return this.#inner.started;
  }

  set started(value: boolean) {
    this.#inner.started = value;
  }

  begin(head: PartitionHead): string {
    // The comma before each partition of the array.
    return compact(this.#inner.begin(head)).slice(1);
  }

  unfiltered(item: Unfiltered): string {
    return compact(this.#inner.unfiltered(item));
  }

  end(position: number): string {
    return `${compact(this.#inner.end(position))}\n`;
  }
}
