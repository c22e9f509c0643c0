/** Hash kernels, their twins and an independent implementation agree. */
import t from 'tap';
import xxhash from 'xxhash-addon';
import { fromHex, toHex } from '../../src/binary/index.js';
import { crc32, kernels, xxh3_128 } from '../../src/codec/index.js';
import { randomBytes, randomNumbers } from './seeded.js';

const { XXHash128 } = xxhash;
const wasm = kernels('webassembly');
const twin = kernels('typescript');

/** Every class of XXH3: 0, 1-3, 4-8, 9-16, 17-128, 129-240, and blocks of 1024 with their edges. */
function* lengths(): Generator<number> {
  for (let length = 0; length <= 300; length++) yield length;
  for (const block of [512, 1024, 2048, 4096, 65536]) {
    for (const off of [-65, -64, -1, 0, 1, 63, 64, 65]) yield block + off;
  }
}

t.test('XXH3-128 with the default secret', async (t) => {
  const next = randomNumbers(1);
  let checked = 0;
  for (const length of lengths()) {
    const bytes = randomBytes(next, length, 'noise');
    const expected = XXHash128.hash(Buffer.from(bytes)).toString('hex');
    if (toHex(wasm.xxh3(bytes)) !== expected) t.fail(`kernel, ${length} bytes`);
    if (toHex(twin.xxh3(bytes)) !== expected) t.fail(`twin, ${length} bytes`);
    checked++;
  }
  t.equal(checked, 341);
});

t.test('XXH3-128 with a secret of 192 bytes', async (t) => {
  const next = randomNumbers(2);
  const secret = randomBytes(next, 192, 'noise');
  let differs = 0;
  for (const length of lengths()) {
    const bytes = randomBytes(next, length, 'noise');
    const hash = new XXHash128(Buffer.from(secret));
    hash.update(Buffer.from(bytes));
    const expected = hash.digest().toString('hex');
    if (toHex(wasm.xxh3(bytes, secret)) !== expected) t.fail(`kernel, ${length} bytes`);
    if (toHex(twin.xxh3(bytes, secret)) !== expected) t.fail(`twin, ${length} bytes`);
    if (toHex(xxh3_128(bytes)) !== expected) differs++;
  }
  t.equal(differs, 341, 'the secret changes every digest');
  t.throws(() => xxh3_128(secret, secret.subarray(1)), TypeError);
});

t.test('hashes views at any offset of their buffer', async (t) => {
  const bytes = randomBytes(randomNumbers(3), 400, 'noise');
  const view = bytes.subarray(13, 313);
  t.same(wasm.xxh3(view), twin.xxh3(view.slice()));
  t.same(wasm.murmur3(view), twin.murmur3(view.slice()));
});

t.test("Murmur3 with Cassandra's sign-extended tail", async (t) => {
  const token = (key: Uint8Array): bigint => new DataView(wasm.murmur3(key).buffer).getBigInt64(0);
  const known: [string, bigint][] = [
    ['313233', -7468325962851647638n],
    ['666f6f', -2129773440516405919n],
    ['00000001', -4069959284402364209n],
    ['00ff10fa99'.repeat(10), 5837342703291459765n],
    ['fe'.repeat(8), -8927430733708461935n],
    ['10'.repeat(8), 1446172840243228796n],
    ['ff'.repeat(15), -2195530867418009455n],
    ['39323233333732303336383534373735383037', 7162290910810015547n],
  ];
  for (const [hex, expected] of known) t.equal(token(fromHex(hex) ?? new Uint8Array()), expected);
  const next = randomNumbers(4);
  for (let length = 0; length < 100; length++) {
    const key = randomBytes(next, length, 'noise');
    if (toHex(wasm.murmur3(key)) !== toHex(twin.murmur3(key))) t.fail(`${length} bytes`);
  }
});

t.test('CRC-32', async (t) => {
  t.equal(crc32(Buffer.from('123456789')), 0xcbf43926);
  t.equal(crc32(Buffer.from('6789'), crc32(Buffer.from('12345'))), 0xcbf43926);
  t.equal(crc32(fromHex('0000000000') ?? new Uint8Array()), 0xc622f71d);
});
