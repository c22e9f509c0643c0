/** The fields of Data.db, as `dump --format annotate` names them, and changes of them. */
import { dump } from '../../src/cli/dump/dump.js';
import { runCommand } from '../helpers/damage.js';
import { changeFixed, changeVint, pick, type Random, type Span, splice } from './mutations.js';

export interface RowFields {
  readonly fields: readonly Span[];
  /** Where items (heads, rows, markers, ends) begin. */
  readonly items: readonly number[];
}

const LINE = /^\s*(\d+)\s+(\d+)\s+[0-9a-f…]+\s+(.*)$/;

/** Of a sound SSTable. */
export async function rowFields(dataPath: string): Promise<RowFields> {
  const { code, text } = await runCommand((context) =>
    dump({ ...context, json: false }, [dataPath], { format: 'annotate' }),
  );
  if (code !== 0) throw new Error(`the rows of ${dataPath} cannot be read`);
  const fields: Span[] = [];
  const items: number[] = [];
  let begins = true;
  for (const line of text.split('\n')) {
    const match = LINE.exec(line);
    if (match === null) {
      begins = true;
      continue;
    }
    const at = Number(match[1]);
    if (begins) items.push(at);
    begins = false;
    fields.push({ at, length: Number(match[2]), what: match[3] ?? '' });
  }
  return { fields, items };
}

const FLAGS = /flags|kind/;
const VINTS =
  /^(length|row size|marker size|size of|written|columns|number of|cells|expires|local|TTL|deleted)/;

/** Another stream with one thing changed, and what that was. */
export function changeRows(
  next: Random,
  rows: Uint8Array,
  { fields, items }: RowFields,
): { readonly rows: Uint8Array; readonly what: string } {
  if (next() % 4 === 0) return changeItems(next, rows, items);
  const span = pick(next, fields);
  const bytes = rows.subarray(span.at, span.at + span.length);
  let changed: Uint8Array;
  if (FLAGS.test(span.what)) changed = changeFixed(next, bytes);
  else if (VINTS.test(span.what)) changed = changeVint(next, bytes);
  else changed = next() % 8 === 0 ? changeVint(next, bytes) : changeFixed(next, bytes);
  const now = Buffer.from(changed).toString('hex');
  return { rows: splice(rows, span, changed), what: `${span.at} ${span.what} → ${now}` };
}

/** An item is taken out, doubled, moved behind the next one, or the stream ends there. */
function changeItems(next: Random, rows: Uint8Array, items: readonly number[]) {
  const i = next() % items.length;
  const at = items[i] ?? 0;
  const end = items[i + 1] ?? rows.length;
  const item = rows.subarray(at, end);
  const span = { at, length: end - at, what: 'item' };
  const what = `item at ${at}`;
  switch (next() % 4) {
    case 0:
      return { rows: splice(rows, span, new Uint8Array(0)), what: `${what} taken out` };
    case 1:
      return { rows: splice(rows, span, Buffer.concat([item, item])), what: `${what} doubled` };
    case 2: {
      const behind = items[i + 2] ?? rows.length;
      const both = { ...span, length: behind - at };
      const swapped = Buffer.concat([rows.subarray(end, behind), item]);
      return { rows: splice(rows, both, swapped), what: `${what} moved` };
    }
    default:
      return { rows: rows.subarray(0, at), what: `ends at ${at}` };
  }
}
