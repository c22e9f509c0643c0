/** What sstablemetadata of any release printed about an SSTable, as values to compare with. */

export class OfficialMetadata {
  readonly #lines: readonly string[];
  /** Releases before 4.0 print histograms as one table. */
  readonly #isTable: boolean;

  constructor(text: string) {
    this.#lines = text.split('\n');
    this.#isTable = this.#lines.some((line) => line.startsWith('Count  '));
  }

  /** The text behind a label; null where the release does not print it. */
  value(label: string): string | null {
    const line = this.#lines.find((each) => each.startsWith(`${label}:`));
    return line?.slice(label.length + 1).trim() ?? null;
  }

  /** The number of a time, which stands in brackets since 5.0 and before them until 4.1. */
  number(label: string): string | null {
    const value = this.value(label);
    if (value === null) return null;
    return /\((-?\d+)\)$/.exec(value)?.[1] ?? /^-?\d+/.exec(value)?.[0] ?? value;
  }

  /** `name:type` of each column, in order of their names; 3.x puts braces around them. */
  columns(label: string): string[] | null {
    const value = this.value(label)?.replace(/^\{|\}$/g, '');
    if (value === undefined) return null;
    return value
      .split(/, (?=[^()]*?:org\.)/)
      .filter((column) => column !== '')
      .sort();
  }

  /** `upTo:count` of the buckets that are not empty. */
  buckets(title: 'Partition Size' | 'Column Count'): string[] {
    if (!this.#isTable) {
      return this.#bars(title).map(([, upTo, count]) => `${upTo}:${count}`);
    }
    const column = title === 'Partition Size' ? 1 : 2;
    return this.#section('Count  ')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => (fields[column] ?? '0') !== '0')
      .map((fields) => `${fields[0]}:${fields[column]}`);
  }

  /** `time:count`. */
  dropTimes(): string[] {
    const title = 'Estimated tombstone drop times';
    if (!this.#isTable) return this.#bars(title).map(([, time, count]) => `${time}:${count}`);
    return this.#section(title).map((line) => line.trim().replace(/:\s*/, ':'));
  }

  /** `50th:value` and so on, `Min` and `Max`; none before 4.0. */
  percentiles(title: 'Partition Size' | 'Column Count'): string[] {
    return this.#section(title)
      .filter((line) => /^\s+(\d\dth|Min|Max)/.test(line))
      .map((line) => line.trim().split(/\s+/).slice(0, 2).join(':'));
  }

  /** Lines of a histogram as [line, value, count]; dates stand before their number since 5.0. */
  #bars(title: string): RegExpExecArray[] {
    const rows = this.#section(title).filter((line) => /\|/.test(line) && !/Histogram/.test(line));
    return rows.flatMap((line) => {
      const match =
        /^[^|]*\((-?\d+)\)\s*\|\s*(\d+)/.exec(line) ?? /^\s+(-?\d+)[^|]*\|\s*(\d+)/.exec(line);
      return match === null ? [] : [match];
    });
  }

  /** The lines under a title that are indented or begin with a digit. */
  #section(title: string): string[] {
    const from = this.#lines.findIndex((line) => line.startsWith(title)) + 1;
    if (from === 0) return [];
    const rest = this.#lines.slice(from);
    const end = rest.findIndex((line) => !/^[\s\d-]/.test(line));
    return rest.slice(0, end < 0 ? rest.length : end);
  }
}
