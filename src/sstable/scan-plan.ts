/**
 * The types and columns of an SSTable as tables for the scan kernel (layout:
 * native-bindings/assembly/scan-state.ts): entries of eight 32-bit words, little-endian.
 */
import type { ColumnDefinition, SerializationHeader } from '../components/index.js';
import {
  type Comparator,
  type CqlKind,
  type CqlType,
  comparator,
  parseType,
  type Validator,
  validator,
} from '../cql/index.js';
import { planValueLength } from './column-plan.js';

export const ENTRY_WORDS = 8;

/** What the kernel can judge itself; 7 asks the host. */
const VALUE_CHECKS: Readonly<Partial<Record<CqlKind, number>>> = {
  text: 1,
  ascii: 2,
  timeuuid: 3,
  'legacy-timeuuid': 3,
  time: 4,
  inet: 5,
  decimal: 6,
  composite: 8,
  list: 11,
  set: 9,
  map: 9,
  tuple: 10,
  udt: 10,
};
const ANYTHING = 0;
const HOST = 7;
/** Of a user type with more fields than are known. */
const OPEN_UDT = 12;

/** Kinds whose bytes the host must look at; of all others only the length is known. */
const NESTED: readonly CqlKind[] = ['vector', 'duration', 'partitioner-order'];

/** Orders that the kernel has; 0 asks the host. */
const ORDERS: Readonly<Partial<Record<CqlKind, number>>> = {
  ascii: 1,
  text: 1,
  blob: 1,
  'legacy-timestamp': 1,
  date: 1,
  time: 1,
  duration: 1,
  inet: 1,
  tinyint: 2,
  smallint: 2,
  int: 2,
  bigint: 2,
  timestamp: 2,
  timeuuid: 3,
  'legacy-timeuuid': 3,
  uuid: 4,
};

const COMPLEX = 1;
const COUNTER = 2;
const FIELD_INDEX = parseType('org.apache.cassandra.db.marshal.ShortType');
const TIME_UUID = parseType('org.apache.cassandra.db.marshal.TimeUUIDType');

export class ScanPlan {
  readonly clusterings: Int32Array;
  readonly statics: Int32Array;
  readonly regulars: Int32Array;
  /** Type of partition keys, or -1. */
  readonly keyType: number;
  readonly #laterFields: boolean;
  readonly #types: CqlType[] = [];
  readonly #entries: number[][] = [];
  readonly #validators: (Validator | undefined)[] = [];
  readonly #orders: (Comparator | undefined)[] = [];

  /**
   * @param checkKeys whether keys are values of the type that the header gives
   * @param laterFields whether values of user types may have more fields than the header knows
   */
  constructor(
    header: SerializationHeader,
    { checkKeys, laterFields }: { readonly checkKeys: boolean; readonly laterFields: boolean },
  ) {
    this.#laterFields = laterFields;
    this.keyType = checkKeys ? this.#add(header.keyType) : -1;
    this.clusterings = words(
      header.clusteringTypes.map((type) => {
        const order = ORDERS[type.kind] ?? HOST_ORDER;
        return [type.fixedLength, this.#add(type), order, type.reversed ? 1 : 0];
      }),
    );
    this.statics = words(header.staticColumns.map((column) => this.#column(column)));
    this.regulars = words(header.regularColumns.map((column) => this.#column(column)));
  }

  /** The table of types. */
  types(): Int32Array {
    return words(this.#entries);
  }

  /** Of type number `type`. */
  validator(type: number): Validator {
    this.#validators[type] ??= validator(this.#typeOf(type), this.#laterFields);
    return this.#validators[type];
  }

  /** Ascending order of type number `type`. */
  order(type: number): Comparator {
    const known = this.#orders[type];
    if (known !== undefined) return known;
    const cqlType = this.#typeOf(type);
    const order = comparator(cqlType);
    const ascending: Comparator = cqlType.reversed ? (a, b) => order(b, a) : order;
    this.#orders[type] = ascending;
    return ascending;
  }

  #typeOf(type: number): CqlType {
    const found = this.#types[type];
    if (found === undefined) throw new TypeError(`there is no type ${type}`);
    return found;
  }

  #column({ type, complex, fixedLength }: ColumnDefinition): number[] {
    if (!complex) {
      const isCounter = type.kind === 'counter';
      return [fixedLength, isCounter ? COUNTER : 0, isCounter ? -1 : this.#add(type), -1, 0, 0];
    }
    switch (type.kind) {
      case 'list':
        return this.#paths(this.#add(type.element), TIME_UUID);
      case 'set':
        return this.#paths(this.#add(EMPTY_VALUE), type.element);
      case 'map':
        return this.#paths(this.#add(type.value), type.key);
      case 'udt': {
        const fields = type.fields.map((field) => field.type);
        const entry = this.#paths(this.#addAll(fields), FIELD_INDEX);
        return [...entry.slice(0, 5), fields.length, this.#laterFields ? 1 : 0];
      }
      default:
        return [-1, COMPLEX, -1, -1, 0, 0];
    }
  }

  #paths(valueType: number, path: CqlType): number[] {
    return [-1, COMPLEX, valueType, this.#add(path), ORDERS[path.kind] ?? HOST_ORDER, 0];
  }

  #add(type: CqlType): number {
    return this.#addAll([type]);
  }

  /** Adds types with numbers one after the other; returns the first. */
  #addAll(types: readonly CqlType[]): number {
    const first = this.#types.length;
    this.#types.push(...types);
    for (const _ of types) this.#entries.push([]);
    for (const [i, type] of types.entries()) {
      const inside = insideOf(type);
      const firstInside = inside.length === 0 ? 0 : this.#addAll(inside);
      const length = planValueLength(type);
      this.#entries[first + i] = [this.#checkOf(type), length, firstInside, inside.length];
    }
    return first;
  }

  #checkOf({ kind }: CqlType): number {
    if (kind === 'udt' && this.#laterFields) return OPEN_UDT;
    return VALUE_CHECKS[kind] ?? (NESTED.includes(kind) ? HOST : ANYTHING);
  }
}

const HOST_ORDER = 0;
/** The value of a cell of a set. */
const EMPTY_VALUE = parseType('org.apache.cassandra.db.marshal.EmptyType');

function insideOf(type: CqlType): readonly CqlType[] {
  switch (type.kind) {
    case 'list':
    case 'set':
      return [type.element];
    case 'map':
      return [type.key, type.value];
    case 'tuple':
    case 'composite':
      return type.elements;
    case 'udt':
      return type.fields.map((field) => field.type);
    default:
      return [];
  }
}

function words(entries: readonly (readonly number[])[]): Int32Array {
  const table = new Int32Array(entries.length * ENTRY_WORDS);
  entries.forEach((entry, i) => {
    table.set(entry, i * ENTRY_WORDS);
  });
  return table;
}
