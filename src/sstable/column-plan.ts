/** What the fast scan needs to know about the columns of an SSTable. */
import type { ColumnDefinition } from '../components/index.js';
import type { CqlType } from '../cql/index.js';

export interface ColumnPlan {
  readonly column: ColumnDefinition;
  readonly complex: boolean;
  /** Bytes of a value that stands without its length, or -1. */
  readonly fixedLength: number;
  /** Bytes that a value must have, or -1 where any number will do. */
  readonly valueLength: number;
  /** Bytes that a cell path must have, or -1. */
  readonly pathLength: number;
  readonly counter: boolean;
}

/** Types whose values carry a length although they always have the same. */
const LENGTHS: Readonly<Partial<Record<CqlType['kind'], number>>> = {
  tinyint: 1,
  smallint: 2,
  date: 4,
  time: 8,
};

/** Bytes that every value of `type` has unless it is empty, or -1. */
export function planValueLength(type: CqlType): number {
  return LENGTHS[type.kind] ?? type.fixedLength;
}

export function planColumns(columns: readonly ColumnDefinition[]): ColumnPlan[] {
  return columns.map((column) => {
    const { type, complex, fixedLength } = column;
    return {
      column,
      complex,
      fixedLength: complex ? -1 : fixedLength,
      valueLength: complex ? elementLength(type) : planValueLength(type),
      pathLength: complex ? pathLength(type) : -1,
      counter: type.kind === 'counter',
    };
  });
}

function elementLength(type: CqlType): number {
  if (type.kind === 'list') return planValueLength(type.element);
  if (type.kind === 'map') return planValueLength(type.value);
  return type.kind === 'set' ? 0 : -1;
}

function pathLength(type: CqlType): number {
  switch (type.kind) {
    case 'list':
      return 16;
    case 'set':
      return planValueLength(type.element);
    case 'map':
      return planValueLength(type.key);
    case 'udt':
      return 2;
    default:
      return -1;
  }
}
