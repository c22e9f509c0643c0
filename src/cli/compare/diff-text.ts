/** Differences for people. */
import type {
  Difference,
  FactText,
  LeavesText,
  PartsText,
  PartText,
  SaidText,
} from '../../table/index.js';
import { formatCount, formatMicros, formatSeconds } from '../format.js';

const CHANGES: Readonly<Record<Difference['change'], string>> = {
  onlyA: 'only in A',
  onlyB: 'only in B',
  changed: 'differs',
  versions: 'older versions differ',
};

/** A write time as a date and exactly. */
function written(timestamp: bigint): string {
  return `${formatMicros(timestamp)} (${timestamp})`;
}

function factLine(fact: FactText): string {
  const { value, deleted, timestamp, ttl, localDeletionTime, opening } = fact;
  const what = deleted ? 'deleted' : (value ?? 'live');
  const parts = [`${what}  written ${written(timestamp)}`];
  if (ttl !== null) parts.push(`TTL ${ttl} s`);
  if (localDeletionTime !== null) {
    const verb = deleted ? 'deleted' : 'expires';
    parts.push(`${verb} ${formatSeconds(localDeletionTime)} (${localDeletionTime})`);
  }
  if (opening !== undefined) parts.push(`then ${factLine(opening)}`);
  return parts.join(', ');
}

function partName({ kind, column, path }: PartText): string {
  if (column === null) return kind.replaceAll('-', ' ');
  const cell = path === null ? column : `${column}[${path}]`;
  return kind === 'cell' ? cell : `${cell} ${kind.replaceAll('-', ' ')}`;
}

function isParts(side: object): side is PartsText {
  return 'parts' in side;
}

function isLeaves(side: object): side is LeavesText {
  return 'leaves' in side;
}

function sideLines(name: string, side: Difference['a']): string[] {
  if (side === undefined) return [];
  if (side === null) return [];
  if (isParts(side)) return side.parts.map((part) => `    ${partName(part)}: ${factLine(part)}`);
  if (isLeaves(side)) return [`    ${name}  ${formatCount(side.leaves)} leaves, ${side.root}`];
  const { others = [] } = side as SaidText;
  return [
    `    ${name}  ${factLine(side)}`,
    ...others.map((other) => `       older: ${factLine(other)}`),
  ];
}

function placeText(difference: Difference): string {
  const { key, clustering, bound, column, path, kind, range } = difference;
  const parts: string[] = [];
  if (range !== undefined) parts.push(`tokens ${range.from} to ${range.to}`);
  if (key !== undefined) parts.push(`key ${key}`);
  if (clustering && clustering.length > 0) {
    parts.push(`clustering (${clustering.map((value) => value ?? 'null').join(', ')})`);
  }
  if (bound !== undefined) parts.push(`${bound} of a range deletion`);
  if (column !== undefined && column !== null) {
    const cell = path === null || path === undefined ? column : `${column}[${path}]`;
    parts.push(kind === 'cell' ? `column ${cell}` : `column ${cell} ${kind}`);
  } else if (!['table', 'range', 'partition', 'row', 'range-tombstone'].includes(kind)) {
    parts.push(kind.replaceAll('-', ' '));
  }
  return parts.join(', ');
}

/** One difference: its place, then what each side says, indented. */
export function differenceLines(difference: Difference): string[] {
  const { keyspace, table, change, kind, a, b } = difference;
  const place = placeText(difference);
  const what = ['partition', 'row', 'table'].includes(kind) ? `${kind} ` : '';
  const head = `${keyspace}.${table}${place === '' ? '' : ` ${place}`}: ${what}${CHANGES[change]}`;
  return [head, ...sideLines('A', a), ...sideLines('B', b)];
}
