import {
  type BackupBytes,
  type KeptSSTable,
  keptReport,
  keptSSTables,
  readRoot,
  readSSTables,
  readStreamWhole,
  readTable,
  type SSTableRecord,
  type TableEntry,
  type TableRecord,
} from '../../backup/index.js';
import type { Manifest, Repository } from '../../repository/index.js';
import type { CommandContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { formatBytes } from '../format.js';
import { countedLines, keptApartLines } from './counted-text.js';
import { openRepository, plural } from './open.js';

export interface ShowOptions {
  readonly repo?: string;
  readonly node?: string;
}

interface ShownTable {
  readonly entry: TableEntry;
  readonly record: TableRecord;
  readonly sstables: readonly SSTableRecord[];
  /** Of unknown versions. */
  readonly kept: readonly KeptSSTable[];
  readonly schema: string | null;
}

interface Shown {
  readonly manifest: Manifest;
  readonly bytes: Partial<BackupBytes>;
  readonly excluded: readonly string[];
  readonly tables: readonly ShownTable[];
}

export async function showBackup(
  context: CommandContext,
  id: string,
  options: ShowOptions,
): Promise<number> {
  const repository = await openRepository(context, options.repo);
  const manifest = await repository.findManifest(id, options.node);
  const { tables, excluded } = await readRoot(repository, manifest);
  const shown: ShownTable[] = [];
  for (const entry of tables) shown.push(await readShown(repository, entry));
  const { bytes = {} } = manifest.summary as { readonly bytes?: Partial<BackupBytes> };
  const all: Shown = { manifest, bytes, excluded, tables: shown };
  if (context.json) await context.printJson(asJson(all));
  else await print(context, all);
  return EXIT.done;
}

async function readShown(repository: Repository, entry: TableEntry): Promise<ShownTable> {
  const record = await readTable(repository, entry.record);
  const sstables = await readSSTables(repository, record);
  const file = record.files.find(({ name }) => name === 'schema.cql');
  const bytes = file === undefined ? null : await readStreamWhole(repository, file.stream);
  const schema = bytes === null ? null : Buffer.from(bytes).toString();
  return { entry, record, sstables, kept: keptSSTables(record), schema };
}

function asJson({ manifest, bytes, excluded, tables }: Shown): unknown {
  const { id, node, created, tags, parent } = manifest;
  const sizes = (files: readonly { readonly name: string; readonly bytes: number }[]): unknown =>
    files.map(({ name, bytes: size }) => ({ name, bytes: size }));
  return {
    id,
    node,
    created,
    tags,
    parent,
    bytes,
    report: keptReport(manifest),
    excluded,
    tables: tables.map(({ entry, record, sstables, kept, schema }) => ({
      keyspace: entry.keyspace,
      table: entry.table,
      path: entry.path,
      bytes: entry.bytes,
      roots: { raw: kept.length === 0 ? entry.raw : null },
      schema,
      files: sizes(record.files),
      sstables: sstables.map(({ base, components, damage, note }) => ({
        base,
        bytes: sumOf(components),
        components: sizes(components),
        damage,
        note,
      })),
      unknownSSTables: kept.map(({ base, files }) => ({
        base,
        bytes: sumOf(files),
        files: files.map(({ name }) => name),
        note: KEPT_AS_FILES,
      })),
    })),
  };
}

const KEPT_AS_FILES = 'of an unknown version, kept as files';

function sumOf(files: readonly { readonly bytes: number }[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

async function print(context: CommandContext, shown: Shown): Promise<void> {
  const { manifest, bytes, excluded, tables } = shown;
  const { id, created, node, tags, parent } = manifest;
  const size = (name: keyof BackupBytes): string => formatBytes(bytes[name] ?? 0);
  const lines: [string, string][] = [
    ['backup', id],
    ['created', created],
    ['node', node],
    ['tags', tags.join(', ')],
    ['parent', parent ?? ''],
    ['holds', formatBytes((bytes.new ?? 0) + (bytes.reused ?? 0) + (bytes.derived ?? 0))],
    [
      'bytes',
      `new ${size('new')}, reused ${size('reused')}, derived ${size('derived')}, stored ${size('stored')}`,
    ],
    ['without', excluded.join(', ')],
  ];
  for (const [name, text] of lines) {
    if (text !== '') await context.print(`${name.padEnd(8)} ${text}`);
  }
  const report = keptReport(manifest);
  const counted = report === null ? [] : [...countedLines(report), ...keptApartLines(report)];
  for (const line of counted) await context.print(line);
  await context.table(
    ['table', 'sstables', 'size', 'raw root', 'path'],
    tables.map(({ entry, sstables, kept }) => [
      `${entry.keyspace}.${entry.table}`,
      kept.length === 0 ? String(sstables.length) : `${sstables.length} and ${kept.length} unknown`,
      formatBytes(entry.bytes),
      (kept.length === 0 ? entry.raw : null) ?? 'not known',
      entry.path,
    ]),
  );
  for (const { entry, sstables, kept } of tables) {
    for (const { base, files } of kept) {
      const size = `${plural(files.length, 'file')}, ${formatBytes(sumOf(files))}`;
      await context.print(`${entry.path}/${base}: ${KEPT_AS_FILES} (${size})`);
    }
    for (const { base, damage } of sstables) {
      for (const { code, message } of damage) {
        await context.print(`${entry.path}/${base}: ${code}: ${message}`);
      }
    }
  }
}
