/**
 * Standard output as a file descriptor. `process.stdout` forgets short writes to a file on a disk
 * that fills, and loses what it buffers when the process ends; this writes until every byte is
 * with the kernel, waits when the reader is slow, and tells why when it cannot.
 */
import { write, writeSync } from 'node:fs';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { SstashError } from '../errors.js';

/** The reader has gone (`| head`): nothing more is wanted, and nothing is wrong. */
export class OutputClosed extends Error {
  constructor() {
    super('standard output is closed');
    this.name = 'OutputClosed';
  }
}

export interface Output {
  /**
   * Resolves when the data is buffered or written; throws OutputClosed when the reader has gone,
   * DISK_FULL or WRITE_FAILED when it cannot be written. Bytes are taken over, not copied.
   */
  write(data: string | Uint8Array): Promise<void>;
  /** Resolves when everything is with the kernel. */
  flush(): Promise<void>;
  /** A write is under way; one to a reader that does not read can last for ever. */
  readonly isWriting?: boolean;
}

const BUFFER_BYTES = 64 * 1024;
/** Longest pause between two tries to write to a reader that is slow. */
const RETRY_MS = 5;
/** So many tries come without a pause: a fast reader empties a pipe in less than a timer waits. */
const EAGER_TRIES = 16;

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function failure(error: unknown, name: string): Error {
  const code = codeOf(error);
  if (code === 'EPIPE') return new OutputClosed();
  const [sstashCode, what] =
    code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
      ? (['DISK_FULL', 'no space left'] as const)
      : (['WRITE_FAILED', `the system refused (${code || String(error)})`] as const);
  return new SstashError(sstashCode, `cannot write to ${name}: ${what}`, {
    file: name,
    hint: 'The output is not complete: free space or choose another place, and run it again.',
    cause: error,
  });
}

/** The bytes that one write took; 0 when the descriptor is not ready. */
function writeSome(fd: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, 0, bytes.length, null, (error, written) => {
      if (error === null) resolve(written);
      else if (error.code === 'EAGAIN' || error.code === 'EINTR') resolve(0);
      else reject(error);
    });
  });
}

/** What comes before the next try, when `refusals` were refused one after another. */
function pause(refusals: number): Promise<void> {
  const late = refusals - EAGER_TRIES;
  return late < 0 ? setImmediate() : sleep(Math.min(RETRY_MS, 1 + late));
}

/** Rejects when `signal` is aborted. */
function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

/** Output to file descriptor `fd`; after `signal` nothing is waited for. */
export function descriptorOutput(fd: number, signal?: AbortSignal): Output {
  const name = fd === 1 ? '<stdout>' : `<descriptor ${fd}>`;
  const aborted = signal === undefined ? null : whenAborted(signal);
  aborted?.catch(() => undefined);
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let writing = false;
  let broken: Error | null = null;
  let tail: Promise<void> = Promise.resolve();

  const drain = async (): Promise<void> => {
    if (broken !== null) throw broken;
    const all = pending.length === 1 ? pending[0] : Buffer.concat(pending);
    pending = [];
    pendingBytes = 0;
    let rest = all ?? new Uint8Array(0);
    let refusals = 0;
    try {
      while (rest.length > 0) {
        writing = true;
        const some = writeSome(fd, rest).finally(() => {
          writing = false;
        });
        const written = await (aborted === null ? some : Promise.race([some, aborted]));
        rest = rest.subarray(written);
        if (written > 0) refusals = 0;
        else await pause(refusals++);
      }
    } catch (error) {
      broken = error instanceof SstashError ? error : failure(error, name);
      throw broken;
    }
  };

  const flush = (): Promise<void> => {
    const next = tail.then(drain);
    tail = next.catch(() => undefined);
    return next;
  };

  return {
    async write(data) {
      if (broken !== null) throw broken;
      const bytes = typeof data === 'string' ? Buffer.from(data) : data;
      pending.push(bytes);
      pendingBytes += bytes.length;
      if (pendingBytes >= BUFFER_BYTES) await flush();
    },
    flush,
    get isWriting() {
      return writing;
    },
  };
}

/** Writes a short text to standard error at once; a closed stderr is nobody's concern. */
export function writeError(text: string): void {
  let rest: Uint8Array = Buffer.from(text);
  let refusals = 0;
  while (rest.length > 0 && refusals < 1000) {
    try {
      rest = rest.subarray(writeSync(2, rest));
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') return;
      refusals++;
    }
  }
}
