/** JSON text that loses nothing: 64-bit integers are strings, bytes hex, NaN and infinities named. */
import { toHex } from '../binary/index.js';

function replace(this: unknown, _key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (value instanceof Uint8Array) return toHex(value);
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>);
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  return value;
}

/** `value` as JSON, indented by `indent` spaces (0 = one line). */
export function toJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, replace, indent) ?? 'null';
}
