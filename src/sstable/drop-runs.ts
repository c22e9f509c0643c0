/** Drop times in the order of the rows, equal ones that follow each other as one run. */

/** Runs that are kept; more would take more memory than a check should. */
const RUNS_MAX = 1 << 21;

export class DropRuns {
  leftOut = false;
  #pairs = new Uint32Array(64);
  #length = 0;

  add(time: number, count: number): void {
    const pairs = this.#pairs;
    const end = this.#length;
    if (end > 0 && pairs[end - 2] === time) {
      pairs[end - 1] = (pairs[end - 1] ?? 0) + count;
      return;
    }
    if (!this.#hasRoom(2)) return;
    this.#pairs[end] = time;
    this.#pairs[end + 1] = count;
    this.#length = end + 2;
  }

  /** Takes pairs of time and count. */
  addAll(pairs: Uint32Array): void {
    if (!this.#hasRoom(pairs.length)) return;
    this.#pairs.set(pairs, this.#length);
    this.#length += pairs.length;
  }

  /** A copy of all pairs. */
  pairs(): Uint32Array {
    return this.#pairs.slice(0, this.#length);
  }

  #hasRoom(more: number): boolean {
    const wanted = this.#length + more;
    if (wanted > 2 * RUNS_MAX || this.leftOut) {
      this.leftOut = true;
      this.#length = 0;
      return false;
    }
    if (wanted > this.#pairs.length) {
      const grown = new Uint32Array(Math.max(2 * this.#pairs.length, wanted));
      grown.set(this.#pairs.subarray(0, this.#length));
      this.#pairs = grown;
    }
    return true;
  }
}
