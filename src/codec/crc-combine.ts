/** CRC-32 of byte strings, one behind the other, from their own CRCs. */

/** The polynomial of CRC-32 (IEEE), reflected. */
const POLYNOMIAL = 0xedb88320;

/** `matrix` is 32 columns over GF(2). */
function times(matrix: Uint32Array, vector: number): number {
  let sum = 0;
  for (let i = 0, rest = vector >>> 0; rest !== 0; i++, rest >>>= 1) {
    if ((rest & 1) !== 0) sum ^= matrix[i] ?? 0;
  }
  return sum >>> 0;
}

function square(matrix: Uint32Array): Uint32Array {
  return Uint32Array.from(matrix, (column) => times(matrix, column));
}

/** What one zero bit does to the register. */
function oneZeroBit(): Uint32Array {
  const matrix = new Uint32Array(32);
  matrix[0] = POLYNOMIAL;
  for (let i = 1; i < 32; i++) matrix[i] = 2 ** (i - 1);
  return matrix;
}

/** What 2^i zero bytes do to the register, as far as it was asked for. */
const zeroBytes: Uint32Array[] = [];

function zeroBytesAt(i: number): Uint32Array {
  let matrix = zeroBytes[i];
  if (matrix === undefined) {
    matrix = square(i === 0 ? square(square(oneZeroBit())) : zeroBytesAt(i - 1));
    zeroBytes[i] = matrix;
  }
  return matrix;
}

/** The same for each value of each byte of the register: 4 × 256. */
const tables: Uint32Array[] = [];

function tableAt(i: number): Uint32Array {
  let table = tables[i];
  if (table === undefined) {
    const matrix = zeroBytesAt(i);
    table = Uint32Array.from({ length: 1024 }, (_, n) =>
      times(matrix, (n & 255) << (8 * (n >> 8))),
    );
    tables[i] = table;
  }
  return table;
}

/** CRC of a ‖ b, where `length` is that of b in bytes. */
export function combineCrc32(a: number, b: number, length: number): number {
  let sum = a >>> 0;
  for (let i = 0, rest = length; rest > 0 && sum !== 0; i++, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 0) continue;
    const table = tables[i] ?? tableAt(i);
    sum =
      (table[sum & 255] as number) ^
      (table[256 + ((sum >>> 8) & 255)] as number) ^
      (table[512 + ((sum >>> 16) & 255)] as number) ^
      (table[768 + (sum >>> 24)] as number);
  }
  return (sum ^ b) >>> 0;
}

/** What eight zero bits do to each value of the lowest byte. */
let oneByte: Uint32Array | undefined;

/** CRC of bytes whose CRC is `a`, and behind them that CRC itself, big-endian. */
export function crc32WithItself(a: number): number {
  oneByte ??= Uint32Array.from({ length: 256 }, (_, byte) => times(zeroBytesAt(0), byte));
  let sum = ~a;
  for (let shift = 24; shift >= 0; shift -= 8) {
    sum = (oneByte[(sum ^ (a >>> shift)) & 255] as number) ^ (sum >>> 8);
  }
  return ~sum >>> 0;
}
