/** What both encoders of native bytes take and give. */
import type { RowWriterOptions } from '../components/index.js';

export type NativeEncoderOptions = RowWriterOptions;

/** What an encoder knows between two records. */
export interface EncoderState {
  readonly inside: boolean;
  /** Native length of the record before, which the next one's previous size is. */
  readonly previousSize: number;
}

export interface Encoder {
  window(length: number): Uint8Array;
  push(input: Uint8Array): Uint8Array;
  finish(): Uint8Array;
  close(): void;
}
