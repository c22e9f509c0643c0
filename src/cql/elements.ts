/**
 * The values inside a value (format reference, 4.3):
 *
 *   list, set    i32 count, count × element
 *   map          i32 count, count × (key element, value element)
 *   tuple, UDT   elements, maybe fewer than there are fields
 *   element      i32 length (negative = null), bytes
 *   vector       values back to back; if they have no fixed length, each behind its uvint length
 *   composite    per component: u16 length, bytes, i8 end of component; ffff before the first one
 *                marks a static name of old tables
 */
import { ByteReader } from '../binary/index.js';
import { isSstashError } from '../errors.js';
import { readI32 } from './bytes.js';
import { malformed } from './malformed.js';
import type { CqlType, UdtField, UdtType, VectorType } from './types.js';

export type Element = Uint8Array | null;

export interface CompositeComponents {
  readonly isStatic: boolean;
  readonly values: readonly Uint8Array[];
  /** End-of-component bytes, signed; 0 in partition keys. */
  readonly ends: readonly number[];
}

/** Elements of a frozen list or set, or keys and values of a map in turn. Views. */
export function collectionElements(type: CqlType, bytes: Uint8Array): Element[] {
  if (bytes.length < 4) throw malformed(type, bytes, ENDS_EARLY);
  const count = readI32(bytes);
  const wanted = type.kind === 'map' ? count * 2 : count;
  if (count < 0) throw malformed(type, bytes, `${count} elements`);
  if (bytes.length < 4 + wanted * 4) throw malformed(type, bytes, ENDS_EARLY);
  return readElements(type, bytes, 4, wanted);
}

/**
 * The first `count` fields of a tuple or UDT; fewer when the value ends early. Fields behind them are
 * of a later form of the type than the one that is known: they are left out, as Cassandra does. Views.
 */
export function tupleElements(type: CqlType, bytes: Uint8Array, count: number): Element[] {
  const elements = readElements(type, bytes, 0, Number.POSITIVE_INFINITY, true);
  return elements.length > count ? elements.slice(0, count) : elements;
}

/** The field whose cell has this path, its number as i16; null if the type has none. */
export function pathField(type: UdtType, path: Uint8Array): UdtField | null {
  if (path.length !== 2) return null;
  return type.fields[((path[0] ?? 0) << 8) | (path[1] ?? 0)] ?? null;
}

const ENDS_EARLY = 'its bytes end too early';

function readElements(
  type: CqlType,
  bytes: Uint8Array,
  start: number,
  count: number,
  mayEnd = false,
): Element[] {
  const elements: Element[] = [];
  let at = start;
  while (elements.length < count && !(mayEnd && at === bytes.length)) {
    if (at + 4 > bytes.length) throw malformed(type, bytes, ENDS_EARLY);
    const length = readI32(bytes, at);
    at += 4;
    if (length < 0) {
      elements.push(null);
      continue;
    }
    if (at + length > bytes.length) throw malformed(type, bytes, ENDS_EARLY);
    elements.push(bytes.subarray(at, at + length));
    at += length;
  }
  if (at < bytes.length) throw malformed(type, bytes, `${bytes.length - at} bytes too many`);
  return elements;
}

/** The values of a vector. Views. */
export function vectorElements(type: VectorType, bytes: Uint8Array): Uint8Array[] {
  return guarded(type, bytes, (r) => {
    const fixed = type.element.fixedLength;
    r.need(type.dimension * Math.max(1, fixed));
    const elements: Uint8Array[] = [];
    for (let i = 0; i < type.dimension; i++) {
      elements.push(fixed < 0 ? r.vintBytes('vector element') : r.view8(fixed));
    }
    if (r.remaining > 0) throw malformed(type, bytes, `${r.remaining} bytes too many`);
    return elements;
  });
}

/** The components of a composite value. Views. */
export function compositeComponents(type: CqlType, bytes: Uint8Array): CompositeComponents {
  return guarded(type, bytes, (r) => {
    const isStatic = bytes.length >= 2 && bytes[0] === 0xff && bytes[1] === 0xff;
    if (isStatic) r.skip(2);
    const values: Uint8Array[] = [];
    const ends: number[] = [];
    while (r.remaining > 0) {
      values.push(r.shortBytes());
      ends.push((r.u8() << 24) >> 24);
    }
    return { isStatic, values, ends };
  });
}

/** Runs `read` over `bytes`; their end is then a malformed value, not the end of a file. */
export function guarded<R>(type: CqlType, bytes: Uint8Array, read: (r: ByteReader) => R): R {
  try {
    return read(new ByteReader(bytes));
  } catch (error) {
    if (!isSstashError(error, 'SSTABLE_TRUNCATED')) throw error;
    throw malformed(type, bytes, ENDS_EARLY);
  }
}
