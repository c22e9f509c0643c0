/** The columns of all SSTables of a table as one set: each SSTable has its own list of them. */
import { compareBytes, toHex } from '../../binary/index.js';
import {
  type ColumnDefinition,
  compareColumns,
  type SerializationHeader,
} from '../../components/index.js';
import {
  type Comparator,
  type CqlType,
  comparator,
  parseType,
  UdtVersions,
} from '../../cql/index.js';

export interface MergedColumn {
  /** The widest of the SSTables' definitions: a UDT may have been given fields. */
  readonly definition: ColumnDefinition;
  /** Place among the merged columns of its kind, in Cassandra's order. */
  readonly index: number;
  /** Order of the paths of a complex column. */
  readonly comparePaths: Comparator;
  /** Cells up to this write time are of a column that was dropped; null: none was. */
  readonly droppedAt: bigint | null;
}

/** Which cells are not of the table any more; null for a column that never was dropped. */
export type DroppedAt = (column: ColumnDefinition) => bigint | null;

/** Elements of lists are named by time UUIDs. */
const TIME_UUID = parseType('org.apache.cassandra.db.marshal.TimeUUIDType');

export interface ColumnOptions {
  readonly droppedAt?: DroppedAt;
  /** UDTs of all SSTables of the table, also of those that are not merged. */
  readonly udts?: UdtVersions;
}

/** The UDTs in all columns of the headers. */
export function udtsOf(headers: readonly SerializationHeader[]): UdtVersions {
  const udts = new UdtVersions();
  for (const { staticColumns, regularColumns } of headers) {
    for (const { type } of [...staticColumns, ...regularColumns]) udts.add(type);
  }
  return udts;
}

function comparePathsOf({ type, complex }: ColumnDefinition): Comparator {
  if (!complex) return () => 0;
  if (type.kind === 'map') return comparator(type.key);
  if (type.kind === 'set') return comparator(type.element);
  if (type.kind === 'list') return comparator(TIME_UUID);
  return compareBytes;
}

/** A column that was dropped may have come again as a collection, or as none any more. */
function idOf({ kind, complex, name }: ColumnDefinition): string {
  return `${kind} ${complex} ${toHex(name)}`;
}

function widest(
  group: readonly ColumnDefinition[],
  udts: UdtVersions | undefined,
): ColumnDefinition {
  const column = group.reduce((a, b) => (b.typeText.length > a.typeText.length ? b : a));
  const type: CqlType = udts?.widen(column.type) ?? column.type;
  return type === column.type ? column : { ...column, type };
}

export class MergedColumns {
  readonly #columns = new Map<ColumnDefinition, MergedColumn>();
  readonly #byId = new Map<string, MergedColumn>();
  readonly statics: readonly MergedColumn[];
  readonly regulars: readonly MergedColumn[];
  /** Whether any column may have cells that are not of the table any more. */
  readonly hasDropped: boolean;

  constructor(headers: readonly SerializationHeader[], options: ColumnOptions = {}) {
    this.statics = this.#merge(
      headers.map((header) => header.staticColumns),
      options,
    );
    this.regulars = this.#merge(
      headers.map((header) => header.regularColumns),
      options,
    );
    this.hasDropped = [...this.statics, ...this.regulars].some(
      (column) => column.droppedAt !== null,
    );
  }

  /** What `column`, of any of the headers, is in the merged table. */
  of(column: ColumnDefinition): MergedColumn {
    const known = this.#columns.get(column);
    if (known !== undefined) return known;
    // A header that was read again has definitions of its own.
    const merged = this.#byId.get(idOf(column));
    if (merged === undefined) throw new TypeError(`column ${column.text} is of no header`);
    this.#columns.set(column, merged);
    return merged;
  }

  #merge(
    lists: readonly (readonly ColumnDefinition[])[],
    { droppedAt, udts }: ColumnOptions,
  ): readonly MergedColumn[] {
    const groups = new Map<string, ColumnDefinition[]>();
    for (const column of lists.flat()) {
      const id = idOf(column);
      groups.set(id, [...(groups.get(id) ?? []), column]);
    }
    const merged = [...groups.values()].map((group) => ({
      group,
      definition: widest(group, udts),
    }));
    merged.sort((a, b) => compareColumns(a.definition, b.definition));
    return merged.map(({ group, definition }, index): MergedColumn => {
      const column = {
        definition,
        index,
        comparePaths: comparePathsOf(definition),
        droppedAt: droppedAt?.(definition) ?? null,
      };
      for (const each of [...group, definition]) this.#columns.set(each, column);
      this.#byId.set(idOf(definition), column);
      return column;
    });
  }
}
