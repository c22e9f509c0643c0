/** What stands for a side of a comparison on the command line, resolved to tables. */
import { openFile, statPathIfThere } from '../../io/index.js';
import {
  type ComparedTable,
  cacheDirectory,
  isTreeFile,
  type LoadTreeOptions,
  openLocalTables,
  openTreeFile,
} from '../../table/index.js';
import type { CommandContext } from '../context.js';

/** How trees are loaded on behalf of a command. */
export function treeOptions(context: CommandContext): LoadTreeOptions {
  const { executor, signal, env, progress } = context;
  const onBytes = (bytes: number): void => progress.advance(bytes);
  return { executor, signal, cache: cacheDirectory(env), onBytes };
}

/** Whether a tree file stands at `path`. */
export async function isTreeFileAt(path: string): Promise<boolean> {
  const status = await statPathIfThere(path);
  if (status?.kind !== 'file') return false;
  const file = await openFile(path);
  try {
    return isTreeFile(await file.readSome(0, 8));
  } finally {
    await file.close();
  }
}

async function openBackup(
  context: CommandContext,
  text: string,
  node: string | undefined,
): Promise<ComparedTable[]> {
  const { openBackupTables } = await import('../../backup/index.js');
  const { env, signal, unread: onUnknown } = context;
  return openBackupTables(text, {
    env,
    signal,
    onUnknown,
    ...(node === undefined ? {} : { node }),
  });
}

/**
 * The tables that `text` names: a tree file, a backup (of `node`, if that is given) or a path. Errors
 * are those of finding them.
 */
export async function openSide(
  context: CommandContext,
  text: string,
  node?: string,
): Promise<ComparedTable[]> {
  if (await isTreeFileAt(text)) return openTreeFile(text);
  const isBackup = text.includes('::') && (await statPathIfThere(text)) === null;
  if (isBackup) return openBackup(context, text, node);
  return openLocalTables([text], treeOptions(context), {
    onUnknown: context.unread,
    emptyTables: true,
  });
}
