/**
 * Rows in the JSON of Cassandra's `sstabledump`, line breaks included:
 *
 *   {
 *     "table kind" : "REGULAR",                        Cassandra 5.0 and later
 *     "partition" : { "key" : [ … ], "position" : n, "deletion_info" : { … } },
 *     "rows" : [ static_block, row, range_tombstone_bound, range_tombstone_boundary … ]
 *   }
 *
 * Every partition begins with a comma, which whoever prints the array takes off the first one.
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
import { ColumnTexts } from './column-texts.js';
import { type DumpDialect, dumpDialect } from './dialect.js';
import { TimeText } from './json-text.js';
import {
  type Deletion,
  endOfHead,
  isTombstone,
  type MarkerBound,
  markerBounds,
  NO_TIMESTAMP,
} from './row-facts.js';
import type { DumpStyle, DumpWriter } from './row-writer.js';

const CELL = '\n          ';

export class SstabledumpWriter implements DumpWriter {
  started = false;
  readonly #style: DumpStyle;
  readonly #times: TimeText;
  readonly #texts: ColumnTexts;
  readonly #dialect: DumpDialect;
  /** What stands before the first row and cannot be printed before that is read. */
  #staticRow: Row | null = null;
  readonly #readsAhead: boolean;

  constructor(style: DumpStyle) {
    this.#style = style;
    this.#times = new TimeText(style);
    this.#dialect = dumpDialect(style.dialect);
    this.#readsAhead = this.#dialect.firstRowIsReadAhead && !style.tombstonesOnly;
    this.#texts = new ColumnTexts(style.header, this.#dialect, (name) => `{ "name" : ${name}`);
  }

  begin(head: PartitionHead): string {
    const { tableKind, sstable } = this.#style;
    const isStart = this.#dialect.partitionPosition === 'start';
    const position = isStart ? head.position : endOfHead(head);
    this.started = false;
    let text = ',\n  {\n';
    if (sstable !== null) text += `    "sstable" : ${JSON.stringify(sstable)},\n`;
    if (tableKind !== null) text += `    "table kind" : "${tableKind}",\n`;
    text += `    "partition" : {\n      "key" : [ ${this.#texts.key(head.key).join(', ')} ],\n`;
    text += `      "position" : ${position}`;
    if (head.deletion !== null) text += `,\n      ${this.#deletion(head.deletion)}`;
    text += '\n    },\n    "rows" : [';
    const { staticRow } = head;
    this.#staticRow = staticRow !== null && !isEmptyRow(staticRow) ? staticRow : null;
    return this.#readsAhead ? text : text + this.#static(endOfHead(head));
  }

  unfiltered(item: Unfiltered): string {
    const isFirst = this.#readsAhead && !this.started;
    const position = isFirst ? item.position + item.size : item.position;
    const before = isFirst ? this.#static(position) : '';
    return before + (item.type === 'row' ? this.#row(item, 'row', position) : this.#marker(item));
  }

  end(position: number): string {
    const before = this.#readsAhead && !this.started ? this.#static(position + 1) : '';
    return before + (this.started ? '\n    ]\n  }' : ' ]\n  }');
  }

  #static(position: number): string {
    return this.#staticRow === null ? '' : this.#row(this.#staticRow, 'static_block', position);
  }

  #open(): string {
    const comma = this.started ? ',' : '';
    this.started = true;
    return `${comma}\n      {\n        "type" : `;
  }

  #deletion(deletion: Deletion): string {
    const marked = this.#times.micros(deletion.markedForDeleteAt);
    const local = this.#times.localText(deletion.localDeletionTime);
    return `"deletion_info" : { "marked_deleted" : ${marked}, "local_delete_time" : ${local} }`;
  }

  #row(row: Row, type: string, position: number): string {
    let text = `${this.#open()}"${type}",\n        "position" : ${position}`;
    const { liveness } = row;
    if (type === 'row' && row.clustering.length > 0) {
      text += `,\n        "clustering" : [ ${this.#texts.clustering(row.clustering).join(', ')} ]`;
    }
    const live = liveness !== null && liveness.timestamp !== NO_TIMESTAMP ? liveness : null;
    if (live !== null) text += `,\n        ${this.#liveness(live)}`;
    if (row.deletion !== null) text += `,\n        ${this.#deletion(row.deletion)}`;
    const cells = this.#cells(row, live);
    const array = cells === '' ? '[ ]' : `[${cells}\n        ]`;
    return `${text},\n        "cells" : ${array}\n      }`;
  }

  #liveness(liveness: Liveness): string {
    let text = `"liveness_info" : { "tstamp" : ${this.#times.micros(liveness.timestamp)}`;
    if (liveness.ttl !== 0) {
      const expires = liveness.localExpirationTime;
      text += `, "ttl" : ${liveness.ttl}, "expires_at" : ${this.#times.localText(expires)}`;
      text += `, "expired" : ${this.#times.local(expires) < this.#style.now}`;
    }
    return `${text} }`;
  }

  #cells(row: Row, live: Liveness | null): string {
    let text = '';
    for (const data of row.columns) {
      const column = this.#texts.column(data.column);
      if (data.complexDeletion !== null) {
        text += text === '' ? CELL : `,${CELL}`;
        text += `${column.start}, ${this.#deletion(data.complexDeletion)} }`;
      }
      for (const cell of data.cells) {
        text += text === '' ? CELL : `,${CELL}`;
        text += column.start;
        if (cell.path !== null) text += `, "path" : [ ${column.path(cell.path)} ]`;
        text += this.#cell(cell, live, column.value);
      }
    }
    return text;
  }

  /** The rest of a cell after its name and path; after a deletion each field has its own line. */
  #cell(cell: Cell, live: Liveness | null, value: (cell: Cell) => string): string {
    const deleted = isTombstone(cell);
    const next = deleted ? `,${CELL}  ` : ', ';
    let text = deleted
      ? `, "deletion_info" : { "local_delete_time" : ${this.#times.localText(cell.localDeletionTime)} }`
      : `, "value" : ${value(cell)}`;
    if (live === null || cell.timestamp !== live.timestamp) {
      text += `${next}"tstamp" : ${this.#times.micros(cell.timestamp)}`;
    }
    const expires = cell.localDeletionTime;
    if (cell.ttl !== 0 && expires !== null && (live === null || cell.ttl !== live.ttl)) {
      text += `${next}"ttl" : ${cell.ttl}${next}"expires_at" : ${this.#times.localText(expires)}`;
      text += `${next}"expired" : ${this.#style.now >= this.#times.local(expires)}`;
    }
    return deleted ? `${text}${CELL}}` : `${text} }`;
  }

  #marker(marker: Marker): string {
    const bounds = markerBounds(marker);
    const type = bounds.length === 1 ? 'range_tombstone_bound' : 'range_tombstone_boundary';
    let text = `${this.#open()}"${type}"`;
    for (const bound of bounds) text += this.#bound(bound, marker.clustering);
    return `${text}\n      }`;
  }

  #bound(bound: MarkerBound, clustering: Marker['clustering']): string {
    const inner = ',\n          ';
    let text = `,\n        "${bound.side}" : {\n          "type" : "${bound.inclusion}"`;
    if (clustering.length > 0) {
      text += `${inner}"clustering" : [ ${this.#texts.clustering(clustering).join(', ')} ]`;
    }
    return `${text}${inner}${this.#deletion(bound.deletion)}\n        }`;
  }
}
