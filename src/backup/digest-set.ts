/** A set of SHA-256 values, by their first 16 bytes: flat, 16 to 32 bytes each, however many. */

const WORDS = 4;
const HEX_WORD = 8;

export class DigestSet {
  #words = new Uint32Array(64 * WORDS);
  #size = 0;

  /** Whether 64 hex digits are in it. */
  has(hex: string): boolean {
    return isAt(this.#words, slotOf(this.#words, keyOf(hex)), keyOf(hex));
  }

  /** Adds 64 hex digits; false when they were there. */
  add(hex: string): boolean {
    if (this.#size * 2 * WORDS >= this.#words.length) this.#grow();
    const key = keyOf(hex);
    const slot = slotOf(this.#words, key);
    if (isAt(this.#words, slot, key)) return false;
    this.#words.set(key, slot * WORDS);
    this.#size++;
    return true;
  }

  #grow(): void {
    const words = new Uint32Array(this.#words.length * 2);
    for (let at = 0; at < this.#words.length; at += WORDS) {
      const key = this.#words.subarray(at, at + WORDS);
      if (key.some((word) => word !== 0)) words.set(key, slotOf(words, key) * WORDS);
    }
    this.#words = words;
  }
}

function keyOf(hex: string): Uint32Array {
  const key = new Uint32Array(WORDS);
  for (let i = 0; i < WORDS; i++) {
    key[i] = Number.parseInt(hex.slice(i * HEX_WORD, (i + 1) * HEX_WORD), 16);
  }
  // Zeros are what a free slot holds.
  if (key.every((word) => word === 0)) key[WORDS - 1] = 1;
  return key;
}

/** The slot that holds `key`, or the free one where it belongs. */
function slotOf(words: Uint32Array, key: Uint32Array): number {
  const slots = words.length / WORDS;
  let slot = (key[0] as number) % slots;
  while (!isAt(words, slot, key) && !isFree(words, slot)) slot = (slot + 1) % slots;
  return slot;
}

function isAt(words: Uint32Array, slot: number, key: Uint32Array): boolean {
  return key.every((word, i) => word === words[slot * WORDS + i]);
}

function isFree(words: Uint32Array, slot: number): boolean {
  return words.subarray(slot * WORDS, (slot + 1) * WORDS).every((word) => word === 0);
}
