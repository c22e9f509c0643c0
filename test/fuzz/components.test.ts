/**
 * Components other than Data.db with numbers, lengths and regions changed as somebody would who knows
 * their layout; in Statistics.db behind checksums that match.
 */
import { crc32 } from 'node:zlib';
import t from 'tap';
import { joinStatistics, parseStatistics } from '../../src/components/index.js';
import { DamagedTable, fixtureData } from '../helpers/damage.js';
import { onlyFreeFields } from '../helpers/unprotected.js';
import { changeRegion, randomNumbers } from './mutations.js';

const { SSTASH_DAMAGE, SSTASH_DAMAGE_CHANGES } = process.env;
const CHANGES = Number(SSTASH_DAMAGE_CHANGES ?? (SSTASH_DAMAGE === 'full' ? 2000 : 10));

const cases = [
  ['cassandra-3.11', 'deletes'],
  ['cassandra-4.1', 'wide'],
  ['cassandra-4.1', 'compression_none'],
  ['cassandra-5.0', 'deletes'],
  ['cassandra-5.0-bti', 'wide'],
  ['cassandra-5.0-bti', 'deletes'],
] as const;

t.setTimeout(CHANGES > 10 ? 0 : 240_000);

for (const [set, name] of cases) {
  t.test(`changed components of ${set} ${name}`, { timeout: 0 }, async (t) => {
    const table = await DamagedTable.copy(fixtureData(set, name), t.testdir({}));
    const sound = await table.observe();
    for (const [i, [component, bytes]] of [...table.components].entries()) {
      if (component === 'Data.db') continue;
      const wrong: string[] = [];
      for (let seed = 1; seed <= CHANGES; seed++) {
        const changed = changeRegion(randomNumbers(1000 * i + seed), bytes);
        if (Buffer.compare(changed, bytes) === 0) continue;
        const verdict = await table.verdict(sound, component, changed);
        if (verdict !== null) wrong.push(`seed ${seed}: ${verdict}`);
      }
      t.same(wrong, [], component);
    }
  });

  t.test(`values of Statistics.db of ${set} ${name} behind right checksums`, async (t) => {
    const table = await DamagedTable.copy(fixtureData(set, name), t.testdir({}));
    const sound = await table.observe();
    const file = table.components.get('Statistics.db') ?? Buffer.alloc(0);
    const { parts } = parseStatistics(file, table.version);
    const wrong: string[] = [];
    let free = 0;
    for (let seed = 1; seed <= 6 * CHANGES; seed++) {
      const next = randomNumbers(seed);
      // STATS more often than the others, which are short.
      const chosen = next() % 3 === 0 ? next() % 4 : 2;
      const bodies = parts.map(({ type, offset, length }) => {
        const body = file.subarray(offset, offset + length);
        return { type, body: type === chosen ? changeRegion(next, body) : body };
      });
      const changed = joinStatistics(bodies, table.version);
      if (Buffer.compare(changed, file) === 0) continue;
      const verdict = await table.verdict(sound, 'Statistics.db', changed);
      if (verdict === null) continue;
      if (onlyFreeFields(file, changed, table.version)) free++;
      else wrong.push(`seed ${seed}: ${verdict}`);
    }
    t.same(wrong, []);
    t.ok(free < CHANGES * 3, `${free} changes of what nobody can know`);
  });
}

t.test('the sums of a joined Statistics.db are right', async (t) => {
  const table = await DamagedTable.copy(fixtureData('cassandra-5.0', 'deletes'), t.testdir({}));
  const file = table.components.get('Statistics.db') ?? Buffer.alloc(0);
  const { parts } = parseStatistics(file, table.version);
  const bodies = parts.map(({ type, offset, length }) => ({
    type,
    body: file.subarray(offset, offset + length),
  }));
  t.equal(crc32(joinStatistics(bodies, table.version)), crc32(file));
});
