/** The part of the kernels that prints rows: native-bindings/assembly/dump.ts. */
import type { KernelGlobal } from './kernels.js';

/** What a dump asks its host for. */
export interface DumpHost {
  /**
   * Prints `length` bytes at `at` by writer number `writer` to `to`; the length of the text, -1 when
   * that may be above `room`, -2 when the bytes are none of its values.
   */
  value(writer: number, at: number, length: number, to: number, room: number): number;
  /** Prints a finite double as Java does to `to`, where there is room; the length of the text. */
  double(value: number, to: number): number;
}

/** All numbers are addresses, lengths and counts, unless their names say otherwise. */
export interface DumpExports {
  dumpTables(
    texts: number,
    keyTable: number,
    keyParts: number,
    clusteringTable: number,
    clusterings: number,
    columnTable: number,
    columns: number,
    statics: number,
  ): void;
  dumpStyle(now: number, behindHead: number): void;
  dumpResume(head: number, started: number): void;
  dump(
    window: number,
    length: number,
    base: number,
    offset: number,
    stop: number,
    out: number,
    outLimit: number,
  ): number;
  dumpOne(kind: number, from: number, length: number, to: number): number;
  readonly dumpConsumed: KernelGlobal;
  readonly dumpEnd: KernelGlobal;
  readonly dumpHead: KernelGlobal;
  readonly dumpStarted: KernelGlobal;
}

/** The imports of the module, which ask whoever uses the instance at the time. */
export function dumpImports(host: () => DumpHost | null): Record<string, unknown> {
  return {
    dumpValue: (writer: number, at: number, length: number, to: number, room: number) =>
      host()?.value(writer, at, length, to, room) ?? -2,
    dumpDouble: (value: number, to: number) => host()?.double(value, to) ?? 0,
  };
}
