/** Pieces of JSON as sstabledump writes them: column names, dates. */
import { javaInstant } from './java-time.js';

/** A string, which stays as it is, or blanks between tokens. */
const TOKENS = /("(?:[^"\\]|\\.)*")|\s+/g;

/** JSON, or whole tokens of it, without blanks. */
export function compact(json: string): string {
  return json.replace(TOKENS, '$1');
}

export interface TimeStyle {
  readonly rawTime: boolean;
  /** Local times beyond 2038 are negative, as versions before 5.0 read them. */
  readonly signedDeletionTimes: boolean;
}

/**
 * How times are printed: ISO 8601 or, with `rawTime`, the numbers that are stored. Neighbouring
 * rows mostly share their write time, so the last of each kind is remembered.
 */
export class TimeText {
  readonly #raw: boolean;
  readonly #signed: boolean;
  #lastMicros: bigint | null = null;
  #microsText = '';
  #lastSeconds: number | null = null;
  #secondsText = '';

  constructor({ rawTime, signedDeletionTimes }: TimeStyle) {
    this.#raw = rawTime;
    this.#signed = signedDeletionTimes;
  }

  /** A quoted write time in microseconds. */
  micros(micros: bigint): string {
    if (micros === this.#lastMicros) return this.#microsText;
    this.#lastMicros = micros;
    this.#microsText = `"${this.#raw ? micros.toString() : javaInstant(micros, 1_000_000n)}"`;
    return this.#microsText;
  }

  /** A quoted time in seconds. */
  seconds(seconds: number): string {
    if (seconds === this.#lastSeconds) return this.#secondsText;
    this.#lastSeconds = seconds;
    this.#secondsText = `"${this.#raw ? seconds : javaInstant(BigInt(seconds), 1n)}"`;
    return this.#secondsText;
  }

  /** A local deletion or expiration time as the release reads it. */
  local(seconds: number): number {
    return this.#signed ? seconds | 0 : seconds;
  }

  /** The same, quoted. */
  localText(seconds: number): string {
    return this.seconds(this.local(seconds));
  }
}

/** Text that must not break its line. */
export function plainLine(text: string): string {
  return /[\\\n\r]/.test(text)
    ? text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
    : text;
}
