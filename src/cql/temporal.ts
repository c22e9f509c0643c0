/** Texts of dates, times and durations, as Cassandra's tools write them. */
import { TEXT_4_1, type TextDialect } from './text-dialect.js';

const DAY_MS = 86_400_000;
/** Days from 0000-03-01 to 1970-01-01 in the proleptic Gregorian calendar. */
const EPOCH_DAYS = 719468;
const ERA_DAYS = 146097;

const pad2 = (n: number): string => (n < 10 ? `0${n}` : String(n));
const pad3 = (n: number): string => (n < 100 ? `0${pad2(n)}` : String(n));

interface CivilDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** Proleptic Gregorian date of a day counted from 1970-01-01. */
export function civilDate(days: number): CivilDate {
  const shifted = days + EPOCH_DAYS;
  const era = Math.floor(shifted / ERA_DAYS);
  const ofEra = shifted - era * ERA_DAYS;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36524) - Math.floor(ofEra / 146096)) /
      365,
  );
  const leaps = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  const ofYear = ofEra - (365 * yearOfEra + leaps);
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

/** Day of a proleptic Gregorian date, counted from 1970-01-01. */
export function dayNumber(year: number, month: number, day: number): number {
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const leaps = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return era * ERA_DAYS + yearOfEra * 365 + leaps + ofYear - EPOCH_DAYS;
}

/** 1582-10-15, the first day that java.util.GregorianCalendar counts in the Gregorian calendar. */
const FIRST_GREGORIAN_DAY = -141427;
/** Days from -4712-03-01 of the Julian calendar to 1970-01-01. */
const JULIAN_EPOCH_DAYS = 2440528;

/** Date of a day counted from 1970-01-01, in the Julian calendar up to 1582-10-04. */
function historicalDate(days: number): CivilDate {
  if (days >= FIRST_GREGORIAN_DAY) return civilDate(days);
  const shifted = days + JULIAN_EPOCH_DAYS;
  const cycle = Math.floor(shifted / 1461);
  const ofCycle = shifted - cycle * 1461;
  const yearOfCycle = Math.min(3, Math.floor(ofCycle / 365));
  const ofYear = ofCycle - yearOfCycle * 365;
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: cycle * 4 + yearOfCycle - 4712 + (month <= 2 ? 1 : 0), month, day };
}

/** At least four digits, a sign when there are more (unless `plain`) or the year is negative. */
function yearText(year: number, plain: boolean): string {
  if (year < 0) return `-${String(-year).padStart(4, '0')}`;
  return year > 9999 && !plain ? `+${year}` : String(year).padStart(4, '0');
}

/** `2024-02-29` of days since 1970-01-01. */
export function dateText(days: number, plainYears = false): string {
  const { year, month, day } = civilDate(days);
  return `${yearText(year, plainYears)}-${pad2(month)}-${pad2(day)}`;
}

/**
 * `2024-02-29<separator>13:45:28.613Z` of milliseconds since 1970-01-01. Years before 1 are years
 * of their era without a sign: 0 is 0001, -1 is 0002, as Cassandra's formatter has it.
 */
export function timestampText(
  ms: number | bigint,
  separator: ' ' | 'T',
  dialect: TextDialect = TEXT_4_1,
): string {
  const [days, rest] = typeof ms === 'bigint' ? splitDays(ms) : splitDaysNumber(ms);
  const date = eraDateText(days, dialect.oldCalendar);
  const seconds = `${pad2(Math.floor(rest / 1000) % 60)}.${pad3(rest % 1000)}`;
  return `${date}${separator}${minutesText(rest)}:${seconds}Z`;
}

/** `2024-02-29 13:45Z`, the form of keys before 4.0. */
export function minuteTimestampText(ms: number | bigint, dialect: TextDialect): string {
  const [days, rest] = typeof ms === 'bigint' ? splitDays(ms) : splitDaysNumber(ms);
  return `${eraDateText(days, dialect.oldCalendar)} ${minutesText(rest)}Z`;
}

const minutesText = (ofDay: number): string =>
  `${pad2(Math.floor(ofDay / 3_600_000))}:${pad2(Math.floor(ofDay / 60_000) % 60)}`;

// Most timestamps are of the same day as the one before.
let lastDay = Number.NaN;
let lastOldCalendar = false;
let lastDayText = '';

function eraDateText(days: number, oldCalendar: boolean): string {
  if (days !== lastDay || oldCalendar !== lastOldCalendar) {
    const { year, month, day } = oldCalendar ? historicalDate(days) : civilDate(days);
    const ofEra = yearText(year > 0 ? year : 1 - year, oldCalendar);
    lastDayText = `${ofEra}-${pad2(month)}-${pad2(day)}`;
    lastDay = days;
    lastOldCalendar = oldCalendar;
  }
  return lastDayText;
}

function splitDays(ms: bigint): [number, number] {
  const day = BigInt(DAY_MS);
  const rest = ((ms % day) + day) % day;
  return [Number((ms - rest) / day), Number(rest)];
}

function splitDaysNumber(ms: number): [number, number] {
  const days = Math.floor(ms / DAY_MS);
  return [days, ms - days * DAY_MS];
}

/** `13:45:28.613000000` of nanoseconds since midnight. */
export function timeText(nanos: number | bigint): string {
  const seconds =
    typeof nanos === 'number' ? Math.floor(nanos / 1e9) : Number(nanos / 1_000_000_000n);
  const rest = typeof nanos === 'number' ? nanos % 1e9 : Number(nanos % 1_000_000_000n);
  const fraction = String(rest).padStart(9, '0');
  const hours = Math.floor(seconds / 3600);
  return `${pad2(hours)}:${pad2(Math.floor(seconds / 60) % 60)}:${pad2(seconds % 60)}.${fraction}`;
}

const NANO_UNITS: readonly (readonly [bigint, string])[] = [
  [3_600_000_000_000n, 'h'],
  [60_000_000_000n, 'm'],
  [1_000_000_000n, 's'],
  [1_000_000n, 'ms'],
  [1000n, 'us'],
  [1n, 'ns'],
];

/** `1y2mo3d4h5m6s7ms8us9ns`; no text at all for a duration of nothing. */
export function durationText(months: number, days: number, nanos: bigint): string {
  let text = months < 0 || days < 0 || nanos < 0n ? '-' : '';
  const size = Math.abs(months);
  if (size >= 12) text += `${Math.floor(size / 12)}y`;
  if (size % 12 > 0) text += `${size % 12}mo`;
  if (days !== 0) text += `${Math.abs(days)}d`;
  let rest = nanos < 0n ? -nanos : nanos;
  for (const [unit, name] of NANO_UNITS) {
    if (rest >= unit) text += `${rest / unit}${name}`;
    rest %= unit;
  }
  return text;
}
