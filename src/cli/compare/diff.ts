/** Runs `diff`. */
import { SstashError } from '../../errors.js';
import {
  type ComparedTable,
  cacheDirectory,
  type Difference,
  diffTables,
  normalTables,
  type OpenedTable,
  pairTables,
  readSchema,
  type Side,
  type DiffOptions as TableDiffOptions,
  type TablePair,
  type Tables,
} from '../../table/index.js';
import type { DiffOptions } from '../commands/diff.js';
import type { CommandContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { parseHexKey } from '../key-arguments.js';
import { type DiffOutput, jsonOutput, type TableResult, textOutput } from './diff-output.js';
import { openSide } from './side.js';

/** Bytes that a comparison read, of rows and stored trees, and to build trees apart. */
interface Reading {
  bytesRead: number;
  bytesReadForTrees: number;
}

/** Cassandra's default. */
const GC_GRACE_SECONDS = 864000;

interface TableNames {
  readonly keyspace: string;
  readonly table: string;
}

class Run {
  readonly #context: CommandContext;
  readonly #options: DiffOptions;
  readonly #output: DiffOutput;
  readonly reading: Reading = { bytesRead: 0, bytesReadForTrees: 0 };
  readonly results: TableResult[] = [];
  /** Sides on which the wanted partition was found. */
  readonly keyFound = new Set<Side>();
  differences = 0;
  limited = false;

  constructor(context: CommandContext, options: DiffOptions, output: DiffOutput) {
    this.#context = context;
    this.#options = options;
    this.#output = output;
  }

  async pair({ keyspace, table, a, b }: TablePair): Promise<void> {
    const before = this.differences;
    if (a === null || b === null) {
      const change = b === null ? 'onlyA' : 'onlyB';
      const isEmpty = (a ?? b)?.empty === true;
      // Without SSTables it says nothing, as the side that lacks it.
      if (!isEmpty) await this.#tell({ kind: 'table', change, keyspace, table });
    } else {
      await this.#compare(keyspace, table, a, b);
    }
    this.results.push({ keyspace, table, differences: this.differences - before });
  }

  async #compare(
    keyspace: string,
    table: string,
    a: ComparedTable,
    b: ComparedTable,
  ): Promise<void> {
    const { progress, signal } = this.#context;
    const opened: OpenedTable[] = [];
    try {
      progress.begin(`trees of ${keyspace}.${table}`, null);
      for (const side of [a, b]) opened.push(await side.open());
      progress.end();
      const [left, right] = opened;
      if (left === undefined || right === undefined) return;
      const { level } = this.#options;
      const asTheyAre = { a: left, b: right };
      const view = await this.#view(asTheyAre, { keyspace, table });
      // Equal trees have equal merged views: nothing is left but to look whether a key is there.
      const tables = view ?? (this.#wantsKey ? asTheyAre : null);
      if (tables === null) return;
      const options = { keyspace, table, level, ...this.#keyOptions(), signal };
      const treesOnly = left.sources === null || right.sources === null;
      let isTold = !treesOnly || level === 'table' || level === 'range';
      for await (const differences of diffTables(tables, options)) {
        for (const difference of differences) {
          if (!isTold) this.#context.warn(rangesText(keyspace, table, level));
          isTold = true;
          await this.#tell(difference);
          if (this.limited) return;
        }
      }
    } finally {
      for (const side of opened) {
        this.#count(side);
        await side.close();
      }
    }
  }

  get #wantsKey(): boolean {
    return this.#options.key !== undefined || this.#options.keyHex !== undefined;
  }

  /** The partition that is wanted, as diffTables takes it. */
  #keyOptions(): Pick<TableDiffOptions, 'key' | 'keyBytes' | 'onKey' | 'reconciled'> {
    const { key = null, keyHex, reconciled = false } = this.#options;
    const onKey = (found: ReadonlySet<Side>): void => {
      for (const side of found) this.keyFound.add(side);
    };
    const common = { key, onKey, reconciled };
    return keyHex === undefined ? common : { ...common, keyBytes: parseHexKey(keyHex) };
  }

  /** What is compared: the tables as they are, or merged; null where that cannot differ. */
  async #view(tables: Tables, { keyspace, table }: TableNames): Promise<Tables | null> {
    if (this.#options.reconciled !== true) return tables;
    const { executor, signal, progress, env } = this.#context;
    const { at, purgeAt, gcGrace = GC_GRACE_SECONDS, schema } = this.#options;
    const now = purgeAt ?? at ?? Math.floor(Date.now() / 1000);
    const times = { at: now, gcBefore: purgeAt === undefined ? null : purgeAt - gcGrace };
    progress.begin(`merged view of ${keyspace}.${table}`, null);
    const names = { keyspace, table, directories: [] };
    const found = schema === undefined ? null : await readSchema(names, schema);
    const view = await normalTables(tables, {
      times,
      executor,
      signal,
      cache: cacheDirectory(env),
      ...(found === null ? {} : { dropped: found.schema.dropped }),
      onBytes: (bytes) => {
        this.reading.bytesReadForTrees += bytes;
      },
    });
    progress.end();
    return view;
  }

  #count({ sources, treeBytesRead, bytesReadForTrees }: OpenedTable): void {
    const rows = (sources ?? []).reduce((sum, source) => sum + source.bytesRead, 0);
    this.reading.bytesRead += rows + treeBytesRead;
    this.reading.bytesReadForTrees += bytesReadForTrees;
  }

  async #tell(difference: Difference): Promise<void> {
    await this.#output.difference(difference);
    this.differences++;
    this.limited = this.differences >= (this.#options.limit ?? Number.POSITIVE_INFINITY);
  }
}

function rangesText(keyspace: string, table: string, level: string): string {
  return (
    `${keyspace}.${table}: a tree file has no rows, so ranges of tokens are told, ` +
    `not the level ${level}`
  );
}

/** Options that mean nothing without others, or contradict each other. */
function checkOptions(options: DiffOptions): void {
  const { key, keyHex, reconciled, at, purgeAt, gcGrace, schema } = options;
  const refuse = (message: string, hint: string): never => {
    throw new SstashError('USAGE', message, { hint });
  };
  if (key !== undefined && keyHex !== undefined) refuse('two keys were given', 'Give one of them.');
  const merges = [at, purgeAt, gcGrace, schema].some((option) => option !== undefined);
  if (merges && reconciled !== true) {
    refuse('only merged views have times and schemas', 'Add --reconciled.');
  }
  if (gcGrace !== undefined && purgeAt === undefined) {
    refuse('--gc-grace is for a purge', 'Add --purge-at TIME.');
  }
}

export async function diff(
  context: CommandContext,
  a: string,
  b: string,
  options: DiffOptions,
): Promise<number> {
  checkOptions(options);
  const { node } = options;
  const pairs = pairTables(await openSide(context, a, node), await openSide(context, b, node));
  const output = context.json ? jsonOutput(context) : textOutput(context);
  const run = new Run(context, options, output);
  for (const pair of pairs) {
    await run.pair(pair);
    if (run.limited) break;
  }
  const { differences, limited, results, reading } = run;
  const same = differences === 0;
  const wanted = options.key ?? options.keyHex;
  if (wanted !== undefined && same && run.keyFound.size === 0) {
    context.warn(`neither side has the partition ${wanted}`);
  }
  await output.end({ same, differences, limited, tables: results, ...reading });
  return same ? EXIT.done : EXIT.no;
}
