/** Plain tables: aligned columns without lines, readable in a terminal and by awk. */

const RIGHT = /^[-+]?[\d,.]+( ?[KMGTP]?i?B)?%?$/;

function isNumeric(rows: readonly (readonly string[])[], column: number): boolean {
  let seen = false;
  for (const row of rows) {
    const cell = row[column] ?? '';
    if (cell === '' || cell === '-') continue;
    if (!RIGHT.test(cell)) return false;
    seen = true;
  }
  return seen;
}

/** Text of a table, one line per row, columns of numbers to the right; `head` may be empty. */
export async function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const columns = Math.max(head.length, ...rows.map((row) => row.length));
  const none = '';
  const table = new Table({
    head: [...head],
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: Array.from({ length: columns }, (_, i) => (isNumeric(rows, i) ? 'right' : 'left')),
    chars: {
      top: none,
      'top-mid': none,
      'top-left': none,
      'top-right': none,
      bottom: none,
      'bottom-mid': none,
      'bottom-left': none,
      'bottom-right': none,
      left: none,
      'left-mid': none,
      mid: none,
      'mid-mid': none,
      right: none,
      'right-mid': none,
      middle: '  ',
    },
  });
  for (const row of rows) table.push(Array.from({ length: columns }, (_, i) => row[i] ?? ''));
  const lines = table.toString().split('\n');
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}
