/** Runs `dump`: which SSTables, which parts of them, printed in order by worker tasks. */
import { basename, dirname } from 'node:path';
import { toHex } from '../../binary/index.js';
import { fromWire, SstashError } from '../../errors.js';
import { type Executor, mapOrdered } from '../../parallel/index.js';
import { findTables, SSTable } from '../../sstable/index.js';
import {
  ANSWER_ROOM,
  createExecutor,
  type DumpRangeArgument,
  type DumpRangeResult,
  dialectOf,
  dumpDialect,
} from '../../tasks/index.js';
import type { DumpOptions } from '../commands/dump.js';
import type { CommandContext } from '../context.js';
import { type DumpPart, planParts } from './plan.js';
import { readSelection, type Selection, type SSTableSelection, selectIn } from './select.js';

/** Rows below this many bytes are printed faster than a thread starts. */
const INLINE_BYTES = 2 * 1024 * 1024;
/** Keys that are not there are named up to so many. */
const MISSING_NAMED = 10;

export async function dump(
  context: CommandContext,
  paths: readonly string[],
  given: DumpOptions,
): Promise<number> {
  const options = withInternal(given);
  if (options.tombstones && options.format === 'annotate') {
    throw new SstashError('USAGE', '--tombstones does not go with --format annotate');
  }
  if (options.keys && options.format === 'annotate') {
    throw new SstashError('USAGE', '--keys does not go with --format annotate', {
      hint: 'The formats json, jsonl and text have keys alone.',
    });
  }
  if (options.lines && options.format !== 'json') {
    throw new SstashError('USAGE', '--lines goes with --format json alone', {
      hint: 'The format jsonl has a line for each row.',
    });
  }
  if (context.json && !options.format.startsWith('json')) {
    throw new SstashError('USAGE', `--json does not go with --format ${options.format}`, {
      hint: 'Leave one of the two out; --format json and jsonl are JSON without --json.',
    });
  }
  const selection = readSelection(paths, options);
  const dataPaths = await findSources(selection.paths, context);
  const run = new DumpRun(context, options, dataPaths.length > 1);
  try {
    for (const dataPath of dataPaths) await run.sstable(dataPath, selection);
    await run.end();
    run.warnMissing(selection);
  } finally {
    await run.close();
  }
  return 0;
}

/** `--internal` as what it stands for; beside --keys it says nothing, as with sstabledump. */
function withInternal(options: DumpOptions): DumpOptions {
  if (options.internal !== true || options.keys === true) return options;
  const { format } = options;
  if (format !== 'json' && format !== 'text') {
    throw new SstashError('USAGE', `--internal does not go with --format ${format}`, {
      hint: 'Leave --internal out: it is --format text with --raw-time.',
    });
  }
  return { ...options, format: 'text', rawTime: true };
}

/** Data.db files in order; secondary indexes only where a path names them. */
async function findSources(
  paths: readonly string[],
  { unread }: CommandContext,
): Promise<string[]> {
  const tables = await findTables(paths, { onUnknown: unread });
  const isIndex = (directory: string): boolean => basename(directory).startsWith('.');
  const named = paths.some((path) => /(^|[\\/])\.[^.\\/][^\\/]*([\\/]|$)/.test(path));
  const wanted = named ? tables : tables.filter(({ directory }) => !isIndex(directory));
  const chosen = wanted.length === 0 ? tables : wanted;
  return chosen.flatMap((table) => table.sstables.map(({ dataPath }) => dataPath));
}

/** How the JSON of one SSTable looks: as its release's sstabledump prints it, or as asked. */
function shapeOf(
  sstable: SSTable,
  shape: DumpOptions['shape'],
): Pick<DumpRangeArgument['style'], 'dialect' | 'tableKind'> {
  const { buckets } = sstable.statistics.stats.estimatedPartitionSize;
  const dialect = shape ?? dialectOf(sstable.version, buckets.length);
  const isIndex = basename(dirname(sstable.files.dataPath)).startsWith('.');
  const kind = isIndex ? 'INDEX' : 'REGULAR';
  return { dialect, tableKind: dumpDialect(dialect).tableKind ? kind : null };
}

function lengthOf({ from, to }: DumpPart): number {
  return to === null ? 0 : to - from;
}

const KEYS_FORMATS = { json: 'keys', jsonl: 'keys-jsonl', text: 'keys-text' } as const;

class DumpRun {
  readonly #context: CommandContext;
  readonly #options: DumpOptions;
  readonly #several: boolean;
  readonly #now: number;
  readonly #found = new Set<string>();
  #inline: Executor | null = null;
  #first = true;

  constructor(context: CommandContext, options: DumpOptions, several: boolean) {
    this.#context = context;
    this.#options = options;
    this.#several = several;
    this.#now = options.at ?? Math.floor(Date.now() / 1000);
  }

  get #format(): DumpRangeArgument['format'] {
    const { format, keys, lines } = this.#options;
    // sstabledump -e takes no notice of -l.
    if (keys === true && format !== 'annotate') return KEYS_FORMATS[format];
    return format === 'json' && lines === true ? 'partition-lines' : format;
  }

  get #isArray(): boolean {
    return this.#format === 'json' || this.#format === 'keys';
  }

  /** Without this the array is visibly unfinished. */
  async end(): Promise<void> {
    if (this.#isArray) await this.#context.stdout.write(this.#first ? '[ ]\n' : '\n]\n');
  }

  async sstable(dataPath: string, selection: Selection): Promise<void> {
    const sstable = await SSTable.open(dataPath);
    try {
      const chosen = selectIn(sstable, selection);
      const parts = await planParts(sstable, chosen, (text) => this.#found.add(text));
      const bytes = parts.reduce((sum, part) => sum + lengthOf(part), 0);
      const executor = bytes < INLINE_BYTES ? await this.#inlined() : this.#context.executor;
      this.#context.progress.begin(basename(dataPath), bytes);
      await this.#parts(executor, this.#argument(sstable, chosen), parts);
    } finally {
      this.#context.progress.end();
      await sstable.close();
    }
  }

  async close(): Promise<void> {
    await this.#inline?.close();
  }

  warnMissing(selection: Selection): void {
    if (!selection.hasKeys) return;
    const asked = [...new Set([...selection.keys, ...selection.hexKeys.map(toHex)])];
    const missing = asked.filter((text) => !this.#found.has(text));
    if (missing.length === 0) return;
    const named = missing.slice(0, MISSING_NAMED).join(', ');
    const more =
      missing.length > MISSING_NAMED ? ` and ${missing.length - MISSING_NAMED} more` : '';
    this.#context.warn(
      missing.length === asked.length
        ? `none of the keys is in these SSTables: ${named}${more}`
        : `not in these SSTables: ${named}${more}`,
    );
  }

  async #inlined(): Promise<Executor> {
    this.#inline ??= await createExecutor(0);
    return this.#inline;
  }

  #argument(sstable: SSTable, chosen: SSTableSelection): Omit<DumpRangeArgument, 'from' | 'to'> {
    const { rawTime, tombstones, shape } = this.#options;
    return {
      dataPath: sstable.files.dataPath,
      resume: null,
      format: this.#format,
      filter: chosen.filter,
      style: {
        rawTime: rawTime === true,
        now: this.#now,
        tombstonesOnly: tombstones === true,
        ...shapeOf(sstable, shape),
        sstable: this.#several ? sstable.files.dataPath : null,
      },
    };
  }

  async #parts(
    executor: Executor,
    common: Omit<DumpRangeArgument, 'from' | 'to'>,
    parts: readonly DumpPart[],
  ): Promise<void> {
    const { signal, progress } = this.#context;
    const print = (argument: DumpRangeArgument): Promise<DumpRangeResult> =>
      executor.run('dump-range', argument, { signal });
    const lookahead = executor.concurrency + 1;
    // Memory for the texts, used again and again: fresh memory costs as much as filling it.
    const rooms: SharedArrayBuffer[] = [];
    const start = async (part: DumpPart) => {
      const room = rooms.pop() ?? new SharedArrayBuffer(ANSWER_ROOM);
      const argument = { ...common, ...part, room };
      return { argument, result: await print(argument) };
    };
    for await (const { argument, result: first } of mapOrdered(parts, lookahead, start)) {
      let result = first;
      await this.#write(result);
      while (result.next !== null) {
        result = await print({ ...argument, resume: result.next });
        await this.#write(result);
      }
      rooms.push(argument.room);
      progress.advance(lengthOf(argument));
    }
  }

  async #write(result: DumpRangeResult): Promise<void> {
    let { text }: { text: Uint8Array } = result;
    if (text.length > 0) {
      if (this.#first && this.#isArray) {
        // The first partition has a comma before it, like all others.
        await this.#context.stdout.write('[');
        text = text.subarray(1);
      }
      this.#first = false;
      await this.#context.stdout.write(text);
      // The memory of the text is for the next one then.
      await this.#context.stdout.flush();
    }
    if (result.error !== null) throw fromWire(result.error);
  }
}
