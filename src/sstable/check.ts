/**
 * Checks one SSTable to the last byte. Every fault is listed; where one part is damaged, everything
 * that can be judged without it still is.
 */
import { combineCrc32 } from '../codec/index.js';
import type { CompressionInfo, Statistics } from '../components/index.js';
import { isSstashError, SstashError } from '../errors.js';
import { type FileSystem, nodeFileSystem, openFile, statPathIfThere } from '../io/index.js';
import { type Executor, mapOrdered, throwIfInterrupted } from '../parallel/index.js';
import { ALL_BLOCKS, checkBlocks, fileCrc, readChecksums } from './check-blocks.js';
import { ComponentCheck, type ParsedStatistics } from './check-components.js';
import { checkCompression } from './check-compression.js';
import { type Fault, Faults, faultOf, isUnread } from './check-faults.js';
import { type CheckIndexResult, checkIndexOf } from './check-index.js';
import { canProve, type Proof, proveSound } from './check-proof.js';
import { type CheckRangeArgument, type CheckRangeResult, checkRangeOf } from './check-range.js';
import { checkStatistics } from './check-statistics.js';
import { ComponentStore } from './component-store.js';
import type { SSTableFiles } from './files.js';
import type { ScanTotals } from './scan-totals.js';
import { SSTable } from './sstable.js';
import { StatisticsCollector } from './statistics-collector.js';

/**
 * quick: everything but Data.db, whose size alone is looked at. full: every byte and every row.
 * deep: every value too.
 */
export type CheckMode = 'quick' | 'full' | 'deep';

export interface CheckOptions {
  readonly mode?: CheckMode;
  readonly executor: Executor;
  readonly signal?: AbortSignal;
  readonly fs?: FileSystem;
  /** Bytes of rows that one task is given. */
  readonly rangeBytes?: number;
  /** Told how many more bytes of Data.db are done. */
  readonly onProgress?: (bytes: number) => void;
}

export interface CheckResult {
  /** In order of the components' names and offsets. */
  readonly faults: readonly Fault[];
  /** Bytes of Data.db that were read. */
  readonly bytesRead: number;
  /** The SSTable was deleted meanwhile, as a running node does after compactions: nothing is said. */
  readonly vanished: boolean;
}

/** What a check of blocks finds that are not as they were written. */
const BLOCK_CODES: readonly string[] = ['SSTABLE_CHECKSUM', 'SSTABLE_TRUNCATED'];

const RANGE_BYTES = 16 * 1024 * 1024;

export async function checkSSTable(
  files: SSTableFiles,
  options: CheckOptions,
): Promise<CheckResult> {
  const unread = new Faults();
  const check = new Check(await readable(files, unread, options.fs), options, unread);
  try {
    await check.run();
  } catch (error) {
    const codes = ['PATH_NOT_FOUND', 'SSTABLE_COMPONENT_MISSING', 'READ_FAILED'] as const;
    if (!isSstashError(error, ...codes)) throw error;
    check.faults.addError(error, files.dataPath, error.component ?? 'Data.db');
  }
  const { bytesRead } = check;
  if (check.faults.list.length > 0 && (await hasVanished(files, options.fs))) {
    return { faults: [], bytesRead, vanished: true };
  }
  return { faults: sorted(check.faults.list), bytesRead, vanished: false };
}

/** Data.db was there and is not any more. */
async function hasVanished(files: SSTableFiles, fs: FileSystem | undefined): Promise<boolean> {
  if (!files.components.has('Data.db')) return false;
  try {
    return (await statPathIfThere(files.dataPath, fs)) === null;
  } catch (error) {
    if (!isSstashError(error, 'READ_FAILED')) throw error;
    return false;
  }
}

/**
 * `files` without those that the operating system does not open, which go to `unread`: everything
 * that can be judged without them still is.
 */
async function readable(
  files: SSTableFiles,
  unread: Faults,
  fs: FileSystem | undefined,
): Promise<SSTableFiles> {
  const components = new Map(files.components);
  for (const { name, path } of files.components.values()) {
    try {
      await (await openFile(path, fs)).close();
    } catch (error) {
      if (!isSstashError(error)) throw error;
      // Where it is gone, that shows below.
      if (error.code !== 'READ_FAILED') continue;
      unread.addError(error, path, name);
      components.delete(name);
    }
  }
  return { ...files, components };
}

class Check {
  readonly faults: Faults;
  bytesRead = 0;
  /** Workers would open the files by themselves: not those of `fs`, and more than can be read. */
  readonly #here: boolean;
  readonly #files: SSTableFiles;
  readonly #options: CheckOptions;
  readonly #mode: CheckMode;
  readonly #components: ComponentCheck;

  /** `faults` has those of files that cannot be read; `files` is without them. */
  constructor(files: SSTableFiles, options: CheckOptions, faults: Faults) {
    this.faults = faults;
    this.#here = options.fs !== undefined || faults.list.length > 0;
    this.#files = files;
    this.#options = options;
    this.#mode = options.mode ?? 'full';
    const unreadable = new Set(faults.list.map(({ component }) => component));
    const fs = options.fs ?? nodeFileSystem;
    this.#components = new ComponentCheck(files, fs, faults, unreadable);
  }

  async run(): Promise<void> {
    const components = this.#components;
    await components.presence();
    const parsed = await components.statistics();
    const { statistics } = parsed;
    const compression = await components.compression(statistics);
    const dataSize = this.#files.components.get('Data.db')?.size ?? null;
    if (compression === null && dataSize !== null) await components.crc(dataSize);
    const digest = await components.digest();
    this.#filter(statistics);
    const decodes =
      compression === undefined || compression === null
        ? compression === null
        : checkCompression(compression, components, this.faults);
    const sstable =
      dataSize === null || statistics === null || compression === undefined
        ? null
        : await this.#open(statistics, compression);
    if (sstable === null) {
      await this.#withoutRows(compression, digest);
      return;
    }
    try {
      if (this.#mode === 'quick') await this.#quick(sstable, parsed);
      else await this.#full(sstable, parsed, decodes, digest);
    } finally {
      await sstable.close();
    }
  }

  /** What can be judged where rows cannot be read at all. */
  async #withoutRows(
    compression: CompressionInfo | null | undefined,
    digest: number | undefined,
  ): Promise<void> {
    const { signal, fs } = this.#options;
    const store = new ComponentStore(this.#files, fs ?? nodeFileSystem);
    try {
      this.faults.addAll((await checkIndexOf(store, {}, signal)).faults);
      if (this.#mode === 'quick' || !store.components.has('Data.db')) return;
      const file = await store.openComponent('Data.db');
      this.bytesRead = file.size;
      if (compression === undefined) {
        this.#compareDigest(digest, await fileCrc(file, signal), false);
        return;
      }
      const checksums = compression === null ? await readChecksums(store) : null;
      const sums = { compression, checksums };
      const part = await checkBlocks(file, sums, ALL_BLOCKS, this.faults, signal);
      this.#compareDigest(digest, part.crc, compression !== null || checksums !== null);
    } finally {
      await store.close();
    }
  }

  /** A filter that should be there, or not. */
  #filter(statistics: Statistics | null): void {
    if (statistics === null) return;
    const chance = statistics.bloomFilterFpChance;
    if (!(chance > 0 && chance <= 1)) {
      this.#components.fault('Statistics.db', null, `the Bloom filter chance is ${chance}`);
    }
  }

  async #open(
    statistics: Statistics,
    compression: CompressionInfo | null,
  ): Promise<SSTable | null> {
    try {
      const fs = this.#options.fs ?? nodeFileSystem;
      return await SSTable.open(this.#files, { fs, parsed: { statistics, compression } });
    } catch (error) {
      this.faults.addError(error, this.#files.dataPath, 'Statistics.db');
      return null;
    }
  }

  /**
   * Digest.crc32 against the file. Where blocks have checksums too, the two together tell which
   * file is the wrong one.
   */
  #compareDigest(digest: number | undefined, crc: number, hasBlockSums: boolean): void {
    if (digest === undefined) return;
    const same = digest === crc;
    const broken = this.faults.list.some(
      ({ component, code }) => component === 'Data.db' && BLOCK_CODES.includes(code),
    );
    if (same && !broken) return;
    const sums = this.#files.components.has('CRC.db') ? 'CRC.db' : 'CompressionInfo.db';
    if (same) {
      const message = `Data.db is what Digest.crc32 says, so its blocks are wrong in ${sums}`;
      this.#components.fault(sums, null, message);
      return;
    }
    const component = broken || !hasBlockSums ? 'Data.db' : 'Digest.crc32';
    const why = component === 'Data.db' ? '' : ', and every block has its own';
    this.faults.add({
      code: 'SSTABLE_CHECKSUM',
      file: this.#components.path(component),
      component,
      offset: null,
      uncompressedOffset: null,
      message: `Data.db has the checksum ${crc}${why}, Digest.crc32 says ${digest}`,
    });
  }

  async #quick(sstable: SSTable, { sound }: ParsedStatistics): Promise<void> {
    this.#dataSize(sstable);
    const index = await this.#index(sstable, sound, true);
    const hasIndex = ['Index.db', 'Partitions.db'].some((name) => this.#components.has(name));
    if (index === null || !sound || !hasIndex) return;
    const buckets = sstable.statistics.stats.estimatedPartitionSize.buckets;
    const counted = buckets.reduce((sum, count) => sum + count, 0n);
    if (counted !== BigInt(index.partitions)) {
      const name = sstable.version.format === 'big' ? 'Index.db' : 'Partitions.db';
      const message = `it counts ${counted} partitions, ${name} has ${index.partitions}`;
      this.#components.fault('Statistics.db', null, message);
    }
  }

  /** Whether Data.db can hold all blocks, without reading it. */
  #dataSize(sstable: SSTable): void {
    const offsets = sstable.compression?.chunkOffsets;
    const last = offsets?.at(-1) ?? 0;
    if (offsets === undefined || last + 4 <= sstable.dataSize) return;
    this.faults.add({
      code: 'SSTABLE_TRUNCATED',
      file: this.#files.dataPath,
      component: 'Data.db',
      offset: sstable.dataSize,
      uncompressedOffset: null,
      message: `the file ends before its last block, which begins at ${last}`,
    });
  }

  async #full(
    sstable: SSTable,
    parsed: ParsedStatistics,
    decodes: boolean,
    digest: number | undefined,
  ): Promise<void> {
    const parts = await this.#arguments(sstable, decodes);
    const provable = parsed.sound && parts.every(({ rows }) => rows) && canProve(sstable);
    const tried = provable ? await this.#prove(sstable, parts) : null;
    // Where the disk fails the slower pass finds out what can be read.
    const [proof, failure] = tried instanceof SstashError ? [null, tried] : [tried, null];
    const { part, collector } = proof ?? { part: null, collector: null };
    const proven =
      proof !== null &&
      part !== null &&
      (digest === undefined || digest === part.crc) &&
      proof.outcomes.every(({ equal }) => equal) &&
      proof.unreadable.size === 0;
    const explained = proven ? null : await this.#explain(sstable, parsed, parts, digest, proof);
    if (part !== null) this.bytesRead = part.length;
    const counted = collector ?? explained;
    if (parsed.sound && counted !== null) {
      await checkStatistics(sstable, counted, this.#mode === 'deep', this.faults);
    }
    if (proof !== null) this.#unexplained(proof);
    if (failure === null || this.faults.list.some(({ file }) => file === failure.file)) return;
    this.faults.add(this.#unread(failure));
  }

  /** READ_FAILED where the disk fails. */
  async #prove(
    sstable: SSTable,
    parts: readonly CheckRangeArgument[],
  ): Promise<Proof | SstashError> {
    const { executor, signal, onProgress } = this.#options;
    try {
      return await proveSound(sstable, parts, {
        executor,
        deep: this.#mode === 'deep',
        here: this.#here,
        ...(signal === undefined ? {} : { signal }),
        ...(onProgress === undefined ? {} : { onProgress }),
      });
    } catch (error) {
      if (!isSstashError(error, 'READ_FAILED')) throw error;
      return error;
    }
  }

  /** Components that are not what the rows give, where no check has said why. */
  #unexplained({ outcomes, unreadable }: Proof): void {
    for (const [component, reason] of unreadable) {
      const { list } = this.faults;
      // What cannot be opened is listed, and there.
      const follows = component === 'TOC.txt' && list.some(isUnread);
      const known = follows || list.some((fault) => fault.component === component);
      if (!known) this.#components.fault(component, null, reason);
    }
    // How 6.0 writes is not final, and not known to the last byte.
    if (this.#files.descriptor.version.hasCompressionDictionary) return;
    for (const { component, equal, difference } of outcomes) {
      if (equal || this.faults.list.some((fault) => fault.component === component)) continue;
      const message = 'from here on the file is not what the rows give';
      this.#components.fault(component, difference, message);
    }
  }

  /** Finds what is wrong. What was counted, if all of it could be. */
  async #explain(
    sstable: SSTable,
    { sound, headerSound }: ParsedStatistics,
    parts: readonly CheckRangeArgument[],
    digest: number | undefined,
    proof: Proof | null,
  ): Promise<StatisticsCollector | null> {
    const rowFaults: Fault[] = [];
    const index = this.#index(sstable, sound, false);
    // Awaited in its turn below.
    index.catch(() => undefined);
    const collector = new StatisticsCollector(sstable.statistics, sstable.version);
    let crc = 0;
    const { executor } = this.#options;
    const limit = executor.concurrency + 2;
    // Values were looked at already where the rows are sound.
    const deep = (from: number): boolean => proof === null || proof.odd.has(from);
    const wanted = parts.map((part) => ({ ...part, deep: part.deep && deep(part.from) }));
    const results = mapOrdered(wanted, limit, (part) => this.#rangeOrFault(sstable, sound, part));
    let whole = true;
    for await (const result of results) {
      if (result === null) {
        whole = false;
        continue;
      }
      this.faults.addAll(result.faults);
      rowFaults.push(...result.rowFaults);
      this.#orderOfRanges(sstable, collector.totals, result.totals);
      collector.add(result.totals);
      crc = combineCrc32(crc, result.part.crc, result.part.length);
      this.bytesRead += result.part.length;
      if (proof === null) this.#options.onProgress?.(result.part.length);
    }
    const hasSums = sstable.compression !== null || sstable.components.has('CRC.db');
    if (whole) this.#compareDigest(digest, crc, hasSums);
    await index;
    // By a header that is not sound, sound rows look damaged.
    const judged = headerSound || !rowFaults.some((fault) => fault.component === 'Data.db');
    if (judged) this.faults.addAll(rowFaults);
    return whole && collector.totals.complete ? collector : null;
  }

  async #arguments(sstable: SSTable, rows: boolean): Promise<CheckRangeArgument[]> {
    const indexSize = sstable.components.get('Index.db')?.size ?? null;
    const { dataPath } = this.#files;
    const deep = this.#mode === 'deep';
    const { rangeBytes = RANGE_BYTES } = this.#options;
    const ranges = rows ? await sstable.ranges(rangeBytes) : [];
    if (ranges.length === 0) {
      const whole = { from: 0, to: sstable.dataLength, index: null };
      return [{ dataPath, ...whole, last: true, deep, rows: rows && sstable.dataLength > 0 }];
    }
    return ranges.map((range, i) => {
      const next = ranges[i + 1];
      const to = next?.indexFrom ?? indexSize ?? 0;
      const index = indexSize === null ? null : { from: range.indexFrom, to };
      return { dataPath, ...range, index, last: next === undefined, deep, rows };
    });
  }

  #unread(error: SstashError): Fault {
    const { dataPath, components } = this.#files;
    const { file = dataPath } = error;
    const component = [...components.values()].find(({ path }) => path === file)?.name;
    return faultOf(error, file, component ?? 'Data.db');
  }

  /** As `#range`; null, with a fault, where the disk fails. */
  async #rangeOrFault(
    sstable: SSTable,
    sound: boolean,
    part: CheckRangeArgument,
  ): Promise<CheckRangeResult | null> {
    try {
      return await this.#range(sstable, sound, part);
    } catch (error) {
      if (!isSstashError(error, 'READ_FAILED')) throw error;
      const { from, to } = part;
      const message = `${error.message}: rows from ${from} to ${to} could not be checked`;
      this.faults.add({ ...this.#unread(error), uncompressedOffset: from, message });
      return null;
    }
  }

  /** In a worker, unless the worker would fail over the same damaged metadata. */
  #range(sstable: SSTable, sound: boolean, part: CheckRangeArgument): Promise<CheckRangeResult> {
    const { executor, signal } = this.#options;
    throwIfInterrupted(signal);
    if (!sound || this.#here) return checkRangeOf(sstable, part, signal);
    const options = signal === undefined ? {} : { signal };
    return executor.run<CheckRangeResult>('check-range', part, options);
  }

  async #index(sstable: SSTable, sound: boolean, alone: boolean): Promise<CheckIndexResult | null> {
    const { executor, signal } = this.#options;
    const options = signal === undefined ? {} : { signal };
    const { dataPath } = this.#files;
    try {
      const result =
        sound && !this.#here
          ? await executor.run<CheckIndexResult>('check-index', { dataPath, alone }, options)
          : await checkIndexOf(sstable, alone ? { alone: sstable } : { data: sstable }, signal);
      this.faults.addAll(result.faults);
      return result;
    } catch (error) {
      if (!isSstashError(error)) throw error;
      this.faults.addError(error, this.#components.path('Index.db'), 'Index.db');
      return null;
    }
  }

  /** The last key of what is merged already and the first one of the next range. */
  #orderOfRanges(sstable: SSTable, before: ScanTotals, next: ScanTotals): void {
    const [last, first] = [before.lastKey, next.firstKey];
    if (last === null || first === null) return;
    if (sstable.partitioner.compareKeys(last, first) < 0) return;
    this.faults.add({
      code: 'SSTABLE_CORRUPT',
      file: this.#files.dataPath,
      component: 'Data.db',
      offset: null,
      uncompressedOffset: null,
      message: 'a partition is not above the one before',
    });
  }
}

function sorted(faults: readonly Fault[]): Fault[] {
  return [...faults].sort(
    (a, b) =>
      (a.component < b.component ? -1 : a.component > b.component ? 1 : 0) ||
      (a.offset ?? -1) - (b.offset ?? -1) ||
      (a.uncompressedOffset ?? -1) - (b.uncompressedOffset ?? -1),
  );
}
