/**
 * User-defined types as they were last: fields are added to a type, never taken away, and an SSTable
 * has the fields of its time.
 */
import type { CqlType, UdtType } from './types.js';

export class UdtVersions {
  readonly #widest = new Map<string, UdtType>();

  /** Takes note of the UDTs in `type`. */
  add(type: CqlType): void {
    if (type.kind === 'udt') {
      const id = idOf(type);
      const known = this.#widest.get(id);
      if (known === undefined || known.fields.length < type.fields.length) {
        this.#widest.set(id, type);
      }
    }
    for (const part of partsOf(type)) this.add(part);
  }

  /** `type` with every UDT in it as wide as it was ever seen; itself where that changes nothing. */
  widen(type: CqlType): CqlType {
    if (partsOf(type).length === 0) return type;
    if (type.kind !== 'udt') return withParts(type, (part) => this.widen(part));
    const widest = this.#widest.get(idOf(type)) ?? type;
    const fields = widest.fields.map(({ name, type: field }) => ({
      name,
      type: this.widen(field),
    }));
    const isSame =
      fields.length === type.fields.length &&
      fields.every((field, i) => field.type === type.fields[i]?.type);
    return isSame ? type : { ...type, fields };
  }
}

const idOf = ({ keyspace, name }: UdtType): string => `${keyspace}.${name}`;

function partsOf(type: CqlType): readonly CqlType[] {
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'vector':
      return [type.element];
    case 'map':
      return [type.key, type.value];
    case 'tuple':
    case 'composite':
      return type.elements;
    case 'udt':
      return type.fields.map((field) => field.type);
    default:
      return [];
  }
}

function withParts(type: CqlType, change: (part: CqlType) => CqlType): CqlType {
  const parts = partsOf(type);
  const changed = parts.map(change);
  if (changed.every((part, i) => part === parts[i])) return type;
  const [first = type, second = type] = changed;
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'vector':
      return { ...type, element: first };
    case 'map':
      return { ...type, key: first, value: second };
    case 'tuple':
    case 'composite':
      return { ...type, elements: changed };
    default:
      return type;
  }
}
