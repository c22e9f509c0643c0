/** `info` compared with what sstablemetadata says about every fixture. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { fixtureSets, fixtureTables } from '../../fixtures/index.js';
import { readDetails, type SSTableDetails } from '../../src/cli/inspect/details.js';
import { readFacts } from '../../src/cli/inspect/facts.js';
import { infoText } from '../../src/cli/inspect/info-text.js';
import { toJson } from '../../src/cli/json.js';
import { findTables } from '../../src/sstable/index.js';

async function detailsOf(dataPath: string): Promise<SSTableDetails> {
  const [table] = await findTables([dataPath]);
  const files = table?.sstables[0];
  if (files === undefined) throw new Error(`nothing at ${dataPath}`);
  return readDetails(files, await readFacts(files), 4_000_000_000);
}

/** Lines `name: value` before the histograms, and the lines of the named histogram. */
class Official {
  readonly #text: string;

  constructor(path: string) {
    this.#text = readFileSync(path, 'utf8');
  }

  value(name: string): string | null {
    const match = new RegExp(`^${name}: (.*)$`, 'm').exec(this.#text);
    return match?.[1]?.trim() ?? null;
  }

  /** The number of a time, which stands in brackets since 5.0 and before them until 4.1. */
  number(name: string): string | null {
    const value = this.value(name) ?? '';
    return /^-?\d+/.exec(value)?.[0].length === value.split(' ')[0]?.length
      ? (value.split(' ')[0] ?? null)
      : (/\((-?\d+)\)$/.exec(value)?.[1] ?? null);
  }

  histogram(title: string): Record<string, number> {
    const from = this.#text.indexOf(`\n${title}:`);
    const part = this.#text.slice(from).split(/\n[A-Z]/)[1] ?? '';
    const rows = part.matchAll(/^\s+(\d\dth|Min|Max)\s+(\d+)/gm);
    return Object.fromEntries([...rows].map(([, name, value]) => [name, Number(value)]));
  }
}

function summaryOf(histogram: SSTableDetails['partitionSize']): Record<string, number> {
  const shares = Object.entries(histogram.percentiles).map(([share, value]) => [
    `${share}th`,
    value,
  ]);
  return { ...Object.fromEntries(shares), Min: histogram.min, Max: histogram.max };
}

t.test('every fixture', async (t) => {
  let compared = 0;
  for (const { table, sstables } of fixtureTables(fixtureSets)) {
    for (const { base, dataPath, metadataPath } of sstables) {
      if (metadataPath === null) continue;
      const official = new Official(metadataPath);
      const found = await detailsOf(dataPath);
      const same = (name: string, value: unknown, expected: unknown): void => {
        if (String(value) !== String(expected))
          t.equal(value, expected, `${table} ${base} ${name}`);
      };
      same('partitioner', found.partitioner, official.value('Partitioner'));
      same('chance', found.bloomFilterFpChance, Number(official.value('Bloom Filter FP chance')));
      same('minTimestamp', found.minTimestamp, official.number('Minimum timestamp'));
      same('maxTimestamp', found.maxTimestamp, official.number('Maximum timestamp'));
      same('ratio', found.compressionRatio, Number(official.value('Compression ratio') ?? -1));
      same('minTTL', found.minTTL, official.number('TTL min'));
      same('maxTTL', found.maxTTL, official.number('TTL max'));
      same('level', found.level, official.value('SSTable Level'));
      same('rows', found.totalRows, official.value('totalRows'));
      same('cells', found.totalColumnsSet, official.value('totalColumnsSet'));
      same('host', found.originatingHostId, official.value('Originating host id'));
      same('cardinality', found.estimatedCardinality, official.value('Estimated cardinality'));
      same('transient', found.isTransient, official.value('IsTransient'));
      same('key type', found.serializationHeader.keyType, official.value('KeyType'));
      const token = official.value('First token')?.split(' ')[0];
      same('first token', found.first?.token, token);
      const sizes = official.histogram('Partition Size');
      t.strictSame(summaryOf(found.partitionSize), sizes, `${table} ${base} sizes`);
      const cells = official.histogram('Column Count');
      t.strictSame(summaryOf(found.cellCount), cells, `${table} ${base} cells`);
      compared++;
    }
  }
  t.ok(compared > 100, `${compared} SSTables`);
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
  });
});
