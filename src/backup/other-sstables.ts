/** SSTables that lie where a backup is restored to and are not of it: nothing keeps them apart. */
import { join } from 'node:path';
import { type FileSystem, listDirectory, statPathIfThere } from '../io/index.js';
import { namedSSTables } from '../sstable/index.js';

export interface OtherSSTables {
  readonly keyspace: string;
  readonly table: string;
  readonly folder: string;
  /** Starts of their names, `nb-1-big`. */
  readonly sstables: readonly string[];
}

/**
 * Per folder that has any, in the order of `folders`: below the target, with `keyspace.table`. `paths`
 * are the files of the backup, below the target. Errors are those of listing folders.
 */
export async function otherSSTables(
  target: string,
  folders: ReadonlyMap<string, string>,
  paths: ReadonlySet<string>,
  fs: FileSystem,
): Promise<OtherSSTables[]> {
  const found: OtherSSTables[] = [];
  for (const [below, name] of folders) {
    const folder = join(target, below);
    if ((await statPathIfThere(folder, fs))?.kind !== 'directory') continue;
    const entries = await listDirectory(folder, fs);
    const files = entries.filter(({ kind }) => kind === 'file').map((entry) => entry.name);
    const sstables = namedSSTables(folder, files)
      .filter(({ names }) => !names.some((file) => paths.has(pathOf(below, file))))
      .map(({ base }) => base);
    if (sstables.length === 0) continue;
    const dot = name.indexOf('.');
    found.push({ keyspace: name.slice(0, dot), table: name.slice(dot + 1), folder, sstables });
  }
  return found;
}

/** As plans write it. */
function pathOf(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
