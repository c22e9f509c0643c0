/**
 * What nobody can know to be damaged: it has no checksum in this version and follows from nothing else
 * (docs/check.md lists it). Everything else must be reported.
 */
import {
  type FormatVersion,
  parseStatistics,
  type Statistics,
} from '../../src/components/index.js';
import { isSstashError } from '../../src/errors.js';

/** Fields of Statistics.db that the rows do not give. */
const FREE: readonly RegExp[] = [
  /^partitioner$/,
  /^bloomFilterFpChance$/,
  /^stats\.(sstableLevel|repairedAt|pendingRepair|isTransient|originatingHostId)\b/,
  /^stats\.commitLog/,
  /^stats\.tokenSpaceCoverage$/,
  // Bases of deltas that no row uses; where rows do, the other numbers tell.
  /^header\.min(Timestamp|LocalDeletionTime|TTL)$/,
  /^header\.(static|regular)Columns\.\d+\.(name|text)\b/,
  // Names of user types and of their fields.
  /^header\..*(\b(text|name|keyspace)|[tT]ypeTexts?)\b[^a-zA-Z]*$/,
];

/** Paths of the values that differ. */
export function differences(a: unknown, b: unknown, path = ''): string[] {
  if (Object.is(a, b)) return [];
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null;
  if (!isObject(a) || !isObject(b)) return [path];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap((key) => {
    return differences(a[key], b[key], path === '' ? key : `${path}.${key}`);
  });
}

function parsed(bytes: Uint8Array, version: FormatVersion): Statistics | null {
  try {
    return parseStatistics(bytes, version);
  } catch (error) {
    if (isSstashError(error)) return null;
    throw error;
  }
}

/** Whether Statistics.db with `changed` bytes differs in fields alone that nothing tells about. */
export function onlyFreeFields(
  sound: Uint8Array,
  changed: Uint8Array,
  version: FormatVersion,
): boolean {
  const [a, b] = [parsed(sound, version), parsed(changed, version)];
  if (a === null || b === null) return false;
  const paths = differences(a, b).filter((path) => !path.startsWith('parts.'));
  return paths.length > 0 && paths.every((path) => FREE.some((free) => free.test(path)));
}

/** Whether the change of a component is one that nobody can know. */
export function isUnprotected(
  component: string,
  sound: Uint8Array,
  changed: Uint8Array,
  version: FormatVersion,
): boolean {
  if (component === 'Statistics.db') {
    return !version.hasMetadataChecksum && onlyFreeFields(sound, changed, version);
  }
  // The interval between samples, as long as the same partitions are sampled.
  return component === 'Summary.db' && sound.length === changed.length
    ? Buffer.compare(sound.subarray(4), changed.subarray(4)) === 0
    : false;
}
