/** Concurrent map with bounded lookahead and results in input order. */

/**
 * Runs `map` on up to `limit` items at a time and yields the results in the order of the items. The
 * first error, in that order, ends it. When it ends early, or the consumer stops, no further item
 * is begun and those under way are awaited, so that what they use can be closed.
 */
export async function* mapOrdered<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  map: (item: T, index: number) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  if (!(limit >= 1)) throw new TypeError(`limit is ${limit}`);
  const source = iterate(items);
  const pending: Promise<R>[] = [];
  let index = 0;
  let ended = false;
  const fill = async (): Promise<void> => {
    while (!ended && pending.length < limit) {
      const next = await source.next();
      if (next.done === true) {
        ended = true;
        return;
      }
      const result = map(next.value, index++);
      // It is awaited in its turn; until then a rejection is not an unhandled one.
      result.catch(() => undefined);
      pending.push(result);
    }
  };
  try {
    await fill();
    while (pending.length > 0) {
      const first = await (pending[0] as Promise<R>);
      pending.shift();
      await fill();
      yield first;
    }
  } finally {
    await Promise.allSettled(pending);
    await source.return?.();
  }
}

function iterate<T>(items: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}
