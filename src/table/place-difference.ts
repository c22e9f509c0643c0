/** Two sides' versions of one place → what differs, fact by fact. */
import type { Side } from '../merkle/index.js';
import { compareFacts, type Fact, factsOf, sameFact } from './facts.js';
import type { PlacedRecord } from './leaf-source.js';
import type { Version } from './merge-places.js';

/**
 * - `onlyA`, `onlyB`: the other side says nothing about it;
 * - `changed`: what wins on either side differs;
 * - `versions`: the same wins, but a side also holds older versions that the other does not.
 */
export type Change = 'onlyA' | 'onlyB' | 'changed' | 'versions';

/** What one side says about one thing: the version that wins, and others it holds. */
export interface Said {
  readonly winner: Fact;
  readonly others: readonly Fact[];
}

/** One thing that differs. */
export interface FactDifference {
  readonly change: Change;
  readonly kind: Fact['kind'];
  readonly a: Said | null;
  readonly b: Said | null;
}

/** A place that differs. */
export interface PlaceDifference {
  readonly placed: PlacedRecord;
  /** `changed` when both sides have the place, whatever differs in it. */
  readonly change: Change;
  /** In column order; of a place on one side only, all that it says. */
  readonly facts: readonly FactDifference[];
}

const NO_FACTS: readonly Fact[] = [];

/** Of a side with one version no fact has another one. */
function single(placed: PlacedRecord): Map<string, Fact[]> {
  const facts = new Map<string, Fact[]>();
  for (const [id, fact] of factsOf(placed)) facts.set(id, [fact]);
  return facts;
}

/** Every version of each fact on one side, equal ones once. */
function gather(versions: readonly Version[], side: Side): Map<string, Fact[]> {
  const own = versions.filter((version) => version.side === side);
  const [first, second] = own;
  if (first !== undefined && second === undefined) return single(first.placed);
  const gathered = new Map<string, Fact[]>();
  for (const version of own) {
    for (const [id, fact] of factsOf(version.placed)) {
      const known = gathered.get(id) ?? [];
      if (!known.some((other) => sameFact(other, fact))) known.push(fact);
      gathered.set(id, known);
    }
  }
  return gathered;
}

function said(facts: readonly Fact[] | undefined): Said | null {
  if (facts === undefined) return null;
  const [only, second] = facts;
  if (only !== undefined && second === undefined) return { winner: only, others: NO_FACTS };
  const [winner, ...others] = [...facts].sort((x, y) => compareFacts(y, x));
  return winner === undefined ? null : { winner, others };
}

function sameSet(a: readonly Fact[], b: readonly Fact[]): boolean {
  return a.length === b.length && a.every((fact) => b.some((other) => sameFact(fact, other)));
}

function changeOf(a: Said | null, b: Said | null): Change {
  if (a === null) return 'onlyB';
  if (b === null) return 'onlyA';
  return sameFact(a.winner, b.winner) ? 'versions' : 'changed';
}

/** What differs at the place of `versions` (at least one), or null when both sides say the same. */
export function placeDifference(versions: readonly Version[]): PlaceDifference | null {
  const placed = versions[0]?.placed;
  if (placed === undefined) return null;
  const a = gather(versions, 'a');
  const b = gather(versions, 'b');
  const facts: FactDifference[] = [];
  for (const id of new Set([...a.keys(), ...b.keys()])) {
    const [left, right] = [a.get(id), b.get(id)];
    if (left !== undefined && right !== undefined && sameSet(left, right)) continue;
    const [saidA, saidB] = [said(left), said(right)];
    const kind = (saidA ?? saidB)?.winner.kind;
    if (kind !== undefined)
      facts.push({ change: changeOf(saidA, saidB), kind, a: saidA, b: saidB });
  }
  const on = (side: Side): boolean => versions.some((version) => version.side === side);
  if (!on('b')) return { placed, change: 'onlyA', facts };
  if (!on('a')) return { placed, change: 'onlyB', facts };
  if (facts.length === 0) return null;
  const onlyVersions = facts.every((fact) => fact.change === 'versions');
  return { placed, change: onlyVersions ? 'versions' : 'changed', facts };
}
