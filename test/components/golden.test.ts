/**
 * Every component of the corpus of real SSTables parses and agrees with what Cassandra's own tools
 * say, where that corpus is at hand.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { ByteReader, equalBytes } from '../../src/binary/index.js';
import {
  emptyFilter,
  type FormatVersion,
  formatVersion,
  IndexEntryReader,
  parseComponentName,
  parseCompressionInfo,
  parseCrc,
  parseDigest,
  parseFilter,
  parsePromotedIndex,
  parseStatistics,
  parseSummary,
  parseToc,
  type Statistics,
  sampledPartitions,
} from '../../src/components/index.js';
import { keyText, murmur3, partitioner, uuidText } from '../../src/cql/index.js';

const corpus = fileURLToPath(new URL('../../../shared/corpus/golden', import.meta.url));

interface Place {
  readonly path: string;
  readonly prefix: string;
  readonly base: string;
  readonly version: FormatVersion;
}

function places(): Place[] {
  return readdirSync(corpus, { recursive: true })
    .map(String)
    .filter((path) => path.endsWith('-Data.db') && !path.includes('oracle'))
    .flatMap((path) => {
      const name = parseComponentName(basename(path));
      if (name === null) return [];
      const version = formatVersion(name.format, name.versionLetters);
      const prefix = join(corpus, path).slice(0, -'Data.db'.length);
      return [{ path, prefix, base: name.base, version }];
    });
}

function read(place: Place, component: string): Uint8Array | null {
  const path = place.prefix + component;
  return existsSync(path) ? new Uint8Array(readFileSync(path)) : null;
}

function indexEntries(place: Place, bytes: Uint8Array) {
  const reader = new IndexEntryReader(new ByteReader(bytes, { where: { file: place.path } }));
  const entries = [];
  for (let entry = reader.next(); entry !== null; entry = reader.next()) entries.push(entry);
  return entries;
}

function statistics(place: Place): Statistics {
  const bytes = read(place, 'Statistics.db');
  if (bytes === null) throw new Error(`no Statistics.db beside ${place.path}`);
  return parseStatistics(bytes, place.version, { file: place.path });
}

/** `name: value` of sstablemetadata, the number where it prints a date as well. */
function said(text: string, name: string): string | null {
  const line = new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1];
  if (line === undefined) return null;
  const number = /^(-?\d+) \(/.exec(line) ?? /\((-?\d+)\)$/.exec(line);
  return number?.[1] ?? line.trim();
}

const options = existsSync(corpus) ? { timeout: 120_000 } : { skip: 'the corpus is not here' };

t.test('small components parse', options, async (t) => {
  const counts = { compression: 0, digest: 0, toc: 0, crc: 0 };
  for (const place of places()) {
    const compression = read(place, 'CompressionInfo.db');
    if (compression !== null) {
      const info = parseCompressionInfo(compression, place.version, { file: place.path });
      const dataSize = statSync(`${place.prefix}Data.db`).size;
      if ((info.chunkOffsets.at(-1) ?? 0) + 4 > dataSize) t.fail(`${place.path}: offsets`);
      counts.compression++;
    }
    const digest = read(place, 'Digest.crc32');
    if (digest !== null) {
      parseDigest(digest, { file: place.path });
      counts.digest++;
    }
    const toc = read(place, 'TOC.txt');
    if (toc !== null && parseToc(toc).includes('Data.db')) counts.toc++;
    const crc = read(place, 'CRC.db');
    if (crc !== null) {
      parseCrc(crc, { file: place.path }, statSync(`${place.prefix}Data.db`).size);
      counts.crc++;
    }
  }
  t.ok(counts.compression > 1000 && counts.digest > 1000 && counts.toc > 1000);
  t.ok(counts.crc > 5);
});

t.test('Index, Filter and Summary tell the same', options, async (t) => {
  let keys = 0;
  let blocks = 0;
  for (const place of places()) {
    const index = read(place, 'Index.db');
    if (index === null) continue;
    const { header, partitioner: name, stats } = statistics(place);
    const order = partitioner(name, header.keyType);
    const entries = indexEntries(place, index);
    const filterBytes = read(place, 'Filter.db');
    const filter = filterBytes === null ? null : parseFilter(filterBytes, place.version);
    const rebuilt = filter === null ? null : emptyFilter(filter, place.version);
    const problems: string[] = [];
    entries.forEach((entry, i) => {
      const before = entries[i - 1];
      // The header of an index on a collection has the collection's type for its keys.
      if (before !== undefined && !header.keyType.isMultiCell) {
        if (order.compareKeys(before.key, entry.key) >= 0) problems.push(`order of key ${i}`);
      }
      const hash = murmur3(entry.key);
      if (filter?.mightContain(hash) === false) problems.push(`filter misses key ${i}`);
      rebuilt?.add(hash);
      if (entry.promoted !== null) {
        const at = entry.promotedPosition;
        blocks += parsePromotedIndex(entry.promoted, header, place.version, at).blocks.length;
      }
    });
    keys += entries.length;
    if (filter !== null && rebuilt !== null && !equalBytes(filter.bits, rebuilt.bits)) {
      problems.push('the filter has other bits');
    }
    problems.push(...summaryProblems(place, entries));
    const [first, last] = [entries[0]?.key, entries.at(-1)?.key];
    for (const [key, stored] of [
      [first, stats.firstKey],
      [last, stats.lastKey],
    ] as const) {
      if (stored !== null && (key === undefined || !equalBytes(key, stored))) problems.push('keys');
    }
    if (problems.length > 0) t.fail(`${place.path}: ${problems.slice(0, 3).join(', ')}`);
  }
  t.ok(keys > 80_000 && blocks > 4000, `${keys} keys, ${blocks} blocks`);
});

function summaryProblems(place: Place, entries: ReturnType<typeof indexEntries>): string[] {
  const bytes = read(place, 'Summary.db');
  if (bytes === null) return [];
  const summary = parseSummary(bytes, { file: place.path });
  const { minIndexInterval, samplingLevel } = summary;
  const expected = [...sampledPartitions(entries.length, minIndexInterval, samplingLevel)];
  const problems = expected.length === summary.count ? [] : ['number of summary entries'];
  expected.forEach((partition, i) => {
    const entry = entries[partition];
    if (entry === undefined || summary.indexPosition(i) !== entry.indexPosition) {
      problems.push(`position of summary entry ${i}`);
    } else if (!equalBytes(summary.key(i), entry.key)) {
      problems.push(`key of summary entry ${i}`);
    }
  });
  if (summary.sizeAtFullSampling !== Math.ceil(entries.length / minIndexInterval)) {
    problems.push('sizeAtFullSampling');
  }
  return problems;
}

/** Name in sstablemetadata's output → the same number here. */
function facts({ stats, header, ...rest }: Statistics): Record<string, string> {
  const ldt = (value: number): string => String(value);
  return {
    Partitioner: rest.partitioner,
    'Minimum timestamp': String(stats.minTimestamp),
    'Maximum timestamp': String(stats.maxTimestamp),
    'SSTable min local deletion time': ldt(stats.minLocalDeletionTime),
    'SSTable max local deletion time': ldt(stats.maxLocalDeletionTime),
    'SSTable Level': String(stats.sstableLevel),
    'Repaired at': String(stats.repairedAt),
    totalRows: String(stats.totalRows),
    totalColumnsSet: String(stats.totalColumnsSet),
    IsTransient: String(stats.isTransient),
    'EncodingStats minTTL': String(header.minTTL),
    'EncodingStats minLocalDeletionTime': String(header.minLocalDeletionTime),
    'EncodingStats minTimestamp': String(header.minTimestamp),
    KeyType: header.keyTypeText,
    ClusteringTypes: `[${header.clusteringTypeTexts.join(', ')}]`,
    'Originating host id':
      stats.originatingHostId === null ? '--' : uuidText(stats.originatingHostId),
  };
}

t.test('Statistics say what sstablemetadata says', options, async (t) => {
  let compared = 0;
  for (const place of places()) {
    const path = join(dirname(place.prefix), 'oracle', `${place.base}.metadata.txt.gz`);
    const parsed = statistics(place);
    if (!existsSync(path)) continue;
    const text = gunzipSync(readFileSync(path)).toString();
    for (const [name, value] of Object.entries(facts(parsed))) {
      const theirs = said(text, name);
      if (theirs === null) continue;
      compared++;
      const none = theirs === '9223372036854775807' && /^(2147483647|4294967295)$/.test(value);
      const noDeletion = /^no tombstones/.test(theirs);
      if (theirs !== value && !none && !noDeletion) {
        t.fail(`${place.path}: ${name} is ${value}, not ${theirs}`);
      }
    }
    const ratio = said(text, 'Compression ratio');
    if (ratio !== null && Number(ratio) !== parsed.stats.compressionRatio)
      t.fail(`${place.path} ratio`);
    const token = /^First token: (\S+) \((?:key=)?(.*)\)$/m.exec(text);
    const index = read(place, 'Index.db');
    const first = index === null ? undefined : indexEntries(place, index)[0];
    // 3.x writes timestamps and large decimals of keys in another way.
    if (token === null || first === undefined || place.version.letters < 'na') continue;
    const order = partitioner(parsed.partitioner, parsed.header.keyType);
    compared += 2;
    if (order.tokenText(first.key) !== token[1]) t.fail(`${place.path}: token ${token[1]}`);
    const key = keyText(parsed.header.keyType, first.key);
    if (key !== token[2]) t.fail(`${place.path}: key ${key}, not ${token[2]}`);
  }
  t.ok(compared > 10_000, `${compared} facts`);
});
