/** Internet addresses of 4 or 16 bytes, as Java's InetAddress writes and reads them. */

/** Eight groups of an IPv6 address are never shortened; an IPv4 address in 16 bytes shows as such. */
export function inetText(bytes: Uint8Array): string | null {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return null;
  if (isMapped(bytes)) return bytes.subarray(12).join('.');
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) {
    groups.push((((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)).toString(16));
  }
  return groups.join(':');
}

function isMapped(bytes: Uint8Array): boolean {
  return bytes[10] === 0xff && bytes[11] === 0xff && bytes.subarray(0, 10).every((b) => b === 0);
}

/** Bytes of a literal address, or null when `text` is none; names are not looked up. */
export function parseInet(text: string): Uint8Array | null {
  // Loaded only here: few tables have addresses, and with it come sockets and streams.
  const { isIPv4, isIPv6 } = process.getBuiltinModule('node:net');
  if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number);
  if (!isIPv6(text) || text.includes('%')) return null;
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const [, head = '', ...quads] = dotted ?? [];
  const group = (i: number) => (Number(quads[i]) * 256 + Number(quads[i + 1])).toString(16);
  const plain = dotted === null ? text : `${head}${group(0)}:${group(2)}`;
  const [left = '', right] = plain.split('::');
  const before = left === '' ? [] : left.split(':');
  const after = right === undefined || right === '' ? [] : right.split(':');
  const zeros = new Array<string>(8 - before.length - after.length).fill('0');
  const bytes = new Uint8Array(16);
  [...before, ...zeros, ...after].forEach((text16, i) => {
    const value = Number.parseInt(text16, 16);
    bytes[2 * i] = value >> 8;
    bytes[2 * i + 1] = value & 0xff;
  });
  return isMapped(bytes) ? bytes.slice(12) : bytes;
}
