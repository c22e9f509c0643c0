/** The check that a block is what the encoder gives says the same as encoding and comparing. */
import { existsSync, readFileSync } from 'node:fs';
import { compressSync } from 'lz4-napi';
import t from 'tap';
import { fixtureTables } from '../../fixtures/index.js';
import { equalBytes } from '../../src/binary/index.js';
import { compressor, kernels } from '../../src/codec/index.js';
import { formatVersion, parseCompressionInfo } from '../../src/components/index.js';
import { BYTE_KINDS, randomBytes, randomNumbers } from './seeded.js';

const wasm = kernels('webassembly');
const twin = kernels('typescript');

/** Literals, and the match behind them; the last sequence has none. */
interface Sequence {
  literals: number;
  distance: number;
  length: number;
}

function parse(block: Uint8Array): Sequence[] {
  const sequences: Sequence[] = [];
  let at = 0;
  const more = (count: number): number => {
    let sum = count;
    for (let byte = 255; count === 15 && byte === 255; sum += byte) byte = block[at++] as number;
    return sum;
  };
  for (;;) {
    const token = block[at++] as number;
    const literals = more(token >> 4);
    at += literals;
    if (at >= block.length) return [...sequences, { literals, distance: 0, length: 0 }];
    const distance = (block[at] as number) | ((block[at + 1] as number) << 8);
    at += 2;
    sequences.push({ literals, distance, length: more(token & 15) + 4 });
  }
}

function write(sequences: readonly Sequence[], plain: Uint8Array): Uint8Array {
  const out: number[] = [];
  const more = (count: number): void => {
    let rest = count - 15;
    for (; rest >= 255; rest -= 255) out.push(255);
    if (rest >= 0) out.push(rest);
  };
  let at = 0;
  for (const [i, { literals, distance, length }] of sequences.entries()) {
    const isLast = i === sequences.length - 1;
    out.push((Math.min(15, literals) << 4) | (isLast ? 0 : Math.min(15, length - 4)));
    more(literals);
    for (const byte of plain.subarray(at, at + literals)) out.push(byte);
    at += literals + length;
    if (isLast) break;
    out.push(distance & 255, distance >> 8);
    more(length - 4);
  }
  return Uint8Array.from(out);
}

/** Another way to write the same bytes, if there is one at the place that chance chose. */
function rewritten(sequences: Sequence[], plain: Uint8Array, next: () => number): void {
  const i = next() % sequences.length;
  const one = sequences[i] as Sequence;
  const after = sequences[i + 1];
  const start = sequences.slice(0, i).reduce((sum, s) => sum + s.literals + s.length, one.literals);
  const isSame = (at: number, distance: number, length: number): boolean => {
    if (distance < 1 || distance > Math.min(at, 65535)) return false;
    return equalBytes(
      plain.subarray(at, at + length),
      plain.subarray(at - distance, at - distance + length),
    );
  };
  const cut = 1 + (next() % 8);
  const kind = next() % 7;
  if (after === undefined) {
    // Literals of the end become a match.
    const distance = 1 + (next() % 40);
    const length = Math.max(4, one.literals - (next() % 14));
    if (length > one.literals || !isSame(start - one.literals, distance, length)) return;
    const literals = one.literals - length;
    sequences.splice(i, 1, { literals: 0, distance, length }, { literals, distance: 0, length: 0 });
  } else if (kind === 0 && one.length >= 8) {
    const length = 4 + (next() % (one.length - 7));
    const rest = { literals: 0, distance: one.distance, length: one.length - length };
    sequences.splice(i, 1, { ...one, length }, rest);
  } else if (kind === 1) {
    for (let distance = 1 + (next() % 2000), n = 0; n < 4000; distance++, n++) {
      if (distance !== one.distance && isSame(start, distance, one.length)) {
        one.distance = distance;
        break;
      }
    }
  } else if (kind === 2) {
    after.literals += one.literals + one.length;
    sequences.splice(i, 1);
  } else if (kind === 3 && one.length - cut >= 4) {
    one.length -= cut;
    after.literals += cut;
  } else if (kind === 4 && one.length - cut >= 4) {
    one.literals += cut;
    one.length -= cut;
  } else if (kind === 5 && after.literals >= cut) {
    if (!isSame(start + one.length, one.distance, cut)) return;
    one.length += cut;
    after.literals -= cut;
  } else if (kind === 6 && one.literals > cut + 4) {
    // A match that the encoder did not see.
    for (let distance = 1; distance < 3000; distance++) {
      if (!isSame(start - cut - 4, distance, 4)) continue;
      const literals = one.literals - cut - 4;
      sequences.splice(i, 1, { literals, distance, length: 4 }, { ...one, literals: cut });
      break;
    }
  }
}

const count = { yes: 0, no: 0 };

function compare(plain: Uint8Array, block: Uint8Array, what: string): void {
  const expected = equalBytes(wasm.lz4Encode(plain), block);
  if (wasm.lz4Reproduces(plain, block) !== expected) t.fail(`${what}: should be ${expected}`);
  count[expected ? 'yes' : 'no']++;
}

function compareAll(plain: Uint8Array, block: Uint8Array, next: () => number, what: string): void {
  compare(plain, block, what);
  const out = new Uint8Array(plain.length);
  const sequences = parse(block);
  for (let round = 0; round < 4; round++) {
    // One change or two: the second one may hide what the first one did.
    rewritten(sequences, plain, next);
    const other = write(sequences, plain);
    if (!wasm.lz4Decode(other, out) || !equalBytes(out, plain)) {
      t.fail(`${what}: the test made a wrong block`);
    }
    compare(plain, other, `${what}, change ${round}`);
    if (round === 1) sequences.splice(0, sequences.length, ...parse(block));
  }
}

t.test('random bytes of all short lengths, and where the table changes', async (t) => {
  const next = randomNumbers(11);
  const lengths = Array.from({ length: 71 }, (_, i) => i);
  for (const length of [...lengths, ...lengths, 200, 1000, 16384, 65546, 65547, 65600, 140000]) {
    for (const kind of BYTE_KINDS) {
      for (let round = 0; round < 4; round++) {
        const plain = randomBytes(next, length, kind);
        // Pieces that come again, as in rows.
        for (let n = next() % 8; n > 0 && length > 8; n--) {
          const from = next() % length;
          plain.copyWithin(next() % length, from, from + (next() % 60));
        }
        const what = `${length} bytes of ${kind}`;
        compareAll(plain, wasm.lz4Encode(plain), next, what);
      }
    }
  }
  t.ok(count.yes > 1000 && count.no > 1000, `${count.yes} times yes, ${count.no} times no`);
});

t.test('each match a byte later or shorter', async (t) => {
  const next = randomNumbers(15);
  const before = { ...count };
  for (let round = 0; round < 30; round++) {
    const plain = randomBytes(next, 400, round % 2 === 0 ? 'noise' : 'letters');
    for (let n = 40; n > 0; n--) {
      const from = next() % plain.length;
      plain.copyWithin(next() % plain.length, from, from + (next() % 30));
    }
    const sequences = parse(wasm.lz4Encode(plain));
    for (const [i, one] of sequences.entries()) {
      const after = sequences[i + 1];
      if (after === undefined || one.length < 5) continue;
      const shorter = { ...one, length: one.length - 1 };
      const later = { ...shorter, literals: one.literals + 1 };
      const behind = { ...after, literals: after.literals + 1 };
      compare(plain, write(sequences.with(i, later), plain), `round ${round}, ${i} later`);
      const cut = sequences.with(i, shorter).with(i + 1, behind);
      compare(plain, write(cut, plain), `round ${round}, ${i} shorter`);
    }
  }
  t.ok(count.no > before.no + 1000, `${count.no - before.no} times no`);
});

t.test('blocks of another encoder', async (t) => {
  const next = randomNumbers(14);
  const before = { ...count };
  for (const length of [13, 14, 20, 50, 100, 300, 1000, 4000, 16384, 65546, 65547]) {
    for (let round = 0; round < 40 && round * length < 400_000; round++) {
      const plain = randomBytes(next, length, BYTE_KINDS[round % 3] ?? 'runs');
      for (let n = next() % 50; n > 0; n--) {
        const from = next() % length;
        plain.copyWithin(next() % length, from, from + (next() % 60));
      }
      compare(plain, compressSync(Buffer.from(plain)).subarray(4), `${length} bytes`);
    }
  }
  const [yes, no] = [count.yes - before.yes, count.no - before.no];
  t.ok(yes > 20 && no > 100, `${yes} times yes, ${no} times no`);
});

t.test('a last token with the length of a match', async (t) => {
  const plain = randomBytes(randomNumbers(12), 1000, 'noise');
  const block = wasm.lz4Encode(plain);
  t.ok(wasm.lz4Reproduces(plain, block) && twin.lz4Reproduces(plain, block));
  const other = block.slice();
  other[0] = (other[0] as number) | 3;
  t.ok(wasm.lz4Decode(other, new Uint8Array(1000)), 'decoders do not look at it');
  t.notOk(wasm.lz4Reproduces(plain, other) || twin.lz4Reproduces(plain, other));
});

t.test('blocks that Cassandra wrote, the older ones by another encoder', async (t) => {
  const next = randomNumbers(13);
  const before = { ...count };
  let blocks = 0;
  for (const { dataPath } of fixtureTables().flatMap((table) => table.sstables)) {
    const path = dataPath.replace(/Data\.db$/, 'CompressionInfo.db');
    if (!existsSync(path)) continue;
    const [, letters = '', format = ''] = /(\w\w)-[^/]*-(big|bti)-Data\.db$/.exec(dataPath) ?? [];
    const info = parseCompressionInfo(readFileSync(path), formatVersion(format, letters), {});
    if (info.compressor !== 'LZ4Compressor') continue;
    const codec = compressor(info.compressor, new Map(), info.chunkLength);
    const data = readFileSync(dataPath);
    for (const [i, start] of info.chunkOffsets.entries()) {
      const payload = data.subarray(start, (info.chunkOffsets[i + 1] ?? data.length) - 4);
      if (payload.length >= info.maxCompressedLength || payload.length < 5) continue;
      const plain = new Uint8Array(
        Math.min(info.chunkLength, info.dataLength - i * info.chunkLength),
      );
      codec.decode(payload, plain);
      const isSame = equalBytes(codec.encode?.(plain) ?? new Uint8Array(0), payload);
      if (codec.reproduces?.(plain, payload) !== isSame) t.fail(`block ${i} of ${dataPath}`);
      compareAll(plain, payload.subarray(4), next, `block ${i} of ${dataPath}`);
      blocks++;
    }
  }
  t.ok(
    blocks > 200 && count.yes > before.yes + 150 && count.no > before.no + 150,
    `${blocks} blocks`,
  );
});
