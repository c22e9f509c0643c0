/** Types as CQL writes them. */
import { quoteName } from './identifiers.js';
import type { CqlType } from './types.js';

/** `frozen<list<int>>`; types that CQL has no name for in single quotes, as it takes them. */
export function typeToCql(type: CqlType): string {
  const name = plainName(type);
  const freezable = ['list', 'set', 'map', 'udt'].includes(type.kind);
  return freezable && !type.isMultiCell ? `frozen<${name}>` : name;
}

/** Inside a frozen type everything is frozen, and is not said again. */
function plainName(type: CqlType): string {
  switch (type.kind) {
    case 'list':
    case 'set':
      return `${type.kind}<${inner(type, type.element)}>`;
    case 'map':
      return `map<${inner(type, type.key)}, ${inner(type, type.value)}>`;
    case 'tuple':
      return `tuple<${type.elements.map(plainName).join(', ')}>`;
    case 'vector':
      return `vector<${typeToCql(type.element)}, ${type.dimension}>`;
    case 'udt':
      return quoteName(type.name);
    case 'legacy-timestamp':
      return 'timestamp';
    case 'legacy-timeuuid':
      return 'timeuuid';
    case 'lexical-uuid':
    case 'empty':
    case 'composite':
    case 'dynamic-composite':
    case 'partitioner-order':
    case 'column-to-collection':
      return `'${type.text}'`;
    default:
      return type.kind;
  }
}

function inner(outer: CqlType, element: CqlType): string {
  return outer.isMultiCell ? typeToCql(element) : plainName(element);
}
