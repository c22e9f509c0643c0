/** Whether the partitions of an SSTable stand in the order of their Murmur3 tokens. */
export function isTokenOrdered(partitioner: string): boolean {
  return /(^|\.)Murmur3Partitioner$/.test(partitioner);
}
