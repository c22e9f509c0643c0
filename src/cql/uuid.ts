/** UUIDs as text. */
import { fromHex } from '../binary/index.js';
import { hexText } from './bytes.js';

/** `bytes` must be 16. */
export function uuidText(bytes: Uint8Array): string {
  const hex = hexText(bytes);
  const time = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}`;
  return `${time}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Bytes of `text`, or null when it is no UUID. */
export function parseUuid(text: string): Uint8Array | null {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)) return null;
  return fromHex(text.replaceAll('-', ''));
}
