/** Deep check: every key, clustering and cell value against its type, and the order of cell paths. */
import { toHex } from '../binary/index.js';
import type { Cell, ColumnData, ColumnDefinition, Row } from '../components/index.js';
import {
  type Comparator,
  type CqlType,
  comparator,
  parseType,
  pathField,
  validator,
} from '../cql/index.js';
import { isNoDamage, isSstashError } from '../errors.js';
import type { Faults } from './check-faults.js';
import type { SSTableEvent } from './events.js';
import type { StreamRange } from './ranges.js';
import type { SSTable } from './sstable.js';
import { writerRules } from './writer-rules.js';

/** Decodes every value of `range`. Where the structure is damaged it stops: others report that. */
export async function checkValues(
  sstable: SSTable,
  range: StreamRange,
  faults: Faults,
  signal?: AbortSignal,
): Promise<void> {
  const check = new ValueCheck(sstable, faults);
  const options = { ...range, ...(signal === undefined ? {} : { signal }) };
  try {
    for await (const batch of sstable.events(options)) {
      for (const event of batch) check.event(event);
    }
  } catch (error) {
    if (!isSstashError(error) || isNoDamage(error)) throw error;
  } finally {
    await check.report();
  }
}

/** Types of the paths and values of a multi-cell column. */
interface CellTypes {
  readonly path: CqlType;
  readonly value: CqlType | null;
  readonly order: Comparator;
}

class ValueCheck {
  readonly #sstable: SSTable;
  readonly #faults: Faults;
  readonly #cellTypes = new Map<CqlType, CellTypes | null>();
  readonly #laterFields: boolean;
  #found: { readonly position: number; readonly message: string }[] = [];

  constructor(sstable: SSTable, faults: Faults) {
    this.#sstable = sstable;
    this.#laterFields = writerRules(sstable.statistics, sstable.version).laterFields;
    this.#faults = faults;
  }

  event(event: SSTableEvent): void {
    const { header } = this.#sstable;
    if (event.type === 'end') return;
    if (event.type === 'partition') {
      const known = this.#sstable.partitioner.name !== 'LocalPartitioner';
      if (known) this.#value(header.keyType, event.key, event.position, 'the partition key');
      if (event.staticRow !== null) this.#row(event.staticRow);
      return;
    }
    event.clustering.forEach((value, i) => {
      const type = header.clusteringTypes[i];
      if (value === null || value.length === 0 || type === undefined) return;
      this.#value(type, value, event.position, `clustering value ${i}`);
    });
    if (event.type === 'row') this.#row(event);
  }

  async report(): Promise<void> {
    const blocks = await this.#sstable.blocks();
    for (const { position, message } of this.#found) {
      this.#faults.add({
        code: 'SSTABLE_CORRUPT',
        file: this.#sstable.files.dataPath,
        component: 'Data.db',
        offset: blocks.filePosition(position),
        uncompressedOffset: position,
        message,
      });
    }
    this.#found = [];
  }

  #row(row: Row): void {
    for (const data of row.columns) {
      if (data.column.complex) this.#complexColumn(data, row.position);
      else for (const cell of data.cells) this.#simpleCell(data, cell, row.position);
    }
  }

  #simpleCell({ column }: ColumnData, cell: Cell, position: number): void {
    // Tombstones have no value; what an empty value means is the type's affair.
    if (cell.value.length === 0) return;
    this.#value(column.type, cell.value, position, `a value of column ${column.text}`);
  }

  #complexColumn({ column, cells }: ColumnData, position: number): void {
    const types = this.#typesOf(column.type);
    let previous: Uint8Array | null = null;
    for (const { path, value } of cells) {
      if (path === null) continue;
      const name = `of column ${column.text}`;
      const sound = this.#value(types?.path ?? null, path, position, `a path ${name}`);
      if (sound && previous !== null && types !== null && types.order(previous, path) >= 0) {
        this.#found.push({ position, message: `the cells ${name} are not in order` });
      }
      if (sound) previous = path;
      const type = types?.value ?? (sound ? this.#field(column, path, position) : null);
      if (type !== null && value.length > 0) this.#value(type, value, position, `a value ${name}`);
    }
  }

  /** The type of a cell's value; null where it is not known. */
  #field({ type, text }: ColumnDefinition, path: Uint8Array, position: number): CqlType | null {
    if (type.kind !== 'udt') return null;
    const field = pathField(type, path);
    if (field === null && !this.#laterFields) {
      const fields = `none of the ${type.fields.length} fields of ${type.text}`;
      const message = `a path of column ${text} is 0x${toHex(path)}, ${fields}`;
      this.#found.push({ position, message });
    }
    return field?.type ?? null;
  }

  #typesOf(type: CqlType): CellTypes | null {
    const known = this.#cellTypes.get(type);
    if (known !== undefined) return known;
    const types = cellTypes(type);
    this.#cellTypes.set(type, types);
    return types;
  }

  /** False when `bytes` is no value of `type`. */
  #value(type: CqlType | null, bytes: Uint8Array, position: number, what: string): boolean {
    if (type === null) return true;
    try {
      validator(type, this.#laterFields)(bytes);
      return true;
    } catch (error) {
      if (!isSstashError(error)) throw error;
      if (error.code === 'SSTABLE_CORRUPT') {
        this.#found.push({ position, message: `${what} is ${error.message}` });
      }
      return false;
    }
  }
}

const FIELD_INDEX = parseType('org.apache.cassandra.db.marshal.ShortType');
const TIME_UUID = parseType('org.apache.cassandra.db.marshal.TimeUUIDType');

function cellTypes(type: CqlType): CellTypes | null {
  switch (type.kind) {
    case 'list':
      return { path: TIME_UUID, value: type.element, order: comparator(TIME_UUID) };
    case 'set':
      return { path: type.element, value: null, order: comparator(type.element) };
    case 'map':
      return { path: type.key, value: type.value, order: comparator(type.key) };
    case 'udt':
      return { path: FIELD_INDEX, value: null, order: comparator(FIELD_INDEX) };
    default:
      return null;
  }
}
