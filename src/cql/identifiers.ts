/** Names of CQL: quoted where CQL needs it, as Cassandra's tools print them. */

const RESERVED = new Set(
  (
    'add allow alter and apply asc authorize batch begin by columnfamily create delete desc ' +
    'describe drop entries execute from full grant if in index infinity insert into is keyspace ' +
    'limit materialized modify nan norecursive not null of on or order primary rename revoke ' +
    'schema select set table to token truncate unlogged update use using view where with'
  ).split(' '),
);

/** `name`, in double quotes unless CQL takes it as it is. */
export function quoteName(name: string): string {
  if (/^[a-z][a-z0-9_]*$/.test(name) && !RESERVED.has(name)) return name;
  return `"${name.replaceAll('"', '""')}"`;
}
