/** The components of an SSTable made again while its rows are backed up, and compared. */
import { createHash, type Hash } from 'node:crypto';
import {
  ComponentDeriver,
  type DerivedParameters,
  type PartitionBatch,
} from '../../components/index.js';
import {
  ComponentComparison,
  columnIndexSize,
  derivedComponents,
  equalParameters,
  readParameters,
  type SSTable,
} from '../../sstable/index.js';

export interface DerivedComponents {
  readonly parameters: DerivedParameters;
  /** SHA-256 of each component that is made again from the rows byte for byte. */
  readonly sha256: ReadonlyMap<string, string>;
}

/**
 *     in file order:  derivation.partitions(batch), derivation.stored(bytes, crc),
 *                     derivation.block(length)
 *                     await derivation.compare()
 *     await derivation.finish(), and derivation.close() in any case
 */
export class Derivation {
  readonly columnIndexSize: number;
  readonly #parameters: DerivedParameters;
  readonly #deriver: ComponentDeriver;
  readonly #comparisons: ReadonlyMap<string, ComponentComparison>;
  readonly #hashes = new Map<string, Hash>();

  private constructor(
    sstable: SSTable,
    parameters: DerivedParameters,
    comparisons: ReadonlyMap<string, ComponentComparison>,
  ) {
    const { header, version, dataLength } = sstable;
    const components = sstable.components.keys();
    this.columnIndexSize = parameters.rowIndex.columnIndexSize;
    this.#parameters = parameters;
    this.#deriver = new ComponentDeriver({ parameters, header, version, dataLength, components });
    this.#comparisons = comparisons;
    for (const component of comparisons.keys()) this.#hashes.set(component, createHash('sha256'));
  }

  /** Components that cannot be read are not derived. */
  static async start(sstable: SSTable): Promise<Derivation> {
    const { size } = await columnIndexSize(sstable, 'sample');
    const { parameters } = await readParameters(sstable, size);
    const comparisons = new Map<string, ComponentComparison>();
    for (const component of derivedComponents(parameters)) {
      const file = await sstable.openComponent(component);
      comparisons.set(component, new ComponentComparison(component, file));
    }
    return new Derivation(sstable, parameters, comparisons);
  }

  partitions(batch: PartitionBatch): void {
    this.#deriver.partitions(batch);
  }

  stored(bytes: Uint8Array, crc: number): void {
    this.#deriver.stored(bytes, crc);
  }

  block(length: number): void {
    this.#deriver.block(length);
  }

  /** Compares what is ready. */
  async compare(): Promise<void> {
    await this.#take(this.#deriver.drain());
  }

  async #take(pieces: ReturnType<ComponentDeriver['drain']>): Promise<void> {
    for (const { component, bytes } of pieces) {
      this.#hashes.get(component)?.update(bytes);
      await this.#comparisons.get(component)?.push(bytes);
    }
  }

  async finish(): Promise<DerivedComponents> {
    await this.#take(this.#deriver.finish());
    const outcomes = [...this.#comparisons.values()].map((each) => each.outcome());
    const sha256 = new Map<string, string>();
    for (const { component, equal } of outcomes) {
      if (equal) sha256.set(component, this.#hashes.get(component)?.digest('hex') ?? '');
    }
    return { parameters: equalParameters(this.#parameters, outcomes), sha256 };
  }

  close(): void {
    this.#deriver.close();
  }
}
