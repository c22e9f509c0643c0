/**
 * Values as plain text. `keyText` is what sstabledump prints for partition keys and cell paths and
 * takes for its option -k; `valueText` is for people, close to CQL literals.
 */
import { toHex } from '../binary/index.js';
import { counterTotal } from './counter.js';
import { dynamicComponents } from './dynamic-composite.js';
import {
  collectionElements,
  compositeComponents,
  type Element,
  tupleElements,
  vectorElements,
} from './elements.js';
import { quoteName } from './identifiers.js';
import { emptyText, scalarTexts, type TextWriter } from './scalars.js';
import { TEXT_4_1, type TextDialect } from './text-dialect.js';
import type { CompositeType, CqlType } from './types.js';

/** The function that writes values of `type` as sstabledump writes keys and cell paths. */
export function keyTextWriter(type: CqlType, dialect: TextDialect = TEXT_4_1): TextWriter {
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'map':
    case 'vector':
    case 'column-to-collection':
    case 'partitioner-order':
      return toHex;
    case 'dynamic-composite':
      return (bytes) =>
        componentsText(
          dynamicComponents(type, bytes).map(({ name, type: inner, value, end }) => ({
            text: escapeComponent(keyText(inner, value, dialect)),
            prefix: `${name}@`,
            end,
          })),
        );
    case 'tuple':
      return tupleKeyWriter(type, type.elements, dialect);
    case 'udt':
      return tupleKeyWriter(
        type,
        type.fields.map((field) => field.type),
        dialect,
      );
    case 'composite':
      return (bytes) => compositeText(type, bytes, dialect);
    default: {
      const { text } = scalarTexts(type, type.kind, dialect);
      const empty = emptyText(type.kind);
      return (bytes) => (bytes.length === 0 ? empty : text(bytes));
    }
  }
}

/** One value as sstabledump writes it in a key or cell path, composite parts joined by `:`. */
export function keyText(type: CqlType, bytes: Uint8Array, dialect: TextDialect = TEXT_4_1): string {
  return keyTextWriter(type, dialect)(bytes);
}

/** The parts of a partition key, one text for each column, as in the `key` array of a dump. */
export function keyTexts(
  type: CqlType,
  bytes: Uint8Array,
  dialect: TextDialect = TEXT_4_1,
): string[] {
  if (type.kind !== 'composite') return [keyText(type, bytes, dialect)];
  const { values } = compositeComponents(type, bytes);
  return type.elements
    .slice(0, values.length)
    .map((element, i) => keyText(element, values[i] ?? new Uint8Array(0), dialect));
}

/** Fields joined by `:`, null as `@`; both are escaped inside fields. */
function tupleKeyWriter(
  type: CqlType,
  types: readonly CqlType[],
  dialect: TextDialect,
): TextWriter {
  const fields = types.map((field) => keyTextWriter(field, dialect));
  return (bytes) =>
    tupleElements(type, bytes, fields.length)
      .map((element, i) => {
        if (element === null) return '@';
        const text = fields[i]?.(element) ?? '';
        return text.replaceAll(':', '\\:').replaceAll('@', '\\@');
      })
      .join(':');
}

function compositeText(type: CompositeType, bytes: Uint8Array, dialect: TextDialect): string {
  const { values, ends } = compositeComponents(type, bytes);
  return componentsText(
    values.map((value, i) => {
      const element = type.elements[i];
      const text = element === undefined ? toHex(value) : keyText(element, value, dialect);
      return { text: escapeComponent(text), prefix: '', end: ends[i] ?? 0 };
    }),
  );
}

interface ComponentText {
  readonly prefix: string;
  readonly text: string;
  readonly end: number;
}

/** Joined by `:`; what follows a component that ends a slice is left out, as Cassandra does. */
function componentsText(components: readonly ComponentText[]): string {
  let all = '';
  for (const [i, { prefix, text, end }] of components.entries()) {
    all += `${i > 0 ? ':' : ''}${prefix}${text}`;
    if (end !== 0) return all + (end < 0 ? ':_' : ':!');
  }
  return all;
}

function escapeComponent(text: string): string {
  const escaped = text.replaceAll(':', '\\:');
  return /[\\!]$/.test(escaped) ? `${escaped}!` : escaped;
}

/** A value for people: text unquoted, blobs with 0x, collections as CQL literals, counters' sums. */
export function valueText(type: CqlType, bytes: Uint8Array): string {
  switch (type.kind) {
    case 'ascii':
    case 'text':
      return Buffer.from(bytes).toString('utf8');
    default:
      return literalText(type, bytes);
  }
}

/** A value as a CQL literal; null is `null`. */
export function literalText(type: CqlType, bytes: Element): string {
  if (bytes === null) return 'null';
  switch (type.kind) {
    case 'ascii':
    case 'text':
      return `'${Buffer.from(bytes).toString('utf8').replaceAll("'", "''")}'`;
    case 'blob':
      return `0x${toHex(bytes)}`;
    case 'counter':
      return counterTotal(type, bytes).toString();
    default:
      return bytes.length === 0 ? "''" : nestedLiteral(type, bytes);
  }
}

function nestedLiteral(type: CqlType, bytes: Uint8Array): string {
  switch (type.kind) {
    case 'list':
      return `[${collectionElements(type, bytes)
        .map((e) => literalText(type.element, e))
        .join(', ')}]`;
    case 'set':
      return `{${collectionElements(type, bytes)
        .map((e) => literalText(type.element, e))
        .join(', ')}}`;
    case 'map': {
      const texts = collectionElements(type, bytes).map((e, i) =>
        literalText(i % 2 === 0 ? type.key : type.value, e),
      );
      const entries = texts.flatMap((key, i) => (i % 2 === 0 ? [`${key}: ${texts[i + 1]}`] : []));
      return `{${entries.join(', ')}}`;
    }
    case 'vector':
      return `[${vectorElements(type, bytes)
        .map((e) => literalText(type.element, e))
        .join(', ')}]`;
    case 'tuple': {
      const elements = tupleElements(type, bytes, type.elements.length);
      return `(${type.elements.map((t, i) => literalText(t, elements[i] ?? null)).join(', ')})`;
    }
    case 'udt': {
      const elements = tupleElements(type, bytes, type.fields.length);
      const fields = type.fields.map(
        (field, i) => `${quoteName(field.name)}: ${literalText(field.type, elements[i] ?? null)}`,
      );
      return `{${fields.join(', ')}}`;
    }
    default:
      return keyText(type, bytes);
  }
}
