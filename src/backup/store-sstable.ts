/** One SSTable into the repository: its rows where they can be taken apart, every file in any case. */
import { parseDigest, parseToc } from '../components/index.js';
import { isSstashError, SstashError } from '../errors.js';
import { readWholeFile, statPath } from '../io/index.js';
import { LIMITS } from '../limits.js';
import { type ComponentFile, SSTable, type SSTableFiles } from '../sstable/index.js';
import { noneStored, type StoredCount } from './chunk-batch.js';
import { addCounts, apportion, noCounts, type TableCounts } from './counts.js';
import { NotReproducible } from './range-store.js';
import {
  type ComponentRecord,
  type DamageRecord,
  encodeRecord,
  idText,
  RECORD_FORMAT,
  type Recipe,
  type SSTableRecord,
  type StreamRef,
} from './records.js';
import type { BackupFault, BackupNote } from './report.js';
import { type StoreContext, sha256, storeBytes, storeFile } from './store-bytes.js';
import { type StoredRows, storeRows } from './store-rows.js';
import { dataSha256, type WholeFiles } from './whole-files.js';

const DATA = 'Data.db';
const DIGEST = 'Digest.crc32';
const STATISTICS = 'Statistics.db';
const COMPRESSION_INFO = 'CompressionInfo.db';
const TOC = 'TOC.txt';
/** Rewritten in place, or so small that reading them is cheaper than trusting their times. */
const ALWAYS_READ = new Set([STATISTICS, 'Summary.db', TOC, DIGEST]);
const ALWAYS_READ_BYTES_MAX = 4 * 1024 * 1024;

export interface SSTableContext extends StoreContext {
  readonly counts: TableCounts;
  readonly wholeFiles: WholeFiles;
  /** A recipe of an earlier backup. */
  readonly recipe: (id: string) => Promise<Recipe>;
  readonly faults: BackupFault[];
  readonly notes: BackupNote[];
}

/** Stores what is new of an SSTable; `before` is what an earlier backup knows of it. */
export async function storeSSTable(
  context: SSTableContext,
  files: SSTableFiles,
  before: SSTableRecord | undefined,
): Promise<SSTableRecord> {
  const job = new SSTableJob(context, files, before);
  const record = await job.run();
  const { counts } = job;
  counts.sstables = 1;
  counts.sstablesReused = job.reusedData ? 1 : 0;
  counts.wholeFile = await job.wholeFile();
  addCounts(context.counts, counts);
  return record;
}

class SSTableJob {
  readonly #context: SSTableContext;
  readonly #files: SSTableFiles;
  readonly #before: SSTableRecord | undefined;
  readonly #damage: DamageRecord[] = [];
  #note: string | null = null;
  #leafSum: SSTableRecord['leafSum'] = null;
  #parameters: SSTableRecord['derived'] = null;
  #stored: StoredRows | null = null;
  /** Files that are not taken over from an earlier backup: bytes, SHA-256, whether it is Data.db. */
  readonly #contents: (readonly [bytes: number, sha256: string, isData: boolean])[] = [];
  readonly #read = new Map<string, Promise<Uint8Array>>();
  readonly counts = noCounts();
  reusedData = false;

  constructor(context: SSTableContext, files: SSTableFiles, before: SSTableRecord | undefined) {
    this.#context = context;
    this.#files = files;
    this.#before = before;
  }

  async run(): Promise<SSTableRecord> {
    const components: ComponentRecord[] = [];
    const data = this.#files.components.get(DATA);
    const recipe = data === undefined ? null : await this.#data(data);
    for (const file of this.#files.components.values()) {
      if (file.name !== DATA) components.push(await this.#component(file));
    }
    if (data === undefined) {
      this.#damaged(
        new SstashError('SSTABLE_COMPONENT_MISSING', 'the SSTable has no Data.db', {
          file: this.#files.dataPath,
          component: DATA,
        }),
      );
    } else {
      components.push(recordOf(data, null));
    }
    await this.#missing();
    components.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const damage of this.#damage) {
      this.#context.faults.push({ ...damage, file: this.#files.dataPath });
    }
    if (this.#note !== null) {
      this.#context.notes.push({ file: this.#files.dataPath, message: this.#note });
    }
    const { base } = this.#files.descriptor;
    const derived = components.some((component) => component.derived !== undefined)
      ? this.#parameters
      : null;
    const facts = { derived, leafSum: this.#leafSum, damage: this.#damage, note: this.#note };
    return { base, recipe, components, ...facts };
  }

  /** Tells of components that TOC.txt lists and that are not there. */
  async #missing(): Promise<void> {
    const toc = this.#files.components.get(TOC);
    if (toc === undefined) return;
    const where = { file: toc.path, component: TOC };
    const listed = await this.#small(toc)
      .then((bytes) => parseToc(bytes, where))
      .catch((error: unknown) => {
        if (isSstashError(error)) return [];
        throw error;
      });
    for (const component of new Set(listed)) {
      const isTold = this.#damage.some((damage) => damage.component === component);
      if (this.#files.components.has(component) || isTold) continue;
      const message = `${component} is missing: TOC.txt lists it`;
      this.#damage.push({ code: 'SSTABLE_COMPONENT_MISSING', component, offset: null, message });
    }
  }

  /** Bytes of files that a store of whole files would have been sent. */
  async wholeFile(): Promise<number> {
    let bytes = 0;
    for (const content of this.#contents) bytes += await this.#context.wholeFiles.add(...content);
    return bytes;
  }

  /** A component other than Data.db: it follows from the rows, is unchanged, or plain bytes. */
  async #component(file: ComponentFile): Promise<ComponentRecord> {
    const derived = this.#stored?.derived.sha256.get(file.name);
    if (derived !== undefined) {
      await checkUnchanged(file);
      this.counts.derived += file.size;
      this.#contents.push([file.size, derived, false]);
      return recordOf(file, null, derived);
    }
    const known = this.#usable(this.#known(file));
    const kind = file.name === STATISTICS ? 'statistics' : 'components';
    const count = noneStored();
    if (ALWAYS_READ.has(file.name) && file.size <= ALWAYS_READ_BYTES_MAX) {
      await this.#context.reading(file.size);
      const bytes = await this.#small(file);
      const now = { ...file, size: bytes.length };
      const same = this.#usable(this.#before?.components.find(({ name }) => name === file.name));
      if (same !== undefined && sha256Of(same) === sha256(bytes)) {
        this.counts.files.unchanged += bytes.length;
        return recordOf(now, same.stream, same.derived);
      }
      return this.#kept(now, await storeBytes(this.#context, kind, bytes, count), count);
    }
    if (known !== undefined) {
      this.counts.files.unchanged += file.size;
      return known;
    }
    const stream = await storeFile(this.#context, kind, file, count);
    await checkUnchanged(file);
    return this.#kept(file, stream, count);
  }

  /** All of a small component, read once: what is judged is what is stored. */
  #small({ name, path }: ComponentFile): Promise<Uint8Array> {
    const reading = this.#read.get(name) ?? readWholeFile(path, ALWAYS_READ_BYTES_MAX);
    this.#read.set(name, reading);
    return reading;
  }

  /** A component that was stored as it is. */
  #kept(file: ComponentFile, stream: StreamRef, { newRawBytes }: StoredCount): ComponentRecord {
    const data = this.#stored?.data;
    const isTheSame = file.name === STATISTICS && data?.statistics.sha256 === stream.sha256;
    // The rows keep it too: what was new then is new here.
    const fresh = newRawBytes + (isTheSame ? (this.#stored?.newStatistics ?? 0) : 0);
    this.counts.files.new += fresh;
    this.counts.files.chunks += file.size - fresh;
    this.#contents.push([file.size, stream.sha256, false]);
    return recordOf(file, stream);
  }

  /** What can be taken over: a component that follows from the rows only where these are the same. */
  #usable(component: ComponentRecord | undefined): ComponentRecord | undefined {
    if (component === undefined || component.name === DATA) return undefined;
    return component.stream !== null || this.reusedData ? component : undefined;
  }

  /** What the earlier backup has of the same file, if nothing says that it changed. */
  #known(file: ComponentFile): ComponentRecord | undefined {
    const known = this.#before?.components.find(({ name }) => name === file.name);
    if (known === undefined || known.bytes !== file.size) return undefined;
    return known.mtimeNs === String(file.mtimeNs) ? known : undefined;
  }

  /** Id of the recipe of Data.db. */
  async #data(file: ComponentFile): Promise<string> {
    const before = this.#before;
    if (before !== undefined && before.recipe !== null && this.#known(file) !== undefined) {
      const digest = before.components.find(({ name }) => name === DIGEST);
      // Without a digest on both sides, size and time alone prove too little.
      const isSame = digest !== undefined && sha256Of(digest) === (await this.#digestNow());
      if (isSame && (await this.#readsAsBefore(before))) {
        return this.#unchanged(file, before, before.recipe);
      }
    }
    const data = await this.#rows(file);
    await checkUnchanged(file);
    this.#keptApart(data);
    const recipe: Recipe = {
      format: RECORD_FORMAT,
      sstable: this.#files.descriptor.base,
      data,
    };
    this.#contents.push([file.size, dataSha256(recipe), true]);
    return idText(await this.#context.writer.put('recipes', encodeRecord(recipe)));
  }

  /**
   * Whether the files that say how Data.db is read are there and sound, as they were: one that was
   * lost or damaged since then is to be told, and what follows from the rows may be another.
   */
  async #readsAsBefore(before: SSTableRecord): Promise<boolean> {
    const { components, descriptor } = this.#files;
    const isThere = ({ name }: ComponentRecord): boolean => components.has(name);
    if (before.components.length !== components.size || !before.components.every(isThere)) {
      return false;
    }
    const compression = components.get(COMPRESSION_INFO);
    if (compression !== undefined && this.#known(compression) === undefined) return false;
    if (await this.#hasStatisticsOf(before)) return true;
    // Cassandra rewrites it (levels, repairs), with checksums since 4.0.
    return descriptor.version.hasMetadataChecksum && (await this.#opens());
  }

  async #hasStatisticsOf(before: SSTableRecord): Promise<boolean> {
    const file = this.#files.components.get(STATISTICS);
    const known = before.components.find(({ name }) => name === STATISTICS);
    if (file === undefined || known === undefined) return file === known;
    if (file.size > ALWAYS_READ_BYTES_MAX) return this.#known(file) !== undefined;
    return sha256Of(known) === sha256(await this.#small(file));
  }

  async #opens(): Promise<boolean> {
    try {
      await (await SSTable.open(this.#files)).close();
      return true;
    } catch (error) {
      if (isSstashError(error)) return false;
      throw error;
    }
  }

  async #unchanged(file: ComponentFile, before: SSTableRecord, id: string): Promise<string> {
    const { counts } = this;
    this.reusedData = true;
    this.#parameters = before.derived;
    this.#damage.push(...before.damage);
    this.#note = before.note;
    this.#leafSum = before.leafSum;
    this.counts.files.unchanged += file.size;
    const { data } = await this.#context.recipe(id);
    this.#keptApart(data);
    if (data.form === 'rows') {
      counts.leaves.unchanged += data.leaves;
      counts.leafBytes.unchanged += data.canonicalBytes;
    }
    return id;
  }

  /** SHA-256 of the file Digest.crc32 as it is now. */
  async #digestNow(): Promise<string | null> {
    const file = this.#files.components.get(DIGEST);
    if (file === undefined) return null;
    return sha256(await readWholeFile(file.path, LIMITS.smallTextBytesMax));
  }

  #keptApart(data: Recipe['data']): void {
    const { counts } = this;
    if (data.form === 'bytes') {
      counts.plainSSTables++;
      counts.plainBytes += data.stream.bytes;
      return;
    }
    counts.opaqueLeaves += data.opaqueLeaves;
    counts.opaqueBytes += data.opaqueBytes ?? 0;
    counts.exceptionBlocks += data.compression?.exceptionBlocks ?? 0;
    for (const { bytes } of Object.values(data.ranges.exceptions)) counts.exceptionBytes += bytes;
  }

  async #rows(file: ComponentFile): Promise<Recipe['data']> {
    let sstable: SSTable | undefined;
    try {
      sstable = await SSTable.open(this.#files);
      const stored = await storeRows(this.#context, sstable, file);
      await this.#checkDigest(stored.crc32);
      this.#leafSum = stored.leafSum;
      this.#stored = stored;
      this.#parameters = stored.derived.parameters;
      this.#countRows(file, stored);
      return stored.data;
    } catch (error) {
      const reason = this.#judge(error);
      // What was stored of the rows until here is left for a later prune.
      const count = noneStored();
      const stream = await storeFile(this.#context, 'data', file, count);
      this.counts.files.new += count.newRawBytes;
      this.counts.files.chunks += file.size - count.newRawBytes;
      return { form: 'bytes', stream, reason };
    } finally {
      await sstable?.close();
    }
  }

  #countRows(file: ComponentFile, { leaves, leafBytes, exceptions }: StoredRows): void {
    const { counts } = this;
    addCounts(counts.leaves, leaves);
    addCounts(counts.leafBytes, leafBytes);
    addCounts(counts.files, apportion(file.size, addCounts({ ...leafBytes }, exceptions)));
  }

  /** Why the rows cannot be taken apart; throws errors that are of another kind. */
  #judge(error: unknown): string {
    if (error instanceof NotReproducible) {
      this.#note = `stored as plain bytes: ${error.message}`;
      return error.message;
    }
    if (!isSstashError(error)) throw error;
    if (error.code.startsWith('SSTABLE_UNSUPPORTED_')) {
      this.#note = `stored as plain bytes: ${error.message}`;
      return error.message;
    }
    if (!error.code.startsWith('SSTABLE_') && error.code !== 'LIMIT_EXCEEDED') throw error;
    this.#damaged(error);
    return `${error.code}: ${error.message}`;
  }

  #damaged(error: SstashError): void {
    this.#damage.push({
      code: error.code,
      component: error.component ?? null,
      offset: error.offset ?? error.uncompressedOffset ?? null,
      message: error.message,
    });
  }

  /** The digest of the whole file, which no reader looks at otherwise. */
  async #checkDigest(found: number): Promise<void> {
    const file = this.#files.components.get(DIGEST);
    if (file === undefined) return;
    const where = { file: file.path, component: DIGEST };
    try {
      const bytes = await readWholeFile(file.path, LIMITS.smallTextBytesMax);
      const expected = parseDigest(bytes, where);
      if (expected === found) return;
      throw new SstashError('SSTABLE_CHECKSUM', 'Data.db does not have the digest it should', {
        ...where,
        expected: String(expected),
        found: String(found),
      });
    } catch (error) {
      if (!isSstashError(error)) throw error;
      this.#damaged(error);
    }
  }
}

function recordOf(
  file: ComponentFile,
  stream: ComponentRecord['stream'],
  derived?: string,
): ComponentRecord {
  const record = { name: file.name, bytes: file.size, mtimeNs: String(file.mtimeNs), stream };
  return derived === undefined ? record : { ...record, derived };
}

function sha256Of({ stream, derived }: ComponentRecord): string | undefined {
  return stream?.sha256 ?? derived;
}

/** What was read must be one state of the file. */
async function checkUnchanged(file: ComponentFile): Promise<void> {
  const now = await statPath(file.path);
  if (now.size === file.size && now.mtimeNs === file.mtimeNs) return;
  throw new SstashError('READ_FAILED', 'the file changed while it was backed up', {
    file: file.path,
    hint: 'Back up a snapshot (nodetool snapshot), or run the command again.',
  });
}
