/** Rows that Cassandra reads though its usual writers do not write them so. */
import t, { type Test } from 'tap';
import { fromHex, toHex } from '../../src/binary/index.js';
import { NativeEncoder, type WalkerOptions } from '../../src/canonical/index.js';
import { formatVersion } from '../../src/components/index.js';
import { makeHeader } from '../helpers/random-rows.js';
import { fingerprint, walkWith } from './walker-output.js';

function options(letters: string): WalkerOptions {
  return {
    header: makeHeader({ clustering: [], regulars: ['UTF8Type'], minTimestamp: 1000n }),
    version: formatVersion('big', letters),
    liveComplexDeletionTime: 0xffffffff,
  };
}

/** Both walkers over a stream; what the leaves become again. */
function walkAndBack(t: Test, walker: WalkerOptions, hex: string) {
  const native = fromHex(hex.replaceAll(' ', '')) ?? new Uint8Array(0);
  const output = walkWith('kernel', walker, native);
  t.equal(
    fingerprint(() => walkWith('twin', walker, native)),
    fingerprint(() => output),
  );
  const encoder = new NativeEncoder(walker);
  const back = Buffer.concat([encoder.push(output.bytes), encoder.finish()]);
  t.equal(toHex(back), toHex(native), 'back to the same bytes');
  return output;
}

t.test('a tombstone that is expiring too (6.0) is kept as it is', async (t) => {
  const output = walkAndBack(t, options('pa'), '0001 61 80 20 05 04 07 00 00 00 01');
  t.equal(output.opaque, 1);
  t.equal(output.rows, 1);
});

t.test('a previous size of 0 (6.0) is kept as it is', async (t) => {
  t.equal(walkAndBack(t, options('pa'), '0001 61 80 20 04 00 05 00 00 01').opaque, 1);
});

t.test('before oa, a deletion with no time and a local time of its own', async (t) => {
  const native = '0001 61 00000005 8000000000000000 20 04 0f 05 00 00 01';
  const output = walkAndBack(t, options('nb'), native);
  t.equal(output.opaque, 0);
  // Tag, length of the key, key, flags.
  t.equal(output.bytes[3], 1, 'the head has a deletion');
});
