/**
 * The clusterings of the rows of a partition, one behind the other, and whether they ascend. The
 * values stay where they are; only markers and odd types become objects to be compared.
 */
import { compareBytes } from '../binary/index.js';
import {
  type ClusteringComparator,
  ClusteringKind,
  type ClusteringPrefix,
  type CqlType,
  clusteringComparator,
  comparator,
} from '../cql/index.js';

const NULL = -1;

/** Values of one clustering prefix, as places in a window. */
class Places {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  kind = ClusteringKind.row as number;
  count = 0;
  readonly starts: Int32Array;
  /** NULL for a null value. */
  readonly lengths: Int32Array;

  constructor(columns: number) {
    this.starts = new Int32Array(columns);
    this.lengths = new Int32Array(columns);
  }

  /** As an object with copies of the values. */
  prefix(): ClusteringPrefix {
    const values: (Uint8Array | null)[] = [];
    for (let i = 0; i < this.count; i++) {
      const length = this.lengths[i] ?? NULL;
      const start = this.starts[i] ?? 0;
      values.push(length === NULL ? null : this.bytes.slice(start, start + length));
    }
    return { kind: this.kind, values };
  }
}

/** Order of two non-empty values of one column. */
type PlaceOrder = (a: Places, b: Places, column: number) => number;

function orderOf(type: CqlType): PlaceOrder {
  const sign = type.reversed ? -1 : 1;
  switch (type.kind) {
    case 'int':
      return (a, b, i) =>
        sign * (a.view.getInt32(a.starts[i] ?? 0) - b.view.getInt32(b.starts[i] ?? 0));
    case 'bigint':
    case 'timestamp':
      return (a, b, i) => {
        const [left, right] = [a.starts[i] ?? 0, b.starts[i] ?? 0];
        const high = a.view.getInt32(left) - b.view.getInt32(right);
        return sign * (high || a.view.getUint32(left + 4) - b.view.getUint32(right + 4));
      };
    case 'text':
    case 'ascii':
    case 'blob':
      return (a, b, i) => sign * compareBytes(valueAt(a, i), valueAt(b, i));
    default: {
      const compare = comparator(type);
      return (a, b, i) => compare(valueAt(a, i), valueAt(b, i));
    }
  }
}

function valueAt(places: Places, i: number): Uint8Array {
  const start = places.starts[i] ?? 0;
  return places.bytes.subarray(start, start + (places.lengths[i] ?? 0));
}

export class ClusteringTrack {
  readonly compare: ClusteringComparator;
  readonly #reversed: boolean[];
  readonly #orders: PlaceOrder[];
  #current: Places;
  #previous: Places;
  /** Whether there is a previous one in this partition. */
  #hasPrevious = false;

  constructor(types: readonly CqlType[]) {
    this.compare = clusteringComparator(types);
    this.#reversed = types.map((type) => type.reversed && type.emptyFirst !== true);
    this.#orders = types.map(orderOf);
    this.#current = new Places(types.length);
    this.#previous = new Places(types.length);
  }

  startPartition(): void {
    this.#hasPrevious = false;
  }

  /** Begins the next clustering, whose values lie in `bytes`. */
  begin(bytes: Uint8Array, view: DataView, kind: number, count: number): void {
    const places = this.#current;
    places.bytes = bytes;
    places.view = view;
    places.kind = kind;
    places.count = count;
  }

  /** `length` -1 for null. */
  set(column: number, start: number, length: number): void {
    this.#current.starts[column] = start;
    this.#current.lengths[column] = length;
  }

  /** The clustering that was begun last, as an object. */
  current(): ClusteringPrefix {
    return this.#current.prefix();
  }

  /** The one before it. */
  previous(): ClusteringPrefix | null {
    return this.#hasPrevious ? this.#previous.prefix() : null;
  }

  /** Whether the current clustering may follow the previous one; then it becomes that. */
  advance(): boolean {
    const ascends = !this.#hasPrevious || this.#order() < 0;
    const spare = this.#previous;
    this.#previous = this.#current;
    this.#current = spare;
    this.#hasPrevious = true;
    return ascends;
  }

  #order(): number {
    const [a, b] = [this.#previous, this.#current];
    if (a.kind !== ClusteringKind.row || b.kind !== ClusteringKind.row) {
      return this.#orderOfBounds(a, b);
    }
    for (let i = 0; i < this.#orders.length; i++) {
      const left = a.lengths[i] ?? NULL;
      const right = b.lengths[i] ?? NULL;
      let order: number;
      if (left > 0 && right > 0) order = this.#orders[i]?.(a, b, i) ?? 0;
      else order = this.#orderOfEmpty(left, right, i);
      if (order !== 0) return order;
    }
    return 0;
  }

  /** Null, then empty, then values; in descending columns empty comes after values. */
  #orderOfEmpty(left: number, right: number, column: number): number {
    if (left === NULL || right === NULL) return Math.min(0, left) - Math.min(0, right);
    const order = Math.min(1, left) - Math.min(1, right);
    return this.#reversed[column] === true ? -order : order;
  }

  /** Bounds at the same place may follow each other: an end, then a start. */
  #orderOfBounds(a: Places, b: Places): number {
    const order = this.compare(a.prefix(), b.prefix());
    const ends = a.kind === ClusteringKind.exclEnd || a.kind === ClusteringKind.inclEnd;
    const starts = b.kind === ClusteringKind.inclStart || b.kind === ClusteringKind.exclStart;
    return order === 0 && ends && starts ? -1 : order;
  }
}
