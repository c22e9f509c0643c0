/**
 * Clustering prefixes (format reference, section 5).
 *
 * Values block, in batches of up to 32 values:
 *
 *   header    uvint: 2 bits per value, bit 2i set = empty, bit 2i+1 set = null
 *   values    each value that is neither: raw bytes if its type has a fixed length, else uvint
 *             length and bytes
 *
 * Bound (markers of Data.db, slices of Statistics.db):  u8 kind, u16 count, values block
 * Name (blocks of Index.db):                            u8 kind, then for a row (kind 4) the block of
 *                                                       all clustering columns, else as a bound
 */
import type { ByteReader } from '../binary/index.js';
import { ClusteringKind, type ClusteringPrefix, type CqlType } from '../cql/index.js';

const EMPTY = new Uint8Array(0);

/** Reads `count` values of `types`; views into the reader's bytes. */
export function readClusteringValues(
  r: ByteReader,
  types: readonly CqlType[],
  count: number,
): (Uint8Array | null)[] {
  const values: (Uint8Array | null)[] = [];
  for (let first = 0; first < count; first += 32) {
    const start = r.position;
    const batch = Math.min(32, count - first);
    let bits = r.uvintBig();
    if (bits >> BigInt(2 * batch) !== 0n) {
      throw r.corrupt(`clustering header has bits for more than ${batch} values`, start);
    }
    for (let i = first; i < first + batch; i++) {
      const state = Number(bits & 3n);
      bits >>= 2n;
      if (state === 3) throw r.corrupt('a clustering value is both empty and null', start);
      if (state === 2) values.push(null);
      else if (state === 1) values.push(EMPTY);
      else values.push(readValue(r, types[i]));
    }
  }
  return values;
}

function readValue(r: ByteReader, type: CqlType | undefined): Uint8Array {
  const fixed = type?.fixedLength ?? -1;
  return fixed < 0 ? r.vintBytes('clustering value') : r.view8(fixed);
}

/** Reads a bound; views. */
export function readBound(r: ByteReader, types: readonly CqlType[]): ClusteringPrefix {
  const start = r.position;
  const kind = r.u8();
  if (kind > ClusteringKind.exclStart || kind === ClusteringKind.row || kind === 3) {
    throw r.corrupt(`${kind} is not the kind of a bound`, start);
  }
  return { kind, values: readCountedValues(r, types) };
}

/** Reads the first or last name of an index block; views. */
export function readIndexName(r: ByteReader, types: readonly CqlType[]): ClusteringPrefix {
  const start = r.position;
  const kind = r.u8();
  if (kind === ClusteringKind.row) {
    return { kind, values: readClusteringValues(r, types, types.length) };
  }
  if (kind > ClusteringKind.exclStart || kind === ClusteringKind.static) {
    throw r.corrupt(`${kind} is not the kind of a clustering`, start);
  }
  return { kind, values: readCountedValues(r, types) };
}

function readCountedValues(r: ByteReader, types: readonly CqlType[]): (Uint8Array | null)[] {
  const start = r.position;
  const count = r.u16();
  if (count > types.length) {
    throw r.corrupt(`${count} clustering values for ${types.length} columns`, start);
  }
  return readClusteringValues(r, types, count);
}
