/**
 * Loads the kernels: the WebAssembly module is compiled once per thread, when it is first needed.
 *
 * `kernels()` is the shared instance for calls on ordinary arrays. Whoever works on larger regions
 * in kernel memory (the leaf walker) takes an instance of its own, because two users of one memory
 * would have to agree on its layout, and gives it back.
 */
import { readFileSync } from 'node:fs';
import { SstashError } from '../errors.js';
import { copyBytes } from '../io/index.js';
import { type DumpExports, type DumpHost, dumpImports } from './dump-exports.js';
import { lz4Bound, lz4DecodeTypescript, lz4EncodeTypescript } from './lz4-typescript.js';
import { murmur3Typescript } from './murmur3-typescript.js';
import { type ScanExports, type ScanHost, scanImports } from './scan-exports.js';
import { XXH3_SECRET_BYTES, xxh3Typescript } from './xxh3-typescript.js';

/** The functions of native-bindings/assembly/index.ts; all numbers are addresses or lengths. */
export interface KernelExports extends DumpExports, ScanExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  heapStart(): number;
  lz4Decode(source: number, sourceLength: number, target: number, targetLength: number): number;
  lz4Encode(source: number, length: number, target: number): number;
  lz4Reproduces(source: number, length: number, payload: number, payloadLength: number): number;
  decodeBlocks(
    table: number,
    count: number,
    target: number,
    blockLength: number,
    lastLength: number,
    rawFrom: number,
  ): number;
  reproducedBlocks(
    table: number,
    count: number,
    plain: number,
    blockLength: number,
    lastLength: number,
    rawFrom: number,
  ): number;
  encodeBlocks(
    table: number,
    count: number,
    plain: number,
    blockLength: number,
    out: number,
    outEnd: number,
    rawFrom: number,
  ): number;
  digestBlocks(table: number, count: number, out: number): void;
  xxh3(input: number, length: number, secret: number, out: number): void;
  murmur3(key: number, length: number, out: number): void;
  hashMany(keys: number, ends: number, count: number, out: number): void;
  hashEntries(entries: number, starts: number, count: number, out: number): void;
  bloomAdd(
    hashes: number,
    count: number,
    bits: number,
    words: number,
    hashCount: number,
    flip: number,
  ): void;
  bloomListBytes(): number;
  bloomClearLists(lists: number): void;
  bloomPutOff(
    hashes: number,
    count: number,
    lists: number,
    bits: number,
    words: number,
    hashCount: number,
    flip: number,
  ): void;
  bloomSet(lists: number, bits: number, words: number): void;
  xxh3DefaultSecret(): number;
  leafEnds(bytes: number, length: number, count: number, out: number): number;
  leafDigests(bytes: number, ends: number, count: number, secret: number, out: number): void;
  setEncoding(
    minTimestamp: bigint,
    minLocalDeletionTime: number,
    minTTL: number,
    unsignedDeletion: number,
    liveComplexDeletionTime: number,
    rowBytesMax: number,
  ): void;
  setColumns(
    clusterings: number,
    clusteringTable: number,
    statics: number,
    staticTable: number,
    regulars: number,
    regularTable: number,
    scratch: number,
    secret: number,
  ): void;
  setTables(
    ends: number,
    starts: number,
    cuts: number,
    digests: number,
    heads: number,
    partitionLeaves: number,
    tokenHighs: number,
    tokenLows: number,
    leaves: number,
  ): void;
  setNotes(leafNotes: number): void;
  singleRows(
    window: number,
    length: number,
    from: number,
    until: number,
    position: number,
    clustering: number,
    short: number,
    entries: number,
    entryBytes: number,
    starts: number,
    most: number,
    firstStart: number,
  ): number;
  readonly singleRowsLast: KernelGlobal;
  readonly singleRowsEnd: KernelGlobal;
  readonly singleRowsBytes: KernelGlobal;
  runState(): number;
  setRunRule(depth: number, rowBits: number, headBits: number): void;
  nextRun(
    heads: number,
    cuts: number,
    tokenHighs: number,
    digests: number,
    sumFrom: number,
    scanFrom: number,
    count: number,
    bucket: number,
    ended: number,
  ): number;
  nativeResume(inside: number, previousSize: number): void;
  encodeNative(input: number, length: number, out: number, outLimit: number): number;
  readonly nativeInside: KernelGlobal;
  readonly nativePrevious: KernelGlobal;
  reset(): void;
  resume(previousSize: number): void;
  walk(window: number, length: number, last: number, out: number, outLimit: number): number;
  readonly consumed: KernelGlobal;
  readonly outLength: KernelGlobal;
  readonly leafCount: KernelGlobal;
  readonly partitionCount: KernelGlobal;
  readonly rowCount: KernelGlobal;
  readonly markerCount: KernelGlobal;
  readonly cellCount: KernelGlobal;
  readonly opaqueCount: KernelGlobal;
  readonly insidePartition: KernelGlobal;
  readonly damageAt: KernelGlobal;
  readonly recordAt: KernelGlobal;
}

/** A variable of the module; numbers above 2^31 come out negative. */
export interface KernelGlobal {
  readonly value: number;
}

/** What both implementations offer on ordinary arrays; results are copies. */
export interface Kernels {
  readonly kind: 'webassembly' | 'typescript';
  /** Decodes one raw block into exactly `target`; false when it is malformed or does not fit. */
  lz4Decode(source: Uint8Array, target: Uint8Array): boolean;
  lz4Encode(source: Uint8Array): Uint8Array;
  /** Encodes to the start of `target`, which has room for the bound; returns the length. */
  lz4EncodeInto(source: Uint8Array, target: Uint8Array): number;
  /** Whether `lz4Encode` gives `block` for `plain`, to which `lz4Decode` decodes it. */
  lz4Reproduces(plain: Uint8Array, block: Uint8Array): boolean;
  xxh3(bytes: Uint8Array, secret?: Uint8Array): Uint8Array;
  /** h1 and h2, each big-endian. */
  murmur3(key: Uint8Array): Uint8Array;
  /**
   * The same of `count` keys that lie one behind the other in `keys` and end at `ends`: four words a
   * key, the low and the high half of h1, then of h2.
   */
  hashMany(keys: Uint8Array, ends: Uint32Array, count: number): Uint32Array;
  /** The same of the keys of entries of Index.db, each a u16 length and a key at one of `starts`. */
  hashEntries(entries: Uint8Array, starts: Uint32Array): Uint32Array;
}

/** Words of one hash. */
export const HASH_WORDS = 4;

/** The part of the WebAssembly namespace that is used; @types/node does not declare it. */
interface WebAssemblyApi {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (
    module: object,
    imports: Record<string, Record<string, unknown>>,
  ) => { readonly exports: unknown };
}

const PAGE = 65536;
/** Room for the compressed form of a 256 KiB block, below the regions of an instance's user. */
const SCRATCH_BYTES = 272 * 1024;
/** Blocks of one call of `decodeBlocks` and its like; for each there is room for two words and a digest. */
const BLOCKS_MAX = 1024;
const DIGEST_BYTES = 16;
/** Reads and writes of kernels may touch this many bytes after a region's end. */
const SLACK_BYTES = 64;
/** Instances with more memory than this are not kept for the next user. */
const KEEP_BYTES = 96 * 1024 * 1024;
const KEEP_INSTANCES = 3;

/** Where a region of kernel memory may begin at or behind `address`. */
export function align(address: number): number {
  return Math.ceil(address / 64) * 64;
}

let module: object | undefined;
let shared: Kernels | undefined;
const idle: KernelInstance[] = [];
/** Which instance a buffer belongs to, so that blocks are decoded in place. */
const owners = new WeakMap<ArrayBufferLike, KernelInstance>();

function api(): WebAssemblyApi {
  return (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
}

function instantiate(
  scanHost: () => ScanHost | null,
  dumpHost: () => DumpHost | null,
): KernelExports {
  if (module === undefined) {
    const url = new URL('../../native-bindings/build/kernels.wasm', import.meta.url);
    module = new (api().Module)(readFileSync(url));
  }
  const imports = {
    env: {
      abort: () => {
        throw new Error('a kernel aborted');
      },
      ...scanImports(scanHost),
      ...dumpImports(dumpHost),
    },
  };
  return new (api().Instance)(module, imports).exports as KernelExports;
}

/** One WebAssembly instance: its functions and its memory. */
export class KernelInstance {
  readonly exports: KernelExports;
  /** First address that the user of the instance may lay out. */
  readonly start: number;
  /** Whom the scan of rows asks, while it runs. */
  scanHost: ScanHost | null = null;
  /** Whom a dump asks, while it runs. */
  dumpHost: DumpHost | null = null;
  /** Largest `inputRoom`. */
  readonly inputBytes = SCRATCH_BYTES;
  readonly #scratch: number;
  /** Table of `decodeBlocks`, and behind it the digests. */
  readonly #table: number;
  #bytes: Uint8Array;
  #blocks: Uint32Array;

  private constructor() {
    this.exports = instantiate(
      () => this.scanHost,
      () => this.dumpHost,
    );
    this.#table = align(this.exports.heapStart());
    this.#scratch = align(this.#table + BLOCKS_MAX * (8 + DIGEST_BYTES));
    this.start = this.#scratch + SCRATCH_BYTES;
    this.#bytes = this.#register();
    this.#blocks = this.#blockTable();
  }

  /** An instance for one user until `release`; its memory holds whatever was there before. */
  static acquire(): KernelInstance {
    return idle.pop() ?? new KernelInstance();
  }

  /** Gives the instance back; views of its memory must not be used any more. */
  release(): void {
    this.scanHost = null;
    this.dumpHost = null;
    if (idle.includes(this) || idle.length >= KEEP_INSTANCES) return;
    if (this.#bytes.length <= KEEP_BYTES) idle.push(this);
  }

  /** The instance whose memory `bytes` is a view of, if any. */
  static owner(bytes: Uint8Array): KernelInstance | undefined {
    return owners.get(bytes.buffer);
  }

  /** The whole memory, a view that ends to be valid when the memory grows. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Makes addresses below `end` usable. Growing detaches every view of the memory. */
  ensure(end: number): void {
    const missing = end + SLACK_BYTES - this.#bytes.length;
    if (missing <= 0) return;
    try {
      this.exports.memory.grow(Math.ceil(missing / PAGE));
    } catch (cause) {
      throw new SstashError('LIMIT_EXCEEDED', `no memory for ${end} bytes of kernel work`, {
        hint: 'One row of the table may be too large for this machine.',
        cause,
      });
    }
    this.#bytes = this.#register();
    this.#blocks = this.#blockTable();
  }

  /**
   * Room for `length` bytes that are to be decoded into this memory, undefined where that is too much.
   * Valid until the memory grows; what is in it until the next block is decoded from elsewhere.
   */
  inputRoom(length: number): Uint8Array | undefined {
    if (length > SCRATCH_BYTES) return undefined;
    return this.#bytes.subarray(this.#scratch, this.#scratch + length);
  }

  /** Decodes into `target`, a view of this memory; undefined when `source` finds no room. */
  lz4DecodeInPlace(source: Uint8Array, target: Uint8Array): boolean | undefined {
    let from = this.#scratch;
    if (source.buffer === target.buffer) from = source.byteOffset;
    else if (source.length > SCRATCH_BYTES) return undefined;
    else copyBytes(this.#bytes, source, from);
    const { length, byteOffset } = target;
    return this.exports.lz4Decode(from, source.length, byteOffset, length) === length;
  }

  /** The block of `source`, a view of this memory, until the next block; undefined when too large. */
  lz4EncodeInPlace(source: Uint8Array): Uint8Array | undefined {
    if (lz4Bound(source.length) > SCRATCH_BYTES) return undefined;
    const length = this.exports.lz4Encode(source.byteOffset, source.length, this.#scratch);
    return this.#bytes.subarray(this.#scratch, this.#scratch + length);
  }

  /** Address and length of up to `length` / 2 payloads, for `decodeBlocks`; until memory grows. */
  get blockTable(): Uint32Array {
    return this.#blocks;
  }

  /**
   * Decodes the first `count` payloads of the table, all of LZ4Compressor, one behind the other into
   * `target`; returns how many were sound, from the first on. See native-bindings/assembly/blocks.ts.
   */
  decodeBlocks(
    count: number,
    target: Uint8Array,
    blockLength: number,
    lastLength: number,
    rawFrom: number,
  ): number {
    const { decodeBlocks } = this.exports;
    return decodeBlocks(this.#table, count, target.byteOffset, blockLength, lastLength, rawFrom);
  }

  /**
   * How many payloads of the table, from number `first` on and before `end`, are what the encoder
   * makes of `plain`, to which `decodeBlocks` decoded all of them; stops at raw ones.
   */
  reproducedBlocks(
    first: number,
    end: number,
    plain: Uint8Array,
    blockLength: number,
    lastLength: number,
    rawFrom: number,
  ): number {
    const { reproducedBlocks } = this.exports;
    const table = this.#table + 8 * first;
    const from = plain.byteOffset + first * blockLength;
    return reproducedBlocks(table, end - first, from, blockLength, lastLength, rawFrom);
  }

  /**
   * Encodes up to `count` blocks of `plain`, a view of this memory, to payloads of LZ4Compressor, as
   * many as there is room for and none of `rawFrom` bytes or more; returns how many. The table tells
   * where they are until the next call: one behind the other in `inputRoom`, with 4 bytes between.
   */
  encodeBlocks(plain: Uint8Array, count: number, blockLength: number, rawFrom: number): number {
    const { encodeBlocks } = this.exports;
    const from = plain.byteOffset;
    const out = this.#scratch;
    const most = Math.min(count, BLOCKS_MAX);
    return encodeBlocks(this.#table, most, from, blockLength, out, out + SCRATCH_BYTES, rawFrom);
  }

  /** XXH3-128 of the first `count` payloads of the table, each with its checksum: 16 bytes a block. */
  digestBlocks(count: number): Uint8Array {
    const out = this.#table + BLOCKS_MAX * 8;
    this.exports.digestBlocks(this.#table, count, out);
    return this.#bytes.subarray(out, out + DIGEST_BYTES * count);
  }

  #blockTable(): Uint32Array {
    return new Uint32Array(this.#bytes.buffer, this.#table, 2 * BLOCKS_MAX);
  }

  #register(): Uint8Array {
    const { buffer } = this.exports.memory;
    owners.set(buffer, this);
    return new Uint8Array(buffer);
  }
}

/** Calls on ordinary arrays: copied in, worked on, copied out. */
function webassemblyKernels(): Kernels {
  const instance = KernelInstance.acquire();
  const { exports, start } = instance;
  /** Copies `bytes` to the start and makes room for `more` behind; returns where that begins. */
  const enter = (bytes: Uint8Array, more: number): number => {
    const behind = align(start + bytes.length + SLACK_BYTES);
    instance.ensure(behind + more);
    instance.bytes.set(bytes, start);
    return behind;
  };
  return {
    kind: 'webassembly',
    lz4Decode(source, target) {
      const inPlace = KernelInstance.owner(target)?.lz4DecodeInPlace(source, target);
      if (inPlace !== undefined) return inPlace;
      const out = enter(source, target.length);
      const length = exports.lz4Decode(start, source.length, out, target.length);
      if (length !== target.length) return false;
      target.set(instance.bytes.subarray(out, out + length));
      return true;
    },
    lz4Encode(source) {
      const out = enter(source, lz4Bound(source.length));
      const length = exports.lz4Encode(start, source.length, out);
      return instance.bytes.slice(out, out + length);
    },
    lz4EncodeInto(source, target) {
      const block = KernelInstance.owner(source)?.lz4EncodeInPlace(source);
      if (block !== undefined) {
        copyBytes(target, block);
        return block.length;
      }
      const out = enter(source, lz4Bound(source.length));
      const length = exports.lz4Encode(start, source.length, out);
      copyBytes(target, instance.bytes.subarray(out, out + length));
      return length;
    },
    lz4Reproduces(plain, block) {
      const at = enter(plain, block.length);
      instance.bytes.set(block, at);
      return exports.lz4Reproduces(start, plain.length, at, block.length) !== 0;
    },
    xxh3(bytes, secret) {
      const at = enter(bytes, 16 + XXH3_SECRET_BYTES);
      if (secret !== undefined) instance.bytes.set(secret, at + 16);
      exports.xxh3(start, bytes.length, secret === undefined ? 0 : at + 16, at);
      return instance.bytes.slice(at, at + 16);
    },
    murmur3(key) {
      const out = enter(key, 16);
      exports.murmur3(start, key.length, out);
      return instance.bytes.slice(out, out + 16);
    },
    hashMany(keys, ends, count) {
      const table = enter(keys, 20 * count + 64);
      new Uint32Array(instance.bytes.buffer, table, count).set(ends.subarray(0, count));
      exports.hashMany(start, table, count, align(table + 4 * count));
      return new Uint32Array(instance.bytes.buffer, align(table + 4 * count), 4 * count).slice();
    },
    hashEntries(entries, starts) {
      const count = starts.length;
      const table = enter(entries, 20 * count + 64);
      new Uint32Array(instance.bytes.buffer, table, count).set(starts);
      exports.hashEntries(start, table, count, align(table + 4 * count));
      return new Uint32Array(instance.bytes.buffer, align(table + 4 * count), 4 * count).slice();
    },
  };
}

const typescriptKernels: Kernels = {
  kind: 'typescript',
  lz4Decode: lz4DecodeTypescript,
  lz4Encode: lz4EncodeTypescript,
  lz4EncodeInto(source, target) {
    const block = lz4EncodeTypescript(source);
    target.set(block);
    return block.length;
  },
  lz4Reproduces: (plain, block) => Buffer.compare(lz4EncodeTypescript(plain), block) === 0,
  xxh3: xxh3Typescript,
  murmur3: murmur3Typescript,
  hashMany: (keys, ends, count) => hashesOf(count, (i) => keys.subarray(ends[i - 1] ?? 0, ends[i])),
  hashEntries: (entries, starts) =>
    hashesOf(starts.length, (i) => {
      const at = starts[i] as number;
      const length = ((entries[at] as number) << 8) | (entries[at + 1] as number);
      return entries.subarray(at + 2, at + 2 + length);
    }),
};

function hashesOf(count: number, keyOf: (i: number) => Uint8Array): Uint32Array {
  const words = new Uint32Array(HASH_WORDS * count);
  for (let i = 0; i < count; i++) {
    const hash = murmur3Typescript(keyOf(i));
    const view = new DataView(hash.buffer, hash.byteOffset, 16);
    for (const [word, at] of [4, 0, 12, 8].entries()) {
      words[HASH_WORDS * i + word] = view.getUint32(at);
    }
  }
  return words;
}

let wantedKind: Kernels['kind'] | undefined;

/** Which implementation this process uses; the environment is asked once, since that is slow. */
export function kernelKind(): Kernels['kind'] {
  if (wantedKind === undefined) {
    const { SSTASH_KERNELS: wanted } = process.env;
    wantedKind = wanted === 'typescript' ? 'typescript' : 'webassembly';
  }
  return wantedKind;
}

/** The kernels of this thread, loaded at the first call; `kind` asks for one of the two. */
export function kernels(kind: Kernels['kind'] = kernelKind()): Kernels {
  if (kind === 'typescript') return typescriptKernels;
  shared ??= webassemblyKernels();
  return shared;
}
