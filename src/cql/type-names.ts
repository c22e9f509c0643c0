/** Types as CQL writes them. */
import { quoteName } from './identifiers.js';
import type { CqlType } from './types.js';

const PACKAGE = 'org.apache.cassandra.db.marshal.';

/**
 * `map<text, frozen<list<int>>>`, as Cassandra describes a column; types that CQL has no name for
 * are class names in single quotes, as it takes them.
 */
export function typeToCql(type: CqlType): string {
  const name = plainName(type);
  const freezable = ['list', 'set', 'map', 'tuple', 'udt'].includes(type.kind);
  return freezable && !type.isMultiCell ? `frozen<${name}>` : name;
}

function plainName(type: CqlType): string {
  switch (type.kind) {
    case 'list':
    case 'set':
      return `${type.kind}<${typeToCql(type.element)}>`;
    case 'map':
      return `map<${typeToCql(type.key)}, ${typeToCql(type.value)}>`;
    case 'tuple':
      return `tuple<${type.elements.map(typeToCql).join(', ')}>`;
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
      return `'${type.text.startsWith(PACKAGE) ? '' : PACKAGE}${type.text}'`;
    default:
      return type.kind;
  }
}
