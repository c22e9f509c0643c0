/** Plain tables: aligned columns without lines, readable in a terminal and by awk. */

const RIGHT = /^[-+]?[\d,.]+( ?[KMGTP]?i?B)?%?$/;
const GAP = '  ';

type Row = readonly string[];

function isNumeric(rows: readonly Row[], column: number): boolean {
  let seen = false;
  for (const row of rows) {
    const cell = row[column] ?? '';
    if (cell === '' || cell === '-') continue;
    if (!RIGHT.test(cell)) return false;
    seen = true;
  }
  return seen;
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** Terminal columns that a text takes; what knows wide characters is loaded for them alone. */
async function widthsOf(rows: readonly Row[]): Promise<(text: string) => number> {
  if (rows.every((row) => row.every((cell) => PRINTABLE_ASCII.test(cell)))) {
    return (text) => text.length;
  }
  return (await import('string-width')).default;
}

/** Text of a table, one line per row, columns of numbers to the right; `head` may be empty. */
export async function renderTable(head: Row, rows: readonly Row[]): Promise<string> {
  const all = head.length === 0 ? rows : [head, ...rows];
  const widthOf = await widthsOf(all);
  const columns = Array.from({ length: Math.max(0, ...all.map((row) => row.length)) }, (_, i) => ({
    width: Math.max(...all.map((row) => widthOf(row[i] ?? ''))),
    isRight: isNumeric(rows, i),
  }));
  const lines = all.map((row) => {
    const cells = columns.map(({ width, isRight }, i) => {
      const cell = row[i] ?? '';
      const space = ' '.repeat(width - widthOf(cell));
      return isRight ? space + cell : cell + space;
    });
    return cells.join(GAP).trimEnd();
  });
  return `${lines.join('\n')}\n`;
}
