/** CQL text as tokens, far enough to read schema files: names, literals, signs; no comments. */

export interface CqlToken {
  /** Names in lower case unless they were quoted, then without the quotes. */
  readonly text: string;
  readonly kind: 'name' | 'quoted' | 'string' | 'sign' | 'number';
}

/** In this order: comments and blanks are left out. */
const TOKEN =
  /\s+|--[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/|\$\$([\s\S]*?)\$\$|'((?:[^']|'')*)'|"((?:[^"]|"")*)"|([A-Za-z][A-Za-z0-9_]*)|(-?\d[\w.+-]*)|([^\s])/g;

/** The statements of `text`, each as its tokens without the semicolon; empty ones are left out. */
export function cqlStatements(text: string): CqlToken[][] {
  const statements: CqlToken[][] = [];
  let tokens: CqlToken[] = [];
  for (const match of text.matchAll(TOKEN)) {
    const token = tokenOf(match);
    if (token === null) continue;
    if (token.kind !== 'sign' || token.text !== ';') {
      tokens.push(token);
      continue;
    }
    if (tokens.length > 0) statements.push(tokens);
    tokens = [];
  }
  if (tokens.length > 0) statements.push(tokens);
  return statements;
}

function tokenOf(match: RegExpMatchArray): CqlToken | null {
  const [, dollars, string, quoted, name, number, sign] = match;
  if (string !== undefined) return { kind: 'string', text: string.replaceAll("''", "'") };
  if (dollars !== undefined) return { kind: 'string', text: dollars };
  if (quoted !== undefined) return { kind: 'quoted', text: quoted.replaceAll('""', '"') };
  if (name !== undefined) return { kind: 'name', text: name.toLowerCase() };
  if (number !== undefined) return { kind: 'number', text: number };
  return sign === undefined ? null : { kind: 'sign', text: sign };
}
