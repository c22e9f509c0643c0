/** UTF-8 text in one buffer, which is given or made, and grows where it is too small. */

/** Room behind a text that grew the buffer. */
const SLACK = 256;

export class ByteOutput {
  #bytes: Buffer<ArrayBufferLike>;
  #length = 0;

  /** @param room where the text is to be as far as it fits there, or how many bytes to begin with */
  constructor(room: SharedArrayBuffer | number) {
    this.#bytes = typeof room === 'number' ? Buffer.allocUnsafeSlow(room) : Buffer.from(room);
  }

  get length(): number {
    return this.#length;
  }

  text(text: string): void {
    this.#ensure(text.length * 3);
    this.#length += this.#bytes.write(text, this.#length);
  }

  append(bytes: Uint8Array): void {
    this.#ensure(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** What was written. */
  written(): Uint8Array<ArrayBufferLike> {
    return this.#bytes.subarray(0, this.#length);
  }

  #ensure(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const capacity = Math.max(this.#bytes.length * 2, this.#length + more + SLACK);
    const grown = Buffer.allocUnsafeSlow(capacity);
    grown.set(this.written());
    this.#bytes = grown;
  }
}
