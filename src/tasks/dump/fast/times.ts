/** Dates and times written as bytes, for the years 1970 to 9999. */
import type { ByteOutput } from '../byte-output.js';

/** Seconds since 1970 at the end of the year 9999. */
const END_SECONDS = 253402300800;
const DAY_SECONDS = 86400;

const SLOTS = 256;
/** `2016-05-01` */
const DATE_LENGTH = 10;

const COLON = 0x3a;
const DOT = 0x2e;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;
const BLANK = 0x20;

export class FastTimes {
  /** Texts of days, each at the slot of its number's last bits. */
  readonly #days = new Float64Array(SLOTS).fill(-1);
  /** Their first eight characters and their last two. */
  readonly #starts = new Float64Array(SLOTS);
  readonly #ends = new Uint16Array(SLOTS);

  /** Whether a number of seconds since 1970 is among those that are written here. */
  static holds(seconds: number): boolean {
    return seconds >= 0 && seconds < END_SECONDS;
  }

  /** `2016-05-01T12:34:56.789Z` of microseconds, the fraction in none, three or six digits. */
  micros(output: ByteOutput, micros: number): void {
    const seconds = Math.floor(micros / 1_000_000);
    this.#dateTime(output, seconds, LETTER_T);
    const fraction = micros - seconds * 1_000_000;
    if (fraction !== 0) {
      output.byte(DOT);
      const millis = (fraction / 1000) | 0;
      if (millis * 1000 === fraction) output.digits(millis, 3);
      else output.digits(fraction, 6);
    }
    output.byte(LETTER_Z);
  }

  /** `2016-05-01T12:34:56Z` */
  seconds(output: ByteOutput, seconds: number): void {
    this.#dateTime(output, seconds, LETTER_T);
    output.byte(LETTER_Z);
  }

  /** `2016-05-01 12:34:56.789Z` of milliseconds, as CQL timestamps are written. */
  millis(output: ByteOutput, millis: number): void {
    const seconds = Math.floor(millis / 1000);
    this.#dateTime(output, seconds, BLANK);
    output.byte(DOT);
    output.digits(millis - seconds * 1000, 3);
    output.byte(LETTER_Z);
  }

  #dateTime(output: ByteOutput, seconds: number, separator: number): void {
    const day = Math.floor(seconds / DAY_SECONDS);
    const slot = day % SLOTS;
    if (this.#days[slot] !== day) this.#setDay(day, slot);
    const { view } = output;
    const at = output.length;
    view.setFloat64(at, this.#starts[slot] as number);
    view.setUint16(at + 8, this.#ends[slot] as number);
    output.length = at + DATE_LENGTH;
    const ofDay = seconds - day * DAY_SECONDS;
    const hours = (ofDay / 3600) | 0;
    const minutes = ((ofDay - hours * 3600) / 60) | 0;
    output.byte(separator);
    output.pair(hours);
    output.byte(COLON);
    output.pair(minutes);
    output.byte(COLON);
    output.pair(ofDay - hours * 3600 - minutes * 60);
  }

  #setDay(day: number, slot: number): void {
    const text = Buffer.from(new Date(day * DAY_SECONDS * 1000).toISOString());
    const view = new DataView(text.buffer, text.byteOffset, text.length);
    this.#days[slot] = day;
    this.#starts[slot] = view.getFloat64(0);
    this.#ends[slot] = view.getUint16(8);
  }
}
