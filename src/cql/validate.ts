/**
 * Whether bytes are a value of their type, without making a text of them: lengths, UTF-8, ASCII, the
 * version of time UUIDs, times within a day, and the same of every value inside a value. As strict as
 * Cassandra is when it takes a value from a client; an empty value is one of every type. Two things
 * are otherwise. A null in a frozen list is let be: 5.0 refuses it, releases before it take it in a
 * bound list. A decimal without digits is refused: Cassandra takes it, and then cannot read it.
 */
import { readI64 } from './bytes.js';
import {
  collectionElements,
  compositeComponents,
  guarded,
  tupleElements,
  vectorElements,
} from './elements.js';
import { malformed } from './malformed.js';
import { VALUE_LENGTHS } from './scalars.js';
import type { CqlType, ScalarType } from './types.js';

/** Throws SSTABLE_CORRUPT for bytes that are no value of the type; the caller knows where. */
export type Validator = (bytes: Uint8Array) => void;

const validators = [new WeakMap<CqlType, Validator>(), new WeakMap<CqlType, Validator>()] as const;

/**
 * The validator of `type`; resolve it once per column.
 * @param laterFields whether values of user types may have more fields than `type` knows
 */
export function validator(type: CqlType, laterFields = false): Validator {
  const made = validators[laterFields ? 1 : 0];
  const known = made.get(type);
  if (known !== undefined) return known;
  const validate = build(type, laterFields);
  const built: Validator = (bytes) => {
    if (bytes.length > 0) validate(bytes);
  };
  made.set(type, built);
  return built;
}

const anything: Validator = () => undefined;
const DAY_NANOSECONDS = 86_400_000_000_000n;

function build(type: CqlType, laterFields: boolean): Validator {
  const inside = (each: CqlType): Validator => validator(each, laterFields);
  switch (type.kind) {
    case 'list':
    case 'set':
      return elementsIn(type, [inside(type.element)]);
    case 'map':
      return elementsIn(type, [inside(type.key), inside(type.value)]);
    case 'tuple':
      return fieldsIn(type, type.elements.map(inside), false);
    case 'udt':
      return fieldsIn(
        type,
        type.fields.map((field) => inside(field.type)),
        laterFields,
      );
    case 'vector': {
      const element = inside(type.element);
      return (bytes) => vectorElements(type, bytes).forEach(element);
    }
    case 'composite': {
      const parts = type.elements.map(inside);
      return (bytes) =>
        compositeComponents(type, bytes).values.forEach((value, i) => {
          parts[i]?.(value);
        });
    }
    case 'partitioner-order':
      return type.base === null ? anything : inside(type.base);
    case 'dynamic-composite':
    case 'column-to-collection':
      return anything;
    default:
      return scalar(type);
  }
}

function elementsIn(type: CqlType, parts: readonly Validator[]): Validator {
  return (bytes) => {
    for (const [i, element] of collectionElements(type, bytes).entries()) {
      if (element !== null) parts[i % parts.length]?.(element);
      else if (type.kind !== 'list') throw malformed(type, bytes, 'it has a null');
    }
  };
}

function fieldsIn(type: CqlType, parts: readonly Validator[], mayHaveMore: boolean): Validator {
  return (bytes) => {
    const elements = tupleElements(type, bytes, Number.POSITIVE_INFINITY);
    // Fewer are of before a field was added.
    if (elements.length > parts.length && !mayHaveMore) {
      throw malformed(type, bytes, `${elements.length} fields instead of ${parts.length}`);
    }
    for (const [i, element] of elements.entries()) if (element !== null) parts[i]?.(element);
  };
}

function scalar(type: ScalarType): Validator {
  const length = VALUE_LENGTHS[type.kind];
  const content = contentOf(type);
  if (length === undefined) return content;
  return (bytes) => {
    if (bytes.length !== length) throw malformed(type, bytes, `${bytes.length} bytes`);
    content(bytes);
  };
}

function contentOf(type: ScalarType): Validator {
  const demand = (holds: (bytes: Uint8Array) => boolean, message: string): Validator => {
    return (bytes) => {
      if (!holds(bytes)) throw malformed(type, bytes, message);
    };
  };
  switch (type.kind) {
    case 'text':
      return demand(isUtf8, 'not UTF-8');
    case 'ascii':
      return demand((bytes) => bytes.every((byte) => byte < 0x80), 'not ASCII');
    case 'decimal':
      return demand((bytes) => bytes.length >= 5, 'fewer than 5 bytes');
    case 'inet':
      return demand((bytes) => bytes.length === 4 || bytes.length === 16, 'not 4 or 16 bytes');
    case 'timeuuid':
    case 'legacy-timeuuid':
      return demand((bytes) => ((bytes[6] ?? 0) & 0xf0) === 0x10, 'not a version 1 UUID');
    case 'time':
      return demand((bytes) => isTimeOfDay(readI64(bytes)), 'not a time of day');
    case 'duration':
      return (bytes) => duration(type, bytes);
    default:
      return anything;
  }
}

function duration(type: ScalarType, bytes: Uint8Array): void {
  const parts = guarded(type, bytes, (r) => {
    const read = [r.svintBig(), r.svintBig(), r.svintBig()];
    if (r.remaining > 0) throw malformed(type, bytes, `${r.remaining} bytes too many`);
    return read;
  });
  if (parts.slice(0, 2).some((part) => BigInt.asIntN(32, part) !== part)) {
    throw malformed(type, bytes, 'its months or days are no 32-bit number');
  }
  if (parts.some((part) => part < 0n) && parts.some((part) => part > 0n)) {
    throw malformed(type, bytes, 'its parts have different signs');
  }
}

const isTimeOfDay = (nanos: bigint): boolean => nanos >= 0n && nanos < DAY_NANOSECONDS;

/** As Cassandra checks it: zero may be c0 80, surrogates may stand alone. */
export function isUtf8(bytes: Uint8Array): boolean {
  const { length } = bytes;
  for (let at = 0; at < length; at++) {
    const first = bytes[at] as number;
    if (first < 0x80) continue;
    const more = first < 0xc0 ? -1 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf8 ? 3 : -1;
    if (more < 0 || at + more >= length || !isSecond(first, bytes[at + 1] as number)) return false;
    for (let i = 2; i <= more; i++) if (!continues(bytes[at + i] as number)) return false;
    at += more;
  }
  return true;
}

const continues = (byte: number): boolean => (byte & 0xc0) === 0x80;

/** Whether `second` may follow `first`: no longer form than needed. */
function isSecond(first: number, second: number): boolean {
  if (!continues(second) || first === 0xc1) return false;
  if (first === 0xc0) return second === 0x80;
  if (first === 0xe0) return second >= 0xa0;
  return first !== 0xf0 || second >= 0x90;
}
