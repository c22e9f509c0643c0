/** The uncompressed stream of an SSTable, whole, with what is needed to decode it. */
import type { FormatVersion, SerializationHeader } from '../../src/components/index.js';
import { SSTable } from '../../src/sstable/index.js';

export interface Stream {
  readonly bytes: Uint8Array;
  readonly header: SerializationHeader;
  readonly version: FormatVersion;
  readonly liveComplexDeletionTime: number;
}

export async function readStream(dataPath: string): Promise<Stream> {
  const sstable = await SSTable.open(dataPath);
  try {
    return {
      bytes: await sstable.readData(0, sstable.dataLength),
      header: sstable.header,
      version: sstable.version,
      liveComplexDeletionTime: sstable.statistics.liveComplexDeletionTime,
    };
  } finally {
    await sstable.close();
  }
}
