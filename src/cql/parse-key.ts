/**
 * Partition keys from text, as `sstabledump -k` takes them: the parts of a composite key joined by
 * `:`, a `:` inside a part written `\:`, and a `!` after a part that ends with `\` or `!`.
 */
import { ByteWriter, fromHex } from '../binary/index.js';
import { SstashError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { namedType } from './dynamic-composite.js';
import { parseScalar } from './parse-scalar.js';
import { typeToCql } from './type-names.js';
import type { CompositeType, CqlType, DynamicCompositeType } from './types.js';

/** The key's bytes. Throws KEY_INVALID when `text` is no key of the type. */
export function parseKeyText(type: CqlType, text: string): Uint8Array {
  const key = parseValue(type, text);
  if (key.length > LIMITS.keyBytesMax) {
    throw invalid(type, text, `A key has at most ${LIMITS.keyBytesMax} bytes.`);
  }
  return key;
}

function invalid(type: CqlType, text: string, hint: string): SstashError {
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return new SstashError(
    'KEY_INVALID',
    `${JSON.stringify(shown)} is no value of type ${typeToCql(type)}`,
    {
      expected: typeToCql(type),
      found: shown,
      hint,
    },
  );
}

function parseValue(type: CqlType, text: string): Uint8Array {
  const bytes = parseAny(type, text);
  if (bytes !== null) return bytes;
  throw invalid(type, text, 'Write the key as a dump of the table shows it, or use --key-hex.');
}

function parseAny(type: CqlType, text: string): Uint8Array | null {
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'map':
    case 'vector':
      return fromHex(text);
    case 'tuple':
      return parseTuple(type, type.elements, text);
    case 'udt':
      return parseTuple(
        type,
        type.fields.map((field) => field.type),
        text,
      );
    case 'composite':
      return parseComposite(type, text);
    case 'partitioner-order':
      return type.base === null ? fromHex(text) : parseValue(type.base, text);
    case 'dynamic-composite':
      return parseDynamicComposite(type, text);
    case 'column-to-collection':
      return null;
    default:
      return parseScalar(type.kind, text);
  }
}

/** Splits at every `:` that does not follow a `\`. */
function split(text: string): string[] {
  return text === '' ? [] : text.split(/(?<!\\):/);
}

function parseComposite(type: CompositeType, text: string): Uint8Array {
  const parts = split(text);
  if (parts.length !== type.elements.length) {
    const count = `${type.elements.length} parts joined by ':'`;
    throw invalid(type, text, `The key has ${count}; a ':' inside a part is written '\\:'.`);
  }
  const w = new ByteWriter();
  type.elements.forEach((element, i) => {
    const bytes = parseValue(element, unescapeComponent(parts[i] ?? ''));
    if (bytes.length > LIMITS.keyBytesMax) throw invalid(type, text, 'A part is too long.');
    w.shortBytes(bytes);
    w.u8(0);
  });
  return w.toBytes();
}

/** Parts `alias@value` or `type@value`. */
function parseDynamicComposite(type: DynamicCompositeType, text: string): Uint8Array {
  const w = new ByteWriter();
  for (const part of split(text)) {
    const [name = '', ...rest] = part.split('@');
    const alias = type.aliases.get(name);
    const component = alias ?? namedType(name);
    if (rest.length === 0 || component === undefined) {
      throw invalid(type, text, "Each part is a type's alias or name, '@' and a value.");
    }
    if (alias === undefined) w.shortBytes(Buffer.from(name));
    else w.u16(0x8000 | name.charCodeAt(0));
    const bytes = parseValue(component, unescapeComponent(rest.join('@')));
    if (bytes.length > LIMITS.keyBytesMax) throw invalid(type, text, 'A part is too long.');
    w.shortBytes(bytes);
    w.u8(0);
  }
  return w.toBytes();
}

/**
 * Cassandra drops any `!` at the end of a part, but writes one only behind `\` or `!`: one behind
 * something else is meant as it stands, as it is copied from a dump.
 */
function unescapeComponent(part: string): string {
  return part.replaceAll('\\:', ':').replace(/([\\!])!$/, '$1');
}

function parseTuple(type: CqlType, types: readonly CqlType[], text: string): Uint8Array {
  const parts = split(text);
  if (parts.length > types.length) throw invalid(type, text, 'The tuple has too many fields.');
  const w = new ByteWriter();
  parts.forEach((part, i) => {
    const element = types[i];
    if (part === '@' || element === undefined) {
      w.i32(-1);
      return;
    }
    const bytes = parseValue(element, part.replaceAll('\\:', ':').replaceAll('\\@', '@'));
    w.i32(bytes.length);
    w.bytes(bytes);
  });
  return w.toBytes();
}
