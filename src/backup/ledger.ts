/**
 * The ledger of a restore: a file beside what was restored that says which files were written, whole
 * and verified, so that running the restore again need not read them to know. It only grows; a line
 * is JSON:
 *
 *     {"backup": "<id>", "file": "<path below the target>", "bytes": n, "sha256": "<hex>",
 *      "mtimeNs": "<n>"}
 *
 * An entry counts as long as the file has that size and that time of change. Nothing depends on the
 * ledger being there or whole: without an entry a file is read and compared.
 */
import { join } from 'node:path';
import {
  type AppendFile,
  type FileStatus,
  type FileSystem,
  openAppend,
  readWholeFile,
  statPathIfThere,
} from '../io/index.js';
import { LIMITS } from '../limits.js';

export const LEDGER_NAME = '.sstash-restore.jsonl';

interface LedgerLine {
  readonly backup: string;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly mtimeNs: string;
}

/** Entries that may be lost in a crash: they cost reading some files again. */
const SYNC_EVERY = 64;

export class Ledger {
  readonly #path: string;
  readonly #fs: FileSystem;
  readonly #lines = new Map<string, LedgerLine>();
  /** The file ends in the middle of a line. */
  #torn = false;
  #file: Promise<AppendFile> | null = null;
  #unsynced = 0;

  private constructor(path: string, fs: FileSystem) {
    this.#path = path;
    this.#fs = fs;
  }

  /** Reads the ledger in `directory`, if there is one; makes none. */
  static async open(directory: string, fs: FileSystem): Promise<Ledger> {
    const ledger = new Ledger(join(directory, LEDGER_NAME), fs);
    if ((await statPathIfThere(ledger.#path, fs)) === null) return ledger;
    const bytes = await readWholeFile(ledger.#path, LIMITS.ledgerBytesMax, fs);
    const text = new TextDecoder().decode(bytes);
    ledger.#torn = text !== '' && !text.endsWith('\n');
    for (const line of text.split('\n')) ledger.#read(line);
    return ledger;
  }

  #read(text: string): void {
    try {
      const line = JSON.parse(text) as LedgerLine;
      if (typeof line.file === 'string') this.#lines.set(line.file, line);
    } catch {
      // Half a line, as a crash leaves it, says nothing.
    }
  }

  /** Whether the file was written with this content and has not changed since. */
  has(file: string, sha256: string, status: FileStatus): boolean {
    const line = this.#lines.get(file);
    if (line === undefined || line.sha256 !== sha256 || line.bytes !== status.size) return false;
    return line.mtimeNs === String(status.mtimeNs);
  }

  /** Notes a file that was just written. */
  async add(backup: string, file: string, sha256: string, status: FileStatus): Promise<void> {
    const { size, mtimeNs } = status;
    const line: LedgerLine = { backup, file, bytes: size, sha256, mtimeNs: String(mtimeNs) };
    this.#file ??= openAppend(this.#path, this.#fs);
    const handle = await this.#file;
    const start = this.#torn ? '\n' : '';
    this.#torn = false;
    await handle.append(new TextEncoder().encode(`${start}${JSON.stringify(line)}\n`));
    this.#unsynced++;
    if (this.#unsynced < SYNC_EVERY) return;
    this.#unsynced = 0;
    await handle.sync();
  }

  async close(): Promise<void> {
    if (this.#file === null) return;
    const handle = await this.#file;
    try {
      if (this.#unsynced > 0) await handle.sync();
    } finally {
      await handle.close();
    }
  }
}
