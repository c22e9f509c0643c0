/** Times as java.time.Instant prints them, over the whole range of 64 bits. */

const LONG_MAX = 2n ** 63n - 1n;
const LONG_MIN = -(2n ** 63n);
const BILLION = 1_000_000_000n;
/** Last second of the year 9999, up to which Date prints the same text. */
const SECONDS_9999 = 253402300799n;

const two = (value: number): string => String(value).padStart(2, '0');

/** Date and time of `seconds` since 1970, years beyond four digits with their sign. */
function dateTime(seconds: bigint): string {
  if (seconds >= 0n && seconds <= SECONDS_9999) {
    return new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  }
  const secondOfDay = Number(((seconds % 86400n) + 86400n) % 86400n);
  const days = (seconds - BigInt(secondOfDay)) / 86400n;
  // 400 years have 146,097 days: move the date into a range that Date knows, then back.
  const eras = days / 146097n;
  const inRange = new Date(Number(days - eras * 146097n) * 86400_000);
  const year = BigInt(inRange.getUTCFullYear()) + eras * 400n;
  const size = String(year < 0n ? -year : year).padStart(4, '0');
  const sign = year < 0n ? '-' : year > 9999n ? '+' : '';
  const date = `${sign}${size}-${two(inRange.getUTCMonth() + 1)}-${two(inRange.getUTCDate())}`;
  const clock = [Math.floor(secondOfDay / 3600), Math.floor(secondOfDay / 60) % 60];
  return `${date}T${clock.map(two).join(':')}:${two(secondOfDay % 60)}`;
}

/** Fraction of a second in none, three, six or nine digits. */
function fraction(nanos: bigint): string {
  if (nanos === 0n) return '';
  const digits = nanos.toString().padStart(9, '0');
  if (digits.endsWith('000000')) return `.${digits.slice(0, 3)}`;
  return digits.endsWith('000') ? `.${digits.slice(0, 6)}` : `.${digits}`;
}

/**
 * `time` in units of which a second has `perSecond`, as sstabledump prints it: seconds are cut
 * towards zero, and the nanoseconds are those of a number that stops at the ends of 64 bits. (Both
 * are oddities of its `dateString`, visible before 1970 and after the year 2262 only.)
 */
export function javaInstant(time: bigint, perSecond: bigint): string {
  const seconds = time / perSecond;
  const exact = time * (BILLION / perSecond);
  const nanos = exact > LONG_MAX ? LONG_MAX : exact < LONG_MIN ? LONG_MIN : exact;
  return `${dateTime(seconds)}${fraction(((nanos % BILLION) + BILLION) % BILLION)}Z`;
}
