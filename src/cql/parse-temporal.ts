/** Dates, times and durations from text, in the forms that Cassandra's types take. */
import { ByteWriter } from '../binary/index.js';
import { civilDate, dayNumber } from './temporal.js';

const I32_MAX = 2147483647n;
const I64_MAX = 2n ** 63n - 1n;

/** Day number of a date that exists, or null. */
function validDay(year: number, month: number, day: number): number | null {
  if (month < 1 || month > 12 || day < 1) return null;
  const days = dayNumber(year, month, day);
  return civilDate(days).month === month ? days : null;
}

/** Stored number (1970-01-01 = 2^31) of `2024-02-29` or of that number itself, or null. */
export function parseDate(text: string): number | null {
  if (/^-?[0-9]+$/.test(text)) {
    const raw = Number(text);
    return raw >= 0 && raw < 2 ** 32 ? raw : null;
  }
  const match = /^([+-]?[0-9]{4,10})-([0-9]{2})-([0-9]{2})$/.exec(text);
  if (match === null) return null;
  const days = validDay(Number(match[1]), Number(match[2]), Number(match[3]));
  if (days === null || days < -(2 ** 31) || days >= 2 ** 31) return null;
  return days + 2 ** 31;
}

/** Nanoseconds since midnight of `hh:mm:ss[.fffffffff]` or of their number, or null. */
export function parseTime(text: string): bigint | null {
  if (/^-?[0-9]+$/.test(text)) {
    const raw = BigInt(text);
    return raw >= 0n && raw < 86_400_000_000_000n ? raw : null;
  }
  const match = /^([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:\.([0-9]{1,9}))?$/.exec(text.trim());
  if (match === null) return null;
  const [hours, minutes, seconds] = match.slice(1, 4).map(Number);
  if (hours === undefined || minutes === undefined || seconds === undefined) return null;
  if (hours >= 24 || minutes >= 60 || seconds >= 60) return null;
  const fraction = BigInt((match[4] ?? '').padEnd(9, '0'));
  return BigInt((hours * 60 + minutes) * 60 + seconds) * 1_000_000_000n + fraction;
}

const TIMESTAMP =
  /^(\d{1,9})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2}))?(?:\.(\d{1,9}))?)?(?: ?(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?$/;

/**
 * Milliseconds since 1970 of `2024-02-29[T13:45[:28[.613]]][zone]` or of their number, or null.
 * A date or time without zone is local time, as for Cassandra's tools.
 */
export function parseTimestamp(text: string): bigint | null {
  if (/^-?[0-9]+$/.test(text)) {
    const raw = BigInt(text);
    return raw === BigInt.asIntN(64, raw) ? raw : null;
  }
  const match = TIMESTAMP.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const days = validDay(year, month, day);
  if (days === null || hour > 23 || minute > 59 || second > 59) return null;
  const ms = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const clock = ((hour * 60 + minute) * 60 + second) * 1000 + ms;
  const zone = match[8];
  if (zone === undefined) {
    const local = new Date(2000, month - 1, day, hour, minute, second, ms);
    return BigInt(local.setFullYear(year, month - 1, day));
  }
  return BigInt(days) * 86_400_000n + BigInt(clock - zoneMinutes(zone) * 60_000);
}

function zoneMinutes(zone: string): number {
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  return match[1] === '-' ? -minutes : minutes;
}

interface Duration {
  months: bigint;
  days: bigint;
  nanos: bigint;
}

const UNITS: Record<string, readonly [keyof Duration, bigint]> = {
  y: ['months', 12n],
  mo: ['months', 1n],
  w: ['days', 7n],
  d: ['days', 1n],
  h: ['nanos', 3_600_000_000_000n],
  m: ['nanos', 60_000_000_000n],
  s: ['nanos', 1_000_000_000n],
  ms: ['nanos', 1_000_000n],
  us: ['nanos', 1000n],
  µs: ['nanos', 1000n],
  ns: ['nanos', 1n],
};
const ORDER = ['y', 'mo', 'w', 'd', 'h', 'm', 's', 'ms', 'us', 'ns'];

/** Bytes of `1y2mo3w4d5h6m7s8ms9us10ns`, `P1Y2M3DT4H5M6S`, `P3W`, `P0001-02-03T04:05:06`, or null. */
export function parseDuration(text: string): Uint8Array | null {
  const negative = text.startsWith('-');
  const source = negative ? text.slice(1) : text;
  const parts = source.startsWith('P') ? isoParts(source) : unitParts(source);
  if (parts === null) return null;
  const total: Duration = { months: 0n, days: 0n, nanos: 0n };
  let last = -1;
  for (const [count, unit] of parts) {
    const place = ORDER.indexOf(unit === 'µs' ? 'us' : unit);
    const entry = UNITS[unit];
    if (place <= last || entry === undefined) return null;
    last = place;
    total[entry[0]] += BigInt(count) * entry[1];
  }
  if (total.months > I32_MAX || total.days > I32_MAX || total.nanos > I64_MAX) return null;
  const sign = negative ? -1n : 1n;
  const w = new ByteWriter(16);
  for (const value of [total.months, total.days, total.nanos]) w.svintBig(sign * value);
  return w.toBytes();
}

type Part = readonly [count: string, unit: string];

function unitParts(source: string): Part[] | null {
  if (!/^(?:\d+(?:y|mo|w|d|h|ms|us|µs|ns|s|m))+$/i.test(source)) return null;
  return [...source.matchAll(/(\d+)([a-zµ]+)/gi)].map((match) => [
    match[1] ?? '',
    (match[2] ?? '').toLowerCase(),
  ]);
}

function isoParts(source: string): Part[] | null {
  const week = /^P(\d+)W$/.exec(source);
  if (week !== null) return [[week[1] ?? '', 'w']];
  const units = ['y', 'mo', 'd', 'h', 'm', 's'];
  const match =
    /^P(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})$/.exec(source) ??
    /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(source);
  if (match === null) return null;
  return units.flatMap((unit, i) =>
    match[i + 1] === undefined ? [] : [[match[i + 1] ?? '', unit]],
  );
}
