/**
 * Cassandra's transaction logs, `<version>_txn_<operation>_<id>.log`: which SSTables of a running
 * (or crashed) node's folder are not part of its data. One record per line:
 *
 *   ADD:[<path of the SSTable up to its id>,<time>,<files>][<checksum>]
 *   REMOVE:[...][...]
 *   COMMIT:[,0,0][...]     or ABORT:[,0,0][...]
 *
 * Until a transaction is committed the SSTables it adds are unfinished; once it is, those it
 * removes are obsolete and about to be deleted.
 */
import { basename, join } from 'node:path';
import { SstashError } from '../errors.js';
import { type FileSystem, readWholeFile } from '../io/index.js';
import { LIMITS } from '../limits.js';

const RECORD = /^(ADD|REMOVE|COMMIT|ABORT):\[([^,]*),?[^\]]*\](?:\[\d*\])?\s*$/i;

export function isTransactionLog(name: string): boolean {
  return /_txn_.*\.log$/.test(name);
}

/** Bases (`nb-7-big`) of SSTables in `directory` that are unfinished or obsolete. */
export async function uncommittedBases(
  directory: string,
  logNames: readonly string[],
  fs: FileSystem,
): Promise<Set<string>> {
  const bases = new Set<string>();
  for (const name of logNames) {
    for (const base of ignoredBy(await readLog(join(directory, name), fs))) bases.add(base);
  }
  return bases;
}

/** A log that is gone meanwhile, with its transaction complete, has no lines. */
async function readLog(path: string, fs: FileSystem): Promise<string[]> {
  try {
    const bytes = await readWholeFile(path, LIMITS.smallTextBytesMax, fs);
    return Buffer.from(bytes).toString('utf8').split('\n');
  } catch (error) {
    if (error instanceof SstashError && error.code === 'PATH_NOT_FOUND') return [];
    throw error;
  }
}

function ignoredBy(lines: readonly string[]): string[] {
  const added: string[] = [];
  const removed: string[] = [];
  let committed = false;
  for (const line of lines) {
    const [, type = '', path = ''] = RECORD.exec(line) ?? [];
    const base = basename(path).replace(/-$/, '');
    switch (type.toUpperCase()) {
      case 'ADD':
        added.push(base);
        break;
      case 'REMOVE':
        removed.push(base);
        break;
      case 'COMMIT':
        committed = true;
        break;
      default:
        break;
    }
  }
  return committed ? removed : added;
}
