/**
 * What Cassandra's releases print differently for the same value. The dialect of 4.1 is the one for
 * everything that is not compared with an older tool.
 */
export interface TextDialect {
  /**
   * Timestamps by java.text.SimpleDateFormat: the Julian calendar before 1582-10-15, no sign before
   * years of five digits.
   */
  readonly oldCalendar: boolean;
  /** Timestamps of keys and cell paths in whole minutes. */
  readonly wholeMinutes: boolean;
  /** Dates without sign before years of five digits. */
  readonly plainYears: boolean;
  /** Decimals of keys and cell paths without exponent. */
  readonly plainDecimals: boolean;
  /** NaN and infinities as they are, though JSON does not know them; else `null`. */
  readonly notFinite: boolean;
}

export const TEXT_4_1: TextDialect = {
  oldCalendar: false,
  wholeMinutes: false,
  plainYears: false,
  plainDecimals: false,
  notFinite: false,
};

/** What is made once per type, and once more for each further dialect that is asked for. */
export class PerDialect<K extends object, V> {
  readonly #known = new Map<TextDialect, WeakMap<K, V>>();

  get(dialect: TextDialect, key: K, make: () => V): V {
    let values = this.#known.get(dialect);
    if (values === undefined) {
      values = new WeakMap();
      this.#known.set(dialect, values);
    }
    const known = values.get(key);
    if (known !== undefined) return known;
    const made = make();
    values.set(key, made);
    return made;
  }
}
