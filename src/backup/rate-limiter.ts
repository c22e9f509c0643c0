import { setTimeout as delay } from 'node:timers/promises';
import { throwIfInterrupted } from '../parallel/index.js';

/** Lets so many bytes a second through, in order of arrival; a burst of a second at most. */
export class RateLimiter {
  readonly #bytesPerSecond: number;
  readonly #now: () => number;
  #freeAt = 0;

  constructor(bytesPerSecond: number, now: () => number = () => performance.now()) {
    if (!(bytesPerSecond > 0)) throw new TypeError(`a rate of ${bytesPerSecond}`);
    this.#bytesPerSecond = bytesPerSecond;
    this.#now = now;
  }

  /** Waits until `bytes` may be read. Throws INTERRUPTED. */
  async take(bytes: number, signal?: AbortSignal): Promise<void> {
    const now = this.#now();
    const start = Math.max(now, this.#freeAt);
    this.#freeAt = start + (bytes / this.#bytesPerSecond) * 1000;
    if (start <= now) return;
    try {
      await delay(start - now, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      throwIfInterrupted(signal);
      throw error;
    }
  }
}
