/**
 * Estimated number of partition keys from the HyperLogLog++ sketch in COMPACTION of Statistics.db
 * (format reference, 6.3):
 *
 *   version   i32, -2
 *   p, sp     LEB128 each, 13 and 25
 *   format    LEB128, 0 normal, 1 sparse
 *   normal    LEB128 bytes, then i32 words of six 5-bit registers from the low bits up
 *   sparse    LEB128 n, n × LEB128 difference to the entry before
 */
import { ByteReader } from '../../binary/index.js';

const REGISTERS_PER_WORD = 6;
const REGISTER_BITS = 5;
const REGISTER_MAX = 31;

function leb128(r: ByteReader): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = r.u8();
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  return value;
}

/** Null when the sketch is missing or of another make. */
export function estimateKeys(sketch: Uint8Array): number | null {
  if (sketch.length < 8) return null;
  try {
    const r = new ByteReader(sketch);
    if (r.i32() !== -2) return null;
    const p = leb128(r);
    const sparse = leb128(r);
    const format = leb128(r);
    if (p < 4 || p > 24 || sparse > 32) return null;
    const size = leb128(r);
    if (format === 1) return Math.round(linearCounting(2 ** sparse, size));
    return format === 0 ? Math.round(estimateNormal(r, 2 ** p, 64 - p)) : null;
  } catch {
    return null;
  }
}

/** Of `m` places, `used` are taken. */
function linearCounting(m: number, used: number): number {
  return used >= m ? m : m * Math.log(m / (m - used));
}

/**
 * Ertl's estimator over the counts of register values: no bias tables, no thresholds. `bits` are those
 * of a hash behind the index of the register, 40 at least.
 */
function estimateNormal(r: ByteReader, m: number, bits: number): number {
  const counts = new Float64Array(bits + 2);
  for (let i = 0; i < m; i += REGISTERS_PER_WORD) {
    let word = r.u32();
    for (let rest = Math.min(REGISTERS_PER_WORD, m - i); rest > 0; rest--) {
      const value = word & REGISTER_MAX;
      counts[value] = (counts[value] ?? 0) + 1;
      word >>>= REGISTER_BITS;
    }
  }
  let z = m * tau(1 - (counts[bits + 1] ?? 0) / m);
  for (let k = bits; k >= 1; k--) z = 0.5 * (z + (counts[k] ?? 0));
  z += m * sigma((counts[0] ?? 0) / m);
  return (m * m) / (2 * Math.LN2 * z);
}

function sigma(start: number): number {
  if (start === 1) return Number.POSITIVE_INFINITY;
  let [x, y, z] = [start, 1, start];
  for (let before = -1; before !== z; ) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

function tau(start: number): number {
  if (start === 0 || start === 1) return 0;
  let [x, y, z] = [start, 1, 1 - start];
  for (let before = -1; before !== z; ) {
    x = Math.sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) ** 2 * y;
  }
  return z / 3;
}
