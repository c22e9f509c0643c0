/** How sizes, counts and times read for people. JSON has the exact values instead. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** IEC size: `0 B`, `1.5 KiB`, `31 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const text = unit === 0 || Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(1);
  return `${text} ${UNITS[unit]}`;
}

/** `1,234,567`. */
export function formatCount(count: number | bigint): string {
  return count.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** Days from 1970-01-01 to a civil date (proleptic Gregorian), for years beyond what Date has. */
function civil(days: bigint): { year: bigint; month: number; day: number } {
  const shifted = days + 719468n;
  const era = (shifted >= 0n ? shifted : shifted - 146096n) / 146097n;
  const dayOfEra = Number(shifted - era * 146097n);
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36524) -
      Math.floor(dayOfEra / 146096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: BigInt(yearOfEra) + era * 400n + (month <= 2 ? 1n : 0n),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  };
}

const two = (value: number): string => String(value).padStart(2, '0');

/** `2016-05-01T12:34:56` of seconds since 1970, for every 64-bit number of seconds. */
function dateTime(seconds: bigint): string {
  const secondsOfDay = Number(((seconds % 86400n) + 86400n) % 86400n);
  const { year, month, day } = civil((seconds - BigInt(secondsOfDay)) / 86400n);
  const size = year < 0n ? -year : year;
  const sign = year < 0n ? '-' : year > 9999n ? '+' : '';
  const time = [Math.floor(secondsOfDay / 3600), Math.floor(secondsOfDay / 60) % 60];
  return (
    `${sign}${String(size).padStart(4, '0')}-${two(month)}-${two(day)}` +
    `T${time.map(two).join(':')}:${two(secondsOfDay % 60)}`
  );
}

/** UTC ISO 8601 of `seconds` since 1970. */
export function formatSeconds(seconds: number | bigint): string {
  return `${dateTime(BigInt(seconds))}Z`;
}

/** UTC ISO 8601 of `micros` since 1970, all six digits of the fraction. */
export function formatMicros(micros: bigint): string {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = (micros - fraction) / 1_000_000n;
  return `${dateTime(seconds)}.${String(fraction).padStart(6, '0')}Z`;
}

/** UTC ISO 8601 of `millis` since 1970, to the millisecond. */
export function formatMillis(millis: bigint): string {
  return formatMicros(millis * 1000n).replace(/000Z$/, 'Z');
}

/** `3 days 04:05:06` of a number of seconds. */
export function formatDuration(seconds: number): string {
  const days = Math.floor(seconds / 86400);
  const rest = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  const clock = rest.map((part) => two(Math.floor(part))).join(':');
  return days === 0 ? clock : `${days} ${days === 1 ? 'day' : 'days'} ${clock}`;
}
