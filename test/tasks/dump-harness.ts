/** Runs the task `dump-range` over a whole SSTable in this thread. */
import { fromWire } from '../../src/errors.js';
import { inlineExecutor } from '../../src/parallel/index.js';
import { SSTable } from '../../src/sstable/index.js';
import { type DumpRangeArgument, type DumpRangeResult, tasks } from '../../src/tasks/index.js';

export const executor = inlineExecutor(tasks);

export interface DumpAsked extends Partial<Omit<DumpRangeArgument, 'dataPath' | 'style'>> {
  readonly style?: Partial<DumpRangeArgument['style']>;
}

/** Cassandra 5.0 writes more buckets; its sstabledump names the kind of the table. */
const BUCKETS_5_0 = 156;

export async function dumpText(dataPath: string, asked: DumpAsked = {}): Promise<string> {
  const sstable = await SSTable.open(dataPath);
  const { dataLength, statistics } = sstable;
  await sstable.close();
  const is5 = statistics.stats.estimatedPartitionSize.buckets.length >= BUCKETS_5_0;
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
      tableKind: is5 ? 'REGULAR' : null,
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
