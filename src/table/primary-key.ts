/** Whether SSTables can be of one table: their rows must have one order. */
import type { SerializationHeader } from '../components/index.js';

/** The types of the primary key, as messages tell them; equal for SSTables of one order. */
export function primaryKeyText({ keyType, clusteringTypes }: SerializationHeader): string {
  const clustering = clusteringTypes.map(
    ({ kind, reversed }) => `${kind}${reversed ? ' descending' : ''}`,
  );
  return [`key ${keyType.kind}`, ...clustering].join(', ');
}
