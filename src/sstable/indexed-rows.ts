/** The blocks of a row index, as the scan kernel meets their ends. */
import { ByteWriter } from '../binary/index.js';
import type { ScanExports } from '../codec/index.js';
import {
  type FormatVersion,
  type IndexDeletion,
  type IndexedPartition,
  type SerializationHeader,
  writeClusteringValues,
  writeDeletionTime,
} from '../components/index.js';
import { ClusteringKind } from '../cql/index.js';
import type { ScanMemory } from './scan-memory.js';

export class IndexedRows {
  readonly #version: FormatVersion;
  readonly #exports: ScanExports;
  readonly #memory: ScanMemory;
  readonly #header: SerializationHeader;
  #partitions: IndexedPartition[] = [];
  readonly #names = new ByteWriter();
  #nameEnds: number[] = [];
  #offsets: number[] = [];
  #widths: number[] = [];
  #open: (IndexDeletion | null)[] = [];

  constructor(
    version: FormatVersion,
    exports: ScanExports,
    memory: ScanMemory,
    header: SerializationHeader,
  ) {
    this.#version = version;
    this.#exports = exports;
    this.#memory = memory;
    this.#header = header;
  }

  /** The row or marker that was read last ends a block. */
  block(): void {
    const { scanBlockEnd } = this.#exports;
    this.#add(scanBlockEnd.value);
  }

  /** A partition ends that had a block at least; it is the one number `at` of the batch. */
  end(at: number): void {
    const exports = this.#exports;
    const end = exports.scanBlockEnd.value;
    // The last block, which the end of the partition closes, has that byte too.
    if (exports.scanInBlock.value !== 0) this.#add(end + 1);
    if (this.#offsets.length > 1) {
      this.#open.push(null);
      this.#partitions.push({
        at,
        headerLength: exports.scanHeaderLength.value,
        deletion: this.#deletion(),
        blocks: {
          count: this.#offsets.length,
          names: this.#names.toBytes(),
          nameEnds: Uint32Array.from(this.#nameEnds),
          offsets: Float64Array.from(this.#offsets),
          widths: Float64Array.from(this.#widths),
          open: this.#open,
          end,
        },
      });
    }
    this.#names.clear();
    this.#nameEnds = [];
    this.#offsets = [];
    this.#widths = [];
    this.#open = [];
  }

  /** The partitions so far. */
  take(): IndexedPartition[] {
    const taken = this.#partitions;
    this.#partitions = [];
    return taken;
  }

  #add(end: number): void {
    const exports = this.#exports;
    const start = exports.scanBlockStart.value;
    this.#offsets.push(start);
    this.#widths.push(end - start);
    this.#open.push(this.#openAtStart());
    this.#firstName();
    this.#nameEnds.push(this.#names.length);
    this.#lastName();
    this.#nameEnds.push(this.#names.length);
  }

  #openAtStart(): IndexDeletion | null {
    const exports = this.#exports;
    if (exports.scanBlockOpen.value === 0) return null;
    return {
      markedForDeleteAt: exports.scanBlockOpenTime.value,
      localDeletionTime: exports.scanBlockOpenLocal.value >>> 0,
    };
  }

  #firstName(): void {
    const exports = this.#exports;
    if (exports.scanBlockIsRow.value !== 0) this.#names.u8(ClusteringKind.row);
    this.#names.bytes(this.#memory.blockName(exports.scanNameLength.value));
  }

  #lastName(): void {
    const exports = this.#exports;
    const kind = exports.scanLastKind.value;
    const count = exports.scanLastCount.value;
    const values = this.#memory.values(exports.scanPlaces(0) >>> 0, count);
    this.#names.u8(kind);
    if (kind !== ClusteringKind.row) this.#names.u16(count);
    writeClusteringValues(this.#names, this.#header.clusteringTypes, values);
  }

  #deletion(): Uint8Array {
    const exports = this.#exports;
    const w = new ByteWriter(12);
    const deletion =
      exports.scanHasDeletion.value === 0
        ? null
        : {
            markedForDeleteAt: exports.scanDeletionTime.value,
            localDeletionTime: exports.scanDeletionLocal.value >>> 0,
          };
    writeDeletionTime(w, this.#version, deletion);
    return w.toBytes();
  }
}
