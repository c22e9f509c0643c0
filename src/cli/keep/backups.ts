import type { Manifest } from '../../repository/index.js';
import type { CommandContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { formatBytes } from '../format.js';
import { openRepository } from './open.js';

export interface BackupsOptions {
  readonly repo?: string;
  readonly node?: string;
  readonly table?: string;
}

interface Summary {
  readonly bytes?: {
    readonly read: number;
    readonly new: number;
    readonly reused: number;
    readonly derived: number;
    readonly stored?: number;
  };
  readonly tables?: readonly {
    readonly keyspace: string;
    readonly table: string;
    readonly counts?: unknown;
  }[];
  readonly faults?: number;
}

export async function listBackups(
  context: CommandContext,
  options: BackupsOptions,
): Promise<number> {
  const repository = await openRepository(context, options.repo);
  let code: number = EXIT.done;
  const all = await repository.manifests(({ id }, error) => {
    code = EXIT.no;
    context.warn(`backup ${id} cannot be read: ${error.code}: ${error.message}`);
  });
  const manifests = all.filter((each) => isWanted(each, options));
  if (context.json) {
    await context.printJson(manifests.map(asJson));
    return code;
  }
  if (manifests.length === 0) {
    await context.print('no backups');
    return code;
  }
  const rows = manifests.map((manifest) => {
    const { bytes, tables = [], faults = 0 } = manifest.summary as Summary;
    return [
      manifest.id.slice(0, 12),
      manifest.created,
      manifest.node,
      String(tables.length),
      formatBytes((bytes?.new ?? 0) + (bytes?.reused ?? 0) + (bytes?.derived ?? 0)),
      formatBytes(bytes?.new ?? 0),
      bytes?.stored === undefined ? 'not recorded' : formatBytes(bytes.stored),
      [...manifest.tags, ...(faults > 0 ? [`${faults} faults`] : [])].join(', '),
    ];
  });
  await context.table(['id', 'created', 'node', 'tables', 'size', 'new', 'stored', 'tags'], rows);
  return code;
}

function isWanted(manifest: Manifest, { node, table }: BackupsOptions): boolean {
  if (node !== undefined && manifest.node !== node) return false;
  if (table === undefined) return true;
  const { tables = [] } = manifest.summary as Summary;
  return tables.some((each) => [each.table, `${each.keyspace}.${each.table}`].includes(table));
}

function asJson(manifest: Manifest): unknown {
  const { id, node, created, tags, parent } = manifest;
  const { bytes, tables, faults } = manifest.summary as Summary;
  // What was counted in detail is for `show` and `stats`.
  const names = tables?.map(({ counts: _, ...table }) => table);
  return { id, node, created, tags, parent, bytes, tables: names, faults };
}
