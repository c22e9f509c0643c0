/** Headers and rows made up from a seed: every shape that the format can hold, extremes included. */
import {
  type Cell,
  type ColumnData,
  type ColumnDefinition,
  compareColumns,
  type DeletionTime,
  type FormatVersion,
  formatVersion,
  isBoundary,
  type Liveness,
  type PartitionHead,
  type Row,
  type RowWriterOptions,
  type SerializationHeader,
  type Unfiltered,
} from '../../src/components/index.js';
import { parseType } from '../../src/cql/index.js';
import { randomNumbers } from '../codec/seeded.js';

/** The time of what is not there: no fact of a row has it. */
const NO_TIME = -(2n ** 63n);
const NO_BYTES = new Uint8Array(0);

export interface HeaderShape {
  readonly clustering: readonly string[];
  readonly statics?: readonly string[];
  readonly regulars: readonly string[];
  readonly minTimestamp?: bigint;
  readonly minLocalDeletionTime?: number;
  readonly minTTL?: number;
}

/** A header whose columns are named c0, c1 ... (s0 ... where static). */
export function makeHeader(shape: HeaderShape): SerializationHeader {
  return {
    minTimestamp: shape.minTimestamp ?? 1_600_000_000_000_000n,
    minLocalDeletionTime: shape.minLocalDeletionTime ?? 1_600_000_000,
    minTTL: shape.minTTL ?? 0,
    keyType: parseType('BytesType'),
    keyTypeText: 'BytesType',
    clusteringTypes: shape.clustering.map((text) => parseType(text)),
    clusteringTypeTexts: shape.clustering,
    staticColumns: makeColumns('static', shape.statics ?? []),
    regularColumns: makeColumns('regular', shape.regulars),
  };
}

function makeColumns(kind: 'static' | 'regular', types: readonly string[]): ColumnDefinition[] {
  const columns = types.map((typeText, i) => {
    const text = `${kind === 'static' ? 's' : 'c'}${i}`;
    const name = new Uint8Array(Buffer.from(text));
    const type = parseType(typeText);
    const complex = type.isMultiCell;
    return { name, text, type, typeText, complex, fixedLength: type.fixedLength, kind };
  });
  return columns.sort(compareColumns).map((column, index) => ({ ...column, index }));
}

/** Rows of one made-up SSTable. */
export class RandomRows {
  readonly header: SerializationHeader;
  readonly version: FormatVersion;
  readonly liveComplexDeletionTime: number;
  readonly #next: () => number;

  constructor(seed: number, header: SerializationHeader, letters: 'nb' | 'oa') {
    this.#next = randomNumbers(seed);
    this.header = header;
    this.version = formatVersion('big', letters);
    this.liveComplexDeletionTime = letters === 'nb' ? 0x7fffffff : 0xffffffff;
  }

  /** What a writer and an encoder of these rows are made with. */
  get options(): RowWriterOptions {
    const { header, version, liveComplexDeletionTime } = this;
    return { header, version, liveComplexDeletionTime };
  }

  /** 0 to `n` - 1. */
  below(n: number): number {
    return this.#next() % n;
  }

  #bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#next() >>> 24);
  }

  #length(): number {
    const lengths = [1, 2, 3, 4, 5, 7, 8, 9, 16, 47, 48, 49, 127, 128, 300, 20_000];
    return lengths[this.below(this.below(8) === 0 ? lengths.length : 9)] as number;
  }

  #time(): bigint {
    const base = this.header.minTimestamp;
    const choices = [0n, 1n, 127n, 128n, -1n, -65n, 1n << 20n, 1n << 34n, 1n << 41n, 1n << 55n];
    if (this.below(12) === 0) return [NO_TIME + 1n, 2n ** 63n - 1n, 0n][this.below(3)] ?? 0n;
    const time = BigInt.asIntN(64, base + (choices[this.below(choices.length)] ?? 0n));
    return time === NO_TIME ? 1n : time;
  }

  #seconds(): number {
    const base = this.header.minLocalDeletionTime;
    const choices = [base, base + 1, base - 1, base + 200, base + 70_000, 0, 5, 0x7ffffffe];
    if (this.version.hasUIntDeletionTime) choices.push(0x80000000, 0xfffffffd);
    const seconds = (choices[this.below(choices.length)] as number) >>> 0;
    // What stands for "none" makes a cell live.
    return seconds === 0x7fffffff || seconds === 0xffffffff ? 9 : seconds;
  }

  #ttl(): number {
    return [1, 60, 86_400, 630_720_000, 0x7fffffff][this.below(5)] as number;
  }

  #deletion(): DeletionTime {
    return { markedForDeleteAt: this.#time(), localDeletionTime: this.#seconds() };
  }

  head(): PartitionHead {
    const deleted = this.below(3) === 0;
    const { markedForDeleteAt, localDeletionTime } = this.#deletion();
    const legacy = !this.version.hasUIntDeletionTime;
    const time = legacy || markedForDeleteAt >= 0n ? markedForDeleteAt : 77n;
    return {
      type: 'partition',
      position: 0,
      headerLength: 0,
      key: this.#bytes(this.#length()),
      deletion: deleted ? { markedForDeleteAt: time, localDeletionTime } : null,
      staticRow:
        this.header.staticColumns.length > 0
          ? this.#row(this.header.staticColumns, [], this.below(3) === 0)
          : null,
    };
  }

  unfiltered(): Unfiltered {
    const types = this.header.clusteringTypes;
    if (types.length === 0 || this.below(5) > 0) {
      return this.#row(this.header.regularColumns, this.#clustering(types.length), false);
    }
    const kind = [0, 1, 2, 5, 6, 7][this.below(6)] as number;
    return {
      type: 'marker',
      position: 0,
      size: 0,
      kind,
      clustering: this.#clustering(this.below(types.length + 1)),
      deletion: this.#deletion(),
      openingDeletion: isBoundary(kind) ? this.#deletion() : null,
    };
  }

  #clustering(count: number): (Uint8Array | null)[] {
    return this.header.clusteringTypes.slice(0, count).map((type) => {
      const choice = this.below(12);
      if (choice === 0) return null;
      if (choice === 1) return NO_BYTES;
      return this.#bytes(type.fixedLength < 0 ? this.#length() : type.fixedLength);
    });
  }

  #row(
    all: readonly ColumnDefinition[],
    clustering: readonly (Uint8Array | null)[],
    empty: boolean,
  ): Row {
    const isStatic = all === this.header.staticColumns;
    const liveness = isStatic || this.below(4) === 0 ? null : this.#liveness();
    const deletion = !isStatic && this.below(6) === 0 ? this.#deletion() : null;
    const share = [0, 1, 2, 8, 15, 16][this.below(6)] as number;
    const columns = empty ? [] : all.filter(() => this.below(16) < share);
    const deletes = this.below(2) === 0;
    return {
      type: 'row',
      position: 0,
      size: 0,
      clustering,
      liveness,
      deletion,
      shadowable: deletion !== null && this.below(3) === 0,
      columns: columns.map((column) => this.#column(column, liveness, deletes)),
    };
  }

  #liveness(): Liveness {
    const timestamp = this.#time();
    if (this.below(2) === 0) return { timestamp, ttl: 0, localExpirationTime: 0 };
    return { timestamp, ttl: this.#ttl(), localExpirationTime: this.#seconds() };
  }

  #column(column: ColumnDefinition, liveness: Liveness | null, deletes: boolean): ColumnData {
    if (!column.complex) {
      return { column, complexDeletion: null, cells: [this.#cell(column, liveness)] };
    }
    const complexDeletion = deletes && this.below(2) === 0 ? this.#deletion() : null;
    const count = this.below(4) + (complexDeletion === null ? 1 : 0);
    const cells = Array.from({ length: count }, () => this.#cell(column, liveness));
    return { column, complexDeletion, cells };
  }

  #cell(column: ColumnDefinition, liveness: Liveness | null): Cell {
    const path = column.complex ? this.#bytes(this.below(2) * this.#length()) : null;
    const timestamp = liveness !== null && this.below(2) === 0 ? liveness.timestamp : this.#time();
    const choice = this.below(6);
    if (choice === 0) {
      return { path, timestamp, ttl: 0, localDeletionTime: this.#seconds(), value: NO_BYTES };
    }
    const fixed = column.complex ? -1 : column.fixedLength;
    const value = this.below(8) === 0 ? NO_BYTES : this.#bytes(fixed < 0 ? this.#length() : fixed);
    if (choice === 1 && liveness !== null && liveness.ttl !== 0) {
      const { ttl, localExpirationTime } = liveness;
      return { path, timestamp, ttl, localDeletionTime: localExpirationTime, value };
    }
    if (choice < 3) {
      const ttl = this.#ttl();
      return { path, timestamp, ttl, localDeletionTime: this.#seconds(), value };
    }
    return { path, timestamp, ttl: 0, localDeletionTime: null, value };
  }
}

/** Headers whose rows between them take every path. */
export function headerShapes(): Record<string, HeaderShape> {
  const list = (count: number, types: readonly string[]): string[] =>
    Array.from({ length: count }, (_, i) => types[i % types.length] as string);
  const mixed = ['Int32Type', 'UTF8Type', 'ShortType', 'LongType', 'BytesType'];
  const withComplex = [...mixed, 'SetType(UTF8Type)', 'MapType(Int32Type,UTF8Type)'];
  return {
    'nothing but keys': { clustering: [], regulars: [] },
    'one column': { clustering: [], regulars: ['Int32Type'] },
    'all kinds': {
      clustering: ['Int32Type', 'ReversedType(UTF8Type)'],
      statics: withComplex,
      regulars: withComplex,
    },
    'empty type': { clustering: ['BytesType'], regulars: ['EmptyType'] },
    '31 columns': { clustering: ['LongType'], regulars: list(31, mixed) },
    '32 columns': { clustering: ['LongType'], regulars: list(32, mixed) },
    '33 columns': { clustering: ['LongType'], regulars: list(33, withComplex) },
    '63 columns': { clustering: ['LongType'], regulars: list(63, mixed) },
    '64 columns': { clustering: ['LongType'], regulars: list(64, mixed), statics: list(65, mixed) },
    '200 columns': { clustering: ['UUIDType'], regulars: list(200, withComplex) },
    '33 clustering columns': { clustering: list(33, mixed), regulars: ['UTF8Type'] },
    '70 clustering columns': { clustering: list(70, mixed), regulars: ['UTF8Type'] },
    'extreme bases': {
      clustering: ['Int32Type'],
      regulars: withComplex,
      minTimestamp: NO_TIME,
      minLocalDeletionTime: -(2 ** 31),
      minTTL: 0x7fffffff,
    },
    'bases above everything': {
      clustering: ['Int32Type'],
      regulars: withComplex,
      minTimestamp: 2n ** 63n - 1n,
      minLocalDeletionTime: 0x7fffffff,
      minTTL: 86_400,
    },
  };
}
