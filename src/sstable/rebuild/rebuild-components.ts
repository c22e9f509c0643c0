/**
 * Makes the components that follow from the rows again, in one pass over Data.db, and compares them
 * with those on disk.
 */
import { crc32 } from '../../codec/index.js';
import { ComponentDeriver, type DerivedParameters } from '../../components/index.js';
import { isSstashError } from '../../errors.js';
import { dataError } from '../events.js';
import type { SSTable } from '../sstable.js';
import { columnIndexSize } from './column-index-size.js';
import { ComponentComparison, type ComponentOutcome } from './component-comparison.js';
import { dataPieces } from './data-pieces.js';
import { otherEarlyOpening, readParameters } from './read-parameters.js';

export interface RebuildOptions {
  readonly signal?: AbortSignal;
  /** Bytes of Data.db, whenever some more are done. */
  readonly onProgress?: (bytes: number) => void;
}

export interface RebuildResult {
  /** With these, all components that came out equal are made again from the rows. */
  readonly parameters: DerivedParameters;
  /** Every component that follows from the rows, in order of their names. */
  readonly outcomes: readonly ComponentOutcome[];
}

type ComponentKey = Exclude<keyof DerivedParameters, 'rowIndex'>;

/** Component of each of the parameters. */
const COMPONENTS: Readonly<Record<ComponentKey, string>> = {
  compressionInfo: 'CompressionInfo.db',
  crc: 'CRC.db',
  digest: 'Digest.crc32',
  index: 'Index.db',
  filter: 'Filter.db',
  summary: 'Summary.db',
  partitions: 'Partitions.db',
  rows: 'Rows.db',
  toc: 'TOC.txt',
};

/** Those that depend on how rows are cut into blocks, and those of a trie. */
const INDEXES = ['index', 'summary', 'partitions', 'rows'] as const;
const TRIES = ['partitions', 'rows'] as const;

/**
 * Throws where Data.db cannot be read to its end: SSTABLE_CHECKSUM, SSTABLE_CORRUPT, SSTABLE_TRUNCATED,
 * SSTABLE_UNSUPPORTED_COMPRESSION, INTERRUPTED. A component that is damaged or different is an outcome.
 */
export async function rebuildComponents(
  sstable: SSTable,
  options: RebuildOptions = {},
): Promise<RebuildResult> {
  const guess = await columnIndexSize(sstable, 'sample');
  const { parameters, unreadable } = await readParameters(sstable, guess.size);
  const rebuild = new Rebuild(sstable, parameters, options);
  await rebuild.compare(Object.keys(COMPONENTS) as ComponentKey[]);
  if (rebuild.differs(['index', 'rows'])) {
    const { size, others } = await columnIndexSize(sstable, 'all');
    await rebuild.trySizes([size, ...others]);
  }
  const { partitions } = rebuild.parameters;
  const other = partitions && otherEarlyOpening(sstable, partitions);
  if (other !== undefined && rebuild.differs(['partitions'])) {
    rebuild.parameters = { ...rebuild.parameters, partitions: other };
    await rebuild.compare(TRIES);
  }
  const outcomes = rebuild.outcomes();
  const all = [...outcomes, ...[...unreadable].map((entry) => notCompared(sstable, ...entry))];
  all.sort((a, b) => (a.component < b.component ? -1 : 1));
  return { parameters: equalParameters(rebuild.parameters, outcomes), outcomes: all };
}

/** Parameters that are tried until all components are equal. */
class Rebuild {
  parameters: DerivedParameters;
  readonly #sstable: SSTable;
  readonly #options: RebuildOptions;
  readonly #outcomes = new Map<string, ComponentOutcome>();

  constructor(sstable: SSTable, parameters: DerivedParameters, options: RebuildOptions) {
    this.#sstable = sstable;
    this.parameters = parameters;
    this.#options = options;
  }

  /** Compares the components of `keys`, as far as they are there, with what the parameters make. */
  async compare(keys: readonly ComponentKey[]): Promise<void> {
    const wanted = Object.entries(this.parameters).filter(([key]) => {
      return key === 'rowIndex' || keys.some((each) => each === key);
    });
    const parameters = Object.fromEntries(wanted) as unknown as DerivedParameters;
    for (const outcome of await compareAll(this.#sstable, parameters, this.#options)) {
      this.#outcomes.set(outcome.component, outcome);
    }
  }

  /** Tries column index sizes until one gives the same index or row index, and keeps the best. */
  async trySizes(sizes: readonly number[]): Promise<void> {
    const tried = new Set([this.parameters.rowIndex.columnIndexSize]);
    for (const columnIndexSize of sizes) {
      if (tried.has(columnIndexSize)) continue;
      tried.add(columnIndexSize);
      const before = { parameters: this.parameters, outcomes: new Map(this.#outcomes) };
      const rowIndex = { ...this.parameters.rowIndex, columnIndexSize };
      this.parameters = { ...this.parameters, rowIndex };
      await this.compare(INDEXES);
      if (this.#differing() === 0) return;
      if (this.#differing() < differing(before.outcomes)) continue;
      this.parameters = before.parameters;
      for (const [name, outcome] of before.outcomes) this.#outcomes.set(name, outcome);
    }
  }

  #differing(): number {
    return differing(this.#outcomes);
  }

  differs(keys: readonly ComponentKey[]): boolean {
    return keys.some((key) => this.#outcomes.get(COMPONENTS[key])?.equal === false);
  }

  outcomes(): ComponentOutcome[] {
    return [...this.#outcomes.values()];
  }
}

function differing(outcomes: ReadonlyMap<string, ComponentOutcome>): number {
  return [...outcomes.values()].filter(({ equal }) => !equal).length;
}

async function compareAll(
  sstable: SSTable,
  parameters: DerivedParameters,
  options: RebuildOptions,
): Promise<ComponentOutcome[]> {
  const comparisons = new Map<string, ComponentComparison>();
  for (const component of derivedComponents(parameters)) {
    const file = await sstable.openComponent(component);
    comparisons.set(component, new ComponentComparison(component, file));
  }
  const { header, version, dataLength } = sstable;
  const components = sstable.components.keys();
  const deriver = new ComponentDeriver({ parameters, header, version, dataLength, components });
  try {
    for await (const { stored, blocks, plain } of dataPieces(sstable, options.signal)) {
      deriver.stored(stored, crc32(stored));
      for (const length of blocks) deriver.block(length);
      deriver.data(plain);
      for (const piece of deriver.drain()) {
        await comparisons.get(piece.component)?.push(piece.bytes);
      }
      options.onProgress?.(stored.length);
    }
    for (const piece of deriver.finish()) {
      await comparisons.get(piece.component)?.push(piece.bytes);
    }
  } catch (error) {
    throw isSstashError(error) && error.file === undefined
      ? await dataError(sstable, error)
      : error;
  } finally {
    deriver.close();
  }
  return [...comparisons.values()].map((comparison) => comparison.outcome());
}

function notCompared(sstable: SSTable, component: string, reason: string): ComponentOutcome {
  const size = sstable.components.get(component)?.size ?? 0;
  return { component, equal: false, size, rebuiltSize: 0, difference: null, reason };
}

/** Names of the components that can be made with `parameters`. */
export function derivedComponents(parameters: DerivedParameters): string[] {
  return Object.entries(COMPONENTS).flatMap(([key, component]) =>
    key in parameters ? [component] : [],
  );
}

/** The parameters of the components that came out equal. */
export function equalParameters(
  parameters: DerivedParameters,
  outcomes: readonly ComponentOutcome[],
): DerivedParameters {
  const equal = new Set(outcomes.filter((each) => each.equal).map((each) => each.component));
  const kept = Object.entries(parameters).filter(([key]) => {
    return key === 'rowIndex' || equal.has(COMPONENTS[key as keyof typeof COMPONENTS]);
  });
  return Object.fromEntries(kept) as unknown as DerivedParameters;
}
