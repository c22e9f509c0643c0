/** Scalar values from text, as Cassandra's types take it. */
import { fromHex } from '../binary/index.js';
import { bigIntToBytes, parseDecimal } from './decimal.js';
import { parseInet } from './inet.js';
import { parseDate, parseDuration, parseTime, parseTimestamp } from './parse-temporal.js';
import type { ScalarKind } from './types.js';
import { parseUuid } from './uuid.js';

const EMPTY = new Uint8Array(0);

/** The bytes of `text`, or null when it is no value of the kind. */
export function parseScalar(kind: ScalarKind, text: string): Uint8Array | null {
  if (text === '' && !['boolean', 'date', 'time'].includes(kind)) return EMPTY;
  switch (kind) {
    case 'ascii':
      return /[^\0-\x7f]/.test(text) ? null : new TextEncoder().encode(text);
    case 'text':
      return new TextEncoder().encode(text);
    case 'blob':
    case 'counter':
      return fromHex(text);
    case 'boolean':
      return parseBoolean(text);
    case 'tinyint':
      return parseInteger(text, 1);
    case 'smallint':
      return parseInteger(text, 2);
    case 'int':
      return parseInteger(text, 4);
    case 'bigint':
      return parseInteger(text, 8);
    case 'varint':
      return /^[+-]?[0-9]+$/.test(text) ? bigIntToBytes(BigInt(text.replace('+', ''))) : null;
    case 'decimal':
      return parseDecimal(text);
    case 'float':
    case 'double':
      return parseFloating(text, kind);
    case 'timestamp':
    case 'legacy-timestamp':
      return integerBytes(parseTimestamp(text), 8);
    case 'date':
      return integerBytes(parseDate(text), 4);
    case 'time':
      return integerBytes(parseTime(text), 8);
    case 'duration':
      return parseDuration(text);
    case 'uuid':
    case 'lexical-uuid':
      return parseUuid(text);
    case 'timeuuid':
    case 'legacy-timeuuid': {
      const bytes = parseUuid(text);
      return bytes !== null && (bytes[6] ?? 0) >> 4 === 1 ? bytes : null;
    }
    case 'inet':
      return parseInet(text);
    case 'empty':
      return null;
  }
}

function parseBoolean(text: string): Uint8Array | null {
  const lower = text.toLowerCase();
  if (lower === 'true') return Uint8Array.of(1);
  return lower === 'false' || lower === '' ? Uint8Array.of(0) : null;
}

function parseInteger(text: string, bytes: number): Uint8Array | null {
  if (!/^[+-]?[0-9]+$/.test(text)) return null;
  const value = BigInt(text.replace('+', ''));
  return value === BigInt.asIntN(8 * bytes, value) ? integerBytes(value, bytes) : null;
}

function integerBytes(value: bigint | number | null, bytes: number): Uint8Array | null {
  if (value === null) return null;
  const view = new DataView(new ArrayBuffer(8));
  view.setBigInt64(0, BigInt.asIntN(64, BigInt(value)));
  return new Uint8Array(view.buffer, 8 - bytes).slice();
}

function parseFloating(text: string, kind: 'float' | 'double'): Uint8Array | null {
  const trimmed = text.trim();
  const match = /^([+-]?)(NaN|Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[fFdD]?$/;
  const parts = match.exec(trimmed);
  if (parts === null) return null;
  const size = Number(parts[2]);
  const value = parts[1] === '-' ? -size : size;
  const view = new DataView(new ArrayBuffer(kind === 'float' ? 4 : 8));
  if (kind === 'float') view.setFloat32(0, value);
  else view.setFloat64(0, value);
  return new Uint8Array(view.buffer);
}
