/**
 * Values as JSON text, exactly as `sstabledump` of Cassandra 4.0 to 5.0 prints them: the text is
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
import type { CqlType, UdtType } from './types.js';

const writers = new WeakMap<CqlType, TextWriter>();

/**
 * The function that writes values of `type` as JSON; resolve it once per column. It takes the
 * value's bytes (none for an empty value) and throws SSTABLE_CORRUPT when they are not of the type.
 */
export function jsonWriter(type: CqlType): TextWriter {
  const known = writers.get(type);
  if (known !== undefined) return known;
  const writer = buildWriter(type);
  writers.set(type, writer);
  return writer;
}

/** One value as JSON. */
export function valueToJson(type: CqlType, bytes: Uint8Array): string {
  return jsonWriter(type)(bytes);
}

const orEmpty = (write: TextWriter, empty: string): TextWriter => {
  return (bytes) => (bytes.length === 0 ? empty : write(bytes));
};

function buildWriter(type: CqlType): TextWriter {
  switch (type.kind) {
    case 'list':
    case 'set': {
      const element = nullable(jsonWriter(type.element));
      const list: TextWriter = (b) => `[${collectionElements(type, b).map(element).join(', ')}]`;
      return orEmpty(list, '""');
    }
    case 'map':
      return orEmpty(mapWriter(type, jsonWriter(type.key), jsonWriter(type.value)), '""');
    case 'tuple':
      return tupleWriter(type, type.elements);
    case 'udt':
      return udtWriter(type);
    case 'vector': {
      const element = jsonWriter(type.element);
      const vector: TextWriter = (b) => `[${vectorElements(type, b).map(element).join(', ')}]`;
      return orEmpty(vector, '""');
    }
    case 'composite': {
      const text = keyTextWriter(type);
      return (bytes) => quoteJson(text(bytes));
    }
    case 'partitioner-order':
      return type.base === null ? (bytes) => `"${toHex(bytes)}"` : jsonWriter(type.base);
    case 'dynamic-composite':
    case 'column-to-collection':
      return (bytes) => `"0x${toHex(bytes)}"`;
    default:
      return orEmpty(scalarTexts(type, type.kind).json, emptyJson(type.kind));
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

function tupleWriter(type: CqlType, types: readonly CqlType[]): TextWriter {
  const fields = types.map((field) => nullable(jsonWriter(field)));
  return (bytes) => {
    const elements = tupleElements(type, bytes, fields.length);
    return `[${fields.map((write, i) => write(elements[i] ?? null)).join(', ')}]`;
  };
}

function udtWriter(type: UdtType): TextWriter {
  const fields = type.fields.map((field) => {
    const write = nullable(jsonWriter(field.type));
    const name = field.name === field.name.toLowerCase() ? field.name : `"${field.name}"`;
    const head = `${quoteJson(name)}: `;
    return (element: Element) => head + write(element);
  });
  return (bytes) => {
    const elements = tupleElements(type, bytes, fields.length);
    return `{${fields.map((write, i) => write(elements[i] ?? null)).join(', ')}}`;
  };
}
