/** The small components, each on its own: are they there, and are they what they say. */
import {
  type CompressionInfo,
  parseCompressionInfo,
  parseCrc,
  parseDigest,
  parseStatistics,
  parseToc,
  type Statistics,
} from '../components/index.js';
import { type ErrorDetails, isSstashError, SstashError } from '../errors.js';
import { type FileSystem, readWholeFile } from '../io/index.js';
import type { Faults } from './check-faults.js';
import { componentLimit } from './component-limits.js';
import type { SSTableFiles } from './files.js';
import { salvageStatistics } from './salvage-statistics.js';

const LINE_END = 0x0a;

export interface ParsedStatistics {
  /** Null where the file cannot be parsed. */
  readonly statistics: Statistics | null;
  /** Every checksum matches. */
  readonly sound: boolean;
  /** That of the header does. */
  readonly headerSound: boolean;
}

export class ComponentCheck {
  readonly #files: SSTableFiles;
  readonly #fs: FileSystem;
  readonly #faults: Faults;
  readonly #unreadable: ReadonlySet<string>;

  /** `files` without those of `unreadable`, which are reported already. */
  constructor(
    files: SSTableFiles,
    fs: FileSystem,
    faults: Faults,
    unreadable: ReadonlySet<string> = new Set(),
  ) {
    this.#unreadable = unreadable;
    this.#files = files;
    this.#fs = fs;
    this.#faults = faults;
  }

  path(name: string): string {
    return this.#files.dataPath.replace(/Data\.db$/, name);
  }

  has(name: string): boolean {
    return this.#files.components.has(name);
  }

  missing(name: string, why: string): void {
    if (this.#unreadable.has(name)) return;
    this.#faults.add({
      code: 'SSTABLE_COMPONENT_MISSING',
      file: this.path(name),
      component: name,
      offset: null,
      uncompressedOffset: null,
      message: `${name} is missing: ${why}`,
    });
  }

  fault(name: string, offset: number | null, message: string): void {
    const code = 'SSTABLE_CORRUPT';
    const file = this.path(name);
    this.#faults.add({ code, file, component: name, offset, uncompressedOffset: null, message });
  }

  /** TOC.txt against the folder, and components without which nothing works. */
  async presence(): Promise<void> {
    const toc = await this.#parsed('TOC.txt', (bytes, where) => {
      const cut = bytes.length > 0 && bytes.at(-1) !== LINE_END;
      if (cut) this.fault('TOC.txt', bytes.length, 'the last line has no end: it may be cut short');
      return parseToc(bytes, where);
    });
    const listed = new Set(toc ?? []);
    for (const name of listed) {
      if (!this.has(name)) this.missing(name, 'TOC.txt lists it');
    }
    const { format } = this.#files.descriptor.version;
    const index = format === 'big' ? ['Index.db'] : ['Partitions.db', 'Rows.db'];
    for (const name of ['Data.db', 'Statistics.db', 'Digest.crc32', 'TOC.txt', ...index]) {
      if (!this.has(name) && !listed.has(name)) this.missing(name, 'every SSTable has one');
    }
    // Where an index was added later, 3.11 and 4.0 leave a TOC.txt with that alone, or an empty one.
    const ofIndexAlone = listed.size > 0 ? ![...listed].some(isCassandras) : this.#hasSasiIndex();
    if (toc === undefined || ofIndexAlone) return;
    for (const name of this.#files.components.keys()) {
      if (listed.has(name) || !isCassandras(name)) continue;
      this.fault('TOC.txt', null, `${name} is there but not listed`);
    }
  }

  #hasSasiIndex(): boolean {
    return [...this.#files.components.keys()].some((name) => name.startsWith('SI_'));
  }

  /** Statistics.db as far as it can be parsed, and whether its checksums match. */
  async statistics(): Promise<ParsedStatistics> {
    const { version } = this.#files.descriptor;
    const file = this.path('Statistics.db');
    const where = { file, component: 'Statistics.db' };
    const bytes = await this.#bytes('Statistics.db');
    if (bytes === null) return { statistics: null, sound: false, headerSound: false };
    let sound = true;
    let headerSound = true;
    for (;;) {
      try {
        return { statistics: parseStatistics(bytes, version, where), sound, headerSound };
      } catch (error) {
        this.#faults.addError(error, file, 'Statistics.db');
        sound = false;
        if (!isSstashError(error, 'SSTABLE_CHECKSUM')) {
          const statistics = salvageStatistics(bytes, version);
          return { statistics, sound, headerSound: headerSound && statistics !== null };
        }
        // The rows are read by the header; the other parts are only compared with them.
        if (error.message.includes('HEADER')) headerSound = false;
        // With this checksum put right, what else is wrong?
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        view.setUint32(error.offset ?? 0, Number(error.found));
      }
    }
  }

  /** Null where the SSTable has none; undefined where it cannot be used. */
  async compression(statistics: Statistics | null): Promise<CompressionInfo | null | undefined> {
    const name = 'CompressionInfo.db';
    const ratio = statistics?.stats.compressionRatio ?? -1;
    if (!this.has(name)) {
      if (ratio < 0) return null;
      this.missing(name, 'Statistics.db says that Data.db is compressed');
      return undefined;
    }
    const { version } = this.#files.descriptor;
    const parse = (bytes: Uint8Array, where: ErrorDetails): CompressionInfo =>
      parseCompressionInfo(bytes, version, where);
    return this.#parsed(name, parse);
  }

  /** CRC.db of an uncompressed SSTable: its form alone. */
  async crc(dataSize: number): Promise<void> {
    if (!this.has('CRC.db')) {
      this.missing('CRC.db', 'an uncompressed SSTable has its checksums there');
      return;
    }
    const parsed = await this.#parsed('CRC.db', (bytes, where) => parseCrc(bytes, where, dataSize));
    // Cassandra's writers know no other size, and a wrong one would show nowhere else.
    if (parsed !== undefined && parsed.chunkSize !== 65536) {
      this.fault('CRC.db', 0, `the chunk size is ${parsed.chunkSize} instead of 65536`);
    }
  }

  /** The checksum of Data.db, or undefined. */
  async digest(): Promise<number | undefined> {
    return this.#parsed('Digest.crc32', parseDigest);
  }

  async #parsed<R>(
    name: string,
    parse: (bytes: Uint8Array, where: ErrorDetails) => R,
  ): Promise<R | undefined> {
    const bytes = await this.#bytes(name);
    if (bytes === null) return undefined;
    const file = this.path(name);
    try {
      return parse(bytes, { file, component: name });
    } catch (error) {
      this.#faults.addError(error, file, name);
      return undefined;
    }
  }

  /** Null where the component is missing or too large. */
  async #bytes(name: string): Promise<Uint8Array | null> {
    if (!this.has(name)) return null;
    const file = this.path(name);
    try {
      return await readWholeFile(file, componentLimit(name), this.#fs);
    } catch (error) {
      this.#faults.addError(
        error instanceof SstashError ? error.with({ component: name }) : error,
        file,
        name,
      );
      return null;
    }
  }
}

/** Names that Cassandra itself lists; others are of plug-ins and foreign writers. */
function isCassandras(name: string): boolean {
  return /^TOC\.txt$|^Digest\.crc32$|^(Data|Index|Summary|Filter|Statistics|CompressionInfo|CRC|Partitions|Rows)\.db$/.test(
    name,
  );
}
