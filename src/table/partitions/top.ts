/** The largest of many, without keeping the others. */

/** Up to `limit` items, the largest first; `weight` is at least 0, items of weight 0 are left out. */
export class Top<T> {
  readonly #limit: number;
  readonly #items: { readonly weight: number; readonly item: T }[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether an item of this weight would be kept. */
  takes(weight: number): boolean {
    if (weight <= 0 || this.#limit === 0) return false;
    const last = this.#items.at(-1);
    return this.#items.length < this.#limit || last === undefined || weight > last.weight;
  }

  /** `item` is made where it is kept; of equal weights the first stay. */
  offer(weight: number, item: () => T): void {
    if (!this.takes(weight)) return;
    let [low, high] = [0, this.#items.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#items[middle]?.weight ?? 0) >= weight) low = middle + 1;
      else high = middle;
    }
    this.#items.splice(low, 0, { weight, item: item() });
    if (this.#items.length > this.#limit) this.#items.pop();
  }

  get items(): readonly T[] {
    return this.#items.map(({ item }) => item);
  }
}
