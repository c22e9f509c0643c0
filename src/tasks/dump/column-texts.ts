/** Texts of keys, clusterings and columns; what depends on the column alone is made once. */
import { toHex } from '../../binary/index.js';
import type { Cell, ColumnDefinition, SerializationHeader } from '../../components/index.js';
import {
  type CqlType,
  jsonWriter,
  keyTexts,
  keyTextWriter,
  pathField,
  quoteJson,
  quoteName,
  type TextDialect,
  type TextWriter,
  uuidText,
} from '../../cql/index.js';
import type { DumpDialect } from './dialect.js';

export interface ColumnText {
  /** Beginning of each of its cells, the name included. */
  readonly start: string;
  /** A cell's path as a JSON string. */
  readonly path: (path: Uint8Array) => string;
  /** A cell's value as JSON. */
  readonly value: (cell: Cell) => string;
}

function pathWriter(type: CqlType, texts: TextDialect): TextWriter {
  switch (type.kind) {
    case 'set':
      return keyTextWriter(type.element, texts);
    case 'map':
      return keyTextWriter(type.key, texts);
    case 'udt':
      return (path) => pathField(type, path)?.name ?? `0x${toHex(path)}`;
    default:
      // Cells of a list are named by time UUIDs.
      return uuidText;
  }
}

/** The JSON of values of a type, which may all be strings. */
function jsonIn({ stringsOnly, texts }: DumpDialect, type: CqlType): TextWriter {
  if (!stringsOnly) return jsonWriter(type, texts);
  const text = keyTextWriter(type, texts);
  return (bytes) => quoteJson(text(bytes));
}

function valueWriter(
  type: CqlType,
  complex: boolean,
  dialect: DumpDialect,
): (cell: Cell) => string {
  if (complex && type.kind === 'set') return () => '""';
  if (complex && type.kind === 'udt') {
    const fields = new Map(type.fields.map((field) => [field, jsonIn(dialect, field.type)]));
    return ({ path, value }) => {
      const field = path === null ? null : pathField(type, path);
      const write = field === null ? undefined : fields.get(field);
      return write === undefined ? `"0x${toHex(value)}"` : write(value);
    };
  }
  const inner =
    complex && type.kind === 'list'
      ? type.element
      : complex && type.kind === 'map'
        ? type.value
        : type;
  const write = jsonIn(dialect, inner);
  return (cell) => write(cell.value);
}

export class ColumnTexts {
  readonly #keyType: CqlType;
  readonly #dialect: DumpDialect;
  readonly #clustering: readonly TextWriter[];
  readonly #columns = new Map<ColumnDefinition, ColumnText>();

  /** `start` makes the beginning of a cell from the JSON string of its column's name. */
  constructor(header: SerializationHeader, dialect: DumpDialect, start: (name: string) => string) {
    this.#keyType = header.keyType;
    this.#dialect = dialect;
    this.#clustering = header.clusteringTypes.map((type) => jsonIn(dialect, type));
    for (const column of [...header.staticColumns, ...header.regularColumns]) {
      const { type, complex } = column;
      const path = pathWriter(type, dialect.texts);
      this.#columns.set(column, {
        start: start(quoteJson(quoteName(column.text, dialect.reserved))),
        path: (bytes) => quoteJson(path(bytes)),
        value: valueWriter(type, complex, dialect),
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
    return keyTexts(this.#keyType, key, this.#dialect.texts).map(quoteJson);
  }

  /** JSON values of a clustering; a bound that names fewer columns has `"*"` for the others. */
  clustering(values: readonly (Uint8Array | null)[]): string[] {
    return this.#clustering.map((write, i) => {
      const value = values[i];
      if (value === undefined) return '"*"';
      return value === null ? this.#dialect.nullClustering : write(value);
    });
  }
}
