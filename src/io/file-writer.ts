/** Writers of a new file, front to back. */
import type { FileHandle } from './file-system.js';

/** Takes the bytes of a file one after another. */
export interface FileWriter {
  /** Bytes written so far. */
  readonly position: number;
  /** `bytes` may be used again when the promise is fulfilled. */
  write(bytes: Uint8Array): Promise<void>;
}

export interface ClosableWriter extends FileWriter {
  /** Writes what is held back and makes the bytes durable; nothing may be written after it. */
  finish(): Promise<void>;
  /** In any case, also after an error. */
  close(): Promise<void>;
}

/** Small writes are gathered up to this. */
const BUFFER_BYTES = 1024 * 1024;

/** Writes through the page cache. */
export class BufferedWriter implements ClosableWriter {
  position = 0;
  readonly #handle: FileHandle;
  #parts: Uint8Array[] = [];
  #held = 0;

  /** Takes over `handle`: it is closed with this writer. */
  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.position += bytes.length;
    if (this.#held + bytes.length > BUFFER_BYTES) await this.#flush();
    if (bytes.length >= BUFFER_BYTES / 4) {
      await this.#flush();
      await this.#handle.write(bytes);
      return;
    }
    // A copy (`slice` of a Buffer is none): the caller may use its array again before the flush.
    this.#parts.push(new Uint8Array(bytes));
    this.#held += bytes.length;
  }

  async #flush(): Promise<void> {
    if (this.#held === 0) return;
    const joined = Buffer.concat(this.#parts, this.#held);
    this.#parts = [];
    this.#held = 0;
    await this.#handle.write(joined);
  }

  async finish(): Promise<void> {
    await this.#flush();
    await this.#handle.sync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
