import { readRoot, readSSTables, readTable } from '../../backup/index.js';
import type { CommandContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { formatBytes } from '../format.js';
import { openRepository } from './open.js';

export interface ShowOptions {
  readonly repo?: string;
}

export async function showBackup(
  context: CommandContext,
  id: string,
  options: ShowOptions,
): Promise<number> {
  const repository = await openRepository(context, options.repo);
  const manifest = await repository.findManifest(id);
  const root = await readRoot(repository, manifest);
  const tables = [];
  for (const entry of root.tables) {
    const record = await readTable(repository, entry.record);
    tables.push({ entry, record, sstables: await readSSTables(repository, record) });
  }
  const { node, created, tags, parent } = manifest;
  const { bytes } = manifest.summary as { readonly bytes: Record<string, number> };
  if (context.json) {
    await context.printJson({
      id: manifest.id,
      node,
      created,
      tags,
      parent,
      bytes,
      excluded: root.excluded,
      tables: tables.map(({ entry, record, sstables }) => ({
        keyspace: entry.keyspace,
        table: entry.table,
        path: entry.path,
        bytes: entry.bytes,
        files: record.files.map(({ name, bytes: size }) => ({ name, bytes: size })),
        sstables: sstables.map(({ base, components, damage, note }) => ({
          base,
          bytes: components.reduce((sum, component) => sum + component.bytes, 0),
          components: components.map(({ name, bytes: size }) => ({ name, bytes: size })),
          damage,
          note,
        })),
      })),
    });
    return EXIT.done;
  }
  await context.print(`backup   ${manifest.id}`);
  await context.print(`created  ${created}`);
  await context.print(`node     ${node}`);
  if (tags.length > 0) await context.print(`tags     ${tags.join(', ')}`);
  if (parent !== null) await context.print(`parent   ${parent}`);
  const size = (name: string): string => formatBytes(bytes[name] ?? 0);
  await context.print(
    `bytes    new ${size('new')}, reused ${size('reused')}, stored ${size('stored')}`,
  );
  if (root.excluded.length > 0) await context.print(`without  ${root.excluded.join(', ')}`);
  await context.table(
    ['table', 'sstables', 'size', 'path'],
    tables.map(({ entry, sstables }) => [
      `${entry.keyspace}.${entry.table}`,
      String(sstables.length),
      formatBytes(entry.bytes),
      entry.path,
    ]),
  );
  for (const { entry, sstables } of tables) {
    for (const { base, damage } of sstables) {
      for (const { code, message } of damage) {
        await context.print(`${entry.path}/${base}: ${code}: ${message}`);
      }
    }
  }
  return EXIT.done;
}
