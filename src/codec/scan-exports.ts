/** The part of the kernels that scans rows for a check: native-bindings/assembly/scan.ts. */
import type { KernelGlobal } from './kernels.js';

/** What the scan asks its host for; addresses are in the memory of the instance. */
export interface ScanHost {
  /** The table of drop times is full: take what is in it. */
  drain(): void;
  /** Whether the bytes are a value of type number `type`. */
  check(type: number, at: number, length: number): boolean;
  /** Order of two values of type number `type`, ascending, and of two partition keys. */
  compare(type: number, a: number, aLength: number, b: number, bLength: number): number;
  compareKeys(a: number, aLength: number, b: number, bLength: number): number;
}

interface BigGlobal {
  readonly value: bigint;
}

/** All numbers are addresses, lengths and counts, unless their names say otherwise. */
export interface ScanExports {
  scanEncoding(
    minTimestamp: bigint,
    minLocalDeletionTime: number,
    minTTL: number,
    unsignedDeletion: number,
    dropMax: number,
    rowBytesMax: number,
    options: number,
  ): void;
  scanColumns(
    types: number,
    keyType: number,
    clusterings: number,
    clusteringTable: number,
    statics: number,
    staticTable: number,
    regulars: number,
    regularTable: number,
    mask: number,
  ): void;
  scanTables(
    places: number,
    keep: number,
    keepEach: number,
    sizes: number,
    sizeBuckets: number,
    cells: number,
    cellBuckets: number,
    drops: number,
    dropsMax: number,
  ): void;
  scanBatch(
    starts: number,
    entries: number,
    entryBytes: number,
    batchMax: number,
    sketch: number,
    registers: number,
    keptKeys: number,
    columnIndexSize: number,
  ): void;
  scanReset(): void;
  scanTakeBatch(): void;
  scanFinish(): void;
  /** Address of the places of the last clustering (0), the smallest (2) and the largest (3). */
  scanPlaces(which: number): number;
  scan(window: number, from: number, length: number, position: number, end: number): number;
  readonly scanBatchCount: KernelGlobal;
  readonly scanEntriesLength: KernelGlobal;
  readonly scanConsumed: KernelGlobal;
  readonly scanInside: KernelGlobal;
  readonly scanPartitions: KernelGlobal;
  readonly scanHeaderLength: KernelGlobal;
  readonly scanBlockStart: KernelGlobal;
  readonly scanBlockEnd: KernelGlobal;
  readonly scanInBlock: KernelGlobal;
  readonly scanBlockIsRow: KernelGlobal;
  readonly scanBlockOpen: KernelGlobal;
  readonly scanBlockOpenTime: BigGlobal;
  readonly scanBlockOpenLocal: KernelGlobal;
  readonly scanNameLength: KernelGlobal;
  readonly scanKeyLength: KernelGlobal;
  readonly scanFirstKeyLength: KernelGlobal;
  readonly scanOrderedKeys: KernelGlobal;
  readonly scanHasDeletion: KernelGlobal;
  readonly scanDeletionTime: BigGlobal;
  readonly scanDeletionLocal: KernelGlobal;
  readonly scanIsOpen: KernelGlobal;
  readonly scanOpenTime: BigGlobal;
  readonly scanOpenLocal: KernelGlobal;
  readonly scanLastKind: KernelGlobal;
  readonly scanLastCount: KernelGlobal;
  readonly scanSmallestKind: KernelGlobal;
  readonly scanSmallestCount: KernelGlobal;
  readonly scanLargestKind: KernelGlobal;
  readonly scanLargestCount: KernelGlobal;
  readonly scanRows: BigGlobal;
  readonly scanColumnsSet: BigGlobal;
  readonly scanEmptyStatics: BigGlobal;
  readonly scanMinTimestamp: BigGlobal;
  readonly scanMaxTimestamp: BigGlobal;
  readonly scanMinDeletionTime: KernelGlobal;
  readonly scanMaxDeletionTime: KernelGlobal;
  readonly scanHasDeletionTime: KernelGlobal;
  readonly scanHasNone: KernelGlobal;
  readonly scanMinTtl: KernelGlobal;
  readonly scanMaxTtl: KernelGlobal;
  readonly scanDrops: KernelGlobal;
  readonly scanHasPartitionDeletion: KernelGlobal;
  readonly scanHasLegacyShards: KernelGlobal;
}

/** The imports of the module, which ask whoever uses the instance at the time. */
export function scanImports(host: () => ScanHost | null): Record<string, unknown> {
  const wanted = (): ScanHost => {
    const found = host();
    if (found === null) throw new TypeError('the scan has no host');
    return found;
  };
  return {
    scanDrain: () => wanted().drain(),
    scanCheck: (type: number, at: number, length: number) =>
      wanted().check(type, at, length) ? 1 : 0,
    scanCompare: (type: number, a: number, aLength: number, b: number, bLength: number) =>
      Math.sign(wanted().compare(type, a, aLength, b, bLength)),
    scanCompareKeys: (a: number, aLength: number, b: number, bLength: number) =>
      Math.sign(wanted().compareKeys(a, aLength, b, bLength)),
  };
}
