/**
 * One line per row or marker for people, in the manner of `sstabledump -d`:
 *
 *   [key]@position Row[info=[ts=…] del=…]: clustering | [column=value ts=…], [column=<tombstone> …]
 *   [key]@position Marker INCL_START_BOUND(2)@write time/local deletion time
 *   [key]@position deletedAt=…, localDeletion=…
 */
import { isEmptyRow } from '../../canonical/index.js';
import type {
  Cell,
  ColumnData,
  Marker,
  PartitionHead,
  Row,
  Unfiltered,
} from '../../components/index.js';
import { counterTotal, keyTexts } from '../../cql/index.js';
import { KIND_NAMES } from './annotate-names.js';
import { ColumnTexts } from './column-texts.js';
import { dumpDialect } from './dialect.js';
import { TimeText } from './json-text.js';
import { type Deletion, endOfHead, isTombstone } from './row-facts.js';
import type { DumpStyle, DumpWriter } from './row-writer.js';

/** Text that must not break its line or its brackets. */
function plain(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}

export class TextWriter implements DumpWriter {
  started = false;
  readonly #style: DumpStyle;
  readonly #times: TimeText;
  readonly #texts: ColumnTexts;
  #key = '';

  constructor(style: DumpStyle) {
    this.#style = style;
    this.#times = new TimeText(style.rawTime);
    this.#texts = new ColumnTexts(style.header, dumpDialect('4'), (name) => JSON.parse(name));
  }

  begin(head: PartitionHead): string {
    const { header, sstable } = this.#style;
    const key = keyTexts(header.keyType, head.key).map(plain).join(':');
    this.#key = `${sstable === null ? '' : `${sstable} `}[${key}]@`;
    let text = '';
    if (head.deletion !== null) {
      text += `${this.#key}${head.position} ${this.#deletion(head.deletion)}\n`;
    }
    const { staticRow } = head;
    if (staticRow !== null && !isEmptyRow(staticRow)) {
      text += this.#row(staticRow, 'STATIC', endOfHead(head));
    }
    return text;
  }

  unfiltered(item: Unfiltered): string {
    this.started = true;
    if (item.type === 'marker') return this.#marker(item);
    return this.#row(item, this.#texts.clustering(item.clustering).join(', '), item.position);
  }

  end(): string {
    return '';
  }

  #micros(micros: bigint): string {
    return this.#times.micros(micros).slice(1, -1);
  }

  #seconds(seconds: number): string {
    const signed = this.#style.signedDeletionTimes ? seconds | 0 : seconds;
    return this.#times.seconds(signed).slice(1, -1);
  }

  #deletion(deletion: Deletion): string {
    const { markedForDeleteAt, localDeletionTime } = deletion;
    const local = this.#seconds(localDeletionTime);
    return `deletedAt=${this.#micros(markedForDeleteAt)}, localDeletion=${local}`;
  }

  #row(row: Row, clustering: string, position: number): string {
    const info: string[] = [];
    if (row.liveness !== null) {
      const { timestamp, ttl, localExpirationTime } = row.liveness;
      const expiry = ttl === 0 ? '' : ` ttl=${ttl}, let=${this.#seconds(localExpirationTime)}`;
      info.push(`info=[ts=${this.#micros(timestamp)}${expiry}]`);
    }
    if (row.deletion !== null) info.push(`del=${this.#deletion(row.deletion)}`);
    const cells = row.columns.flatMap((data) => this.#cells(data)).join(', ');
    return `${this.#key}${position} Row[${info.join(' ')}]: ${clustering} | ${cells}\n`;
  }

  #cells(data: ColumnData): string[] {
    const column = this.#texts.column(data.column);
    const texts: string[] = [];
    if (data.complexDeletion !== null) {
      texts.push(`[${column.start} del=${this.#deletion(data.complexDeletion)}]`);
    }
    for (const cell of data.cells) {
      const path = cell.path === null ? '' : `[${column.path(cell.path)}]`;
      const { type } = data.column;
      const value = isTombstone(cell)
        ? '<tombstone>'
        : type.kind === 'counter'
          ? counterTotal(type, cell.value)
          : column.value(cell);
      texts.push(`[${column.start}${path}=${value} ${this.#cellTimes(cell)}]`);
    }
    return texts;
  }

  #cellTimes(cell: Cell): string {
    const { timestamp, ttl, localDeletionTime } = cell;
    const written = `ts=${this.#micros(timestamp)}`;
    if (localDeletionTime === null) return written;
    const deleted = `ldt=${this.#seconds(localDeletionTime)}`;
    return ttl === 0 ? `${written} ${deleted}` : `${written} ttl=${ttl} ${deleted}`;
  }

  #marker(marker: Marker): string {
    const { deletion, openingDeletion } = marker;
    const clustering = this.#texts.clustering(marker.clustering).filter((text) => text !== '"*"');
    const times = [deletion, ...(openingDeletion === null ? [] : [openingDeletion])].map(
      (each) => `${this.#micros(each.markedForDeleteAt)}/${this.#seconds(each.localDeletionTime)}`,
    );
    const bound = `${KIND_NAMES[marker.kind] ?? marker.kind}(${clustering.join(', ')})`;
    return `${this.#key}${marker.position} Marker ${bound}@${times.join('-')}\n`;
  }
}
