/**
 * One JSON document per line: the static row, each row and each range tombstone marker with the key
 * of its partition and its token, and a line of its own for a partition deletion. Each line can be
 * understood, sorted and joined without the others. Fields are those of sstabledump; a counter's
 * value is its total instead of the bytes that sstabledump shows.
 */
import { isEmptyRow } from '../../canonical/index.js';
import type {
  Cell,
  Liveness,
  Marker,
  PartitionHead,
  Row,
  Unfiltered,
} from '../../components/index.js';
import { type CqlType, counterTotal } from '../../cql/index.js';
import { type ColumnText, ColumnTexts } from './column-texts.js';
import { dumpDialect } from './dialect.js';
import { TimeText } from './json-text.js';
import { type Deletion, endOfHead, isTombstone, markerBounds, NO_TIMESTAMP } from './row-facts.js';
import type { DumpStyle, DumpWriter } from './row-writer.js';

export class LinesWriter implements DumpWriter {
  started = false;
  readonly #style: DumpStyle;
  readonly #times: TimeText;
  readonly #texts: ColumnTexts;
  /** Beginning of each line of the current partition. */
  #line = '';

  constructor(style: DumpStyle) {
    this.#style = style;
    this.#times = new TimeText(style);
    this.#texts = new ColumnTexts(style.header, dumpDialect('4'), (name) => `{"name":${name}`);
  }

  begin(head: PartitionHead): string {
    const { sstable } = this.#style;
    const name = sstable === null ? '' : `"sstable":${JSON.stringify(sstable)},`;
    this.#line = `{${name}"key":[${this.#texts.key(head.key).join(',')}],"type":`;
    let text = '';
    if (head.deletion !== null) {
      text += `${this.#line}"partition","position":${head.position},`;
      text += `${this.#deletion(head.deletion)}}\n`;
    }
    const { staticRow } = head;
    if (staticRow !== null && !isEmptyRow(staticRow)) {
      text += this.#row(staticRow, 'static_block', endOfHead(head));
    }
    return text;
  }

  unfiltered(item: Unfiltered): string {
    this.started = true;
    return item.type === 'row' ? this.#row(item, 'row', item.position) : this.#marker(item);
  }

  end(): string {
    return '';
  }

  #deletion(deletion: Deletion): string {
    const marked = this.#times.micros(deletion.markedForDeleteAt);
    const local = this.#times.localText(deletion.localDeletionTime);
    return `"deletion_info":{"marked_deleted":${marked},"local_delete_time":${local}}`;
  }

  #row(row: Row, type: string, position: number): string {
    let text = `${this.#line}"${type}","position":${position}`;
    if (type === 'row' && row.clustering.length > 0) {
      text += `,"clustering":[${this.#texts.clustering(row.clustering).join(',')}]`;
    }
    const { liveness } = row;
    const live = liveness !== null && liveness.timestamp !== NO_TIMESTAMP ? liveness : null;
    if (live !== null) {
      text += `,"liveness_info":{"tstamp":${this.#times.micros(live.timestamp)}`;
      if (live.ttl !== 0) text += this.#expiry(live.ttl, live.localExpirationTime);
      text += '}';
    }
    if (row.deletion !== null) text += `,${this.#deletion(row.deletion)}`;
    const cells: string[] = [];
    for (const data of row.columns) {
      const column = this.#texts.column(data.column);
      if (data.complexDeletion !== null) {
        cells.push(`${column.start},${this.#deletion(data.complexDeletion)}}`);
      }
      for (const cell of data.cells) cells.push(this.#cell(cell, live, column, data.column.type));
    }
    return `${text},"cells":[${cells.join(',')}]}\n`;
  }

  #expiry(ttl: number, expires: number): string {
    const expired = this.#style.now >= this.#times.local(expires);
    return `,"ttl":${ttl},"expires_at":${this.#times.localText(expires)},"expired":${expired}`;
  }

  #cell(cell: Cell, live: Liveness | null, column: ColumnText, type: CqlType): string {
    let text = column.start;
    if (cell.path !== null) text += `,"path":[${column.path(cell.path)}]`;
    if (isTombstone(cell)) {
      const local = this.#times.localText(cell.localDeletionTime);
      text += `,"deletion_info":{"local_delete_time":${local}}`;
    } else if (type.kind === 'counter') {
      text += `,"value":${counterTotal(type, cell.value)}`;
    } else {
      text += `,"value":${column.value(cell)}`;
    }
    if (live === null || cell.timestamp !== live.timestamp) {
      text += `,"tstamp":${this.#times.micros(cell.timestamp)}`;
    }
    const expires = cell.localDeletionTime;
    if (cell.ttl !== 0 && expires !== null && expires !== live?.localExpirationTime) {
      text += this.#expiry(cell.ttl, expires);
    }
    return `${text}}`;
  }

  #marker(marker: Marker): string {
    const bounds = markerBounds(marker);
    const type = bounds.length === 1 ? 'range_tombstone_bound' : 'range_tombstone_boundary';
    let text = `${this.#line}"${type}","position":${marker.position}`;
    for (const bound of bounds) {
      text += `,"${bound.side}":{"type":"${bound.inclusion}"`;
      if (marker.clustering.length > 0) {
        text += `,"clustering":[${this.#texts.clustering(marker.clustering).join(',')}]`;
      }
      text += `,${this.#deletion(bound.deletion)}}`;
    }
    return `${text}}\n`;
  }
}
