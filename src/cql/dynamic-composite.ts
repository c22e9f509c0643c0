/**
 * Values of DynamicCompositeType, whose components say themselves what type they are of:
 *
 *   component   u16 header, then unless the header has bit 8000 as many bytes of a type's name; with
 *               that bit its low byte is an alias of the type; u16 length, bytes, i8 end of component
 */
import { isSstashError } from '../errors.js';
import type { Comparator } from './compare-scalars.js';
import { guarded } from './elements.js';
import { malformed } from './malformed.js';
import { parseType } from './parse-type.js';
import type { CqlType, DynamicCompositeType } from './types.js';

export interface DynamicComponent {
  /** Alias or name of the type, as it was written. */
  readonly name: string;
  readonly type: CqlType;
  readonly value: Uint8Array;
  /** End-of-component byte, signed. */
  readonly end: number;
}

const IS_ALIAS = 0x8000;
export const MARSHAL_PACKAGE = 'org.apache.cassandra.db.marshal.';

/** The components of a value; values are views. Throws SSTABLE_CORRUPT. */
export function dynamicComponents(
  type: DynamicCompositeType,
  bytes: Uint8Array,
): DynamicComponent[] {
  return guarded(type, bytes, (r) => {
    const components: DynamicComponent[] = [];
    while (r.remaining > 0) {
      const header = r.u16();
      const isAlias = (header & IS_ALIAS) !== 0;
      const name = isAlias
        ? String.fromCharCode(header & 0xff)
        : Buffer.from(r.view8(header)).toString('utf8');
      const known = isAlias ? type.aliases.get(name) : namedType(name);
      if (known === undefined) throw malformed(type, bytes, `no type ${JSON.stringify(name)}`);
      const value = r.shortBytes();
      components.push({ name, type: known, value, end: (r.u8() << 24) >> 24 });
    }
    return components;
  });
}

const named = new Map<string, CqlType | undefined>();
/** Names come from values: what is remembered of them is bounded. */
const NAMED_MAX = 256;

/** The type that a component names; undefined for one that is not known. */
export function namedType(name: string): CqlType | undefined {
  if (named.has(name)) return named.get(name);
  let type: CqlType | undefined;
  try {
    type = parseType(name);
  } catch (error) {
    if (!isSstashError(error)) throw error;
  }
  if (named.size < NAMED_MAX) named.set(name, type);
  return type;
}

/** Class names in order: of a descending type first ReversedType, then what it reverses. */
export function classNames(type: CqlType): string[] {
  const names: string[] = [];
  for (let text = type.text; ; ) {
    const name = /^[\w.$]+/.exec(text)?.[0] ?? '';
    names.push(name.startsWith(MARSHAL_PACKAGE) ? name.slice(MARSHAL_PACKAGE.length) : name);
    if (names.at(-1) !== 'ReversedType') return names;
    text = text.slice(text.indexOf('(') + 1).trimStart();
  }
}

/** Types are compared by the names of their classes, two descending ones by what they reverse. */
function compareTypes(a: CqlType, b: CqlType): number {
  const [left = '', leftInner] = classNames(a);
  const [right = '', rightInner] = classNames(b);
  const [x, y] =
    leftInner !== undefined && rightInner !== undefined ? [leftInner, rightInner] : [left, right];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Component by component: the type, the value, the end; then the shorter one first. */
export function dynamicOrder(
  type: DynamicCompositeType,
  orderOf: (type: CqlType) => Comparator,
): Comparator {
  return (a, b) => {
    const left = dynamicComponents(type, a);
    const right = dynamicComponents(type, b);
    for (const [i, component] of left.entries()) {
      const other = right[i];
      if (other === undefined) return 1;
      const types = compareTypes(component.type, other.type);
      if (types !== 0) return types;
      const values = orderOf(component.type)(component.value, other.value);
      if (values !== 0) return values;
      if (component.end !== other.end) return component.end - other.end;
    }
    return left.length === right.length ? 0 : -1;
  };
}
