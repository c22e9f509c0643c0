/** Which values the dump kernel prints itself, and how the others are printed. */
import {
  type CqlType,
  jsonWriter,
  keyTextWriter,
  quoteJson,
  type TextWriter,
  uuidText,
} from '../../../cql/index.js';
import type { DumpDialect } from '../dialect.js';

/** The same numbers are in native-bindings/assembly/dump-values.ts. */
export const ValueKind = {
  host: 0,
  text: 1,
  ascii: 2,
  blob: 3,
  int: 4,
  bigint: 5,
  boolean: 6,
  uuid: 7,
  double: 8,
  float: 9,
  timestamp: 10,
  smallint: 11,
  tinyint: 12,
  quotedInt: 13,
  quotedBigint: 14,
  emptyString: 15,
} as const;

const VALUES: Readonly<Record<string, number>> = {
  text: ValueKind.text,
  ascii: ValueKind.ascii,
  blob: ValueKind.blob,
  int: ValueKind.int,
  bigint: ValueKind.bigint,
  boolean: ValueKind.boolean,
  uuid: ValueKind.uuid,
  timeuuid: ValueKind.uuid,
  double: ValueKind.double,
  float: ValueKind.float,
  timestamp: ValueKind.timestamp,
  smallint: ValueKind.smallint,
  tinyint: ValueKind.tinyint,
};

/** In keys and paths everything is a string. */
const STRINGS: Readonly<Record<string, number>> = {
  text: ValueKind.text,
  ascii: ValueKind.ascii,
  uuid: ValueKind.uuid,
  timeuuid: ValueKind.uuid,
  int: ValueKind.quotedInt,
  bigint: ValueKind.quotedBigint,
};

/** How a value is printed: by the kernel, and by `write` where it leaves one to the host. */
export interface Printer {
  readonly kind: number;
  readonly write: TextWriter;
}

export function valuePrinter(type: CqlType, { texts }: DumpDialect): Printer {
  return { kind: VALUES[type.kind] ?? ValueKind.host, write: jsonWriter(type, texts) };
}

/** For parts of keys. */
export function stringPrinter(type: CqlType, { texts }: DumpDialect): Printer {
  const text = keyTextWriter(type, texts);
  return {
    kind: STRINGS[type.kind] ?? ValueKind.host,
    write: (bytes) => quoteJson(text(bytes)),
  };
}

/** The cells of a complex column; null for user types, whose values depend on the path. */
export function complexPrinters(
  type: CqlType,
  dialect: DumpDialect,
): { readonly path: Printer; readonly value: Printer } | null {
  switch (type.kind) {
    case 'set':
      return { path: stringPrinter(type.element, dialect), value: EMPTY };
    case 'map':
      return { path: stringPrinter(type.key, dialect), value: valuePrinter(type.value, dialect) };
    case 'list':
      return { path: LIST_PATH, value: valuePrinter(type.element, dialect) };
    default:
      return null;
  }
}

/** What a set has instead of values. */
const EMPTY: Printer = { kind: ValueKind.emptyString, write: () => '""' };
/** Cells of a list are named by time UUIDs. */
const LIST_PATH: Printer = { kind: ValueKind.uuid, write: (bytes) => quoteJson(uuidText(bytes)) };
