/**
 * Byte-comparable forms (format reference, 15.4): what the tries of BTI SSTables have for keys.
 *
 *   component     40 and the form of a value; 3E for null; where a value has no form (an empty int)
 *                 3F in a clustering, 41 in a descending column of one, else 3E
 *   value         by its type (comparable-scalars.ts); of collections, tuples, UDTs, vectors and
 *                 composites the components, then 38
 *   partition     component of the token, component of the escaped key, 38
 *   clustering    a component per value, then 38 for a row, 20 or 60 for a bound before or behind
 *                 everything that begins with these values, 18 for the static row
 */
import type { ByteWriter } from '../binary/index.js';
import { SstashError } from '../errors.js';
import type { ClusteringPrefix } from './clustering.js';
import { hasEmptyForm, invert, scalarWriter, writeEscaped } from './comparable-scalars.js';
import { tokenWriter } from './comparable-token.js';
import { classNames, dynamicComponents, MARSHAL_PACKAGE } from './dynamic-composite.js';
import {
  collectionElements,
  compositeComponents,
  type Element,
  tupleElements,
  vectorElements,
} from './elements.js';
import type { CompositeType, CqlType, DynamicCompositeType } from './types.js';

const COMPONENT = 0x40;
const NULL = 0x3e;
const EMPTY = 0x3f;
const EMPTY_REVERSED = 0x41;
const END = 0x38;
/** By the ordinal of ClusteringKind. */
const KIND_BYTES = [0x20, 0x20, 0x20, 0x18, 0x38, 0x60, 0x60, 0x60];

/** Appends the form of a value; false, and nothing, where it has none. */
export type ComparableWriter = (w: ByteWriter, value: Uint8Array) => boolean;

const writers = new WeakMap<CqlType, ComparableWriter>();

/**
 * The forms of values of `type`, descending types included. They throw SSTABLE_CORRUPT for a
 * collection or tuple that is none, SSTABLE_UNSUPPORTED_TYPE for types of old comparators.
 */
export function comparableWriter(type: CqlType): ComparableWriter {
  const known = writers.get(type);
  if (known !== undefined) return known;
  const ascending = build(type);
  const writer: ComparableWriter = type.reversed
    ? (w, value) => {
        const from = w.length;
        const written = ascending(w, value);
        invert(w, from);
        return written;
      }
    : ascending;
  writers.set(type, writer);
  return writer;
}

function build(type: CqlType): ComparableWriter {
  switch (type.kind) {
    case 'list':
    case 'set':
      return sequence((value) => collectionElements(type, value), [type.element]);
    case 'map':
      return sequence((value) => collectionElements(type, value), [type.key, type.value]);
    case 'vector':
      return sequence((value) => vectorElements(type, value), [type.element]);
    case 'tuple':
      return tuple(type, type.elements);
    case 'udt':
      return tuple(
        type,
        type.fields.map((field) => field.type),
      );
    case 'composite':
      return composite(type);
    case 'partitioner-order':
      return decoratedKey(type, tokenWriter(type.partitioner));
    case 'dynamic-composite':
      return dynamicComposite(type);
    case 'column-to-collection':
      return withoutForm(type);
    default: {
      const write = scalarWriter(type.kind);
      const hasEmpty = hasEmptyForm(type.kind);
      return (w, value) => {
        if (value.length === 0 && !hasEmpty) return false;
        write(w, value);
        return true;
      };
    }
  }
}

function withoutForm(type: CqlType): ComparableWriter {
  return () => {
    throw new SstashError('SSTABLE_UNSUPPORTED_TYPE', `${type.text} has no comparable form here`, {
      found: type.text.slice(0, 200),
    });
  };
}

/** Partition keys as clusterings of secondary-index tables. */
function decoratedKey(type: CqlType, token: ComparableWriter | null): ComparableWriter {
  if (token === null) return withoutForm(type);
  return (w, key) => {
    if (key.length === 0) return false;
    writeComparableKey(w, token, key);
    return true;
  };
}

function writeComponent(w: ByteWriter, writer: ComparableWriter | undefined, value: Element): void {
  const at = w.length;
  w.u8(COMPONENT);
  if (value !== null && writer?.(w, value) === true) return;
  w.length = at;
  w.u8(NULL);
}

/** `types` in turn. */
function sequence(
  read: (value: Uint8Array) => readonly Element[],
  types: readonly CqlType[],
): ComparableWriter {
  return (w, value) => {
    if (value.length === 0) return false;
    for (const [i, element] of read(value).entries()) {
      const type = types[i % types.length];
      writeComponent(w, type && comparableWriter(type), element);
    }
    w.u8(END);
    return true;
  };
}

/** Without the nulls at the end. */
function tuple(type: CqlType, types: readonly CqlType[]): ComparableWriter {
  return sequence((value) => {
    const elements = tupleElements(type, value, types.length);
    return elements.slice(0, elements.findLastIndex((element) => element !== null) + 1);
  }, types);
}

/** Behind each component one more for its end; before the first an empty one, null for statics. */
function composite(type: CompositeType): ComparableWriter {
  return (w, value) => {
    if (value.length === 0) return false;
    const { isStatic, values, ends } = compositeComponents(type, value);
    w.u8(isStatic ? NULL : COMPONENT);
    for (const [i, component] of values.entries()) {
      const element = type.elements[i];
      writeComponent(w, element && comparableWriter(element), component);
      w.u8(COMPONENT);
      w.u8(((ends[i] ?? 0) & 0xff) ^ 0x80);
    }
    w.u8(END);
    return true;
  };
}

/** As a composite, each component behind the names of its type: alone, and with their package. */
function dynamicComposite(type: DynamicCompositeType): ComparableWriter {
  return (w, value) => {
    w.u8(COMPONENT);
    for (const component of dynamicComponents(type, value)) {
      const names = classNames(component.type);
      for (const name of [...names, `${MARSHAL_PACKAGE}${names.at(-1)}`]) {
        w.u8(COMPONENT);
        writeEscaped(w, Buffer.from(name));
      }
      writeComponent(w, comparableWriter(component.type), component.value);
      w.u8(COMPONENT);
      w.u8((component.end & 0xff) ^ 0x80);
    }
    w.u8(END);
    return true;
  };
}

/** Appends the form of a partition key under a partitioner with these tokens. */
export function writeComparableKey(w: ByteWriter, token: ComparableWriter, key: Uint8Array): void {
  writeComponent(w, token, key);
  w.u8(COMPONENT);
  writeEscaped(w, key);
  w.u8(END);
}

/** Appends the form of a clustering of columns of `types`. */
export function writeComparableClustering(
  w: ByteWriter,
  types: readonly CqlType[],
  prefix: ClusteringPrefix,
): void {
  for (const [i, value] of prefix.values.entries()) {
    const type = types[i];
    if (value === null || type === undefined) {
      w.u8(NULL);
      continue;
    }
    const at = w.length;
    w.u8(COMPONENT);
    if (comparableWriter(type)(w, value)) continue;
    w.length = at;
    w.u8(type.reversed ? EMPTY_REVERSED : EMPTY);
  }
  w.u8(KIND_BYTES[prefix.kind] ?? END);
}
