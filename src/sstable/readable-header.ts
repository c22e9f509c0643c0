/**
 * The header that the rows can be read with. A header before `na` may leave open whether its user
 * types are frozen (components/user-types.ts); where its own marks mislead, the rows themselves tell.
 */
import { ByteReader, NeedMoreBytes } from '../binary/index.js';
import {
  type ColumnData,
  type FormatVersion,
  RowReader,
  type SerializationHeader,
  withOtherUserTypes,
} from '../components/index.js';
import { valueToJson } from '../cql/index.js';
import { isSstashError } from '../errors.js';
import type { SSTable } from './sstable.js';

/** Enough rows to tell, and no long reading where an SSTable is opened for one key. */
const SAMPLE_BYTES = 256 * 1024;

/** The header of `sstable` itself, or the one with its user types read the other way. */
export async function readableHeader(sstable: SSTable): Promise<SerializationHeader> {
  const { header, version } = sstable;
  if (!version.mayHideFrozenTypes) return header;
  const other = withOtherUserTypes(header);
  if (other === null) return header;
  const length = Math.min(SAMPLE_BYTES, sstable.dataLength);
  let sample: Uint8Array;
  try {
    sample = await sstable.readData(0, length);
  } catch (error) {
    // Whoever reads the rows will meet the damage and say so.
    if (isSstashError(error)) return header;
    throw error;
  }
  const isWhole = length === sstable.dataLength;
  if (fits(sample, header, version, isWhole)) return header;
  return fits(sample, other, version, isWhole) ? other : header;
}

/** Whether `sample`, the beginning of the rows, can be read with a header. */
function fits(
  sample: Uint8Array,
  header: SerializationHeader,
  version: FormatVersion,
  isWhole: boolean,
): boolean {
  const r = new ByteReader(sample, { complete: isWhole });
  const rows = new RowReader(header, version, { strict: true });
  try {
    while (r.remaining > 0) {
      rows.readHead(r).staticRow?.columns.forEach(checkUserType);
      for (let item = rows.readNext(r); item.type !== 'end'; item = rows.readNext(r)) {
        if (item.type === 'row') item.columns.forEach(checkUserType);
      }
    }
    return true;
  } catch (error) {
    if (error instanceof NeedMoreBytes) return true;
    if (isSstashError(error)) return false;
    throw error;
  }
}

/** Throws SSTABLE_CORRUPT where a user type's cells are not what it says. */
function checkUserType({ column, cells }: ColumnData): void {
  const { type, complex } = column;
  if (type.kind !== 'udt') return;
  for (const { path, value } of cells) {
    if (!complex) {
      valueToJson(type, value);
      continue;
    }
    const [high = 0xff, low = 0xff] = path ?? [];
    const field = path?.length === 2 ? type.fields[high * 256 + low] : undefined;
    if (field === undefined) throw new ByteReader(value).corrupt('no field of the user type', 0);
    valueToJson(field.type, value);
  }
}
