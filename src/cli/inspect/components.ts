/** Which components an SSTable has, which are missing and which nobody listed. */
import type { FormatVersion } from '../../components/index.js';

/** Components that SSTables of this kind always have; a Bloom filter can be switched off. */
function requiredComponents(
  version: FormatVersion,
  compressed: boolean,
  filter: boolean,
): string[] {
  const index =
    version.format === 'big' ? ['Index.db', 'Summary.db'] : ['Partitions.db', 'Rows.db'];
  return [
    'Data.db',
    'Statistics.db',
    ...index,
    ...(filter ? ['Filter.db'] : []),
    compressed ? 'CompressionInfo.db' : 'CRC.db',
    'Digest.crc32',
    'TOC.txt',
  ];
}

export interface ComponentFacts {
  readonly version: FormatVersion;
  readonly present: readonly string[];
  /** Names in TOC.txt, or null when it is missing or cannot be read. */
  readonly listed: readonly string[] | null;
  readonly hasFilter: boolean;
}

/** `missing`: listed in TOC.txt or needed; `unexpected`: there, but neither listed nor needed. */
export function componentFaults(facts: ComponentFacts): {
  missing: string[];
  unexpected: string[];
} {
  const { version, present, listed, hasFilter } = facts;
  const compressed = present.includes('CompressionInfo.db') || !present.includes('CRC.db');
  const required = requiredComponents(version, compressed, hasFilter);
  const expected = new Set([...required, ...(listed ?? [])]);
  return {
    missing: [...expected].filter((name) => !present.includes(name)).sort(),
    unexpected: listed === null ? [] : present.filter((name) => !expected.has(name)).sort(),
  };
}
