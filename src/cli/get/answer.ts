/** The answer to the question for one partition of a table. */
import { toHex } from '../../binary/index.js';
import type { ClusteringValues } from '../../components/index.js';
import {
  type CqlType,
  compositeComponents,
  keyText,
  parseKeyText,
  typeToCql,
  valueText,
} from '../../cql/index.js';
import { isSstashError, SstashError } from '../../errors.js';
import {
  droppedColumns,
  type FoundSchema,
  hasStrictLiveness,
  type KeyColumn,
  keyColumns,
  type MergedPartition,
  type OpenPartitionOptions,
  type TableKey,
} from '../../table/index.js';
import type { CommandContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { parseHexKey } from '../key-arguments.js';
import type { PartitionOptions } from '../partition-options.js';
import { jsonOutput } from './json-output.js';
import type { ClusteringParts, KeyPart, PartitionIntro, PartitionOutput } from './output.js';
import { deletionFacts, type FactsContext, markerFacts, rowFacts } from './partition-facts.js';
import { textOutput } from './text-output.js';
import { jsonValue } from './values.js';

/** Throws USAGE. */
export function checkOneKey({ key, keyHex }: PartitionOptions): void {
  if ((key === undefined) === (keyHex === undefined)) {
    throw new SstashError('USAGE', key === undefined ? 'which key?' : 'two keys were given', {
      hint: 'Give one of --key and --key-hex, as in `--key 42`.',
    });
  }
}

function keyOf({ header }: TableKey, options: PartitionOptions): Uint8Array {
  checkOneKey(options);
  const { key, keyHex } = options;
  return keyHex === undefined ? parseKeyText(header.keyType, key ?? '') : parseHexKey(keyHex);
}

function clusteringOf({ header }: TableKey, texts: readonly string[]): ClusteringValues {
  const types = header.clusteringTypes;
  if (texts.length > types.length) {
    throw new SstashError('USAGE', `${texts.length} clustering values were given`, {
      expected: `at most ${types.length}`,
      hint: 'Values are given one by one, in the order of the clustering columns.',
    });
  }
  return texts.map((text, i) => {
    const type = types[i];
    if (type === undefined) throw new TypeError('more values than columns');
    return parseKeyText(type, text);
  });
}

/** As hex where the bytes are no value of the type. */
function textOf(type: CqlType, bytes: Uint8Array, toText: typeof valueText): string {
  try {
    return toText(type, bytes);
  } catch (error) {
    if (!isSstashError(error)) throw error;
    return `0x${toHex(bytes)}`;
  }
}

/** None where the bytes are no key of the type. */
function keyParts(type: CqlType, key: Uint8Array): readonly Uint8Array[] {
  if (type.kind !== 'composite') return [key];
  try {
    return compositeComponents(type, key).values;
  } catch (error) {
    if (!isSstashError(error)) throw error;
    return [];
  }
}

function keyPart({ name, type }: KeyColumn, bytes: Uint8Array): KeyPart {
  const text = textOf(type, bytes, valueText);
  return { name, type: typeToCql(type), value: jsonValue(type, bytes), text };
}

class Answer {
  readonly #at: number;
  readonly #table: TableKey;
  readonly #found: FoundSchema | null;
  readonly #output: PartitionOutput;
  readonly #clustering: readonly KeyColumn[];
  #liveRows = 0;
  /** Rows of which only a schema could tell whether they are live. */
  guesses = 0;

  constructor(at: number, table: TableKey, found: FoundSchema | null, output: PartitionOutput) {
    this.#at = at;
    this.#table = table;
    this.#found = found;
    this.#output = output;
    this.#clustering = keyColumns(table.header, found?.schema ?? null).clustering;
  }

  /** What every answer begins with. */
  intro(names: { keyspace: string; table: string }, key: Uint8Array, searched: number) {
    const { header, partitioner } = this.#table;
    const { partitionKey } = keyColumns(header, this.#found?.schema ?? null);
    const { keyType } = header;
    return {
      ...names,
      key: textOf(keyType, key, keyText),
      keyHex: toHex(key),
      keyColumns: keyParts(keyType, key).flatMap((bytes, i) => {
        const column = partitionKey[i];
        return column === undefined ? [] : [keyPart(column, bytes)];
      }),
      clusteringColumns: this.#clustering.map(({ name, type }) => {
        return { name, type: typeToCql(type) };
      }),
      token: partitioner.tokenText(key),
      at: this.#at,
      searched,
      sstables: [],
      deletion: null,
      static: null,
    } satisfies PartitionIntro;
  }

  async absent(intro: PartitionIntro): Promise<boolean> {
    await this.#output.begin(intro);
    await this.#output.end({ liveRows: 0, found: false });
    return false;
  }

  /** Prints the partition; whether a SELECT would return rows of it. */
  async print(
    intro: PartitionIntro,
    partition: MergedPartition,
    wantsStatic: boolean,
  ): Promise<boolean> {
    const { sources, columns, head } = partition;
    const names = sources.map(({ base }) => base);
    const strictLiveness = this.#found === null ? null : hasStrictLiveness(this.#found);
    const context: FactsContext = { names, columns, at: this.#at, strictLiveness };
    const { deletion, staticRow, staticVersions } = head;
    const saying = sources.flatMap((_, i) =>
      head.deletionSources.includes(i) ? [names[i] ?? ''] : [],
    );
    const facts = staticRow === null ? null : rowFacts(context, staticRow, staticVersions);
    await this.#output.begin({
      ...intro,
      sstables: sources.map(({ base, path, position }) => ({ sstable: base, path, position })),
      deletion: deletion === null ? null : deletionFacts(deletion, saying),
      static: facts,
    });
    await this.#rows(context, partition);
    const liveRows = this.#liveRows;
    // A partition without live rows is one row of its static columns, unless rows were asked for.
    const found = liveRows > 0 || (wantsStatic && facts !== null && facts.values.size > 0);
    await this.#output.end({ liveRows, found });
    return found;
  }

  async #rows(context: FactsContext, partition: MergedPartition): Promise<void> {
    for await (const batch of partition.unfiltereds()) {
      for (const merged of batch) {
        if (merged.type === 'row') {
          const facts = rowFacts(context, merged.row, merged.versions);
          if (facts.live) this.#liveRows++;
          if (facts.isGuess) this.guesses++;
          await this.#output.row(this.#parts(merged.row.clustering), facts);
        } else {
          const parts = this.#parts(merged.marker.clustering);
          await this.#output.marker(parts, markerFacts(context, merged));
        }
      }
    }
  }

  #parts(values: ClusteringValues): ClusteringParts {
    return values.map((value, i) => {
      const column = this.#clustering[i];
      return value === null || column === undefined ? null : keyPart(column, value);
    });
  }
}

/** A table that is asked for one partition. */
export interface AskedTable {
  readonly keyspace: string;
  readonly table: string;
  readonly key: TableKey;
  /** SSTables that are searched. */
  readonly searched: number;
  readonly schema: FoundSchema | null;
  partition(key: Uint8Array, options: OpenPartitionOptions): Promise<MergedPartition | null>;
}

/** Prints what `table` holds of the partition; the exit code tells whether a SELECT would find it. */
export async function answer(
  context: CommandContext,
  table: AskedTable,
  options: PartitionOptions,
): Promise<number> {
  const { keyspace, schema, searched } = table;
  const key = keyOf(table.key, options);
  const clustering = clusteringOf(table.key, options.clustering ?? []);
  const output = context.json ? jsonOutput(context.stdout) : textOutput(context);
  const at = options.at ?? Math.floor(Date.now() / 1000);
  const run = new Answer(at, table.key, schema, output);
  const intro = run.intro({ keyspace, table: table.table }, key, searched);
  const partition = await table.partition(key, {
    droppedAt: droppedColumns(schema?.schema ?? null),
    signal: context.signal,
    ...(clustering.length > 0 ? { clustering } : {}),
  });
  const found =
    partition === null
      ? await run.absent(intro)
      : await run.print(intro, partition, clustering.length === 0);
  if (run.guesses > 0) {
    context.warn(
      `rows whose key is gone are taken as not live, as in a view that has a column in its key which ` +
        `its table's key has not; a --schema with the view and its table would tell`,
    );
  }
  return found ? EXIT.done : EXIT.no;
}
