/** Runs `check`. */

import {
  checkSSTable,
  type Fault,
  findTables,
  isUnread,
  type SSTableFiles,
  type UnknownSSTable,
  type UnreadFolder,
} from '../../sstable/index.js';
import { createExecutor } from '../../tasks/index.js';
import type { CheckOptions } from '../commands/check.js';
import type { CommandContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { formatBytes, formatCount } from '../format.js';

/** SSTables below this are checked faster than a thread starts. */
const INLINE_BYTES = 16 * 1024 * 1024;

export async function check(
  context: CommandContext,
  paths: readonly string[],
  options: CheckOptions,
): Promise<number> {
  const unknown: UnknownSSTable[] = [];
  const folders: UnreadFolder[] = [];
  const tables = await findTables(paths, {
    onUnknown: (each) => unknown.push(each),
    onUnread: (each) => folders.push(each),
  });
  const sstables = tables.flatMap((table) => table.sstables);
  const dataBytes = sstables.reduce((sum, files) => sum + dataSize(files), 0);
  const inline = await createExecutor(0);
  const mode = options.quick ? 'quick' : options.deep ? 'deep' : 'full';
  const faults = [...unknown.map(unknownFault), ...folders.map(folderFault)];
  if (!context.json) for (const fault of faults) await context.print(faultLine(fault));
  let damaged = 0;
  let bytesRead = 0;
  context.progress.begin('check', mode === 'quick' ? null : dataBytes);
  try {
    for (const files of sstables) {
      const { signal, progress } = context;
      progress.label(files.dataPath);
      const found = await checkSSTable(files, {
        mode,
        executor: dataSize(files) < INLINE_BYTES ? inline : context.executor,
        signal,
        onProgress: (bytes) => progress.advance(bytes),
      });
      bytesRead += found.bytesRead;
      if (found.faults.some((fault) => !isUnread(fault))) damaged++;
      faults.push(...found.faults);
      if (!context.json) for (const fault of found.faults) await context.print(faultLine(fault));
    }
  } finally {
    context.progress.end();
    await inline.close();
  }
  const sound = faults.length === 0;
  if (context.json) {
    const rowsRead = mode !== 'quick';
    const counts = { sstables: sstables.length, damaged, bytesRead };
    await context.printJson({ sound, mode, rowsRead, ...counts, faults });
  } else {
    const read = mode === 'quick' ? null : bytesRead;
    await context.print(summary({ sstables: sstables.length, damaged, bytes: read }, faults));
  }
  if (sound) return EXIT.done;
  // What was refused can be read after a change of rights: what is said of it is not all.
  if (faults.some(({ code }) => code === 'READ_FAILED')) return EXIT.input;
  // What this release cannot read is not known to be damaged.
  return faults.every(isUnread) ? EXIT.input : EXIT.no;
}

function unknownFault({ dataPath, error }: UnknownSSTable): Fault {
  return {
    code: error.code,
    file: dataPath,
    component: 'Data.db',
    offset: null,
    uncompressedOffset: null,
    message: error.message,
  };
}

function folderFault({ error }: UnreadFolder): Fault {
  return {
    code: error.code,
    file: error.file ?? '',
    component: 'folder',
    offset: null,
    uncompressedOffset: null,
    message: error.message,
  };
}

function dataSize(files: SSTableFiles): number {
  return files.components.get('Data.db')?.size ?? 0;
}

function faultLine({ code, file, offset, message }: Fault): string {
  const place = offset === null ? '' : ` at byte ${offset}`;
  return `${file}${place}: ${message} (${code})`;
}

interface Counts {
  readonly sstables: number;
  readonly damaged: number;
  /** Of rows that were read, null where none were meant to be. */
  readonly bytes: number | null;
}

function summary({ sstables, damaged, bytes }: Counts, faults: readonly Fault[]): string {
  const unread = new Set(faults.filter(isUnread).map(({ file }) => file)).size;
  const left = unread === 0 ? '' : `; ${counted(unread, 'path')} could not be read, see above`;
  if (sstables === 0) return `nothing was checked${left}`;
  const found = faults.filter((fault) => !isUnread(fault)).length;
  const all = counted(sstables, 'SSTable');
  const read = bytes === null ? 'rows were not read' : `${formatBytes(bytes)} of rows read`;
  if (found > 0) {
    return `${counted(found, 'fault')} in ${formatCount(damaged)} of ${all}, ${read}${left}`;
  }
  if (unread > 0) return `no fault in what could be read of ${all}, ${read}${left}`;
  return `sound${bytes === null ? ' as far as read' : ''}: ${all}, ${read}`;
}

function counted(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;
}
