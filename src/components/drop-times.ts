/**
 * estimatedTombstoneDropTime as the releases of Cassandra build it (format writing reference, 14.4): at
 * most 100 bins of (point, count). Above that, neighbours are merged, and what comes out depends on
 * the order of the times, on a buffer before the bins and on how each release rounds.
 */
import type { TombstoneHistogram } from './histograms.js';

/** Release lines that build the histogram in ways of their own. */
export type DropTimeRule = '3.0' | '3.11' | '4.0' | '5.0';

const BINS_MAX = 100;
const COUNT_MAX = 0x7fffffff;
const MINUTE = 60;
/** Largest time that is counted as it is. */
const CAPS: Readonly<Record<DropTimeRule, number>> = {
  '3.0': Infinity,
  '3.11': Infinity,
  '4.0': 2147483646,
  '5.0': 4294967293,
};
/** 3.11 empties its buffer when it holds more distinct times. */
const SORTED_MAX = 100_000;
const SLOTS = 262144;
const HASH_SLOTS = 131072;
const HASH_FACTOR = 948701839;
const PROBES = 100;

const nextMinute = (time: number): number => Math.ceil(time / MINUTE) * MINUTE;

/** What a time counts as before any merging; 3.0 takes it as it is. */
export function dropPoint(rule: DropTimeRule, time: number): number {
  return rule === '3.0' ? time : Math.min(nextMinute(time), CAPS[rule]);
}

/** Takes points (see `dropPoint`) in the order of the rows. */
export class DropTimes {
  /** How many there are. */
  count = 0;
  readonly #rule: DropTimeRule;
  readonly #points: number[] = [];
  readonly #counts: number[] = [];
  readonly #sorted = new Map<number, number>();
  #slotPoints = new Float64Array(0);
  #slotCounts = new Uint32Array(0);
  #used = 0;

  constructor(rule: DropTimeRule) {
    this.#rule = rule;
  }

  add(point: number, count: number): void {
    this.count += count;
    if (this.#rule === '3.0') this.#addEach(point, count);
    else if (this.#rule === '3.11') this.#addSorted(point, count);
    else while (!this.#addHashed(point, count)) this.#emptySlots();
  }

  /** The histogram of everything so far; nothing can be added afterwards. */
  finish(): TombstoneHistogram {
    this.#emptySorted();
    this.#emptySlots();
    const legacy = this.#rule === '3.0' || this.#rule === '3.11';
    return {
      maxBinSize: legacy ? BINS_MAX : this.#points.length,
      points: Float64Array.from(this.#points),
      counts: BigInt64Array.from(this.#counts, BigInt),
    };
  }

  /** Without a buffer, each time finds the bins that the one before has left. */
  #addEach(point: number, count: number): void {
    let rest = count;
    for (; rest > 0 && !this.#points.includes(point); rest--) this.#bin(point, 1);
    if (rest > 0) this.#bin(point, rest);
  }

  #addSorted(point: number, count: number): void {
    this.#sorted.set(point, (this.#sorted.get(point) ?? 0) + count);
    if (this.#sorted.size > SORTED_MAX) this.#emptySorted();
  }

  #emptySorted(): void {
    for (const [point, count] of [...this.#sorted].sort(([a], [b]) => a - b)) {
      this.#bin(point, count);
    }
    this.#sorted.clear();
  }

  /** False when the table must be emptied first. */
  #addHashed(point: number, count: number): boolean {
    if (this.#slotPoints.length === 0) {
      this.#slotPoints = new Float64Array(SLOTS);
      this.#slotCounts = new Uint32Array(SLOTS);
    }
    if (this.#used > HASH_SLOTS) return false;
    const start = Math.imul(point, HASH_FACTOR) & (HASH_SLOTS - 1);
    for (let probe = 0; probe < PROBES; probe++) {
      const slot = start + probe;
      const found = this.#slotCounts[slot] ?? 0;
      if (found !== 0 && this.#slotPoints[slot] !== point) continue;
      if (found === 0) this.#used++;
      this.#slotPoints[slot] = point;
      this.#slotCounts[slot] = Math.min(found + count, COUNT_MAX);
      return true;
    }
    return false;
  }

  #emptySlots(): void {
    if (this.#used === 0) return;
    // A plain loop: a callback for each of so many slots costs a small table more than all its rows.
    for (let slot = 0; slot < SLOTS; slot++) {
      const count = this.#slotCounts[slot] ?? 0;
      if (count > 0) this.#bin(this.#slotPoints[slot] ?? 0, count);
    }
    this.#slotCounts.fill(0);
    this.#used = 0;
  }

  #bin(point: number, count: number): void {
    const [points, counts] = [this.#points, this.#counts];
    let at = points.length;
    while (at > 0 && (points[at - 1] ?? 0) >= point) at--;
    if (points[at] === point) {
      const sum = (counts[at] ?? 0) + count;
      counts[at] = this.#rule.startsWith('3') ? sum : Math.min(sum, COUNT_MAX);
      return;
    }
    points.splice(at, 0, point);
    counts.splice(at, 0, count);
    if (points.length > BINS_MAX) this.#mergeNearest();
  }

  #mergeNearest(): void {
    const [points, counts] = [this.#points, this.#counts];
    let nearest = 0;
    let least = Infinity;
    for (let i = 0; i + 1 < points.length; i++) {
      const distance = (points[i + 1] ?? 0) - (points[i] ?? 0);
      if (distance >= least) continue;
      least = distance;
      nearest = i;
    }
    const [c1 = 0, c2 = 0] = counts.slice(nearest, nearest + 2);
    const [p1 = 0, p2 = 0] = points.slice(nearest, nearest + 2);
    points.splice(nearest, 2);
    counts.splice(nearest, 2);
    this.#bin(this.#between(p1, c1, p2, c2), c1 + c2);
  }

  /** The point of two merged bins. */
  #between(p1: number, c1: number, p2: number, c2: number): number {
    if (this.#rule.startsWith('3')) return (p1 * c1 + p2 * c2) / (c1 + c2);
    const [n1, n2] = [BigInt(c1), BigInt(c2)];
    const quotient = Number((BigInt(p1) * n1 + BigInt(p2) * n2) / (n1 + n2));
    if (this.#rule === '4.0') return nextMinute(quotient);
    return nextMinute(Math.min(Math.max(quotient, p1 + 1), p2));
  }
}
