/** Parsers of option values; what is not understood is a USAGE error that shows the form. */
import { InvalidArgumentError } from 'commander';

const SIZE = /^(\d+(?:\.\d+)?)\s*([kmgtp]?)(i?b)?$/i;
const POWERS: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/** `64KiB`, `64k`, `1.5G`, `4096` → bytes (powers of 1024). */
export function parseSize(text: string): number {
  const match = SIZE.exec(text.trim());
  const bytes =
    match === null
      ? Number.NaN
      : Number(match[1]) * 1024 ** (POWERS[(match[2] ?? '').toLowerCase()] ?? 0);
  if (!Number.isSafeInteger(Math.floor(bytes)) || bytes < 1) {
    throw new InvalidArgumentError('It is a size such as 65536, 64KiB, 1.5G.');
  }
  return Math.floor(bytes);
}

/** A whole number from 1 on. */
export function parseCount(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError('It is a whole number from 1 on.');
  }
  return value;
}

/** Measured on backups of 2 GB, which take the most: 297 MiB with one thread, 363 MiB with two. */
const BASE_BYTES = 220 * 1024 ** 2;
const WORKER_BYTES = 80 * 1024 ** 2;
/** What one thread may take; a lower limit cannot be kept. */
export const MEMORY_LIMIT_MIN = BASE_BYTES + WORKER_BYTES;

/**
 * Of `wanted` worker threads, as many as keep within `memoryLimit` bytes: 220 MiB for the program
 * and 80 MiB for each thread. One at least.
 */
export function workersWithin(wanted: number, memoryLimit: number | undefined): number {
  if (memoryLimit === undefined) return wanted;
  return Math.min(wanted, Math.max(1, Math.floor((memoryLimit - BASE_BYTES) / WORKER_BYTES)));
}

/** ISO 8601 (`2026-01-31`, `2026-01-31T10:00:00Z`) or seconds since 1970 → seconds since 1970. */
export function parseTime(text: string): number {
  if (/^-?\d{1,11}$/.test(text)) return Number(text);
  // A date and time without a zone is UTC here, not local time.
  const zoned = /T.*(Z|[+-]\d\d:?\d\d)$/i.test(text) || !text.includes('T') ? text : `${text}Z`;
  const millis = Date.parse(zoned);
  if (!/^\d{4}-\d\d/.test(text) || Number.isNaN(millis)) {
    throw new InvalidArgumentError(
      'It is a UTC time such as 2026-01-31T10:00:00Z, or seconds since 1970.',
    );
  }
  return Math.floor(millis / 1000);
}

/** `30`, `90s`, `15m`, `12h`, `7d`, `2w` → seconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+)\s*([smhdw]?)$/i.exec(text.trim());
  const unit = { '': 1, s: 1, m: 60, h: 3600, d: 86400, w: 604800 }[
    (match?.[2] ?? '').toLowerCase()
  ];
  if (match === null || unit === undefined) {
    throw new InvalidArgumentError('It is a span of time such as 90s, 15m, 12h, 7d, 2w.');
  }
  return Number(match[1]) * unit;
}

/** Collects a repeatable option: `.option('--tag <tag>', '…', collect)`. */
export function collect(value: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), value];
}
