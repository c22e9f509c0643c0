/** The only map from what happened to the exit code of the program (see docs/errors.md). */
import { type ErrorCode, SstashError } from '../errors.js';

export const EXIT = {
  done: 0,
  /** The honest answer is "no": differences, damage, an incomplete backup. */
  no: 1,
  usage: 2,
  /** Input cannot be read. */
  input: 3,
  /** A repository, a store or the place written to refused. */
  store: 4,
  interrupted: 130,
  terminated: 143,
} as const;

const BY_CODE: Readonly<Record<ErrorCode, number>> = {
  SSTABLE_CORRUPT: EXIT.input,
  SSTABLE_CHECKSUM: EXIT.input,
  SSTABLE_TRUNCATED: EXIT.input,
  SSTABLE_COMPONENT_MISSING: EXIT.input,
  SSTABLE_UNSUPPORTED_VERSION: EXIT.input,
  SSTABLE_UNSUPPORTED_COMPRESSION: EXIT.input,
  SSTABLE_UNSUPPORTED_PARTITIONER: EXIT.input,
  SSTABLE_UNSUPPORTED_TYPE: EXIT.input,
  LIMIT_EXCEEDED: EXIT.input,
  PATH_NOT_FOUND: EXIT.input,
  PATH_NO_SSTABLE: EXIT.input,
  READ_FAILED: EXIT.input,
  WRITE_FAILED: EXIT.store,
  DISK_FULL: EXIT.store,
  KEY_INVALID: EXIT.usage,
  TREE_INVALID: EXIT.input,
  REPOSITORY_NOT_FOUND: EXIT.store,
  REPOSITORY_EXISTS: EXIT.store,
  REPOSITORY_UNSUPPORTED: EXIT.store,
  REPOSITORY_CORRUPT: EXIT.store,
  BACKUP_NOT_FOUND: EXIT.store,
  BACKUP_AMBIGUOUS: EXIT.store,
  STORE_NOT_FOUND: EXIT.store,
  STORE_EXISTS: EXIT.store,
  STORE_FAILED: EXIT.store,
  RESTORE_CONFLICT: EXIT.no,
  USAGE: EXIT.usage,
  INTERRUPTED: EXIT.interrupted,
};

/** Exit code of `error`; one that sstash did not raise on purpose counts as unreadable input. */
export function exitCodeOf(error: unknown): number {
  return error instanceof SstashError ? BY_CODE[error.code] : EXIT.input;
}

/** Exit code after a signal: 128 and its number. */
export function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return signal === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted;
}
