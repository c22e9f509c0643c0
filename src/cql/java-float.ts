/**
 * Floats and doubles as Java's Float.toString and Double.toString write them up to JDK 18, which is
 * what every Cassandra tool prints: at least one digit after the point, an exponent below 1E-3 and
 * from 1E7 on. Those JDKs do not always find the shortest digits, so their digit generation
 * (Steele and White's free-format algorithm, half an ulp as the bound on both sides) is done here
 * as they do it. Wherever it gives the shortest and nearest digits, which JavaScript finds much
 * faster, those are used: for numbers that are normal, no power of two (their interval is lopsided)
 * and so small that no decimal lies exactly between two candidates.
 */

interface Digits {
  readonly digits: string;
  /** The value is 0.digits × 10^exponent. */
  readonly exponent: number;
}

const view = new DataView(new ArrayBuffer(8));

export function doubleToJava(value: number): string {
  const size = Math.abs(value);
  if (size >= 2 ** 48 || size < 2 ** -1021) return toJava(value, doubleDigits(value));
  view.setFloat64(0, size);
  const high = view.getInt32(0);
  const low = view.getInt32(4);
  if ((high & 0xfffff) === 0 && low === 0) return toJava(value, doubleDigits(value));
  if (size >= 1e-3 && size < 1e7) {
    const text = String(value);
    if (isNearest(high, low, text)) return text;
  }
  return toJava(value, nearestDigits(size, size.toExponential()));
}

/**
 * Whether `text`, without exponent, are the digits of the double with these halves in Java too: it has
 * decimals, and the number does not lie exactly between two candidates. A number of n binary places
 * has n decimals, so it is none where it has more than one decimal more than the text.
 */
function isNearest(high: number, low: number, text: string): boolean {
  const point = text.indexOf('.');
  if (point < 0) return false;
  const zeros = low !== 0 ? zeroBits(low) : 32 + zeroBits(high & 0xfffff);
  const binaryPlaces = 52 - ((high >>> 20) - 1023) - zeros;
  return binaryPlaces !== text.length - point;
}

/** Zeros at the end of a word that is not zero. */
function zeroBits(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/** `value` must be a float: exactly what getFloat32 gives. */
export function floatToJava(value: number): string {
  const size = Math.abs(value);
  if (size >= 2 ** 18 || size < 2 ** -125) return toJava(value, floatDigits(value));
  view.setFloat32(0, value);
  if ((view.getInt32(0) & 0x7fffff) === 0) return toJava(value, floatDigits(value));
  // Six digits never miss a shorter text, nine always suffice.
  for (let digits = 6; digits < 9; digits++) {
    const text = size.toExponential(digits - 1);
    if (Math.fround(Number(text)) === size) return toJava(value, nearestDigits(size, text));
  }
  return toJava(value, nearestDigits(size, size.toExponential(8)));
}

/**
 * The digits of `text`, the exponential form of `size`. Exactly between two, JavaScript takes
 * the larger one and Java the even one.
 */
function nearestDigits(size: number, text: string): Digits {
  const split = splitDigits(text);
  const { digits } = split;
  const last = digits.charCodeAt(digits.length - 1) - 0x30;
  if (last % 2 === 0 || digits.length < 6) return split;
  const more = size.toExponential(digits.length + 19);
  if (!more.slice(digits.length + 1).startsWith('50000000000000000000')) return split;
  return { digits: `${digits.slice(0, -1)}${last - 1}`, exponent: split.exponent };
}

/** Of `d.ddde±x`. */
function splitDigits(text: string): Digits {
  const mark = text.indexOf('e');
  let end = mark;
  while (text.charCodeAt(end - 1) === 0x30) end--;
  return {
    digits: text[0] + text.slice(2, end),
    exponent: Number(text.slice(mark + 1)) + 1,
  };
}

function toJava(value: number, { digits, exponent }: Digits): string {
  if (!Number.isFinite(value)) return String(value);
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (value === 0) return `${sign}0.0`;
  if (exponent > 0 && exponent <= 7) {
    const whole = digits.slice(0, exponent).padEnd(exponent, '0');
    return `${sign}${whole}.${digits.slice(exponent) || '0'}`;
  }
  if (exponent <= 0 && exponent > -3) return `${sign}0.${'0'.repeat(-exponent)}${digits}`;
  return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${exponent - 1}`;
}

const NO_DIGITS: Digits = { digits: '0', exponent: 1 };

function doubleDigits(value: number): Digits {
  if (value === 0 || !Number.isFinite(value)) return NO_DIGITS;
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  return digitsOf(Number((bits >> 52n) & 0x7ffn), bits & 0xfffffffffffffn, 1023);
}

function floatDigits(value: number): Digits {
  if (value === 0 || !Number.isFinite(value)) return NO_DIGITS;
  view.setFloat32(0, value);
  const bits = view.getUint32(0);
  // The fraction of a float is treated as the upper bits of a double's.
  return digitsOf((bits >>> 23) & 0xff, BigInt(bits & 0x7fffff) << 29n, 127);
}

const EXP_SHIFT = 52;
const bitLength = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length);

function digitsOf(storedExponent: number, fraction: bigint, bias: number): Digits {
  const isFloat = bias === 127;
  let fract = fraction;
  let exponent = storedExponent;
  let significant: number;
  if (exponent === 0) {
    const leading = EXP_SHIFT + 1 - bitLength(fract);
    fract <<= BigInt(leading);
    exponent = 1 - leading;
    significant = (isFloat ? 24 : 53) - leading;
  } else {
    fract |= 1n << 52n;
    significant = isFloat ? 24 : 53;
  }
  const binary = exponent - bias;
  const tail = trailingZeros(fract);
  const fractBits = EXP_SHIFT + 1 - tail;
  const tiny = Math.max(0, fractBits - binary - 1);
  if (binary >= -21 && binary <= 62 && tiny === 0) {
    const whole =
      binary >= EXP_SHIFT
        ? fract << BigInt(binary - EXP_SHIFT)
        : fract >> BigInt(EXP_SHIFT - binary);
    return wholeDigits(
      whole,
      binary > significant ? insignificantDigits(binary - significant - 1) : 0,
    );
  }
  return freeFormat(fract >> BigInt(tail), fractBits, binary, tiny, significant, fract);
}

function trailingZeros(value: bigint): number {
  let zeros = 0;
  for (let rest = value; (rest & 1n) === 0n; rest >>= 1n) zeros++;
  return zeros;
}

/** Decimal digits that 2^power does not determine. */
function insignificantDigits(power: number): number {
  if (power <= 1) return 0;
  return (1n << BigInt(power)).toString().length - 1;
}

/** Whole numbers below 2^63, without the last `insignificant` digits. */
function wholeDigits(whole: bigint, insignificant: number): Digits {
  let rest = whole;
  let dropped = 0;
  if (insignificant > 0) {
    const power = 10n ** BigInt(insignificant);
    const residue = rest % power;
    rest /= power;
    dropped = insignificant;
    if (residue >= power >> 1n) rest++;
  }
  const text = rest.toString();
  return { digits: text.replace(/0+$/, '') || '0', exponent: text.length + dropped };
}

function freeFormat(
  mantissa: bigint,
  fractBits: number,
  binary: number,
  tiny: number,
  significant: number,
  normalized: bigint,
): Digits {
  let exponent = estimateExponent(normalized, binary);
  const b5 = Math.max(0, -exponent);
  const s5 = Math.max(0, exponent);
  let b2 = b5 + tiny + binary;
  let s2 = s5 + tiny;
  let m2 = b2 - significant;
  b2 -= fractBits - 1;
  const common = Math.min(b2, s2);
  b2 -= common;
  s2 -= common;
  m2 -= common;
  // Just below a power of two the numbers are half as far apart.
  if (fractBits === 1) m2 -= 1;
  if (m2 < 0) {
    b2 -= m2;
    s2 -= m2;
    m2 = 0;
  }
  let b = (mantissa * 5n ** BigInt(b5)) << BigInt(b2);
  const s = (5n ** BigInt(s5)) << BigInt(s2);
  let m = ((5n ** BigInt(b5)) << BigInt(m2)) * 10n;
  const tens = s * 10n;
  const wide = width(fractBits + b2, b5, s2 + 1, s5 + 1);
  // Ints and longs overflow silently; big integers alone take the bound itself as within.
  const wrap = (x: bigint): bigint => (wide === 0 ? x : BigInt.asIntN(wide, x));
  const isHigh = () => (wide === 0 ? b + m >= tens : wrap(b + m) > tens);
  const digits: number[] = [];
  let q = Number(b / s);
  b = (b % s) * 10n;
  let low = b < m;
  let high = isHigh();
  if (q === 0 && !high) exponent--;
  else digits.push(q);
  // A number with an exponent has two digits at least.
  if (exponent < -3 || exponent >= 8) low = high = false;
  while (!low && !high) {
    q = Number(b / s);
    b = (b % s) * 10n;
    m = wrap(m * 10n);
    low = m <= 0n || b < m;
    high = m <= 0n || isHigh();
    digits.push(q);
  }
  const low2 = wrap(wrap(b * 2n) - tens);
  const up = high && (!low || low2 > 0n || (low2 === 0n && (digits.at(-1) ?? 0) % 2 === 1));
  return finish(digits, exponent + 1, up);
}

const BITS_OF_5 = Array.from({ length: 27 }, (_, power) => bitLength(5n ** BigInt(power)));
BITS_OF_5[0] = 0;

/** Bits of the integers that Java computes with: 32, 64, or 0 for any number. */
function width(bBits2: number, b5: number, sBits2: number, s5: number): 0 | 32 | 64 {
  const bBits = bBits2 + (BITS_OF_5[b5] ?? b5 * 3);
  const sBits = sBits2 + (BITS_OF_5[s5] ?? s5 * 3);
  const most = Math.max(bBits, sBits);
  return most < 32 ? 32 : most < 64 ? 64 : 0;
}

function finish(digits: number[], exponent: number, up: boolean): Digits {
  let shift = exponent;
  if (up) {
    let i = digits.length - 1;
    while (i > 0 && digits[i] === 9) digits[i--] = 0;
    if (digits[i] === 9) {
      digits[i] = 1;
      shift++;
    } else {
      digits[i] = (digits[i] ?? 0) + 1;
    }
  }
  return { digits: digits.join('').replace(/0+$/, '') || '0', exponent: shift };
}

/** Java's estimate of floor(log10), which may be one too high. */
function estimateExponent(normalized: bigint, binary: number): number {
  view.setBigUint64(0, (1023n << 52n) | (normalized & 0xfffffffffffffn));
  const d2 = view.getFloat64(0);
  const estimate = (d2 - 1.5) * 0.289529654 + 0.176091259 + binary * 0.301029995663981;
  return Math.floor(estimate);
}
