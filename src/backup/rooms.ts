/**
 * Memory for the large parts of workers' answers. It is used again and again, since new memory costs
 * as much as filling it; and it is shared, since what is handed from thread to thread counts as new
 * memory there, which makes collecting garbage look urgent (2 s of CPU in 2 GB).
 */

/** A usual range has 8 MiB, and its blocks may be longer than their rows. Pages that are not used cost nothing. */
const ROOM_BYTES = 9 * 1024 * 1024;
/** For digests, or what partitions say to index components: some bytes a row. */
const SMALL_ROOM_BYTES = 4 * 1024 * 1024;

/** Memory for one answer of a backup. */
export interface AnswerRooms {
  readonly chunks: SharedArrayBuffer;
  readonly blocks: SharedArrayBuffer;
  readonly digests: SharedArrayBuffer;
  readonly facts: SharedArrayBuffer;
}

export class Rooms {
  readonly #bytes: number;
  readonly #idle: SharedArrayBuffer[] = [];

  private constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Rooms for the chunks of a range, or its blocks. */
  static large(): Rooms {
    return new Rooms(ROOM_BYTES);
  }

  /** Rooms for digests or facts. Apart, since every page that was used stays. */
  static small(): Rooms {
    return new Rooms(SMALL_ROOM_BYTES);
  }

  take(): SharedArrayBuffer {
    return this.#idle.pop() ?? new SharedArrayBuffer(this.#bytes);
  }

  /** Nobody may look at what is in it any more. */
  giveBack(...rooms: readonly SharedArrayBuffer[]): void {
    this.#idle.push(...rooms);
  }
}

/** The buffer of an answer's array, where it can be handed over: what did not fit a room. */
export function transferable({ buffer }: Uint8Array | Uint32Array): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && buffer.byteLength > 0 ? [buffer] : [];
}
