/** Names of CQL: quoted where CQL needs it, as Cassandra's tools print them. */

/** Words that releases do not take as names: 3.0 asked for no quotes, 3.11 for more than 4.0. */
export type ReservedWords = 'none' | '3.11' | '4.0';

const RESERVED_4_0 = new Set(
  (
    'add allow alter and apply asc authorize batch begin by columnfamily create delete desc ' +
    'describe drop entries execute from full grant if in index infinity insert into is keyspace ' +
    'limit materialized modify nan norecursive not null of on or order primary rename revoke ' +
    'schema select set table to token truncate unlogged update use using view where with'
  ).split(' '),
);

const RESERVED_3_11 = new Set([...RESERVED_4_0, 'default', 'mbean', 'mbeans', 'replace', 'unset']);

/** `name`, in double quotes unless CQL takes it as it is. */
export function quoteName(name: string, reserved: ReservedWords = '4.0'): string {
  const words = reserved === '3.11' ? RESERVED_3_11 : RESERVED_4_0;
  const isReserved = reserved !== 'none' && words.has(name);
  if (/^[a-z][a-z0-9_]*$/.test(name) && !isReserved) return name;
  return `"${name.replaceAll('"', '""')}"`;
}
