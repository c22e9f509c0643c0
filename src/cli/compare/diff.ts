/** Runs `diff`. */
import {
  type ComparedTable,
  type Difference,
  diffTables,
  type OpenedTable,
  pairTables,
  type TablePair,
} from '../../table/index.js';
import type { DiffOptions } from '../commands/diff.js';
import type { CommandContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { type DiffOutput, jsonOutput, type TableResult, textOutput } from './diff-output.js';
import { openSide } from './side.js';

/** Bytes that a comparison read, of rows and stored trees, and to build trees apart. */
interface Reading {
  bytesRead: number;
  bytesReadForTrees: number;
}

class Run {
  readonly #context: CommandContext;
  readonly #options: DiffOptions;
  readonly #output: DiffOutput;
  readonly reading: Reading = { bytesRead: 0, bytesReadForTrees: 0 };
  readonly results: TableResult[] = [];
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
      await this.#tell({ kind: 'table', change, keyspace, table });
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
      const { level, key = null } = this.#options;
      const options = { keyspace, table, level, key, signal };
      const treesOnly = left.sources === null || right.sources === null;
      let isTold = !treesOnly || level === 'table' || level === 'range';
      for await (const differences of diffTables({ a: left, b: right }, options)) {
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

export async function diff(
  context: CommandContext,
  a: string,
  b: string,
  options: DiffOptions,
): Promise<number> {
  const pairs = pairTables(await openSide(context, a), await openSide(context, b));
  const output = context.json ? jsonOutput(context) : textOutput(context);
  const run = new Run(context, options, output);
  for (const pair of pairs) {
    await run.pair(pair);
    if (run.limited) break;
  }
  const { differences, limited, results, reading } = run;
  const same = differences === 0;
  await output.end({ same, differences, limited, tables: results, ...reading });
  return same ? EXIT.done : EXIT.no;
}
