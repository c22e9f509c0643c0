/** Runs `check`. */

import {
  checkSSTable,
  type Fault,
  findTables,
  type SSTableFiles,
  type UnknownSSTable,
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
  const tables = await findTables(paths, { onUnknown: (each) => unknown.push(each) });
  const sstables = tables.flatMap((table) => table.sstables);
  const dataBytes = sstables.reduce((sum, files) => sum + dataSize(files), 0);
  const inline = await createExecutor(0);
  const mode = options.quick ? 'quick' : options.deep ? 'deep' : 'full';
  const faults = unknown.map(unknownFault);
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
      if (found.faults.length > 0) damaged++;
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
    await context.print(summary(sstables.length, damaged, faults.length, read));
  }
  if (sound) return EXIT.done;
  // What this release cannot read is not known to be damaged.
  const unread = faults.every(({ code }) => code.startsWith('SSTABLE_UNSUPPORTED_'));
  return unread ? EXIT.input : EXIT.no;
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

function dataSize(files: SSTableFiles): number {
  return files.components.get('Data.db')?.size ?? 0;
}

function faultLine({ code, file, offset, message }: Fault): string {
  const place = offset === null ? '' : ` at byte ${offset}`;
  return `${file}${place}: ${message} (${code})`;
}

/** `bytes` of rows that were read, null where none were meant to be. */
function summary(sstables: number, damaged: number, faults: number, bytes: number | null): string {
  const all = `${formatCount(sstables)} ${sstables === 1 ? 'SSTable' : 'SSTables'}`;
  const read = bytes === null ? 'rows were not read' : `${formatBytes(bytes)} of rows read`;
  if (faults === 0) return `sound${bytes === null ? ' as far as read' : ''}: ${all}, ${read}`;
  const what = `${formatCount(faults)} ${faults === 1 ? 'fault' : 'faults'}`;
  return `${what} in ${formatCount(damaged)} of ${all}, ${read}`;
}
