/** Seeded values for rows: the same on each run. */
import { seeded } from '../../fixtures/tables/statements.mjs';

/** 2023-11-14T22:13:20Z */
export const BASE_MILLIS = 1_700_000_000_000;
export const DAY_MILLIS = 86_400_000;

/** Write time of a statement, in microseconds, as the driver takes it. */
export const micros = (millis, offset = 0) => String(millis * 1000 + offset);

const WORDS = (
  'order shipped parcel returned customer payment failed retry invoice address changed delivery ' +
  'note signature warehouse stock refund voucher basket login session timeout device'
).split(' ');

/** A generator of values; equal seeds give equal values. */
export class Values {
  constructor(seed) {
    this.below = seeded(Math.imul(seed + 1, 0x9e3779b1));
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  words(count) {
    return Array.from({ length: count }, () => this.pick(WORDS)).join(' ');
  }

  bytes(length) {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  hex(length) {
    return this.bytes(length).toString('hex');
  }
}

/** What `make` gives for from … to-1, one at a time. */
export function* rows(from, to, make) {
  for (let i = from; i < to; i++) yield make(i);
}
