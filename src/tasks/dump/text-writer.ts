/**
 * One line per row or marker for people: the lines of `sstabledump -d`, with dates instead of numbers
 * unless raw times are asked for, and without line breaks inside values.
 *
 *   [key]@position deletedAt=…, localDeletion=…
 *   [key]@position Row[info=[ts=…] del=… ]: clustering | [column=value ts=…], [column=<tombstone> …]
 *   [key]@position Marker INCL_START_BOUND(2)@write time/local deletion time
 *
 * Everything before the second row or marker of a partition has the partition's position.
 */
import { toHex } from '../../binary/index.js';
import { isEmptyRow } from '../../canonical/index.js';
import type {
  Cell,
  ColumnData,
  ColumnDefinition,
  Marker,
  PartitionHead,
  Row,
  Unfiltered,
} from '../../components/index.js';
import {
  type CqlType,
  counterTotal,
  keyText,
  keyTextWriter,
  literalText,
  parseType,
  type TextWriter as TextOf,
  uuidText,
} from '../../cql/index.js';
import { isSstashError } from '../../errors.js';
import { KIND_NAMES } from './annotate-names.js';
import { type DumpDialect, dumpDialect } from './dialect.js';
import { plainLine, TimeText } from './json-text.js';
import { type Deletion, endOfHead, isTombstone, NO_TIMESTAMP } from './row-facts.js';
import type { DumpStyle, DumpWriter } from './row-writer.js';

/** Names of the cells of a complex column, and the types of their values. */
interface Inner {
  readonly path: TextOf;
  readonly value: (path: Uint8Array) => CqlType | undefined;
}

const fieldIndex = (path: Uint8Array): number => ((path[0] ?? 0) << 8) | (path[1] ?? 0);

export class TextWriter implements DumpWriter {
  started = false;
  readonly #style: DumpStyle;
  readonly #dialect: DumpDialect;
  readonly #times: TimeText;
  readonly #inner = new Map<ColumnDefinition, Inner>();
  #key = '';
  /** Of the partition; until its second row is printed. */
  #position = 0;

  constructor(style: DumpStyle) {
    this.#style = style;
    this.#dialect = dumpDialect(style.dialect);
    this.#times = new TimeText(style);
  }

  begin(head: PartitionHead): string {
    const { header, sstable } = this.#style;
    const isStart = this.#dialect.partitionPosition === 'start';
    const key = plainLine(keyText(header.keyType, head.key, this.#dialect.texts));
    this.#position = isStart ? head.position : endOfHead(head);
    this.#key = `${sstable === null ? '' : `${sstable} `}[${key}]@`;
    let text = '';
    if (head.deletion !== null) {
      text += `${this.#key}${this.#position} ${this.#deletion(head.deletion)}\n`;
    }
    const { staticRow } = head;
    if (staticRow !== null && !isEmptyRow(staticRow)) {
      text += this.#row(staticRow, 'STATIC', this.#position);
    }
    return text;
  }

  unfiltered(item: Unfiltered): string {
    const position = this.started ? item.position : this.#position;
    this.started = true;
    if (item.type === 'marker') return this.#marker(item, position);
    return this.#row(item, this.#clustering(item).join(', '), position);
  }

  end(): string {
    return '';
  }

  #clustering(row: Row): string[] {
    const { clusteringTypes } = this.#style.header;
    return row.clustering.map((value, i) => {
      const type = clusteringTypes[i] as CqlType;
      if (value === null) return 'null';
      const { cqlClusterings, texts } = this.#dialect;
      return plainLine(cqlClusterings ? literalText(type, value) : keyText(type, value, texts));
    });
  }

  #micros(micros: bigint): string {
    return micros === NO_TIMESTAMP ? String(micros) : this.#times.micros(micros).slice(1, -1);
  }

  #seconds(seconds: number): string {
    return this.#times.localText(seconds).slice(1, -1);
  }

  #deletion(deletion: Deletion): string {
    const { markedForDeleteAt, localDeletionTime } = deletion;
    const local = this.#seconds(localDeletionTime);
    return `deletedAt=${this.#micros(markedForDeleteAt)}, localDeletion=${local}`;
  }

  #row(row: Row, clustering: string, position: number): string {
    const { timestamp, ttl, localExpirationTime } = row.liveness ?? NO_LIVENESS;
    const expiry = ttl === 0 ? '' : ` ttl=${ttl}, let=${this.#seconds(localExpirationTime)}`;
    const deletion = row.deletion === null ? '' : ` del=${this.#deletion(row.deletion)}`;
    const info = `[info=[ts=${this.#micros(timestamp)}${expiry}]${deletion} ]`;
    const cells = row.columns.map((data) => this.#column(data)).join(', ');
    return `${this.#key}${position} Row${info}: ${clustering} | ${cells}\n`;
  }

  #column(data: ColumnData): string {
    const { column, complexDeletion } = data;
    const name = plainLine(column.text);
    const cells = data.cells.map((cell) => this.#cell(cell, column, name));
    if (!column.complex) return cells.join(', ');
    const deletion =
      complexDeletion === null ? '' : `del(${name})=${this.#deletion(complexDeletion)}`;
    return [deletion, ...cells].join(', ');
  }

  #cell(cell: Cell, column: ColumnDefinition, name: string): string {
    const { path, value } = cell;
    const { type } = column;
    if (type.kind === 'counter' && !isTombstone(cell)) {
      return `[${name}=${counterTotal(type, value)} ts=${this.#micros(cell.timestamp)}]`;
    }
    const inner = path === null ? null : this.#innerOf(column);
    const place = path === null || inner === null ? '' : `[${plainLine(inner.path(path))}]`;
    const valueType = path === null || inner === null ? type : (inner.value(path) ?? type);
    const text = isTombstone(cell) ? '<tombstone>' : this.#value(valueType, value);
    return `[${name}${place}=${text} ${this.#cellTimes(cell)}]`;
  }

  /** Bytes that are no value of the type are shown as they are. */
  #value(type: CqlType, bytes: Uint8Array): string {
    try {
      return plainLine(keyText(type, bytes, this.#dialect.texts));
    } catch (error) {
      if (!isSstashError(error)) throw error;
      return `0x${toHex(bytes)}`;
    }
  }

  #innerOf(column: ColumnDefinition): Inner {
    const known = this.#inner.get(column);
    if (known !== undefined) return known;
    const made = innerOf(column.type, this.#dialect);
    this.#inner.set(column, made);
    return made;
  }

  #cellTimes(cell: Cell): string {
    const { timestamp, ttl, localDeletionTime } = cell;
    const written = `ts=${this.#micros(timestamp)}`;
    if (localDeletionTime === null) return written;
    const deleted = `ldt=${this.#seconds(localDeletionTime)}`;
    return ttl === 0 ? `${written} ${deleted}` : `${written} ttl=${ttl} ${deleted}`;
  }

  #marker(marker: Marker, position: number): string {
    const { deletion, openingDeletion } = marker;
    const { clusteringTypes } = this.#style.header;
    const clustering = marker.clustering.map((value, i) =>
      value === null
        ? 'null'
        : plainLine(keyText(clusteringTypes[i] as CqlType, value, this.#dialect.texts)),
    );
    const times = [deletion, ...(openingDeletion === null ? [] : [openingDeletion])].map(
      (each) => `${this.#micros(each.markedForDeleteAt)}/${this.#seconds(each.localDeletionTime)}`,
    );
    const bound = `${KIND_NAMES[marker.kind] ?? marker.kind}(${clustering.join(', ')})`;
    return `${this.#key}${position} Marker ${bound}@${times.join('-')}\n`;
  }
}

const NO_LIVENESS = { timestamp: NO_TIMESTAMP, ttl: 0, localExpirationTime: 0 };
const EMPTY_TYPE = parseType('EmptyType');

function innerOf(type: CqlType, { texts }: DumpDialect): Inner {
  switch (type.kind) {
    case 'set':
      return { path: keyTextWriter(type.element, texts), value: () => EMPTY_TYPE };
    case 'map':
      return { path: keyTextWriter(type.key, texts), value: () => type.value };
    case 'list':
      return { path: uuidText, value: () => type.element };
    case 'udt':
      return {
        path: (path) => type.fields[fieldIndex(path)]?.name ?? `0x${toHex(path)}`,
        value: (path) => type.fields[fieldIndex(path)]?.type,
      };
    default:
      return { path: () => '', value: () => undefined };
  }
}
