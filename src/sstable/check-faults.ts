/** What a check finds: plain data, one entry for each thing that is wrong. */
import { type ErrorCode, SstashError } from '../errors.js';

export interface Fault {
  readonly code: ErrorCode;
  readonly file: string;
  /** `Data.db` */
  readonly component: string;
  /** In the file; null where there is no single place. */
  readonly offset: number | null;
  /** In the uncompressed stream of Data.db, where that is known. */
  readonly uncompressedOffset: number | null;
  readonly message: string;
}

/** Faults of one component that are listed; a destroyed file would fill the memory with them. */
const LISTED_MAX = 10_000;

/** Collects faults. */
export class Faults {
  readonly list: Fault[] = [];
  readonly #counts = new Map<string, number>();

  add(fault: Fault): void {
    const count = (this.#counts.get(fault.component) ?? 0) + 1;
    this.#counts.set(fault.component, count);
    if (count <= LISTED_MAX) this.list.push(fault);
    if (count !== LISTED_MAX + 1) return;
    this.list.push({
      ...fault,
      offset: null,
      uncompressedOffset: null,
      message: `more than ${LISTED_MAX} faults; the others are not listed`,
    });
  }

  addAll(faults: readonly Fault[]): void {
    for (const fault of faults) this.add(fault);
  }

  /**
   * An error as a fault; errors that are not about a file of the SSTable (an interruption, a mistake in
   * the program) are thrown on.
   */
  addError(error: unknown, file: string, component: string): void {
    this.add(faultOf(error, file, component));
  }
}

export function faultOf(error: unknown, file: string, component: string): Fault {
  if (!(error instanceof SstashError) || !isAboutFiles(error.code)) throw error;
  const expected = error.expected === undefined ? '' : `, expected ${error.expected}`;
  const found = error.found === undefined ? '' : `, found ${error.found}`;
  return {
    code: error.code,
    file: error.file ?? file,
    component: error.component ?? component,
    offset: error.offset ?? null,
    uncompressedOffset: error.uncompressedOffset ?? null,
    message: `${error.message}${expected}${found}`,
  };
}

function isAboutFiles(code: ErrorCode): boolean {
  return code.startsWith('SSTABLE_') || OF_FILES.includes(code);
}

const OF_FILES: readonly ErrorCode[] = ['LIMIT_EXCEEDED', 'PATH_NOT_FOUND', 'READ_FAILED'];

/** Whether `fault` says that something could not be read, not that it is damaged. */
export function isUnread({ code }: Fault): boolean {
  return code === 'READ_FAILED' || code.startsWith('SSTABLE_UNSUPPORTED_');
}
