/**
 * Every error that sstash raises on purpose: a closed set of codes, where it happened, and the form
 * in which an error crosses a worker boundary (a plain postMessage loses class and fields).
 *
 * Wrong arguments to a function are a plain `TypeError`: they are a mistake in the calling code.
 * Codes are stable within a major version, messages are not.
 */

export const ERROR_CODES = [
  /** Bytes of an SSTable contradict the format. */
  'SSTABLE_CORRUPT',
  /** A stored checksum does not match the bytes. */
  'SSTABLE_CHECKSUM',
  /** A component ends before the format says it may. */
  'SSTABLE_TRUNCATED',
  /** A component that the command needs is not there. */
  'SSTABLE_COMPONENT_MISSING',
  'SSTABLE_UNSUPPORTED_VERSION',
  'SSTABLE_UNSUPPORTED_COMPRESSION',
  'SSTABLE_UNSUPPORTED_PARTITIONER',
  'SSTABLE_UNSUPPORTED_TYPE',
  /** A size or count read from a file is above the cap in limits.ts. */
  'LIMIT_EXCEEDED',
  'PATH_NOT_FOUND',
  /** The path exists but holds no SSTable. */
  'PATH_NO_SSTABLE',
  /** The operating system refused a read. */
  'READ_FAILED',
  /** The operating system refused a write (rights, read-only file system ...). */
  'WRITE_FAILED',
  'DISK_FULL',
  /** The text given as a key or value is not one of its type. */
  'KEY_INVALID',
  'TREE_INVALID',
  'REPOSITORY_NOT_FOUND',
  'REPOSITORY_EXISTS',
  'REPOSITORY_UNSUPPORTED',
  /** Bytes of a repository contradict its format or its ids. */
  'REPOSITORY_CORRUPT',
  'BACKUP_NOT_FOUND',
  'BACKUP_AMBIGUOUS',
  'STORE_NOT_FOUND',
  'STORE_EXISTS',
  'STORE_FAILED',
  /** A file to be restored is there already with other bytes. */
  'RESTORE_CONFLICT',
  'USAGE',
  'INTERRUPTED',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** Where an error happened and what was expected; every field that is known is given. */
export interface ErrorDetails {
  /** Path of the file as the user would name it. */
  readonly file?: string;
  /** SSTable component (`Data.db`) or repository object kind (`pack`). */
  readonly component?: string;
  /** Byte offset in the file; for compressed Data.db `uncompressedOffset` says more. */
  readonly offset?: number;
  /** Byte offset in the uncompressed stream of Data.db. */
  readonly uncompressedOffset?: number;
  readonly length?: number;
  readonly expected?: string;
  readonly found?: string;
  /** What the user can do next, one sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

const DETAIL_KEYS = [
  'file',
  'component',
  'offset',
  'uncompressedOffset',
  'length',
  'expected',
  'found',
  'hint',
] as const;

/** The one error class; `code` tells what happened, the details where. */
export class SstashError extends Error {
  readonly code: ErrorCode;
  readonly file?: string;
  readonly component?: string;
  readonly offset?: number;
  readonly uncompressedOffset?: number;
  readonly length?: number;
  readonly expected?: string;
  readonly found?: string;
  readonly hint?: string;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'SstashError';
    this.code = code;
    for (const key of DETAIL_KEYS) {
      const value = details[key];
      if (value !== undefined) Object.defineProperty(this, key, { value, enumerable: true });
    }
  }

  /** The same error with details added where it has none yet (inner details win). */
  with(details: ErrorDetails): SstashError {
    const merged = new SstashError(this.code, this.message, {
      ...details,
      ...errorDetails(this),
      cause: this.cause ?? details.cause,
    });
    if (this.stack !== undefined) merged.stack = this.stack;
    return merged;
  }
}

/** Whether `error` is an SstashError, of one of `codes` when any are given. */
export function isSstashError(error: unknown, ...codes: ErrorCode[]): error is SstashError {
  return error instanceof SstashError && (codes.length === 0 || codes.includes(error.code));
}

/** Whether `error` says nothing about the bytes of a file: the disk, or an interruption. */
export function isNoDamage(error: SstashError): boolean {
  return error.code === 'READ_FAILED' || error.code === 'INTERRUPTED';
}

/** The detail fields that `error` carries, ready for JSON. */
export function errorDetails(error: SstashError): ErrorDetails {
  const details: Record<string, unknown> = {};
  for (const key of DETAIL_KEYS) if (error[key] !== undefined) details[key] = error[key];
  return details;
}

/** Plain-data form of any error, for `postMessage`. */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: ErrorCode;
  readonly details?: ErrorDetails;
}

export function toWire(error: unknown): WireError {
  if (error instanceof SstashError) {
    return {
      name: error.name,
      message: error.message,
      code: error.code,
      details: errorDetails(error),
      ...(error.stack === undefined ? {} : { stack: error.stack }),
    };
  }
  if (error instanceof Error) {
    return {
      name: error.name,
      message: error.message,
      ...(error.stack === undefined ? {} : { stack: error.stack }),
    };
  }
  return { name: 'Error', message: String(error) };
}

export function fromWire(wire: WireError): Error {
  const error =
    wire.code === undefined
      ? new Error(wire.message)
      : new SstashError(wire.code, wire.message, wire.details);
  error.name = wire.name;
  if (wire.stack !== undefined) error.stack = wire.stack;
  return error;
}
