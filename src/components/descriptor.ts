/**
 * Names of SSTable files (format reference, section 2):
 *
 *   <version>-<id>-<format>-<component>      nb-1-big-Data.db
 *
 * The id is a generation number or, from 4.1 on, a time-based UUID in base 36:
 *
 *   DDDD_SSSS_NNNNNLLLLLLLLLLLLL             3gm7_127s_3ndxs28xt4llzxwqz6
 *   days (4), second of the day (4), 100 ns ticks of the second (5), low half of the UUID (13)
 */
import type { FormatVersion } from './versions.js';

/** One SSTable: where it lies and what its files are called. */
export interface Descriptor {
  readonly directory: string;
  readonly version: FormatVersion;
  readonly id: string;
  /** Start of every file name, `nb-1-big`. */
  readonly base: string;
}

export interface ComponentName {
  readonly base: string;
  readonly versionLetters: string;
  readonly id: string;
  readonly format: string;
  /** `Data.db` */
  readonly component: string;
}

const NAME = /^([a-z]{2})-([0-9]{1,10}|[0-9a-z]{4}_[0-9a-z]{4}_[0-9a-z]{18})-(big|bti)-([^/]+)$/i;

/** The parts of `fileName`, or null when it does not name a component of an SSTable. */
export function parseComponentName(fileName: string): ComponentName | null {
  const match = NAME.exec(fileName);
  if (match === null) return null;
  const [, versionLetters = '', id = '', format = '', component = ''] = match;
  if (!/^[a-z]+$/.test(versionLetters) || !/^[a-z]+$/.test(format)) return null;
  if (component.endsWith('.tmp')) return null;
  return { base: `${versionLetters}-${id}-${format}`, versionLetters, id, format, component };
}

/** Whether `id` is a UUID rather than a generation number. */
export function isUuidId(id: string): boolean {
  return id.length === 28;
}

/** Order of ids of one table: generation numbers before UUIDs, each by age. */
export function compareIds(a: string, b: string): number {
  if (isUuidId(a) !== isUuidId(b)) return isUuidId(a) ? 1 : -1;
  if (!isUuidId(a)) return Number(a) - Number(b);
  const [left, right] = [a.toLowerCase(), b.toLowerCase()];
  return left < right ? -1 : left > right ? 1 : 0;
}

const UUID_EPOCH_MS = -12219292800000n;

/** The UUID that an id stands for and the moment in it, or null for a generation number. */
export function parseUuidId(id: string): { uuid: string; timeMs: number } | null {
  const match = /^([0-9a-z]{4})_([0-9a-z]{4})_([0-9a-z]{5})([0-9a-z]{13})$/i.exec(id);
  if (match === null) return null;
  const [days, seconds, ticks, low] = match.slice(1).map(base36);
  if (days === undefined || seconds === undefined) return null;
  if (ticks === undefined || low === undefined || low >> 64n !== 0n) return null;
  const time = (days * 86400n + seconds) * 10_000_000n + ticks;
  if (time >> 60n !== 0n) return null;
  const high = ((time & 0xffffffffn) << 32n) | (((time >> 32n) & 0xffffn) << 16n);
  const bits = ((high | 0x1000n | (time >> 48n)) << 64n) | low;
  const hex = bits.toString(16).padStart(32, '0');
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return { uuid, timeMs: Number(time / 10_000n + UUID_EPOCH_MS) };
}

function base36(text: string): bigint {
  let value = 0n;
  for (const digit of text) value = value * 36n + BigInt(Number.parseInt(digit, 36));
  return value;
}
