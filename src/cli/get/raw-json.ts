/** JSON with parts that are JSON text already, so that no number goes through a double. */

export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** One line of JSON: bigint as a string, RawJson as it is, undefined fields left out. */
export function rawJson(value: unknown): string {
  if (value instanceof RawJson) return value.text;
  if (typeof value === 'bigint') return `"${value}"`;
  if (Array.isArray(value)) return `[${value.map(rawJson).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const all: [string, unknown][] = value instanceof Map ? [...value] : Object.entries(value);
  const entries = all.filter(([, item]) => item !== undefined);
  return `{${entries.map(([name, item]) => `${JSON.stringify(name)}: ${rawJson(item)}`).join(', ')}}`;
}
