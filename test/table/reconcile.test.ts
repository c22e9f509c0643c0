/** Which version wins: Cassandra's rules, one by one, and that order and grouping make no difference. */
import t from 'tap';
import type {
  Cell,
  ColumnDefinition,
  DeletionTime,
  Liveness,
  Marker,
  Row,
  SerializationHeader,
} from '../../src/components/index.js';
import { ClusteringKind, mergeCounters, parseType } from '../../src/cql/index.js';
import { isSstashError } from '../../src/errors.js';
import { compareLiveness, reconcileCells } from '../../src/table/reconcile/cells.js';
import { MergedColumns } from '../../src/table/reconcile/columns.js';
import { MarkerMerger } from '../../src/table/reconcile/markers.js';
import { mergeRows } from '../../src/table/reconcile/rows.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function column(name: string, typeText: string, index: number): ColumnDefinition {
  const type = parseType(`org.apache.cassandra.db.marshal.${typeText}`);
  const { isMultiCell: complex, fixedLength } = type;
  return {
    name: bytes(name),
    text: name,
    type,
    typeText,
    complex,
    fixedLength,
    index,
    kind: 'regular',
  };
}

const A = column('a', 'UTF8Type', 0);
const COUNT = column('count', 'CounterColumnType', 1);
const SET = column('s', 'SetType(org.apache.cassandra.db.marshal.UTF8Type)', 2);

const header: SerializationHeader = {
  minTimestamp: 0n,
  minLocalDeletionTime: 0,
  minTTL: 0,
  keyType: A.type,
  keyTypeText: '',
  clusteringTypes: [],
  clusteringTypeTexts: [],
  staticColumns: [],
  regularColumns: [A, COUNT, SET],
};
const columns = new MergedColumns([header]);

function cell(timestamp: bigint, value: string, more: Partial<Cell> = {}): Cell {
  return { path: null, timestamp, ttl: 0, localDeletionTime: null, value: bytes(value), ...more };
}

const tombstone = (timestamp: bigint, localDeletionTime: number): Cell =>
  cell(timestamp, '', { localDeletionTime });
const expiring = (timestamp: bigint, value: string, ttl: number, end: number): Cell =>
  cell(timestamp, value, { ttl, localDeletionTime: end });

function row(more: Partial<Row>): Row {
  const place = { type: 'row', position: 0, size: 0, clustering: [] } as const;
  return { ...place, liveness: null, deletion: null, shadowable: false, columns: [], ...more };
}

const live = (timestamp: bigint): Liveness => ({ timestamp, ttl: 0, localExpirationTime: 0 });
const deletion = (markedForDeleteAt: bigint, localDeletionTime = 100): DeletionTime => {
  return { markedForDeleteAt, localDeletionTime };
};
const simple = (data: Cell) => ({ column: A, complexDeletion: null, cells: [data] });

t.test('cells of one write time', async (t) => {
  const wins = (winner: Cell, loser: Cell, message: string): void => {
    t.equal(reconcileCells(A, winner, loser), winner, message);
    t.equal(reconcileCells(A, loser, winner), winner, `${message}, the other way round`);
  };
  wins(cell(2n, 'a'), cell(1n, 'b'), 'the later write');
  wins(cell(1n, 'b'), cell(1n, 'a'), 'the larger value');
  wins(cell(1n, 'ab'), cell(1n, 'a'), 'the longer value');
  wins(cell(1n, '\u00e9'), cell(1n, 'z'), 'bytes are unsigned');
  wins(tombstone(1n, 5), cell(1n, 'z'), 'a tombstone over a value');
  wins(expiring(1n, 'a', 10, 500), cell(1n, 'z'), 'an expiring cell over one that stays');
  wins(tombstone(1n, 5), expiring(1n, 'z', 10, 500), 'a tombstone over an expiring cell');
  wins(tombstone(1n, 6), tombstone(1n, 5), 'the later tombstone');
  wins(expiring(1n, 'a', 10, 501), expiring(1n, 'z', 10, 500), 'the later expiry');
  wins(expiring(1n, 'a', 9, 500), expiring(1n, 'z', 10, 500), 'the lower TTL at one expiry');
  wins(expiring(1n, 'z', 9, 500), expiring(1n, 'a', 9, 500), 'the larger value at last');
});

t.test('liveness of one write time', async (t) => {
  const expires = (ttl: number, localExpirationTime: number): Liveness => {
    return { timestamp: 1n, ttl, localExpirationTime };
  };
  const wins = (winner: Liveness | null, loser: Liveness | null, message: string): void => {
    t.ok(compareLiveness(winner, loser) > 0, message);
    t.ok(compareLiveness(loser, winner) < 0, `${message}, the other way round`);
  };
  wins(live(1n), null, 'any over none');
  wins(live(2n), expires(1, 1), 'the later write');
  wins(expires(0x7fffffff, 1), expires(5, 9), 'gone over expiring');
  wins(expires(5, 9), live(1n), 'expiring over lasting');
  wins(expires(5, 10), expires(5, 9), 'the later expiry');
});

/** A counter context of shards `[id byte, kind, clock, count]`. */
function context(...shards: [number, 'g' | 'l' | 'r', bigint, bigint][]): Uint8Array {
  const listed = shards.filter(([, kind]) => kind !== 'r').length;
  const view = new DataView(new ArrayBuffer(2 + 2 * listed + 32 * shards.length));
  view.setInt16(0, listed);
  let at = 2;
  for (const [i, [, kind]] of shards.entries()) {
    if (kind === 'r') continue;
    view.setInt16(at, kind === 'g' ? i - 32768 : i);
    at += 2;
  }
  for (const [id, , clock, count] of shards) {
    view.setUint8(at + 15, id);
    view.setBigInt64(at + 16, clock);
    view.setBigInt64(at + 24, count);
    at += 32;
  }
  return new Uint8Array(view.buffer);
}

t.test('counter shards', async (t) => {
  const merged = (a: Uint8Array, b: Uint8Array, wanted: Uint8Array, message: string): void => {
    t.strictSame(mergeCounters(COUNT.type, a, b), wanted, message);
    t.strictSame(mergeCounters(COUNT.type, b, a), wanted, `${message}, the other way round`);
  };
  const g = context([1, 'g', 5n, 50n]);
  merged(g, context([1, 'g', 6n, 10n]), context([1, 'g', 6n, 10n]), 'global: larger clock');
  merged(g, context([1, 'g', 5n, 51n]), context([1, 'g', 5n, 51n]), 'global: larger count');
  merged(g, context([1, 'l', 9n, 9n]), g, 'global over local');
  merged(g, context([1, 'r', 9n, 9n]), g, 'global over remote');
  const l = context([1, 'l', 2n, 3n]);
  merged(l, context([1, 'l', 5n, -1n]), context([1, 'l', 7n, 2n]), 'local: sums');
  merged(l, context([1, 'r', 9n, 9n]), l, 'local over remote');
  const r = context([1, 'r', 5n, 50n]);
  merged(r, context([1, 'r', 4n, 90n]), r, 'remote: larger clock');
  const renewed = context([1, 'r', -9n, 90n]);
  merged(r, renewed, renewed, 'remote: a negative clock is that of a renewed one');
  merged(
    context([1, 'g', 1n, 1n], [3, 'l', 1n, 1n]),
    context([2, 'r', 1n, 1n], [3, 'l', 1n, 1n]),
    context([1, 'g', 1n, 1n], [2, 'r', 1n, 1n], [3, 'l', 2n, 2n]),
    'shards of both in the order of their ids',
  );
  t.equal(mergeCounters(COUNT.type, g, g), g, 'what says all is not written again');
  t.throws(() => mergeCounters(COUNT.type, g, g.subarray(1)), { code: 'SSTABLE_CORRUPT' });
});

t.test('counter cells', async (t) => {
  const value = (timestamp: bigint, context: Uint8Array): Cell => ({
    ...cell(timestamp, ''),
    value: context,
  });
  const a = value(10n, context([1, 'g', 1n, 1n]));
  const b = value(5n, context([2, 'g', 1n, 1n]));
  const both = reconcileCells(COUNT, a, b);
  t.equal(both.timestamp, 10n);
  t.strictSame(both.value, context([1, 'g', 1n, 1n], [2, 'g', 1n, 1n]));
  const gone = tombstone(1n, 5);
  t.equal(reconcileCells(COUNT, a, gone), gone, 'a deleted counter stays deleted');
  t.equal(reconcileCells(COUNT, gone, a), gone);
  t.equal(reconcileCells(COUNT, gone, tombstone(2n, 5)).timestamp, 2n);
});

t.test('rows: what deletions hide', async (t) => {
  const old = row({ liveness: live(5n), columns: [simple(cell(5n, 'old'))] });
  t.equal(mergeRows([old], null, columns), old, 'a single row comes back as it is');
  t.equal(mergeRows([old], deletion(5n), columns), null, 'all is deleted up to its write time');
  const young = row({ columns: [simple(cell(6n, 'new'))] });
  const merged = mergeRows([old, young], deletion(5n), columns);
  t.equal(merged?.liveness, null);
  t.equal(merged?.columns[0]?.cells[0]?.timestamp, 6n);
  const deleted = row({ deletion: deletion(5n) });
  t.strictSame(mergeRows([old, deleted], null, columns), deleted);
  t.equal(mergeRows([deleted], deletion(5n), columns), null, 'a row deletion that changes nothing');
  t.equal(mergeRows([deleted], deletion(4n), columns)?.deletion?.markedForDeleteAt, 5n);
});

t.test('rows: a shadowable deletion ends with a later insert', async (t) => {
  const shadowable = row({ deletion: deletion(5n), shadowable: true });
  const cells = row({ columns: [simple(cell(3n, 'from before'))] });
  t.strictSame(mergeRows([shadowable, cells], null, columns), shadowable);
  const insert = row({ liveness: live(6n) });
  const merged = mergeRows([shadowable, cells, insert], null, columns);
  t.equal(merged?.deletion, null);
  t.equal(merged?.shadowable, false);
  t.equal(merged?.columns.length, 1, 'cells from before are there again');
});

t.test('collections: deletion of all elements, then of each', async (t) => {
  const element = (path: string, timestamp: bigint): Cell =>
    cell(timestamp, '', { path: bytes(path) });
  const data = (at: bigint | null, ...cells: Cell[]) =>
    row({ columns: [{ column: SET, complexDeletion: at === null ? null : deletion(at), cells }] });
  const merged = mergeRows(
    [data(null, element('a', 4n), element('c', 6n)), data(5n, element('b', 6n), element('c', 7n))],
    null,
    columns,
  );
  const [set] = merged?.columns ?? [];
  t.equal(set?.complexDeletion?.markedForDeleteAt, 5n);
  t.strictSame(
    set?.cells.map(({ path, timestamp }) => [
      new TextDecoder().decode(path ?? bytes('')),
      timestamp,
    ]),
    [
      ['b', 6n],
      ['c', 7n],
    ],
  );
  const covered = mergeRows([data(5n, element('b', 6n))], deletion(5n), columns);
  t.equal(covered?.columns[0]?.complexDeletion, null, 'a deletion that another one covers');
});

t.test('dropped columns', async (t) => {
  const dropped = new MergedColumns([header], {
    droppedAt: ({ text }) => (text === 'a' ? 5n : null),
  });
  const cells = (timestamp: bigint) => row({ columns: [simple(cell(timestamp, 'x'))] });
  t.equal(mergeRows([cells(5n)], null, dropped), null);
  t.equal(mergeRows([cells(6n)], null, dropped)?.columns.length, 1);
});

function marker(kind: number, closed: bigint, opened: bigint | null = null): Marker {
  const place = { type: 'marker', position: 0, size: 0, clustering: [] } as const;
  const openingDeletion = opened === null ? null : deletion(opened);
  return { ...place, kind, deletion: deletion(closed), openingDeletion };
}

t.test('range deletions of two SSTables', async (t) => {
  const { inclStart, exclEnd, inclEnd, exclStart } = ClusteringKind;
  const kinds: (string | null)[] = [];
  const merger = new MarkerMerger(2, deletion(1n));
  const add = (source: number, each: Marker): void => {
    const merged = merger.merge([{ source, marker: each }]);
    kinds.push(
      merged &&
        `${merged.kind} ${merged.deletion.markedForDeleteAt} ${merged.openingDeletion?.markedForDeleteAt}`,
    );
  };
  add(0, marker(inclStart, 5n));
  add(1, marker(exclStart, 3n));
  add(1, marker(exclEnd, 3n));
  add(1, marker(exclStart, 7n));
  add(0, marker(inclEnd, 5n));
  t.equal(merger.active?.markedForDeleteAt, 7n);
  add(1, marker(ClusteringKind.exclEndInclStart, 7n, 7n));
  add(1, marker(exclEnd, 7n));
  t.equal(merger.active?.markedForDeleteAt, 1n, 'the deletion of the partition is left');
  add(0, marker(inclStart, 1n - 1n));
  t.strictSame(kinds, [
    '1 5 undefined',
    null,
    null,
    `${ClusteringKind.inclEndExclStart} 5 7`,
    null,
    null,
    '0 7 undefined',
    null,
  ]);
});

/** Numbers of a seed. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function randomRow(random: (below: number) => number): Row {
  const time = () => BigInt(random(6));
  const some = (path: Uint8Array | null): Cell => {
    const kind = random(3);
    const own = kind === 0 ? cell(time(), `v${random(3)}`) : tombstone(time(), random(3));
    const one = kind === 2 ? expiring(time(), `v${random(3)}`, 1 + random(2), 5 + random(3)) : own;
    return { ...one, path };
  };
  const paths = ['p', 'q', 'r'].filter(() => random(2) === 0);
  const complexDeletion = random(3) === 0 ? deletion(time(), random(3)) : null;
  const set = { column: SET, complexDeletion, cells: paths.map((path) => some(bytes(path))) };
  const data = [...(random(2) === 0 ? [simple(some(null))] : [])];
  const all = paths.length > 0 || complexDeletion !== null ? [...data, set] : data;
  return row({
    liveness: random(2) === 0 ? live(time()) : null,
    deletion: random(3) === 0 ? deletion(time(), random(3)) : null,
    columns: all,
  });
}

t.test('in whatever order and grouping rows are merged, the result is the same', async (t) => {
  const random = seeded(42);
  let merges = 0;
  for (let i = 0; i < 3000; i++) {
    // Merged with nothing, so that no row hides parts of itself.
    const rows = [0, 1, 2].flatMap(() => {
      const own = randomRow(random);
      return mergeRows([own, row({})], null, columns) ?? [];
    });
    if (rows.length < 3) continue;
    merges++;
    const [a, b, c] = rows as [Row, Row, Row];
    const active = random(3) === 0 ? deletion(BigInt(random(6)), random(3)) : null;
    const all = mergeRows(rows, active, columns);
    const both = mergeRows([a, b], active, columns);
    const grouped =
      both === null ? mergeRows([c], active, columns) : mergeRows([both, c], active, columns);
    t.strictSame(mergeRows([c, a, b], active, columns), all) || t.bailout(`seed step ${i}`);
    t.strictSame(grouped, all) || t.bailout(`seed step ${i}, grouped`);
  }
  t.ok(merges > 500);
});

t.test('an error of bytes that are no counter is one of sstash', async (t) => {
  try {
    mergeCounters(COUNT.type, bytes('abc'), bytes('abc'));
    t.fail('it was taken for a counter');
  } catch (error) {
    t.ok(isSstashError(error, 'SSTABLE_CORRUPT'));
  }
});
