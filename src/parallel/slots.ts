/** A counting semaphore whose waiting line can be left when a signal is aborted. */
import { interrupted, throwIfInterrupted } from './executor.js';

export class Slots {
  #free: number;
  #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Waits, in order of arrival, until a slot is free. Throws INTERRUPTED. */
  async take(signal?: AbortSignal): Promise<void> {
    throwIfInterrupted(signal);
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== go);
        if (signal !== undefined) reject(interrupted(signal));
      };
      const go = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.push(go);
    });
  }

  /** Gives a slot back, to the first in line if there is one. */
  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
