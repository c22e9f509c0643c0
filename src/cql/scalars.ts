/**
 * Texts of scalar values, as Cassandra writes them: `json` as sstabledump prints a cell's value (a
 * JSON text), `text` as it prints keys and cell paths (a plain text). Both get at least one byte;
 * what an empty value prints is in `emptyJson`.
 *
 * Fixed lengths are checked; everything is read with plain arithmetic, because a DataView per value
 * costs more than the value.
 */
import { hexText, readI32, readI64, readSafeI64, utf8Json, utf8Text } from './bytes.js';
import { decimalToPlainText, decimalToText, varintText } from './decimal.js';
import { guarded } from './elements.js';
import { inetText } from './inet.js';
import { doubleToJava, floatToJava } from './java-float.js';
import { malformed } from './malformed.js';
import {
  dateText,
  durationText,
  minuteTimestampText,
  timestampText,
  timeText,
} from './temporal.js';
import type { TextDialect } from './text-dialect.js';
import type { CqlType, ScalarKind } from './types.js';
import { uuidText } from './uuid.js';

export type TextWriter = (bytes: Uint8Array) => string;

interface ScalarTexts {
  readonly json: TextWriter;
  readonly text: TextWriter;
}

/** What sstabledump prints for a value without bytes; `time` has a slip of its own. */
export function emptyJson(kind: ScalarKind): string {
  if (kind === 'blob') return '"0x"';
  return kind === 'time' ? '"null"' : '""';
}

/** The text of a key or cell path without bytes. */
export function emptyText(kind: ScalarKind): string {
  return kind === 'time' ? 'null' : '';
}

const quoted = (text: TextWriter): TextWriter => {
  return (bytes) => `"${text(bytes)}"`;
};
const same = (text: TextWriter): ScalarTexts => ({ json: text, text });
const inQuotes = (text: TextWriter): ScalarTexts => ({ json: quoted(text), text });

function i64Text(b: Uint8Array): string {
  const value = readSafeI64(b);
  return Number.isNaN(value) ? readI64(b).toString() : String(value);
}

function millis(b: Uint8Array): number | bigint {
  const ms = readSafeI64(b);
  return Number.isNaN(ms) ? readI64(b) : ms;
}

/** A time is below 2^47 nanoseconds, if it is one. */
function time(b: Uint8Array): string {
  const nanos = readSafeI64(b);
  return timeText(Number.isNaN(nanos) ? readI64(b) : nanos);
}

const scratch = new DataView(new ArrayBuffer(8));

function readFloat(b: Uint8Array): number {
  scratch.setInt32(0, readI32(b));
  return scratch.getFloat32(0);
}

function readDouble(b: Uint8Array): number {
  scratch.setInt32(0, readI32(b));
  scratch.setInt32(4, readI32(b, 4));
  return scratch.getFloat64(0);
}

function floats(
  read: (b: Uint8Array) => number,
  show: (value: number) => string,
  dialect: TextDialect,
): ScalarTexts {
  const text: TextWriter = (b) => show(read(b));
  // JSON has no NaN and no infinities.
  const json: TextWriter = (b) => {
    const value = read(b);
    return Number.isFinite(value) ? show(value) : 'null';
  };
  return { text, json: dialect.notFinite ? text : json };
}

function timestamps(dialect: TextDialect): ScalarTexts {
  return {
    text: dialect.wholeMinutes
      ? (b) => minuteTimestampText(millis(b), dialect)
      : (b) => timestampText(millis(b), 'T', dialect),
    json: (b) => `"${timestampText(millis(b), ' ', dialect)}"`,
  };
}

function duration(type: CqlType): TextWriter {
  return (bytes) =>
    guarded(type, bytes, (r) => {
      const text = durationText(r.svint('months'), r.svint('days'), r.svintBig());
      if (r.remaining > 0) throw malformed(type, bytes, `${r.remaining} bytes too many`);
      return text;
    });
}

/** Cassandra's tools do not print a text that is none either: another text would stand for it. */
function characters(type: CqlType, write: (bytes: Uint8Array) => string | null): TextWriter {
  return (bytes) => {
    const text = write(bytes);
    if (text === null) throw malformed(type, bytes, 'not UTF-8');
    return text;
  };
}

function inet(type: CqlType): TextWriter {
  return (bytes) => {
    const text = inetText(bytes);
    if (text === null) throw malformed(type, bytes, 'neither 4 nor 16 bytes');
    return text;
  };
}

/** sstabledump prints the first eight bytes of a counter's context as if they were its value. */
const counterJson: TextWriter = (b) => (b.length < 8 ? '0' : i64Text(b));

/** Bytes that a value must have; the others have no length of their own. */
export const VALUE_LENGTHS: Readonly<Partial<Record<ScalarKind, number>>> = {
  boolean: 1,
  tinyint: 1,
  smallint: 2,
  int: 4,
  bigint: 8,
  float: 4,
  double: 8,
  timestamp: 8,
  'legacy-timestamp': 8,
  date: 4,
  time: 8,
  uuid: 16,
  timeuuid: 16,
  'legacy-timeuuid': 16,
  'lexical-uuid': 16,
  empty: 0,
};

/** The writers of a scalar type, with the length of each value checked. */
export function scalarTexts(type: CqlType, kind: ScalarKind, dialect: TextDialect): ScalarTexts {
  const plain = plainTexts(type, kind, dialect);
  const length = VALUE_LENGTHS[kind];
  const least = kind === 'decimal' ? 5 : 1;
  const checked = (write: TextWriter): TextWriter => {
    if (length === undefined && least === 1) return write;
    return (bytes) => {
      if (length === undefined ? bytes.length < least : bytes.length !== length) {
        throw malformed(type, bytes, `${bytes.length} bytes`);
      }
      return write(bytes);
    };
  };
  return { json: checked(plain.json), text: checked(plain.text) };
}

function plainTexts(type: CqlType, kind: ScalarKind, dialect: TextDialect): ScalarTexts {
  switch (kind) {
    case 'ascii':
    case 'text':
      return { json: characters(type, utf8Json), text: characters(type, utf8Text) };
    case 'blob':
      return { json: (b) => `"0x${hexText(b)}"`, text: hexText };
    case 'boolean':
      return same((b) => (b[0] === 0 ? 'false' : 'true'));
    case 'tinyint':
      return same((b) => String(((b[0] as number) << 24) >> 24));
    case 'smallint':
      return same((b) => String((((b[0] as number) << 24) >> 16) | (b[1] as number)));
    case 'int':
      return same((b) => String(readI32(b)));
    case 'bigint':
      return same(i64Text);
    case 'varint':
      return same(varintText);
    case 'decimal':
      return {
        json: decimalToText,
        text: dialect.plainDecimals ? decimalToPlainText : decimalToText,
      };
    case 'float':
      return floats(readFloat, floatToJava, dialect);
    case 'double':
      return floats(readDouble, doubleToJava, dialect);
    case 'timestamp':
    case 'legacy-timestamp':
      return timestamps(dialect);
    case 'date':
      return inQuotes((b) => dateText((readI32(b) >>> 0) - 2 ** 31, dialect.plainYears));
    case 'time':
      return inQuotes(time);
    case 'duration':
      return inQuotes(duration(type));
    case 'uuid':
    case 'timeuuid':
    case 'legacy-timeuuid':
    case 'lexical-uuid':
      return inQuotes(uuidText);
    case 'inet':
      return inQuotes(inet(type));
    case 'counter':
      return { json: counterJson, text: hexText };
    case 'empty':
      return inQuotes(() => '');
  }
}
