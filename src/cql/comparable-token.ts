/** Byte-comparable forms of the tokens of partitioners that need no type (format reference, 15.4). */
import type { ByteWriter } from '../binary/index.js';
import { writeEscaped, writeVarint } from './comparable-scalars.js';
import { bigIntToBytes } from './decimal.js';
import { murmur3 } from './murmur3.js';
import { randomToken } from './token-order.js';

type TokenWriter = (w: ByteWriter, key: Uint8Array) => boolean;

/** The writer for a class name, with or without package, or null for any other one. */
export function tokenWriter(className: string): TokenWriter | null {
  switch (className.slice(className.lastIndexOf('.') + 1)) {
    case 'Murmur3Partitioner':
      return (w, key) => {
        w.i64(murmur3(key).token ^ (1n << 63n));
        return true;
      };
    case 'RandomPartitioner':
      return (w, key) => {
        writeVarint(w, bigIntToBytes(randomToken(key)));
        return true;
      };
    case 'ByteOrderedPartitioner':
      return (w, key) => {
        writeEscaped(w, key);
        return true;
      };
    default:
      return null;
  }
}
