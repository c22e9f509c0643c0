/**
 * Whether bytes are a value of their type, without making a text of them: lengths, UTF-8, ASCII, the
 * version of time UUIDs, times within a day, and the same of every value inside a value. As strict as
 * Cassandra is when it takes a value from a client; an empty value is one of every type.
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

const validators = new WeakMap<CqlType, Validator>();

/** The validator of `type`; resolve it once per column. */
export function validator(type: CqlType): Validator {
  const known = validators.get(type);
  if (known !== undefined) return known;
  const validate = build(type);
  const built: Validator = (bytes) => {
    if (bytes.length > 0) validate(bytes);
  };
  validators.set(type, built);
  return built;
}

const anything: Validator = () => undefined;
const DAY_NANOSECONDS = 86_400_000_000_000n;

function build(type: CqlType): Validator {
  switch (type.kind) {
    case 'list':
    case 'set':
      return elementsIn(type, [type.element]);
    case 'map':
      return elementsIn(type, [type.key, type.value]);
    case 'tuple':
      return fieldsIn(type, type.elements);
    case 'udt':
      return fieldsIn(
        type,
        type.fields.map((field) => field.type),
      );
    case 'vector': {
      const element = validator(type.element);
      return (bytes) => vectorElements(type, bytes).forEach(element);
    }
    case 'composite': {
      const parts = type.elements.map(validator);
      return (bytes) =>
        compositeComponents(type, bytes).values.forEach((value, i) => {
          parts[i]?.(value);
        });
    }
    case 'partitioner-order':
      return type.base === null ? anything : validator(type.base);
    case 'dynamic-composite':
    case 'column-to-collection':
      return anything;
    default:
      return scalar(type);
  }
}

function elementsIn(type: CqlType, types: readonly CqlType[]): Validator {
  const parts = types.map(validator);
  return (bytes) => {
    for (const [i, element] of collectionElements(type, bytes).entries()) {
      if (element !== null) parts[i % parts.length]?.(element);
    }
  };
}

function fieldsIn(type: CqlType, types: readonly CqlType[]): Validator {
  const parts = types.map(validator);
  return (bytes) => {
    for (const [i, element] of tupleElements(type, bytes, parts.length).entries()) {
      if (element !== null) parts[i]?.(element);
    }
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
      return (bytes) =>
        guarded(type, bytes, (r) => {
          r.svint('months');
          r.svint('days');
          r.svintBig();
          if (r.remaining > 0) throw malformed(type, bytes, `${r.remaining} bytes too many`);
        });
    default:
      return anything;
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
