/** Runs the task `dump-range` over a whole SSTable in this thread. */
import { basename, dirname } from 'node:path';
import { fromWire } from '../../src/errors.js';
import { inlineExecutor } from '../../src/parallel/index.js';
import { SSTable } from '../../src/sstable/index.js';
import {
  type DumpRangeArgument,
  type DumpRangeResult,
  dialectOf,
  dumpDialect,
  tasks,
} from '../../src/tasks/index.js';

export const executor = inlineExecutor(tasks);

export interface DumpAsked extends Partial<Omit<DumpRangeArgument, 'dataPath' | 'style'>> {
  readonly style?: Partial<DumpRangeArgument['style']>;
}

export async function dumpText(dataPath: string, asked: DumpAsked = {}): Promise<string> {
  const sstable = await SSTable.open(dataPath);
  const { dataLength, statistics, version } = sstable;
  await sstable.close();
  const { buckets } = statistics.stats.estimatedPartitionSize;
  const dialect = asked.style?.dialect ?? dialectOf(version, buckets.length);
  const isIndex = basename(dirname(dataPath)).startsWith('.');
  const kind = isIndex ? 'INDEX' : 'REGULAR';
  const argument: DumpRangeArgument = {
    dataPath,
    from: 0,
    to: dataLength,
    resume: null,
    format: 'json',
    filter: { excludedKeys: [], tokens: null },
    ...asked,
    style: {
      rawTime: false,
      now: 4_000_000_000,
      tombstonesOnly: false,
      dialect,
      tableKind: dumpDialect(dialect).tableKind ? kind : null,
      sstable: null,
      ...asked.style,
    },
  };
  const pieces: Uint8Array[] = [];
  let resume: DumpRangeArgument['resume'] = null;
  do {
    const result: DumpRangeResult = await executor.run('dump-range', { ...argument, resume });
    if (result.error !== null) throw fromWire(result.error);
    pieces.push(result.text);
    resume = result.next;
  } while (resume !== null);
  return Buffer.concat(pieces).toString('utf8');
}

/** The whole array of sstabledump's JSON. */
export async function dumpDocument(dataPath: string, asked: DumpAsked = {}): Promise<string> {
  const text = await dumpText(dataPath, asked);
  return text === '' ? '[ ]' : `[${text.slice(1)}\n]`;
}
