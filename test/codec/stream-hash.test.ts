import t from 'tap';
import { toHex } from '../../src/binary/index.js';
import { StreamHash, xxh3_128 } from '../../src/codec/index.js';

t.test('pieces of any size give the digest of the whole', async (t) => {
  const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * i) >>> 3);
  for (const piece of [1, 63, 1024, 5000]) {
    for (const length of [0, 3, 16, 240, 241, 4999]) {
      const hash = new StreamHash();
      const whole = bytes.subarray(1, 1 + length);
      for (let at = 0; at < length; at += piece) hash.update(whole.subarray(at, at + piece));
      t.equal(toHex(hash.digest()), toHex(xxh3_128(whole)), `${length} bytes by ${piece}`);
    }
  }
});
