/** One SSTable into the repository: its rows where they can be taken apart, every file in any case. */
import { parseDigest } from '../components/index.js';
import { isSstashError, SstashError } from '../errors.js';
import { readWholeFile, statPath } from '../io/index.js';
import { LIMITS } from '../limits.js';
import { type ComponentFile, SSTable, type SSTableFiles } from '../sstable/index.js';
import type { StoredCount } from './chunk-batch.js';
import type { DerivedComponents } from './derived/index.js';
import {
  type ComponentRecord,
  type DamageRecord,
  encodeRecord,
  idText,
  RECORD_FORMAT,
  type Recipe,
  type SSTableRecord,
} from './records.js';
import type { BackupFault, BackupNote, TableReport } from './report.js';
import { type StoreContext, sha256, storeBytes, storeFile } from './store-bytes.js';
import { NotReproducible, storeRows } from './store-rows.js';

const DATA = 'Data.db';
const DIGEST = 'Digest.crc32';
const STATISTICS = 'Statistics.db';
/** Rewritten in place, or so small that reading them is cheaper than trusting their times. */
const ALWAYS_READ = new Set([STATISTICS, 'Summary.db', 'TOC.txt', DIGEST]);
const ALWAYS_READ_BYTES_MAX = 4 * 1024 * 1024;

export interface SSTableContext extends StoreContext {
  readonly report: TableReport;
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
  const { bytes } = context.report;
  context.report.sstables++;
  if (job.reusedData) context.report.sstablesReused++;
  const total = record.components.reduce((sum, component) => sum + component.bytes, 0);
  bytes.new += job.newBytes;
  bytes.derived += job.derivedBytes;
  bytes.reused += total - job.newBytes - job.derivedBytes;
  return record;
}

class SSTableJob {
  readonly #context: SSTableContext;
  readonly #files: SSTableFiles;
  readonly #before: SSTableRecord | undefined;
  readonly #damage: DamageRecord[] = [];
  #note: string | null = null;
  #leafSum: SSTableRecord['leafSum'] = null;
  #derived: DerivedComponents | null = null;
  #parameters: SSTableRecord['derived'] = null;
  newBytes = 0;
  derivedBytes = 0;
  reusedData = false;

  constructor(context: SSTableContext, files: SSTableFiles, before: SSTableRecord | undefined) {
    this.#context = context;
    this.#files = files;
    this.#before = before;
  }

  async run(): Promise<SSTableRecord> {
    const components: ComponentRecord[] = [];
    // Before the rows, which keep it too: the first of the two counts as new.
    const statistics = this.#files.components.get(STATISTICS);
    if (statistics !== undefined) components.push(await this.#component(statistics));
    const data = this.#files.components.get(DATA);
    const recipe = data === undefined ? null : await this.#data(data);
    for (const file of this.#files.components.values()) {
      if (file.name === DATA || file.name === STATISTICS) continue;
      components.push(await this.#component(file));
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

  /** A component other than Data.db: it follows from the rows, is unchanged, or plain bytes. */
  async #component(file: ComponentFile): Promise<ComponentRecord> {
    const derived = this.#derived?.sha256.get(file.name);
    if (derived !== undefined) {
      await checkUnchanged(file);
      this.derivedBytes += file.size;
      return recordOf(file, null, derived);
    }
    const known = this.#usable(this.#known(file));
    if (ALWAYS_READ.has(file.name) && file.size <= ALWAYS_READ_BYTES_MAX) {
      await this.#context.reading(file.size);
      const bytes = await readWholeFile(file.path, ALWAYS_READ_BYTES_MAX);
      const same = this.#usable(this.#before?.components.find(({ name }) => name === file.name));
      if (same !== undefined && sha256Of(same) === sha256(bytes)) {
        return recordOf({ ...file, size: bytes.length }, same.stream, same.derived);
      }
      const count = { rawBytes: 0, newRawBytes: 0 };
      const stream = await storeBytes(this.#context, bytes, count);
      this.newBytes += count.newRawBytes;
      return recordOf({ ...file, size: bytes.length }, stream);
    }
    if (known !== undefined) return known;
    const count = { rawBytes: 0, newRawBytes: 0 };
    const stream = await storeFile(this.#context, file.path, file.size, count);
    await checkUnchanged(file);
    this.newBytes += count.newRawBytes;
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
      if (digest !== undefined && sha256Of(digest) === (await this.#digestNow())) {
        this.reusedData = true;
        this.#parameters = before.derived;
        this.#damage.push(...before.damage);
        this.#note = before.note;
        this.#leafSum = before.leafSum;
        this.#keptApart((await this.#context.recipe(before.recipe)).data);
        return before.recipe;
      }
    }
    const count: StoredCount = { rawBytes: 0, newRawBytes: 0 };
    const data = await this.#rows(file, count);
    await checkUnchanged(file);
    this.#keptApart(data);
    const share = count.rawBytes === 0 ? 0 : count.newRawBytes / count.rawBytes;
    this.newBytes += Math.round(file.size * share);
    const recipe: Recipe = {
      format: RECORD_FORMAT,
      sstable: this.#files.descriptor.base,
      data,
    };
    return idText((await this.#context.writer.put('recipe', encodeRecord(recipe))).id);
  }

  /** SHA-256 of the file Digest.crc32 as it is now. */
  async #digestNow(): Promise<string | null> {
    const file = this.#files.components.get(DIGEST);
    if (file === undefined) return null;
    return sha256(await readWholeFile(file.path, LIMITS.smallTextBytesMax));
  }

  #keptApart(data: Recipe['data']): void {
    const { report } = this.#context;
    if (data.form === 'bytes') report.plainSSTables++;
    else {
      report.opaqueLeaves += data.opaqueLeaves;
      report.exceptionBlocks += data.compression?.exceptionBlocks ?? 0;
    }
  }

  async #rows(file: ComponentFile, count: StoredCount): Promise<Recipe['data']> {
    let sstable: SSTable | undefined;
    try {
      sstable = await SSTable.open(this.#files);
      const stored = await storeRows(this.#context, sstable, file, count);
      await this.#checkDigest(stored.crc32);
      this.#leafSum = stored.leafSum;
      this.#derived = stored.derived;
      this.#parameters = stored.derived.parameters;
      return stored.data;
    } catch (error) {
      const reason = this.#judge(error);
      // What was stored of the rows until here is left for a later prune.
      Object.assign(count, { rawBytes: 0, newRawBytes: 0 });
      const stream = await storeFile(this.#context, file.path, file.size, count);
      return { form: 'bytes', stream, reason };
    } finally {
      await sstable?.close();
    }
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
