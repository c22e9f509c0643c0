/** Which files make up an SSTable, and which table a folder belongs to. */
import { basename, dirname, join, resolve, sep } from 'node:path';
import { type Descriptor, formatVersion, parseComponentName } from '../components/index.js';
import { SstashError } from '../errors.js';
import { type FileSystem, listDirectory, statPath } from '../io/index.js';
import { isTransactionLog, uncommittedBases } from './transaction-logs.js';

/** One file on disk. */
export interface ComponentFile {
  /** `Data.db`; for files that are no component the whole name. */
  readonly name: string;
  readonly path: string;
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ino: bigint;
  readonly device: bigint;
}

export interface SSTableFiles {
  readonly descriptor: Descriptor;
  /** Where Data.db is, or should be. */
  readonly dataPath: string;
  /** By component name, in order of the names. */
  readonly components: ReadonlyMap<string, ComponentFile>;
}

/** What the path of a folder says about the table in it. */
export interface TableLocation {
  readonly keyspace: string;
  /** `table`, or `table.index` for the folder of a secondary index. */
  readonly table: string;
  /** The table's id, 32 hex digits, where the folder carries one. */
  readonly id: string | null;
  /** Tag of the snapshot the folder is in. */
  readonly snapshot: string | null;
  /** The folder is (in) the table's `backups`. */
  readonly backups: boolean;
}

const TABLE_FOLDER = /^(.+)-([0-9a-f]{32})$/;

/**
 * Table and keyspace by Cassandra's layout:
 *
 *   <keyspace>/<table>-<id>[/snapshots/<tag> | /backups][/.<index>]
 *
 * The id may be missing. Names are as on disk: quoted mixed-case names stand there unquoted.
 */
export function locateTable(directory: string): TableLocation {
  const parts = resolve(directory).split(sep);
  let index: string | null = null;
  let snapshot: string | null = null;
  let backups = false;
  if (/^\..+/.test(parts.at(-1) ?? '')) index = (parts.pop() ?? '').slice(1);
  if (parts.at(-2) === 'snapshots' && parts.length > 3) {
    snapshot = parts.pop() ?? null;
    parts.pop();
  } else if (parts.at(-1) === 'backups' && TABLE_FOLDER.test(parts.at(-2) ?? '')) {
    backups = true;
    parts.pop();
  }
  const folder = parts.pop() ?? '';
  const match = TABLE_FOLDER.exec(folder);
  const base = match?.[1] ?? folder;
  const table = index === null ? base : `${base}.${index}`;
  return { keyspace: parts.pop() ?? '', table, id: match?.[2] ?? null, snapshot, backups };
}

/** An SSTable of a version that is not known: nothing but its files is. */
export interface UnknownSSTable {
  /** Where its Data.db is, or should be. */
  readonly dataPath: string;
  /** Named as they are on disk. */
  readonly files: readonly ComponentFile[];
  /** SSTABLE_UNSUPPORTED_VERSION */
  readonly error: SstashError;
}

/** The SSTables of one folder, and the other files there except temporary ones. */
export interface FolderFiles {
  readonly sstables: SSTableFiles[];
  readonly unknown: UnknownSSTable[];
  readonly others: ComponentFile[];
}

/** 2.x names: `ks-cf-jb-1-Data.db`, `ka-…`; they too are refused by name rather than overlooked. */
const OLD_FILE =
  /^((?:.+-)?(?:tmp(?:link)?-)?([a-k][a-z])-\d+)-(?:(?:Data|Index|Filter|Statistics|Summary|CompressionInfo|CRC)\.db|TOC\.txt|Digest\.\w+)$/;

/** The start of the names of a 2.x SSTable, if `name` is one of its files. */
function oldBase(name: string): string | null {
  return OLD_FILE.exec(name)?.[1] ?? null;
}

function refuseOld(directory: string, name: string): void {
  const letters = OLD_FILE.exec(name)?.[2];
  if (letters === undefined) return;
  throw new SstashError(
    'SSTABLE_UNSUPPORTED_VERSION',
    `SSTable version ${letters} is not supported`,
    {
      file: join(directory, name),
      found: letters,
      hint: 'Versions before ma (Cassandra 2.x) must first be upgraded with sstableupgrade.',
    },
  );
}

/** Makes a Descriptor; SSTABLE_UNSUPPORTED_VERSION with the file's name. */
function describe(
  directory: string,
  name: string,
): { descriptor: Descriptor; component: string } | null {
  const parsed = parseComponentName(name);
  if (parsed === null) {
    refuseOld(directory, name);
    return null;
  }
  const { base, id, format, versionLetters, component } = parsed;
  try {
    const version = formatVersion(format, versionLetters);
    return { descriptor: { directory, version, id, base }, component };
  } catch (error) {
    throw error instanceof SstashError ? error.with({ file: join(directory, name) }) : error;
  }
}

/**
 * Files of the folder `directory`, grouped by SSTable, without those that transaction logs show to be
 * unfinished or obsolete. With `only`, the start of a name, the rest is not looked at, and
 * SSTABLE_UNSUPPORTED_VERSION is thrown for an SSTable of a version that is not known.
 */
export async function readFolder(
  directory: string,
  fs: FileSystem,
  only?: string,
): Promise<FolderFiles> {
  const entries = await listDirectory(directory, fs);
  const logs = entries.map(({ name }) => name).filter(isTransactionLog);
  // An SSTable that is asked for by name is looked at in any case.
  const ignored = await uncommittedBases(directory, only === undefined ? logs : [], fs);
  const found = new Map<string, { descriptor: Descriptor; files: ComponentFile[] }>();
  const unknown = new Map<string, { error: SstashError; files: ComponentFile[] }>();
  const others: ComponentFile[] = [];
  for (const { name, kind } of entries) {
    if (kind !== 'file' || name.endsWith('.tmp') || isTransactionLog(name)) continue;
    if (only !== undefined && !name.startsWith(`${only}-`)) continue;
    const described = describeOrRefuse(directory, name);
    if (described === null) {
      others.push(await fileOf(directory, name, name, fs));
      continue;
    }
    if (ignored.has(described.base)) continue;
    if ('error' in described) {
      const { base, error } = described;
      if (only !== undefined) throw error;
      const group = unknown.get(base) ?? { error, files: [] };
      // That of Data.db says more than that of some other file.
      if (name.endsWith('-Data.db')) group.error = error;
      group.files.push(await fileOf(directory, name, name, fs));
      unknown.set(base, group);
      continue;
    }
    const { descriptor, component, base } = described;
    const group = found.get(base) ?? { descriptor, files: [] };
    group.files.push(await fileOf(directory, name, component, fs));
    found.set(base, group);
  }
  const sstables = [...found.values()].map(({ descriptor, files }) => ({
    descriptor,
    dataPath: join(directory, `${descriptor.base}-Data.db`),
    components: new Map(files.map((file) => [file.name, file])),
  }));
  const strange = [...unknown].map(([base, { error, files }]) => ({
    dataPath: join(directory, `${base}-Data.db`),
    files,
    error,
  }));
  return { sstables, unknown: strange, others };
}

type Described =
  | { readonly base: string; readonly descriptor: Descriptor; readonly component: string }
  | { readonly base: string; readonly error: SstashError };

/** `describe`, with its refusal as an answer. */
function describeOrRefuse(directory: string, name: string): Described | null {
  try {
    const described = describe(directory, name);
    return described === null ? null : { ...described, base: described.descriptor.base };
  } catch (error) {
    if (!(error instanceof SstashError)) throw error;
    const base = parseComponentName(name)?.base ?? oldBase(name) ?? name;
    return { base, error };
  }
}

/** An SSTable of which only the names of its files are known. */
export interface NamedSSTable {
  /** Start of the names, `zz-2-big`. */
  readonly base: string;
  readonly names: readonly string[];
  /** SSTABLE_UNSUPPORTED_VERSION; null where the version is one that is known. */
  readonly error: SstashError | null;
}

/** The SSTables to which files of the folder `directory` belong, by their names alone. */
export function namedSSTables(directory: string, names: readonly string[]): NamedSSTable[] {
  const found = new Map<string, { names: string[]; error: SstashError | null }>();
  for (const name of names) {
    const described = describeOrRefuse(directory, name);
    if (described === null) continue;
    const error = 'error' in described ? described.error : null;
    const group = found.get(described.base) ?? { names: [], error };
    if (name.endsWith('-Data.db')) group.error = error;
    group.names.push(name);
    found.set(described.base, group);
  }
  return [...found].map(([base, group]) => ({ base, ...group }));
}

async function fileOf(
  directory: string,
  fileName: string,
  name: string,
  fs: FileSystem,
): Promise<ComponentFile> {
  const path = join(directory, fileName);
  const { size, mtimeNs, ino, device } = await statPath(path, fs);
  return { name, path, size, mtimeNs, ino, device };
}

/**
 * The SSTable that `path` belongs to: any of its components, or their common start
 * (`…/nb-1-big`). Null when the name is not one of an SSTable or nothing is there; Data.db may be
 * missing when other files are there.
 */
export async function findSSTable(path: string, fs: FileSystem): Promise<SSTableFiles | null> {
  const name = basename(path).replace(/-$/, '');
  const parsed = parseComponentName(name);
  const base = parsed?.base ?? parseComponentName(`${name}-Data.db`)?.base;
  if (base === undefined) {
    refuseOld(dirname(path), name);
    return null;
  }
  const { sstables } = await readFolder(dirname(path), fs, base);
  const [found] = sstables;
  if (found === undefined) return null;
  // That its Data.db is missing says more than that there is no such file.
  const stands = parsed === null || parsed.component === 'Data.db';
  return stands || found.components.has(parsed.component) ? found : null;
}
