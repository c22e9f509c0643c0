/**
 * Counter contexts of two versions of a cell as one (CounterContext.merge of Cassandra; layout in
 * counter.ts). Shards stand in the order of their ids; those that both have are decided so:
 *
 *            global           local            remote
 *   global   larger clock     global           global
 *   local    global           sums             local
 *   remote   global           local            larger clock
 *
 * At equal clocks the larger count wins. A header with a negative count marks local shards that are
 * to be taken for remote ones.
 */
import { ByteReader, ByteWriter, compareBytes } from '../binary/index.js';
import { malformed } from './malformed.js';
import type { CqlType } from './types.js';

const REMOTE = 0;
const LOCAL = 1;
const GLOBAL = 2;

interface Shard {
  /** View. */
  readonly id: Uint8Array;
  readonly kind: typeof REMOTE | typeof LOCAL | typeof GLOBAL;
  readonly clock: bigint;
  readonly count: bigint;
}

interface Context {
  readonly shards: readonly Shard[];
  /** Whether the bytes say it in the one form that `write` gives it. */
  readonly plain: boolean;
}

function read(type: CqlType, bytes: Uint8Array): Context {
  const r = new ByteReader(bytes);
  if (bytes.length < 2) throw malformed(type, bytes, 'no counter header');
  const header = r.i16();
  const elements = Math.abs(header);
  if (r.remaining < 2 * elements || (r.remaining - 2 * elements) % 32 !== 0) {
    throw malformed(type, bytes, 'no whole number of counter shards');
  }
  const kinds = new Map<number, Shard['kind']>();
  for (let i = 0; i < elements; i++) {
    const element = r.i16();
    if (element < 0) kinds.set(element + 32768, GLOBAL);
    else if (header > 0) kinds.set(element, LOCAL);
  }
  const shards: Shard[] = [];
  for (let i = 0; r.remaining > 0; i++) {
    const id = r.view8(16);
    shards.push({ id, kind: kinds.get(i) ?? REMOTE, clock: r.i64(), count: r.i64() });
  }
  return { shards, plain: header >= 0 };
}

function write(shards: readonly Shard[]): Uint8Array {
  const w = new ByteWriter();
  w.u16(shards.filter(({ kind }) => kind !== REMOTE).length);
  for (const [i, { kind }] of shards.entries()) {
    if (kind === GLOBAL) w.u16(i + 32768);
    if (kind === LOCAL) w.u16(i);
  }
  for (const { id, clock, count } of shards) {
    w.bytes(id);
    w.i64(clock);
    w.i64(count);
  }
  return w.toBytes();
}

const sign = (a: bigint, b: bigint): number => (a > b ? 1 : a < b ? -1 : 0);

/** Shards that were renewed have negative clocks: they come after the others, the lower the later. */
function laterRemote(a: bigint, b: bigint): boolean {
  return (a >= 0n && b > 0n && a >= b) || (a < 0n && (b > 0n || a < b));
}

/** Positive where `a` overrides `b`, negative the other way round, 0 equal, NaN add them up. */
function compareShards(a: Shard, b: Shard): number {
  if (a.kind !== b.kind) return a.kind - b.kind;
  if (a.kind === LOCAL) return Number.NaN;
  if (a.clock === b.clock) return sign(a.count, b.count);
  if (a.kind === GLOBAL) return sign(a.clock, b.clock);
  return laterRemote(a.clock, b.clock) ? 1 : -1;
}

function sumOf(a: Shard, b: Shard): Shard {
  const clock = BigInt.asIntN(64, a.clock + b.clock);
  return { ...a, clock, count: BigInt.asIntN(64, a.count + b.count) };
}

/**
 * What both contexts say together: `left` or `right` itself where it says all, else new bytes.
 * Neither may be empty. Throws SSTABLE_CORRUPT for bytes that are no counter.
 */
export function mergeCounters(type: CqlType, left: Uint8Array, right: Uint8Array): Uint8Array {
  const [a, b] = [read(type, left), read(type, right)];
  const merged: Shard[] = [];
  let leftHasAll = a.plain;
  let rightHasAll = b.plain;
  let [i, j] = [0, 0];
  for (;;) {
    const [x, y] = [a.shards[i], b.shards[j]];
    if (x === undefined && y === undefined) break;
    const byId = x === undefined ? 1 : y === undefined ? -1 : Math.sign(compareBytes(x.id, y.id));
    if (byId <= 0) i++;
    if (byId >= 0) j++;
    const winner = byId !== 0 || !x || !y ? byId * -1 : compareShards(x, y);
    if (!(winner >= 0)) leftHasAll = false;
    if (!(winner <= 0)) rightHasAll = false;
    if (x !== undefined && y !== undefined && Number.isNaN(winner)) merged.push(sumOf(x, y));
    else if (x !== undefined && winner > 0) merged.push(x);
    else if (y !== undefined) merged.push(y);
  }
  if (leftHasAll) return left;
  return rightHasAll ? right : write(merged);
}
