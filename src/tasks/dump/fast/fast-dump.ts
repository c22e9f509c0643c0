/**
 * The usual partitions and rows straight from Data.db to sstabledump's JSON, by a kernel
 * (native-bindings/assembly/dump.ts): no object per row, no string per value. The kernel stops before
 * whatever is unusual or may be damage; then RowReader and SstabledumpWriter have the item.
 */
import type { ByteReader } from '../../../binary/index.js';
import { type DumpHost, KernelInstance, kernelKind } from '../../../codec/index.js';
import type { FormatVersion } from '../../../components/index.js';
import { doubleToJava, quoteJson, quoteName } from '../../../cql/index.js';
import { isSstashError } from '../../../errors.js';
import type { ByteOutput } from '../byte-output.js';
import { dumpDialect } from '../dialect.js';
import { compact } from '../json-text.js';
import type { DumpStyle } from '../row-writer.js';
import { TableMemory } from './memory.js';
import { compactText, dumpTexts, VALUE_START } from './texts.js';
import { complexPrinters, type Printer, stringPrinter, valuePrinter } from './value-kinds.js';

/** Columns whose subset is read as one number. */
const COLUMNS_MAX = 63;
/** Clustering columns whose presence is one byte. */
const CLUSTERINGS_MAX = 32;
/** Window and text together stay in the processor's cache. */
const WINDOW_BYTES = 256 * 1024;
const TEXT_BYTES = 512 * 1024;
/** Items with less room than this are left to the general way. */
const TEXT_BYTES_MIN = 16 * 1024;
const MARGIN = 256;

const OUTPUT_FULL = 2;
const NO_ROOM = -1;
const NO_VALUE = -2;
/** A complex column that the kernel does not print. */
const LEFT_OUT = 2;

export class FastDump {
  readonly #instance: KernelInstance;
  readonly #windowAt: number;
  readonly #textAt: number;
  readonly #memory: Buffer;

  private constructor(style: DumpStyle, version: FormatVersion, inLines: boolean) {
    this.#instance = KernelInstance.acquire();
    const { exports, start } = this.#instance;
    const printers: Printer[] = [];
    const tables = new TableMemory(start);
    const addresses = layTables(tables, style, inLines, printers);
    this.#windowAt = tables.end;
    this.#textAt = this.#windowAt + WINDOW_BYTES + MARGIN;
    this.#instance.ensure(this.#textAt + TEXT_BYTES + MARGIN);
    tables.writeTo(this.#instance);
    const { bytes } = this.#instance;
    this.#memory = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#instance.dumpHost = hostOf(this.#memory, printers);
    const { header, now } = style;
    exports.dumpTables(...addresses);
    // The last two are for kernels that write rows.
    exports.setEncoding(
      header.minTimestamp,
      header.minLocalDeletionTime,
      header.minTTL,
      version.hasUIntDeletionTime ? 1 : 0,
      0,
      0,
    );
    const isBehindHead = dumpDialect(style.dialect).partitionPosition === 'behind-head';
    exports.dumpStyle(now, isBehindHead ? 1 : 0);
  }

  /**
   * Null where nothing of an SSTable or of a style can be done here. Give it back by `close`.
   *
   * @param inLines a partition a line, not an array of them
   */
  static create(style: DumpStyle, version: FormatVersion, inLines: boolean): FastDump | null {
    const { header, rawTime, tombstonesOnly } = style;
    if (kernelKind() === 'typescript' || rawTime || tombstonesOnly) return null;
    const { stringsOnly, firstRowIsReadAhead } = dumpDialect(style.dialect);
    if (stringsOnly || firstRowIsReadAhead) return null;
    if (header.regularColumns.length > COLUMNS_MAX) return null;
    if (header.clusteringTypes.length > CLUSTERINGS_MAX) return null;
    return new FastDump(style, version, inLines);
  }

  close(): void {
    this.#instance.release();
  }

  /**
   * Room for the next window of up to `length` bytes, in the kernel's memory; undefined where there is
   * not as much.
   */
  room(length: number): Uint8Array | undefined {
    if (length > WINDOW_BYTES) return undefined;
    return this.#instance.bytes.subarray(this.#windowAt, this.#windowAt + length);
  }

  /** Position of the partition that was being printed when `run` stopped, -1 between partitions. */
  get head(): number {
    return this.#instance.exports.dumpHead.value;
  }

  /** Whether one of its rows is printed. */
  get started(): boolean {
    return this.#instance.exports.dumpStarted.value !== 0;
  }

  /**
   * Prints items of `window`, whose bytes lie in `room`, and moves its offset behind them: up to the
   * partition at the position `stop`, an unusual item, or `length` bytes of text.
   */
  run(
    window: ByteReader,
    state: { readonly head: number; readonly started: boolean; readonly stop: number },
    output: ByteOutput,
    length: number,
  ): void {
    const { exports, bytes } = this.#instance;
    const isHere = window.bytes.buffer === bytes.buffer;
    exports.dumpResume(state.head, state.started ? 1 : 0);
    const { base } = window;
    const end = output.length + length;
    let status = isHere ? OUTPUT_FULL : 0;
    while (status === OUTPUT_FULL && output.length < end) {
      const most = Math.min(TEXT_BYTES, Math.max(TEXT_BYTES_MIN, end - output.length));
      const { offset } = window;
      status = exports.dump(
        this.#windowAt,
        window.bytes.length,
        base,
        offset,
        state.stop - base,
        this.#textAt,
        this.#textAt + most,
      );
      window.offset = exports.dumpConsumed.value;
      output.append(bytes.subarray(this.#textAt, exports.dumpEnd.value));
    }
  }
}

function hostOf(memory: Buffer, printers: readonly Printer[]): DumpHost {
  return {
    value(writer, at, length, to, room) {
      const printer = printers[writer];
      if (printer === undefined) return NO_VALUE;
      let text: string;
      try {
        text = printer.write(memory.subarray(at, at + length));
      } catch (error) {
        // The general way says so again, with its place.
        if (isSstashError(error)) return NO_VALUE;
        throw error;
      }
      if (text.length * 3 > room) return NO_ROOM;
      return memory.write(text, to);
    },
    double(value, to) {
      const text = doubleToJava(value);
      for (let i = 0; i < text.length; i++) memory[to + i] = text.charCodeAt(i);
      return text.length;
    },
  };
}

/** Lays out what the kernel knows of the SSTable; the arguments of `dumpTables`. */
function layTables(
  tables: TableMemory,
  style: DumpStyle,
  inLines: boolean,
  printers: Printer[],
): [number, number, number, number, number, number, number, number] {
  const { header } = style;
  const dialect = dumpDialect(style.dialect);
  const entry = ({ kind, write }: Printer): [number, number] => {
    printers.push({ kind, write: inLines ? (bytes) => compact(write(bytes)) : write });
    return [kind, printers.length - 1];
  };
  const text = (value: string): [number, number] => {
    const bytes = Buffer.from(value);
    return [tables.take(bytes), bytes.length];
  };
  const texts = dumpTexts(style, inLines).flatMap(text);
  const valueStart = inLines ? compactText(VALUE_START) : VALUE_START;
  const { keyType } = header;
  const parts = keyType.kind === 'composite' ? keyType.elements : [keyType];
  const keys = parts.flatMap((part) => entry(stringPrinter(part, dialect)));
  const clusterings = header.clusteringTypes.flatMap((type) => [
    type.fixedLength,
    ...entry(valuePrinter(type, dialect)),
  ]);
  const columns = header.regularColumns.flatMap(({ type, complex, text: name }) => {
    const printer = valuePrinter(type, dialect);
    const cells = complex ? complexPrinters(type, dialect) : { value: printer, path: printer };
    const kind = cells === null ? LEFT_OUT : Number(complex);
    const { value, path } = cells ?? { value: printer, path: printer };
    const quoted = quoteJson(quoteName(name, dialect.reserved));
    const start = inLines ? `{"name":${quoted}` : `\n          { "name" : ${quoted}`;
    const [at, length] = text(start + valueStart);
    const nameLength = length - valueStart.length;
    return [type.fixedLength, kind, ...entry(value), ...entry(path), at, nameLength, length];
  });
  return [
    tables.words(texts),
    tables.words(keys),
    keyType.kind === 'composite' ? parts.length : 0,
    tables.words(clusterings),
    header.clusteringTypes.length,
    tables.words(columns),
    header.regularColumns.length,
    header.staticColumns.length,
  ];
}
