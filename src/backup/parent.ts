/**
 * What earlier backups of the same node know of SSTables: where nothing of a file has changed, its
 * recipe or chunks are taken over without reading it.
 */
import { SstashError } from '../errors.js';
import { type Manifest, OBJECT_ID_BYTES, type Repository } from '../repository/index.js';
import {
  type BackupRoot,
  decodeRecord,
  decodeSSTableRecords,
  idOf,
  type SSTableRecord,
  type TableRecord,
} from './records.js';

/** Backups that are looked through for one that has a table. */
const LOOK_BACK = 16;

export interface ParentTable {
  /** By base name. */
  readonly sstables: ReadonlyMap<string, SSTableRecord>;
  readonly record: TableRecord | null;
}

/** A table in the newest backups of other nodes. */
export interface OtherTables {
  readonly recent: readonly string[];
  readonly older: readonly string[];
  readonly tables: readonly ParentTable[];
}

const NOTHING: ParentTable = { sstables: new Map(), record: null };

/** Backups of another node. */
interface OtherNode {
  readonly newest: Manifest;
  /** The last one before this node's own last backup; null where there is none. */
  readonly before: Manifest | null;
}

/** Manifests come newest first; `own` is this node's last one, if it came already. */
function noteOther(
  others: Map<string, OtherNode>,
  manifest: Manifest,
  own: Manifest | undefined,
): void {
  const known = others.get(manifest.node);
  const isBefore = own !== undefined && manifest.created < own.created;
  const before = isBefore ? manifest : null;
  if (known === undefined) others.set(manifest.node, { newest: manifest, before });
  else if (known.before === null && isBefore) others.set(manifest.node, { ...known, before });
}

export class Parents {
  readonly #repository: Repository;
  readonly #candidates: readonly Manifest[];
  readonly #others: readonly OtherNode[];
  readonly #roots = new Map<string, Promise<BackupRoot>>();

  private constructor(
    repository: Repository,
    candidates: readonly Manifest[],
    others: readonly OtherNode[],
  ) {
    this.#repository = repository;
    this.#candidates = candidates;
    this.#others = others;
  }

  /** Id of the newest one, null when there is none. */
  get id(): string | null {
    return this.#candidates[0]?.id ?? null;
  }

  /**
   * The backup that is named, or the latest ones of `node`. Throws BACKUP_NOT_FOUND; a manifest that
   * cannot be read is passed over unless it was named.
   */
  static async find(
    repository: Repository,
    node: string,
    named: string | undefined,
  ): Promise<Parents> {
    const names = await repository.manifestNames();
    const candidates: Manifest[] = [];
    const others = new Map<string, OtherNode>();
    if (named !== undefined) {
      const isLatest = named.toLowerCase() === 'latest';
      candidates.push(await repository.findManifest(named, isLatest ? node : undefined));
    }
    for (const name of names.reverse().slice(0, LOOK_BACK * 4)) {
      const manifest = await repository.readManifest(name).catch(passOver);
      if (manifest === null) continue;
      if (manifest.node !== node) {
        noteOther(others, manifest, candidates[0]);
      } else if (named === undefined && candidates.length < LOOK_BACK) {
        candidates.push(manifest);
      }
    }
    return new Parents(repository, candidates, [...others.values()]);
  }

  /** What the newest backup that has a table at `path` says of it; nothing when it is unreadable. */
  async table(path: string): Promise<ParentTable> {
    for (const manifest of this.#candidates) {
      const found = await this.#tableIn(manifest, path).catch(passOver);
      if (found !== null) return found;
    }
    return NOTHING;
  }

  /**
   * What the newest backups of other nodes have of the table at `path`; its recipes are those that came
   * since this node's last backup, which hold what is new here too, and the older ones.
   */
  async others(path: string): Promise<OtherTables> {
    const recent: string[] = [];
    const older: string[] = [];
    const tables: ParentTable[] = [];
    for (const { newest, before } of this.#others) {
      const known = new Set(before === null ? [] : recipesOf(await this.#otherTable(before, path)));
      const table = await this.#otherTable(newest, path);
      tables.push(table);
      for (const recipe of recipesOf(table)) (known.has(recipe) ? older : recent).push(recipe);
    }
    return { recent, older, tables };
  }

  async #otherTable(manifest: Manifest, path: string): Promise<ParentTable> {
    return (await this.#tableIn(manifest, path).catch(passOver)) ?? NOTHING;
  }

  async #tableIn(manifest: Manifest, path: string): Promise<ParentTable | null> {
    const root = await this.#root(manifest);
    const entry = root.tables.find((table) => table.path === path);
    if (entry === undefined) return null;
    const record = await readTable(this.#repository, entry.record);
    const sstables = await readSSTables(this.#repository, record);
    return { record, sstables: new Map(sstables.map((sstable) => [sstable.base, sstable])) };
  }

  #root(manifest: Manifest): Promise<BackupRoot> {
    const known = this.#roots.get(manifest.id);
    if (known !== undefined) return known;
    const root = readRoot(this.#repository, manifest);
    this.#roots.set(manifest.id, root);
    return root;
  }
}

function recipesOf({ sstables }: ParentTable): string[] {
  return [...sstables.values()].flatMap(({ recipe }) => recipe ?? []);
}

/** Damage in an old backup costs reading again, it must not stop a new one. */
function passOver(error: unknown): null {
  if (error instanceof SstashError && error.code !== 'INTERRUPTED') return null;
  throw error;
}

export async function readRoot(repository: Repository, manifest: Manifest): Promise<BackupRoot> {
  if (manifest.root.length !== OBJECT_ID_BYTES) throw new TypeError('not an id');
  return decodeRecord<BackupRoot>(await repository.read(manifest.root), 'backup');
}

export async function readTable(repository: Repository, id: string): Promise<TableRecord> {
  return decodeRecord<TableRecord>(await repository.read(idOf(id)), 'table record');
}

export async function readSSTables(
  repository: Repository,
  record: TableRecord,
): Promise<SSTableRecord[]> {
  const sstables: SSTableRecord[] = [];
  for (const part of record.parts) {
    sstables.push(...decodeSSTableRecords(await repository.read(idOf(part))));
  }
  return sstables;
}
