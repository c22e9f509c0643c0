/** Writes Digest.crc32 (layout: digest.ts) and CRC.db (layout: crc.ts). */
import { ByteWriter } from '../../binary/index.js';
import { crc32 } from '../../codec/index.js';
import type { DataChecksums } from '../crc.js';

/** Digest.crc32 of a Data.db with this CRC-32: its decimal digits, no line end. */
export function writeDigest(crc: number): Uint8Array {
  return new Uint8Array(Buffer.from(String(crc >>> 0), 'latin1'));
}

export interface CrcParameters {
  readonly chunkSize: number;
  /** One more checksum, 0, at the end: compactions leave it. */
  readonly emptyLast: boolean;
}

/** `dataSize`: bytes of Data.db. */
export function parametersOfCrc(checksums: DataChecksums, dataSize: number): CrcParameters {
  const { chunkSize } = checksums;
  return {
    chunkSize,
    emptyLast: checksums.checksums.length > Math.ceil(dataSize / chunkSize),
  };
}

export class CrcWriter {
  readonly #parameters: CrcParameters;
  readonly #out = new ByteWriter();
  #crc = 0;
  /** Bytes in the piece at hand. */
  #held = 0;

  constructor(parameters: CrcParameters) {
    this.#parameters = parameters;
    this.#out.i32(parameters.chunkSize);
  }

  /** The next bytes of Data.db, cut anywhere. */
  push(bytes: Uint8Array): void {
    const { chunkSize } = this.#parameters;
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + chunkSize - this.#held);
      this.#crc = crc32(bytes.subarray(at, end), this.#crc);
      this.#held += end - at;
      at = end;
      if (this.#held === chunkSize) this.#endPiece();
    }
  }

  finish(): void {
    if (this.#held > 0) this.#endPiece();
    if (this.#parameters.emptyLast) this.#out.u32(0);
  }

  /** What was written since the last call. */
  take(): Uint8Array {
    const bytes = this.#out.toBytes();
    this.#out.clear();
    return bytes;
  }

  #endPiece(): void {
    this.#out.u32(this.#crc);
    this.#crc = 0;
    this.#held = 0;
  }
}
