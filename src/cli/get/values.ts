/** Values of a row's columns put together from their live cells, as SELECT JSON prints them. */
import { toHex } from '../../binary/index.js';
import type { Cell, ColumnData, ColumnDefinition } from '../../components/index.js';
import { type CqlType, counterTotal, valueToJson } from '../../cql/index.js';
import { isSstashError } from '../../errors.js';
import { cellType } from '../../table/index.js';
import { RawJson } from './raw-json.js';

const NO_BYTES = new Uint8Array(0);

/** `bytes` as JSON; as a string of hex where they are no value of the type. */
export function jsonValue(type: CqlType, bytes: Uint8Array): RawJson {
  try {
    if (type.kind === 'counter') return new RawJson(counterTotal(type, bytes).toString());
    return new RawJson(valueToJson(type, bytes));
  } catch (error) {
    if (!isSstashError(error)) throw error;
    return new RawJson(`"0x${toHex(bytes)}"`);
  }
}

/** The value of one cell. */
export function cellJson(column: ColumnDefinition, cell: Cell): RawJson {
  // What a set holds are the paths.
  if (column.complex && column.type.kind === 'set') return new RawJson('""');
  return jsonValue(cellType(column, cell.path), cell.value);
}

/** Names of fields keep their quotes, as in UDTs that are one value. */
function fieldName(name: string): string {
  return JSON.stringify(name === name.toLowerCase() ? name : `"${name}"`);
}

function memberName(type: CqlType, path: Uint8Array): string {
  const { text } = jsonValue(type, path);
  return text.startsWith('"') ? text : JSON.stringify(text);
}

/** The column's value of its live cells, at least one. */
export function columnJson({ column, cells }: ColumnData): RawJson {
  const [first] = cells;
  const { type } = column;
  const values = cells.map((cell) => cellJson(column, cell).text);
  if (!column.complex) return new RawJson(values[0] ?? 'null');
  switch (type.kind) {
    case 'set': {
      const elements = cells.map(({ path }) => jsonValue(type.element, path ?? NO_BYTES).text);
      return new RawJson(`[${elements.join(', ')}]`);
    }
    case 'map': {
      const entries = cells.map(
        ({ path }, i) => `${memberName(type.key, path ?? NO_BYTES)}: ${values[i]}`,
      );
      return new RawJson(`{${entries.join(', ')}}`);
    }
    case 'udt': {
      const fields = type.fields.map(({ name }, index) => {
        const at = cells.findIndex(
          ({ path }) => path?.[0] === index >> 8 && path[1] === (index & 255),
        );
        return `${fieldName(name)}: ${values[at] ?? 'null'}`;
      });
      return new RawJson(`{${fields.join(', ')}}`);
    }
    default:
      return first === undefined ? new RawJson('null') : new RawJson(`[${values.join(', ')}]`);
  }
}
