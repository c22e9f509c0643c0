/** What the components on disk say that the rows do not. */
import {
  type DerivedParameters,
  type PartitionsParameters,
  parametersOfCompression,
  parametersOfCrc,
  parametersOfFilter,
  parametersOfSummary,
  parametersOfToc,
  parseCrc,
  parseToc,
} from '../../components/index.js';
import { type ErrorDetails, isNoDamage, isSstashError } from '../../errors.js';
import type { SSTable } from '../sstable.js';
import { isEndOutside } from './end-outside.js';

export interface ReadParameters {
  readonly parameters: DerivedParameters;
  /** Components that nothing can be known about, and why. */
  readonly unreadable: ReadonlyMap<string, string>;
}

const HEAD_BYTES = 64;
/** `sstable_preemptive_open_interval` of a node that is not told otherwise. */
const EARLY_OPEN_BYTES = 50 * 1024 * 1024;

/** Reads the parameters; `columnIndexSize` is known already. */
export async function readParameters(
  sstable: SSTable,
  columnIndexSize: number,
): Promise<ReadParameters> {
  const unreadable = new Map<string, string>();
  /** What `read` gives, under the name `key`, if the component is there and can be read. */
  const of = async <K extends keyof DerivedParameters>(
    component: string,
    key: K,
    read: (where: ErrorDetails) => Promise<DerivedParameters[K] | null>,
  ): Promise<Partial<DerivedParameters>> => {
    const file = sstable.components.get(component);
    if (file === undefined) return {};
    try {
      const value = await read({ file: file.path, component });
      if (value !== null) return { [key]: value };
      unreadable.set(component, 'it lists components that are not there');
    } catch (error) {
      if (!isSstashError(error) || isNoDamage(error)) throw error;
      unreadable.set(component, error.message);
    }
    return {};
  };
  const head = async (component: string): Promise<Uint8Array> =>
    (await sstable.openComponent(component)).readSome(0, HEAD_BYTES);
  const size = (component: string): number => sstable.components.get(component)?.size ?? 0;
  const { compression } = sstable;
  const parameters = {
    rowIndex: {
      columnIndexSize,
      ...((await isEndOutside(sstable, columnIndexSize)) ? { endOutside: true as const } : {}),
    },
    ...(await of('CompressionInfo.db', 'compressionInfo', async () =>
      compression === null ? null : parametersOfCompression(compression),
    )),
    ...(await of('CRC.db', 'crc', async (where) => {
      const bytes = await sstable.readComponent('CRC.db');
      return parametersOfCrc(parseCrc(bytes, where, sstable.dataSize), sstable.dataSize);
    })),
    ...(await of('Digest.crc32', 'digest', async () => true)),
    ...(await of('Index.db', 'index', async () => true)),
    ...(await of('Filter.db', 'filter', async (where) =>
      parametersOfFilter(await head('Filter.db'), size('Filter.db'), where),
    )),
    ...(await of('Summary.db', 'summary', async (where) =>
      parametersOfSummary(await head('Summary.db'), where),
    )),
    ...(await of('Partitions.db', 'partitions', async () => partitionsParameters(sstable))),
    ...(await of('Rows.db', 'rows', async () => true)),
    ...(await of('TOC.txt', 'toc', async (where) => {
      const names = parseToc(await sstable.readComponent('TOC.txt'), where);
      return parametersOfToc(names, sstable.components.keys());
    })),
  };
  return { parameters, unreadable };
}

/** Of Partitions.db: how a compaction opened the file early is not known, but guessed. */
function partitionsParameters(sstable: SSTable): PartitionsParameters {
  const { statistics, header, partitioner } = sstable;
  const keyType = partitioner.keyType?.text ?? header.keyType.text;
  const parameters = {
    partitioner: statistics.partitioner,
    ...(keyType === header.keyType.text ? {} : { keyType }),
  };
  const other = hasEmptyLastBlock(sstable) ? otherEarlyOpening(sstable, parameters) : undefined;
  return other ?? parameters;
}

/** The same with early opening if there was none, and the other way round, where it matters. */
export function otherEarlyOpening(
  { dataLength, blockLength }: SSTable,
  { earlyOpen, ...parameters }: PartitionsParameters,
): PartitionsParameters | undefined {
  if (dataLength <= EARLY_OPEN_BYTES) return undefined;
  if (earlyOpen !== undefined) return parameters;
  const opened = { interval: EARLY_OPEN_BYTES, bufferLength: blockLength };
  return { ...parameters, earlyOpen: opened };
}

/** Writers whose file is opened before it is finished leave an empty block at its end. */
function hasEmptyLastBlock({ compression, dataLength }: SSTable): boolean {
  if (compression === null) return true;
  return compression.chunkOffsets.length > Math.ceil(dataLength / compression.chunkLength);
}
