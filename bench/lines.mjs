/** What benchmark tables are written by: a release of Cassandra, and one of its formats. */

/** @typedef {{ line: string, settings: Record<string, string> }} BenchLine for `startNode` */

/** @type {Record<string, BenchLine>} */
const LINES = {
  4.1: { line: '4.1', settings: {} },
  '5.0': { line: '5.0', settings: {} },
  // The harness sets storage_compatibility_mode NONE, without which 5.0 writes the format of 4.x.
  '5.0-bti': { line: '5.0', settings: { sstable: '{ selected_format: bti }' } },
};

export const LINE_NAMES = Object.keys(LINES);

/** @param {string} name one of LINE_NAMES @returns {BenchLine} */
export function benchLine(name) {
  const found = LINES[name];
  if (found === undefined) throw new TypeError(`no line ${name}; there are ${LINE_NAMES}`);
  return found;
}
