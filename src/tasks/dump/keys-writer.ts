/**
 * Only the partition keys: as arrays of their parts, all in one array as `sstabledump -e` has them or
 * one on each line; or as text, parts joined by `:`, one on each line.
 */
import type { PartitionHead } from '../../components/index.js';
import { keyText, keyTexts, quoteJson } from '../../cql/index.js';
import { dumpDialect } from './dialect.js';
import { plainLine } from './json-text.js';
import type { DumpStyle, DumpWriter } from './row-writer.js';

export type KeysFormat = 'keys' | 'keys-jsonl' | 'keys-text';

export class KeysWriter implements DumpWriter {
  started = false;
  readonly #style: DumpStyle;
  readonly #format: KeysFormat;

  constructor(style: DumpStyle, format: KeysFormat) {
    this.#style = style;
    this.#format = format;
  }

  begin(head: PartitionHead): string {
    const { header, dialect } = this.#style;
    if (this.#format === 'keys-text') {
      const { texts } = dumpDialect(dialect);
      return `${plainLine(keyText(header.keyType, head.key, texts))}\n`;
    }
    const isLine = this.#format === 'keys-jsonl';
    // Lines are of one shape for all versions, as those of rows are.
    const { texts } = dumpDialect(isLine ? '4' : dialect);
    const parts = keyTexts(header.keyType, head.key, texts).map(quoteJson);
    return isLine ? `[${parts.join(',')}]\n` : `,\n  [ ${parts.join(', ')} ]`;
  }

  unfiltered(): string {
    this.started = true;
    return '';
  }

  end(): string {
    return '';
  }
}
