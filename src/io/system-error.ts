/** Errors of the operating system as SstashErrors. */
import { type ErrorCode, SstashError } from '../errors.js';

const HINTS: Record<string, string> = {
  EACCES: 'Check the permissions, or run as the user that owns the files.',
  EPERM: 'Check the permissions, or run as the user that owns the files.',
  EROFS: 'The file system is mounted read-only.',
  ENOSPC: 'Free some space and run the same command again.',
  EDQUOT: 'The disk quota is used up; free some space and run the same command again.',
  EMFILE: 'Too many open files: raise the limit (ulimit -n) or use fewer workers.',
  ENFILE: 'Too many open files on this machine.',
  ENOENT: 'The folder above it is missing or takes no new names; check the spelling of the path.',
  EIO: 'The disk reports an error; look into the system log.',
  EISDIR: 'A file was expected here, this is a directory.',
  ENOTDIR: 'A directory was expected here, this is a file.',
  ESTALE: 'The network file system dropped the file; run the same command again.',
};

/** The error code (`ENOENT`) of an error that Node raised for the operating system, or ''. */
export function errnoOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/**
 * `error` of a system call on `path`; errors of any other sort come back as they are.
 * DISK_FULL, PATH_NOT_FOUND (reading only), READ_FAILED or WRITE_FAILED.
 */
export function systemError(error: unknown, path: string, doing: 'read' | 'write'): unknown {
  if (error instanceof SstashError) return error;
  const errno = errnoOf(error);
  if (!/^E[A-Z0-9]+$/.test(errno)) return error;
  const code = codeOf(errno, doing);
  const message =
    code === 'PATH_NOT_FOUND'
      ? 'there is no such file or directory'
      : `the operating system refused to ${doing} (${errno})`;
  const hint = code === 'PATH_NOT_FOUND' ? 'Check the spelling of the path.' : HINTS[errno];
  return new SstashError(code, message, {
    file: path,
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

function codeOf(errno: string, doing: 'read' | 'write'): ErrorCode {
  if (errno === 'ENOSPC' || errno === 'EDQUOT') return 'DISK_FULL';
  if (doing === 'write') return 'WRITE_FAILED';
  return errno === 'ENOENT' ? 'PATH_NOT_FOUND' : 'READ_FAILED';
}

/** Runs one system call on `path`. */
export async function call<R>(
  path: string,
  doing: 'read' | 'write',
  run: () => Promise<R>,
): Promise<R> {
  try {
    return await run();
  } catch (error) {
    throw systemError(error, path, doing);
  }
}
