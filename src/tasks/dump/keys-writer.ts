/** Only the partition keys, each as an array of its parts: `sstabledump -e`. */
import type { PartitionHead } from '../../components/index.js';
import { keyTexts } from '../../cql/index.js';
import { dumpDialect } from './dialect.js';
import { jsonString } from './json-text.js';
import type { DumpStyle, DumpWriter } from './row-writer.js';

export class KeysWriter implements DumpWriter {
  started = false;
  readonly #style: DumpStyle;

  constructor(style: DumpStyle) {
    this.#style = style;
  }

  begin(head: PartitionHead): string {
    const { header, dialect } = this.#style;
    const { texts } = dumpDialect(dialect);
    const parts = keyTexts(header.keyType, head.key, texts).map(jsonString);
    return `,\n  [ ${parts.join(', ')} ]`;
  }

  unfiltered(): string {
    this.started = true;
    return '';
  }

  end(): string {
    return '';
  }
}
