/** How an error reads: one clear line for people, one JSON document for programs. */
import { type ErrorCode, errorDetails, SstashError } from '../errors.js';
import { toJson } from './json.js';

/** What to do next, where the error itself does not say. */
const HINTS: Partial<Record<ErrorCode, string>> = {
  SSTABLE_CORRUPT:
    'Run `sstash check` on it to list every fault; take the SSTable from a backup or a replica.',
  SSTABLE_CHECKSUM:
    'Run `sstash check` on it to list every fault; take the SSTable from a backup or a replica.',
  SSTABLE_TRUNCATED:
    'A copy may have been cut short: copy it again, or take it from a backup or a replica.',
  SSTABLE_COMPONENT_MISSING: 'Copy the whole SSTable: every file with the same prefix.',
  SSTABLE_UNSUPPORTED_VERSION: 'This release of sstash cannot read it.',
  SSTABLE_UNSUPPORTED_COMPRESSION: 'This release of sstash cannot decode it.',
  LIMIT_EXCEEDED: 'Mostly this is damage: run `sstash check` on it.',
  PATH_NOT_FOUND: 'Look at the spelling.',
  PATH_NO_SSTABLE:
    'Point at a data, keyspace, table or snapshot folder, or at one component file (…-Data.db).',
  READ_FAILED: 'Look at the rights of the file, and at the disk.',
  WRITE_FAILED: 'Look at the rights, and whether the file system is read-only.',
  DISK_FULL: 'Free space and run the same command again.',
  TREE_INVALID: 'Build it again with `sstash tree`.',
  REPOSITORY_NOT_FOUND: '`sstash init` makes a repository.',
  REPOSITORY_CORRUPT: '`sstash verify --read-data` lists what is touched.',
  BACKUP_NOT_FOUND: '`sstash backups` lists them.',
  BACKUP_AMBIGUOUS: 'Give more digits.',
  RESTORE_CONFLICT: 'Give --overwrite, or restore to another folder.',
  INTERRUPTED: 'Run the same command again.',
};

/** `file (component) at byte n (byte m of the uncompressed rows)`, as far as it is known. */
function place(error: SstashError): string {
  const parts: string[] = [];
  if (error.file !== undefined) parts.push(error.file);
  const { component, offset, uncompressedOffset } = error;
  if (component !== undefined && !(error.file ?? '').endsWith(component)) {
    parts.push(`(${component})`);
  }
  if (offset !== undefined) parts.push(`at byte ${offset}`);
  if (uncompressedOffset !== undefined) {
    const place = `byte ${uncompressedOffset} of the uncompressed rows`;
    parts.push(offset === undefined ? `at ${place}` : `(${place})`);
  }
  return parts.join(' ');
}

/** A line without a full stop at its end, so that more can follow. */
function bare(text: string): string {
  return text.replace(/[.\s]+$/, '');
}

function hintOf(error: SstashError): string | undefined {
  return error.hint ?? HINTS[error.code];
}

/** `sstash: what: where. What to do next.` */
export function errorLine(error: unknown): string {
  if (!(error instanceof SstashError)) {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return `sstash: unexpected error, please report it: ${text}`;
  }
  const where = place(error);
  const what = where === '' || error.message.includes(where) ? '' : `: ${where}`;
  const hint = hintOf(error);
  const text = `${bare(error.message)}${what}`;
  const stop = /[?!]$/.test(text) ? '' : '.';
  const line = `sstash: ${text}${hint === undefined ? '' : `${stop} ${hint}`}`;
  return line.replace(/\s*\n\s*/g, ' ');
}

/** `{"error":{"code","message","file","component","offset",…}}` */
export function errorJson(error: unknown): string {
  if (!(error instanceof SstashError)) {
    const message = error instanceof Error ? error.message : String(error);
    return toJson({ error: { code: 'UNEXPECTED', message } });
  }
  const hint = hintOf(error);
  return toJson({
    error: {
      code: error.code,
      message: error.message,
      ...errorDetails(error),
      ...(hint === undefined ? {} : { hint }),
    },
  });
}
