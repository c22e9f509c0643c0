/** Texts of keys, clusterings and columns; what depends on the column alone is made once. */
import type { Cell, ColumnDefinition, SerializationHeader } from '../../components/index.js';
import {
  type CqlType,
  jsonWriter,
  keyTexts,
  keyTextWriter,
  quoteName,
  type TextWriter,
  uuidText,
} from '../../cql/index.js';
import { jsonString } from './json-text.js';

export interface ColumnText {
  /** Beginning of each of its cells, the name included. */
  readonly start: string;
  /** A cell's path as a JSON string. */
  readonly path: (path: Uint8Array) => string;
  /** A cell's value as JSON. */
  readonly value: (cell: Cell) => string;
}

function pathWriter(type: CqlType): TextWriter {
  switch (type.kind) {
    case 'set':
      return keyTextWriter(type.element);
    case 'map':
      return keyTextWriter(type.key);
    case 'udt':
      return (path) => type.fields[fieldIndex(path)]?.name ?? '';
    default:
      // Cells of a list are named by time UUIDs.
      return uuidText;
  }
}

function fieldIndex(path: Uint8Array): number {
  return ((path[0] ?? 0) << 8) | (path[1] ?? 0);
}

function valueWriter(type: CqlType, complex: boolean): (cell: Cell) => string {
  if (complex && type.kind === 'set') return () => '""';
  if (complex && type.kind === 'udt') {
    const fields = type.fields.map((field) => jsonWriter(field.type));
    return (cell) => {
      const write = cell.path === null ? undefined : fields[fieldIndex(cell.path)];
      return write === undefined ? '""' : write(cell.value);
    };
  }
  const inner =
    complex && type.kind === 'list'
      ? type.element
      : complex && type.kind === 'map'
        ? type.value
        : type;
  const write = jsonWriter(inner);
  return (cell) => write(cell.value);
}

export class ColumnTexts {
  readonly #keyType: CqlType;
  readonly #clustering: readonly TextWriter[];
  readonly #columns = new Map<ColumnDefinition, ColumnText>();

  /** `start` makes the beginning of a cell from the JSON string of its column's name. */
  constructor(header: SerializationHeader, start: (name: string) => string) {
    this.#keyType = header.keyType;
    this.#clustering = header.clusteringTypes.map(jsonWriter);
    for (const column of [...header.staticColumns, ...header.regularColumns]) {
      const { type, complex } = column;
      const path = pathWriter(type);
      this.#columns.set(column, {
        start: start(jsonString(quoteName(column.text))),
        path: (bytes) => jsonString(path(bytes)),
        value: valueWriter(type, complex),
      });
    }
  }

  column(column: ColumnDefinition): ColumnText {
    const text = this.#columns.get(column);
    if (text === undefined) throw new TypeError(`column ${column.text} is not in the header`);
    return text;
  }

  /** JSON strings of the parts of a key. */
  key(key: Uint8Array): string[] {
    return keyTexts(this.#keyType, key).map(jsonString);
  }

  /** JSON values of a clustering; a bound that names fewer columns has `"*"` for the others. */
  clustering(values: readonly (Uint8Array | null)[]): string[] {
    return this.#clustering.map((write, i) => {
      const value = values[i];
      if (value === undefined) return '"*"';
      return value === null ? 'null' : write(value);
    });
  }
}
