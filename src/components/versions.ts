/** SSTable format versions and what each of them has (format reference, section 1). */
import { SstashError } from '../errors.js';

export type FormatName = 'big' | 'bti';

export interface FormatVersion {
  /** Two letters, as in file names. */
  readonly letters: string;
  readonly format: FormatName;
  readonly hasCommitLogLowerBound: boolean;
  readonly hasCommitLogIntervals: boolean;
  /** The smallest and largest clustering in Statistics.db can be trusted. */
  readonly hasAccurateMinMax: boolean;
  /** Smallest and largest clustering as plain values. */
  readonly hasLegacyMinMax: boolean;
  /** Smallest and largest clustering as a slice. */
  readonly hasImprovedMinMax: boolean;
  readonly hasOriginatingHostId: boolean;
  readonly hasMaxCompressedLength: boolean;
  readonly hasPendingRepair: boolean;
  readonly hasIsTransient: boolean;
  readonly hasMetadataChecksum: boolean;
  /** Each 8 bytes of the Bloom filter's bits are in the opposite order. */
  readonly hasOldBloomFilter: boolean;
  readonly hasPartitionLevelDeletionMarker: boolean;
  readonly hasKeyRange: boolean;
  /** Local deletion times up to 2106, and DeletionTime in one byte when live. */
  readonly hasUIntDeletionTime: boolean;
  readonly hasTokenSpaceCoverage: boolean;
  /** Empty clustering values come first in descending columns too (until 3.0.8 and 3.7). */
  readonly sortsEmptyFirst: boolean;
  /** Frozen user types may stand in the header without FrozenType. */
  readonly mayHideFrozenTypes: boolean;
  /** CompressionInfo.db may end with a compression dictionary. */
  readonly hasCompressionDictionary: boolean;
}

const BIG = ['ma', 'mb', 'mc', 'md', 'me', 'na', 'nb', 'nc', 'oa', 'pa'];
const BTI = ['da', 'ea'];

/** Every version that can be read at all, oldest first within its format. */
export const KNOWN_VERSIONS: readonly string[] = [
  ...BIG.map((letters) => `big/${letters}`),
  ...BTI.map((letters) => `bti/${letters}`),
];

const versions = new Map<string, FormatVersion>([
  ...BIG.map((letters) => [`big/${letters}`, big(letters)] as const),
  ...BTI.map((letters) => [`bti/${letters}`, bti(letters)] as const),
]);

/**
 * What `letters` of `format` has. Throws SSTABLE_UNSUPPORTED_VERSION for versions that are not
 * known: nothing is guessed about them.
 */
export function formatVersion(format: string, letters: string): FormatVersion {
  const version = versions.get(`${format}/${letters}`);
  if (version !== undefined) return version;
  throw new SstashError(
    'SSTABLE_UNSUPPORTED_VERSION',
    `SSTable version ${letters} of format ${format} is not supported`,
    {
      expected: `one of ${[...versions.keys()].join(', ')}`,
      found: `${format}/${letters}`,
      hint:
        letters < 'ma' && format === 'big'
          ? 'Versions before ma (Cassandra 2.x) must first be upgraded with sstableupgrade.'
          : 'Use a newer sstash, or look at the spelling of the file name.',
    },
  );
}

function big(letters: string): FormatVersion {
  const from = (first: string) => letters >= first;
  return {
    letters,
    format: 'big',
    hasCommitLogLowerBound: from('mb'),
    hasCommitLogIntervals: from('mc'),
    hasAccurateMinMax: from('md'),
    hasLegacyMinMax: !from('oa'),
    hasImprovedMinMax: from('nc'),
    hasOriginatingHostId: letters === 'me' || from('nb'),
    hasMaxCompressedLength: from('na'),
    hasPendingRepair: from('na'),
    hasIsTransient: from('na'),
    hasMetadataChecksum: from('na'),
    hasOldBloomFilter: !from('na'),
    hasPartitionLevelDeletionMarker: from('nc'),
    hasKeyRange: from('nc'),
    hasUIntDeletionTime: from('oa'),
    hasTokenSpaceCoverage: from('oa'),
    sortsEmptyFirst: !from('mc'),
    mayHideFrozenTypes: !from('na'),
    hasCompressionDictionary: from('pa'),
  };
}

/** BTI began with everything that oa has. */
function bti(letters: string): FormatVersion {
  return { ...big(letters === 'da' ? 'oa' : 'pa'), letters, format: 'bti' };
}
