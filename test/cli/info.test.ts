/** `info` compared with what sstablemetadata says about every fixture and every golden SSTable. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { fixtureSets, fixtureTables } from '../../fixtures/index.js';
import { readDetails, type SSTableDetails } from '../../src/cli/inspect/details.js';
import { readFacts } from '../../src/cli/inspect/facts.js';
import { infoText } from '../../src/cli/inspect/info-text.js';
import { toJson } from '../../src/cli/json.js';
import { findTables } from '../../src/sstable/index.js';
import { OfficialMetadata } from './official-metadata.js';

async function detailsOf(dataPath: string): Promise<SSTableDetails> {
  const [table] = await findTables([dataPath]);
  const files = table?.sstables[0];
  if (files === undefined) throw new Error(`nothing at ${dataPath}`);
  return readDetails(files, await readFacts(files), 4_000_000_000);
}

const NO_DELETION_TIMES = ['2147483647', '4294967295', '9223372036854775807'];
/** The largest of each format and tool stands for none. */
const orNone = (time: string): string => (NO_DELETION_TIMES.includes(time) ? 'none' : time);

type Compared = readonly [name: string, ours: unknown, official: string | null];

function simpleValues(d: SSTableDetails, official: OfficialMetadata): Compared[] {
  const { serializationHeader: header } = d;
  const text = (label: string) => official.value(label);
  const number = (label: string) => official.number(label);
  const float = (label: string) => (text(label) === null ? null : String(Number(text(label))));
  const deletion = (label: string) => (number(label) === null ? null : orNone(number(label) ?? ''));
  const first = (label: string) => text(label)?.split(' ')[0] ?? null;
  return [
    ['partitioner', d.partitioner, text('Partitioner')],
    ['chance', d.bloomFilterFpChance, float('Bloom Filter FP chance')],
    ['minTimestamp', d.minTimestamp, number('Minimum timestamp')],
    ['maxTimestamp', d.maxTimestamp, number('Maximum timestamp')],
    [
      'min deletion',
      orNone(`${d.minLocalDeletionTime}`),
      deletion('SSTable min local deletion time'),
    ],
    [
      'max deletion',
      orNone(`${d.maxLocalDeletionTime}`),
      deletion('SSTable max local deletion time'),
    ],
    ['compressor', d.compression?.compressor ?? '-', text('Compressor')?.split('.').at(-1) ?? null],
    ['ratio', d.compressionRatio, float('Compression ratio')],
    ['minTTL', d.minTTL, number('TTL min')],
    ['maxTTL', d.maxTTL, number('TTL max')],
    ['first token', d.first?.token, first('First token')],
    ['last token', d.last?.token, first('Last token')],
    ['level', d.level, text('SSTable Level')],
    ['repaired', d.repairedAt, number('Repaired at')],
    ['pending', d.pendingRepair ?? '--', text('Pending repair')],
    ['host', d.originatingHostId, text('Originating host id')],
    ['cells', d.totalColumnsSet, text('totalColumnsSet')],
    ['rows', d.totalRows, text('totalRows')],
    ['transient', d.isTransient, text('IsTransient')],
    ['base timestamp', header.minTimestamp, number('EncodingStats minTimestamp')],
    ['base deletion', header.minLocalDeletionTime, number('EncodingStats minLocalDeletionTime')],
    ['base TTL', header.minTTL, number('EncodingStats minTTL')],
    ['key type', header.keyType, text('KeyType')],
    ['clustering', `[${header.clusteringTypes.join(', ')}]`, text('ClusteringTypes')],
    ['commit log', commitLog(d), text('Replay positions covered')],
  ];
}

function commitLog({ commitLogIntervals }: SSTableDetails): string {
  const position = (at: { segmentId: bigint; position: number }): string =>
    `CommitLogPosition(segmentId=${at.segmentId}, position=${at.position})`;
  const texts = (commitLogIntervals ?? []).map(
    ({ from, to }) => `${position(from)}=${position(to)}`,
  );
  return `{${texts.join(', ')}}`;
}

const HISTOGRAMS = [
  ['Partition Size', 'partitionSize'],
  ['Column Count', 'cellCount'],
] as const;

function listedValues(d: SSTableDetails, official: OfficialMetadata): Compared[] {
  const lists: Compared[] = [];
  const add = (name: string, ours: readonly string[], theirs: readonly string[] | null) =>
    lists.push([name, ours.join('\n'), theirs?.join('\n') ?? null]);
  for (const [title, name] of HISTOGRAMS) {
    const { buckets, percentiles, min, max } = d[name];
    add(
      title,
      buckets.map(({ upTo, count }) => `${upTo}:${count}`),
      official.buckets(title),
    );
    const shares = Object.entries(percentiles).map(([share, value]) => `${share}th:${value}`);
    const theirs = official.percentiles(title);
    const ours = theirs.length === 0 ? [] : [...shares, `Min:${min}`, `Max:${max}`];
    add(`${title} percentiles`, ours, theirs);
  }
  const drops = d.estimatedTombstoneDropTimes.bins.map(({ time, count }) => `${time}:${count}`);
  add('drop times', drops, official.dropTimes());
  const { staticColumns, regularColumns } = d.serializationHeader;
  const columns = (all: typeof staticColumns) => all.map(({ name, type }) => `${name}:${type}`);
  add('static columns', columns(staticColumns).sort(), official.columns('StaticColumns'));
  add('regular columns', columns(regularColumns).sort(), official.columns('RegularColumns'));
  return lists;
}

/** What differs, as text; every value that the release prints at all is compared. */
function differences(details: SSTableDetails, official: OfficialMetadata): string[] {
  const compared = [...simpleValues(details, official), ...listedValues(details, official)];
  const different = compared
    .filter(([, ours, theirs]) => theirs !== null && String(ours) !== theirs)
    .map(([name, ours, theirs]) => `${name}: ${ours} / ${theirs}`);
  // Both are estimates; above some thousands of keys they are made of the same sketch in two ways.
  const keys = Number(official.value('Estimated cardinality'));
  const found = details.estimatedCardinality ?? 0;
  const allowed = keys < 5000 ? 0 : keys * 0.005;
  if (Math.abs(found - keys) > allowed) different.push(`cardinality: ${found} / ${keys}`);
  return different;
}

t.test('every fixture', async (t) => {
  let compared = 0;
  for (const { directory, sstables } of fixtureTables(fixtureSets)) {
    for (const { base, dataPath, metadataPath } of sstables) {
      if (metadataPath === null) continue;
      const official = new OfficialMetadata(readFileSync(metadataPath, 'utf8'));
      const found = differences(await detailsOf(dataPath), official);
      if (found.length > 0) t.same(found, [], `${directory} ${base}`);
      compared++;
    }
  }
  t.ok(compared > 250, `${compared} SSTables`);
});

interface Golden {
  readonly dir: string;
  readonly base: string;
  readonly oracle: { readonly metadata?: { readonly path: string; readonly exit: number } };
}

const golden = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/corpus/golden');
const corpus = existsSync(golden) ? { timeout: 120_000 } : { skip: 'no corpus beside the project' };

t.test('every SSTable of the corpus, 3.0 to 6.0', corpus, async (t) => {
  const manifest = JSON.parse(readFileSync(join(golden, 'manifest.json'), 'utf8'));
  let compared = 0;
  for (const { dir, base, oracle } of manifest.sstables as Golden[]) {
    const details = await detailsOf(join(golden, dir, `${base}-Data.db`));
    const printed = [await infoText(dir, details), toJson(details)];
    if (printed.some((text) => text.length < 500)) t.fail(`${dir} ${base} prints too little`);
    const { metadata } = oracle;
    if (metadata?.exit !== 0) continue;
    const text = gunzipSync(readFileSync(join(golden, metadata.path))).toString();
    const found = differences(details, new OfficialMetadata(text));
    if (found.length > 0) t.same(found, [], `${dir} ${base}`);
    compared++;
  }
  t.equal(compared, 1085);
});

t.test('the text and the JSON hold it all', async (t) => {
  const [table] = fixtureTables(['cassandra-5.0']).filter((each) => each.table === 'wide');
  const details = await detailsOf(table?.sstables[0]?.dataPath ?? '');
  const text = await infoText('shapes.wide', details);
  for (const label of ['SSTable', 'Version', 'First key', 'Bloom filter', 'Index summary', 'TTL']) {
    t.match(text, new RegExp(`^${label}: .`, 'm'));
  }
  const json = JSON.parse(toJson(details));
  t.match(json, {
    version: 'oa',
    minTimestamp: /^\d+$/,
    serializationHeader: { regularColumns: [{ name: String, type: String, cql: String }] },
    compression: { chunkLength: Number, dataLength: Number, chunks: Number },
    summary: { entries: Number },
    filter: { hashCount: Number },
    partitionIndex: null,
  });
});

t.test('the trie index of a BTI SSTable', async (t) => {
  const [table] = fixtureTables(['cassandra-5.0-bti']).filter((each) => each.table === 'wide');
  const details = await detailsOf(table?.sstables[0]?.dataPath ?? '');
  t.match(details, {
    format: 'bti',
    summary: null,
    partitionIndex: { partitions: 3, root: Number, trieBytes: Number, rowIndexBytes: Number },
  });
  const index = details.partitionIndex;
  t.ok(index !== null && index.root < index.trieBytes && Number(index.rowIndexBytes) > 0);
  t.match(await infoText('shapes.wide', details), /^Partition index: 3 partitions, trie of /m);
});

t.test('what a flush does not know about the ring is not recorded', async (t) => {
  const [table] = fixtureTables(['cassandra-5.0']).filter((each) => each.table === 'wide');
  const details = await detailsOf(table?.sstables[0]?.dataPath ?? '');
  t.equal(details.tokenSpaceCoverage, null);
  t.match(await infoText('shapes.wide', details), /^Token space coverage: not recorded$/m);
  const [before] = fixtureTables(['cassandra-4.1']).filter((each) => each.table === 'wide');
  const older = await detailsOf(before?.sstables[0]?.dataPath ?? '');
  t.notMatch(await infoText('shapes.wide', older), /Token space/);
});

t.test('components of every SSTable of the corpus', corpus, async (t) => {
  let listed = 0;
  for (const table of await findTables([golden])) {
    for (const files of table.sstables) {
      const { missing, unexpected, error } = await readFacts(files);
      if (missing.length + unexpected.length > 0 || error !== null) {
        t.same({ missing, unexpected, error }, { missing: [], unexpected: [], error: null });
      }
      listed++;
    }
  }
  t.equal(listed, 1092);
});
