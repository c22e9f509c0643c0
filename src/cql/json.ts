/**
 * Values as JSON text, exactly as `sstabledump` of a release prints them: the text is
 * made directly from the bytes, so that nothing is rounded on its way.
 *
 * Where sstabledump fails (an empty boolean, tinyint or counter, a null inside a collection), the
 * empty string or null stand.
 */
import { toHex } from '../binary/index.js';
import { quoteJson } from './bytes.js';
import { collectionElements, type Element, tupleElements, vectorElements } from './elements.js';
import { emptyJson, scalarTexts, type TextWriter } from './scalars.js';
import { keyTextWriter } from './text.js';
import { PerDialect, TEXT_4_1, type TextDialect } from './text-dialect.js';
import type { CqlType, UdtField, UdtType } from './types.js';

const writers = new PerDialect<CqlType, TextWriter>();

/**
 * The function that writes values of `type` as JSON; resolve it once per column. It takes the
 * value's bytes (none for an empty value) and throws SSTABLE_CORRUPT when they are not of the type.
 */
export function jsonWriter(type: CqlType, dialect: TextDialect = TEXT_4_1): TextWriter {
  return writers.get(dialect, type, () => buildWriter(type, dialect));
}

/** One value as JSON. */
export function valueToJson(type: CqlType, bytes: Uint8Array): string {
  return jsonWriter(type)(bytes);
}

const orEmpty = (write: TextWriter, empty: string): TextWriter => {
  return (bytes) => (bytes.length === 0 ? empty : write(bytes));
};

function buildWriter(type: CqlType, dialect: TextDialect): TextWriter {
  const inner = (each: CqlType): TextWriter => jsonWriter(each, dialect);
  switch (type.kind) {
    case 'list':
    case 'set': {
      const element = nullable(inner(type.element));
      const list: TextWriter = (b) => `[${collectionElements(type, b).map(element).join(', ')}]`;
      return orEmpty(list, '""');
    }
    case 'map':
      return orEmpty(mapWriter(type, inner(type.key), inner(type.value)), '""');
    case 'tuple':
      return tupleWriter(type, type.elements.map(inner));
    case 'udt':
      return udtWriter(
        type,
        type.fields.map((field) => inner(field.type)),
      );
    case 'vector': {
      const element = inner(type.element);
      const vector: TextWriter = (b) => `[${vectorElements(type, b).map(element).join(', ')}]`;
      return orEmpty(vector, '""');
    }
    case 'composite':
    case 'dynamic-composite': {
      const text = keyTextWriter(type, dialect);
      return (bytes) => quoteJson(text(bytes));
    }
    case 'partitioner-order':
      return type.base === null ? (bytes) => `"${toHex(bytes)}"` : inner(type.base);
    case 'column-to-collection':
      return (bytes) => `"0x${toHex(bytes)}"`;
    default:
      return orEmpty(scalarTexts(type, type.kind, dialect).json, emptyJson(type.kind));
  }
}

function nullable(write: TextWriter): (element: Element) => string {
  return (element) => (element === null ? 'null' : write(element));
}

function mapWriter(type: CqlType, key: TextWriter, value: TextWriter): TextWriter {
  const keyOrNull = nullable(key);
  const valueOrNull = nullable(value);
  return (bytes) => {
    const elements = collectionElements(type, bytes);
    const entries: string[] = [];
    for (let i = 0; i < elements.length; i += 2) {
      // Keys of JSON objects are strings: every other JSON text is quoted whole.
      const name = keyOrNull(elements[i] ?? null);
      const quoted = name.startsWith('"') ? name : quoteJson(name);
      entries.push(`${quoted}: ${valueOrNull(elements[i + 1] ?? null)}`);
    }
    return `{${entries.join(', ')}}`;
  };
}

function tupleWriter(type: CqlType, writers: readonly TextWriter[]): TextWriter {
  const fields = writers.map(nullable);
  return (bytes) => {
    const elements = tupleElements(type, bytes, fields.length);
    return `[${fields.map((write, i) => write(elements[i] ?? null)).join(', ')}]`;
  };
}

function udtWriter(type: UdtType, writers: readonly TextWriter[]): TextWriter {
  const fields = writers.map((writer, i) => {
    const write = nullable(writer);
    const field = type.fields[i] as UdtField;
    const name = field.name === field.name.toLowerCase() ? field.name : `"${field.name}"`;
    const head = `${quoteJson(name)}: `;
    return (element: Element) => head + write(element);
  });
  return (bytes) => {
    const elements = tupleElements(type, bytes, fields.length);
    return `{${fields.map((write, i) => write(elements[i] ?? null)).join(', ')}}`;
  };
}
