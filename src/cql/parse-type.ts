/**
 * Type strings of Statistics.db (format reference, 4.1):
 *
 *   type := name [ '(' args ')' ]          blanks are allowed between tokens
 *   name := class name; without a dot it is one of org.apache.cassandra.db.marshal
 */
import { fromHex } from '../binary/index.js';
import { SstashError } from '../errors.js';
import { checkLimit, LIMITS } from '../limits.js';
import { type CqlType, SCALAR_CLASSES, type UdtField } from './types.js';

const PACKAGE = 'org.apache.cassandra.db.marshal.';
const NAME = /[a-zA-Z0-9_+\-.&]/;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The type that `text` names. Throws SSTABLE_CORRUPT when `text` is not a type string,
 * SSTABLE_UNSUPPORTED_TYPE when it names a class that is not Cassandra's own, LIMIT_EXCEEDED when
 * it nests too deep.
 */
export function parseType(text: string): CqlType {
  checkLimit('typeTextBytesMax', text.length);
  return new TypeParser(text).whole();
}

class TypeParser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): CqlType {
    const type = this.#type(false);
    this.#blanks();
    if (this.#at !== this.#text.length) throw this.#failure('more text after the type');
    return type;
  }

  #failure(message: string): SstashError {
    return new SstashError('SSTABLE_CORRUPT', `not a type: ${message} at ${this.#at}`, {
      found: this.#text.slice(0, 200),
    });
  }

  #blanks(): void {
    while (' \t\n'.includes(this.#text[this.#at] ?? 'x')) this.#at++;
  }

  /** Whether the next token is `token`, which is then consumed. */
  #take(token: string): boolean {
    this.#blanks();
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  #expect(token: string): void {
    if (!this.#take(token)) throw this.#failure(`'${token}' expected`);
  }

  #name(): string {
    this.#blanks();
    const start = this.#at;
    while (NAME.test(this.#text[this.#at] ?? '')) this.#at++;
    if (start === this.#at) throw this.#failure('a name expected');
    return this.#text.slice(start, this.#at);
  }

  /** `frozen`: an enclosing type already makes the value one cell. */
  #type(frozen: boolean): CqlType {
    this.#depth++;
    checkLimit('typeDepthMax', this.#depth);
    this.#blanks();
    const start = this.#at;
    const written = this.#name();
    const name = written.startsWith(PACKAGE) ? written.slice(PACKAGE.length) : written;
    const type = this.#named(name, written, frozen);
    this.#depth--;
    return { ...type, text: this.#text.slice(start, this.#at).trimEnd() };
  }

  #named(name: string, written: string, frozen: boolean): CqlType {
    const base = { text: '', fixedLength: -1, isMultiCell: false, reversed: false };
    const scalar = SCALAR_CLASSES.get(name);
    if (scalar !== undefined) {
      // TypeParser takes `Int32Type()` as well.
      if (this.#take('(')) this.#expect(')');
      return { ...base, kind: scalar[0], fixedLength: scalar[1] };
    }
    switch (name) {
      case 'FrozenType':
        return { ...this.#single(true), isMultiCell: false };
      case 'ReversedType': {
        const inner = this.#single(frozen);
        return { ...inner, reversed: !inner.reversed };
      }
      case 'ListType':
        return { ...base, isMultiCell: !frozen, kind: 'list', element: this.#single(true) };
      case 'SetType':
        return { ...base, isMultiCell: !frozen, kind: 'set', element: this.#single(true) };
      case 'MapType': {
        const [key, value, ...rest] = this.#list();
        if (key === undefined || value === undefined || rest.length > 0) {
          throw this.#failure('a map has two types');
        }
        return { ...base, isMultiCell: !frozen, kind: 'map', key, value };
      }
      case 'TupleType':
        return { ...base, kind: 'tuple', elements: this.#list() };
      case 'CompositeType':
        return { ...base, kind: 'composite', elements: this.#list() };
      case 'UserType':
        return { ...base, isMultiCell: !frozen, ...this.#udt() };
      case 'VectorType':
        return { ...base, ...this.#vector() };
      case 'DynamicCompositeType':
        return { ...base, kind: 'dynamic-composite', aliases: this.#pairs('=>') };
      case 'ColumnToCollectionType':
        return { ...base, kind: 'column-to-collection', collections: this.#pairs(':') };
      case 'PartitionerDefinedOrder':
        return { ...base, ...this.#partitionerOrder() };
      default:
        throw new SstashError('SSTABLE_UNSUPPORTED_TYPE', `the type ${written} is not known`, {
          found: written.slice(0, 200),
          hint: 'Only the types that ship with Cassandra can be read.',
        });
    }
  }

  #single(frozen: boolean): CqlType {
    this.#expect('(');
    const type = this.#type(frozen);
    this.#expect(')');
    return type;
  }

  /** '(' types separated by commas ')'. */
  #list(): CqlType[] {
    const types: CqlType[] = [];
    this.#expect('(');
    while (!this.#take(')')) {
      if (types.length > 0) this.#expect(',');
      types.push(this.#type(true));
      checkLimit('columnsMax', types.length);
    }
    return types;
  }

  #udt(): { kind: 'udt'; keyspace: string; name: string; fields: UdtField[] } {
    this.#expect('(');
    const keyspace = this.#name();
    this.#expect(',');
    const name = this.#hexText();
    const fields: UdtField[] = [];
    while (!this.#take(')')) {
      this.#expect(',');
      const field = this.#hexText();
      this.#expect(':');
      fields.push({ name: field, type: this.#type(true) });
      checkLimit('columnsMax', fields.length);
    }
    return { kind: 'udt', keyspace, name, fields };
  }

  #hexText(): string {
    const bytes = fromHex(this.#name());
    if (bytes === null) throw this.#failure('a name in hex expected');
    try {
      return utf8.decode(bytes);
    } catch {
      throw this.#failure('a UTF-8 name in hex expected');
    }
  }

  #vector(): { kind: 'vector'; element: CqlType; dimension: number; fixedLength: number } {
    this.#expect('(');
    const element = this.#type(true);
    this.#expect(',');
    const digits = this.#name();
    this.#expect(')');
    const dimension = Number(digits);
    if (!/^[0-9]{1,9}$/.test(digits) || dimension === 0) {
      throw this.#failure('the dimension of a vector expected');
    }
    const length = element.fixedLength < 0 ? -1 : element.fixedLength * dimension;
    if (length > LIMITS.valueBytesMax) checkLimit('valueBytesMax', length);
    return { kind: 'vector', element, dimension, fixedLength: length };
  }

  #pairs(separator: string): Map<string, CqlType> {
    const types = new Map<string, CqlType>();
    this.#expect('(');
    while (!this.#take(')')) {
      if (types.size > 0) this.#expect(',');
      const name = this.#name();
      this.#expect(separator);
      types.set(name, this.#type(true));
      checkLimit('columnsMax', types.size);
    }
    return types;
  }

  #partitionerOrder(): { kind: 'partitioner-order'; partitioner: string; base: CqlType | null } {
    this.#expect('(');
    const partitioner = this.#name();
    const base = this.#take(':') ? this.#type(true) : null;
    this.#expect(')');
    return { kind: 'partitioner-order', partitioner, base };
  }
}
