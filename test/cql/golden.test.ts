/**
 * Keys and clusterings of real SSTables stand in the order that their types and partitioners define,
 * in both forms of that order; the texts of keys come back. What values print is in
 * test/tasks/dump-golden.test.ts.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { fixtureTables } from '../../fixtures/index.js';
import { ByteWriter, compareBytes } from '../../src/binary/index.js';
import {
  type ClusteringPrefix,
  clusteringComparator,
  keyText,
  parseKeyText,
  writeComparableClustering,
  writeComparableKey,
} from '../../src/cql/index.js';
import { SSTable } from '../../src/sstable/index.js';

interface Counts {
  partitions: number;
  items: number;
}

/** Takes an item's place and byte-comparable form after the other; what is out of order, or null. */
class Track<T> {
  readonly #compare: (a: T, b: T) => number;
  #before: { readonly place: T; readonly form: Uint8Array } | null = null;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  next(place: T, write: (w: ByteWriter) => void): string | null {
    const w = new ByteWriter();
    write(w);
    const form = w.toBytes();
    const before = this.#before;
    this.#before = { place, form };
    if (before === null) return null;
    if (this.#compare(before.place, place) >= 0) return 'not in order';
    return compareBytes(before.form, form) >= 0 ? 'its form is not in order' : null;
  }

  reset(): void {
    this.#before = null;
  }
}

/** What is wrong with one SSTable; its partitions and items are counted. */
async function problemsOf(dataPath: string, counts: Counts): Promise<string[]> {
  const sstable = await SSTable.open(dataPath);
  const { keyType, clusteringTypes } = sstable.header;
  const { comparableToken } = sstable.partitioner;
  // Tries, which have these forms, came when the order had been mended.
  const hasForms = !sstable.version.sortsEmptyFirst;
  const partitions = new Track<Uint8Array>(sstable.partitioner.compareKeys);
  const items = new Track<ClusteringPrefix>(clusteringComparator(clusteringTypes));
  const problems: string[] = [];
  const note = (what: string, problem: string | null): void => {
    if (problem !== null && problems.length < 3) problems.push(`${what} ${problem}`);
  };
  for await (const batch of sstable.events()) {
    for (const event of batch) {
      if (event.type === 'end') continue;
      if (event.type === 'partition') {
        counts.partitions++;
        items.reset();
        const text = keyText(keyType, event.key);
        const write = (w: ByteWriter) => writeComparableKey(w, comparableToken, event.key);
        note(`key ${text}`, partitions.next(event.key, write));
        // Drivers write some decimals with leading zero bytes, so bytes need not come back.
        const back = keyText(keyType, parseKeyText(keyType, text));
        if (back !== text) note(`key ${text}`, 'does not come back');
        continue;
      }
      counts.items++;
      const kind = event.type === 'row' ? 4 : event.kind;
      const place = { kind, values: event.clustering };
      const write = (w: ByteWriter): void => {
        if (hasForms) writeComparableClustering(w, clusteringTypes, place);
        else w.u32(event.position);
      };
      note(`${event.type} at ${event.position}`, items.next(place, write));
    }
  }
  await sstable.close();
  return problems;
}

t.test('fixtures', async (t) => {
  const counts = { partitions: 0, items: 0 };
  for (const { dataPath } of fixtureTables().flatMap((table) => table.sstables)) {
    const problems = await problemsOf(dataPath, counts);
    if (problems.length > 0) t.same(problems, [], dataPath);
  }
  t.ok(counts.partitions > 5000 && counts.items > 15_000, JSON.stringify(counts));
});

const corpus = fileURLToPath(new URL('../../../shared/corpus/golden', import.meta.url));
const options = existsSync(corpus)
  ? { timeout: 180_000 }
  : { skip: 'no corpus beside the project' };

t.test('every SSTable of the corpus, of every partitioner', options, async (t) => {
  const counts = { partitions: 0, items: 0 };
  const manifest = JSON.parse(readFileSync(join(corpus, 'manifest.json'), 'utf8'));
  for (const { dir, base } of manifest.sstables as { dir: string; base: string }[]) {
    const problems = await problemsOf(join(corpus, dir, `${base}-Data.db`), counts);
    if (problems.length > 0) t.same(problems, [], `${dir} ${base}`);
  }
  t.ok(counts.partitions > 20_000, JSON.stringify(counts));
});
