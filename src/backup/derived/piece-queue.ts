/** Bytes on their way from who makes them to who writes them; few are held at a time. */

const HELD_MAX = 8;

export class PieceQueue {
  readonly #pieces: Uint8Array[] = [];
  #ended = false;
  #failure: { readonly error: unknown } | null = null;
  #changed: () => void = () => {};
  #change: Promise<void> = new Promise(() => {});

  constructor() {
    this.#renew();
  }

  #renew(): void {
    this.#change = new Promise((resolve) => {
      this.#changed = resolve;
    });
  }

  #signal(): void {
    this.#changed();
    this.#renew();
  }

  /** Keeps `bytes`, which must not change any more; waits while the reader is behind. */
  async push(bytes: Uint8Array): Promise<void> {
    while (this.#pieces.length >= HELD_MAX && !this.#ended) await this.#change;
    if (this.#ended) return;
    this.#pieces.push(bytes);
    this.#signal();
  }

  /** No more bytes come; or the reader wants no more: then pushes are dropped. */
  end(): void {
    this.#ended = true;
    this.#signal();
  }

  /** The reader gets `error` instead of the rest. */
  fail(error: unknown): void {
    this.#failure = { error };
    this.end();
  }

  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure.error;
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        this.#signal();
        yield piece;
      } else if (this.#ended) {
        return;
      } else {
        await this.#change;
      }
    }
  }
}
