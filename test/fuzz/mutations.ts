/** Changes of bytes that know what the bytes mean, from seeded random numbers. */
import { ByteWriter } from '../../src/binary/index.js';
import { randomNumbers } from '../codec/seeded.js';

export type Random = () => number;

export { randomNumbers };

/** A field: where it stands, and what it is for. */
export interface Span {
  readonly at: number;
  readonly length: number;
  readonly what: string;
}

export const pick = <T>(next: Random, items: readonly T[]): T => {
  const item = items[next() % items.length];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
};

/** Numbers at which something changes. */
const EDGES: readonly bigint[] = [
  0n,
  1n,
  2n,
  63n,
  64n,
  127n,
  128n,
  255n,
  256n,
  16383n,
  16384n,
  65535n,
  65536n,
  2n ** 21n,
  2n ** 28n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];

export function vint(value: bigint): Uint8Array {
  const w = new ByteWriter(9);
  w.uvintBig(value);
  return w.toBytes();
}

/** A vint that is longer than it need be. */
function longVint(value: number): Uint8Array {
  return Uint8Array.of(0xe0, 0, (value >> 8) & 0xff, value & 0xff);
}

/** The value of a vint, if `bytes` are one. */
export function vintOf(bytes: Uint8Array): bigint | null {
  const first = bytes[0] ?? 0;
  const extra = Math.clz32(~(first << 24));
  if (bytes.length !== extra + 1) return null;
  let value = extra >= 8 ? 0n : BigInt(first & (0xff >> extra));
  for (const byte of bytes.subarray(1)) value = (value << 8n) | BigInt(byte);
  return value;
}

export function splice(bytes: Uint8Array, span: Span, replacement: Uint8Array): Uint8Array {
  const { at, length } = span;
  return Buffer.concat([bytes.subarray(0, at), replacement, bytes.subarray(at + length)]);
}

/** Another number in the place of one that is a vint. */
export function changeVint(next: Random, bytes: Uint8Array): Uint8Array {
  const value = vintOf(bytes) ?? 0n;
  switch (next() % 4) {
    case 0:
      return vint(pick(next, EDGES));
    case 1:
      return vint(BigInt.asUintN(64, value + pick(next, [1n, -1n, 2n, -2n, 7n, 64n])));
    case 2:
      return longVint(Number(BigInt.asUintN(16, value)));
    default:
      return vint(BigInt.asUintN(64, BigInt(next())));
  }
}

/** Other bytes in the place of a field of a fixed length. */
export function changeFixed(next: Random, bytes: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(bytes);
  if (changed.length === 0) return changed;
  switch (next() % 4) {
    case 0:
      return changed.fill(pick(next, [0, 0xff, 0x7f, 0x80]));
    case 1:
      changed[0] = (changed[0] ?? 0) ^ 0x80;
      return changed;
    case 2: {
      const last = changed.length - 1;
      changed[last] = (changed[last] ?? 0) + pick(next, [1, -1, 4, -4]);
      return changed;
    }
    default: {
      const at = next() % changed.length;
      changed[at] = (changed[at] ?? 0) ^ (1 << (next() % 8));
      return changed;
    }
  }
}

/** Changes of whole regions, where nothing is known about what stands there. */
export function changeRegion(next: Random, bytes: Uint8Array): Uint8Array {
  const at = bytes.length === 0 ? 0 : next() % bytes.length;
  const length = Math.min(1 + (next() % 16), bytes.length - at);
  const span = { at, length, what: 'region' };
  const region = bytes.subarray(at, at + length);
  switch (next() % 7) {
    case 0:
      return splice(bytes, span, new Uint8Array(0));
    case 1:
      return splice(bytes, span, Buffer.concat([region, region]));
    case 2:
      return splice(bytes, span, changeFixed(next, region));
    case 3:
      return splice(bytes, { ...span, length: Math.min(1, length) }, changeVint(next, region));
    case 4: {
      const field = Buffer.alloc(pick(next, [2, 4, 8]));
      const value = BigInt.asUintN(8 * field.length, pick(next, EDGES));
      for (let i = 0; i < field.length; i++) {
        field[field.length - 1 - i] = Number((value >> BigInt(8 * i)) & 0xffn);
      }
      const end = Math.min(bytes.length, at + field.length);
      return splice(bytes, { ...span, length: end - at }, field.subarray(0, end - at));
    }
    case 5:
      return bytes.subarray(0, at);
    default:
      return Buffer.concat([bytes, bytes.subarray(at, at + length)]);
  }
}
