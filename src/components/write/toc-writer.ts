/**
 * Writes TOC.txt (layout: toc.ts), a line feed behind each name. 5.0 sorts the names by their bytes;
 * before, they stand in the order of a hash table that differs from one start of the node to the next.
 */

export interface TocParameters {
  /**
   * Which of the SSTable's components stand in the file, as numbers in the sorted list of all of them;
   * absent where it is that list.
   */
  readonly order?: readonly number[];
}

/** Null where `names` lists what is no component of `components`, or one twice. */
export function parametersOfToc(
  names: readonly string[],
  components: Iterable<string>,
): TocParameters | null {
  const sorted = sortedNames(components);
  if (names.length === sorted.length && names.every((name, i) => name === sorted[i])) return {};
  const order = names.map((name) => sorted.indexOf(name));
  return order.includes(-1) ? null : { order };
}

/** `components`: names of all components, TOC.txt among them. */
export function writeToc(parameters: TocParameters, components: Iterable<string>): Uint8Array {
  const sorted = sortedNames(components);
  const { order } = parameters;
  const names = order === undefined ? sorted : order.map((at) => sorted[at] ?? '');
  return new Uint8Array(Buffer.from(names.map((name) => `${name}\n`).join(''), 'utf8'));
}

/** By UTF-8 bytes; names are ASCII. */
function sortedNames(components: Iterable<string>): string[] {
  return [...components].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
