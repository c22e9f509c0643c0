/**
 * One byte changed at a time, and files cut short: every change must be reported or be none to anybody,
 * no command may crash, take long, or print fewer rows with exit code 0. A seeded sample by default; with
 * SSTASH_DAMAGE=full one bit of every byte and every length, counted in comments, which takes hours:
 * SSTASH_DAMAGE_ONLY=name,... tries the tables alone whose names hold one of these.
 */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { randomNumbers } from '../codec/seeded.js';
import { type Consequence, DamagedTable, fixtureData } from '../helpers/damage.js';

const { SSTASH_DAMAGE, SSTASH_DAMAGE_ONLY } = process.env;
const full = SSTASH_DAMAGE === 'full';
/** Changes that are tried of each component of each SSTable. */
const SAMPLE = 5;
const MEMORY_MAX = 256 * 1024 * 1024;

const sources: [name: string, dataPath: string][] = (
  [
    ['cassandra-3.11', 'collections'],
    ['cassandra-4.1', 'deletes'],
    ['cassandra-4.1', 'compression_none'],
    ['cassandra-5.0', 'wide'],
    ['cassandra-5.0', 'user_types'],
    ['cassandra-5.0-bti', 'wide'],
    ['cassandra-5.0-bti', 'statics'],
    ...(full
      ? ([
          ['cassandra-3.11', 'deletes'],
          ['cassandra-5.0', 'deletes'],
          ['cassandra-5.0-bti', 'deletes'],
        ] as const)
      : []),
  ] as const
).map(([set, table]) => [`${set} ${table}`, fixtureData(set, table)]);

/** The versions that no fixture has. */
const golden = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/corpus/golden');
const OTHERS = ['3.0.6-ma', '3.0.7-mb', '3.11.3-mc', '3.11.10-md', '4.0-rc1-na', '5.0-alpha2-nc'];
if (existsSync(golden)) {
  for (const folder of [...OTHERS, '6.0-alpha2-pa', '6.0-alpha2-ea']) {
    const keyspace = join(golden, folder, 'gold');
    const table = readdirSync(keyspace).find((name) => name.startsWith('deletes-'));
    if (table === undefined) continue;
    const data = readdirSync(join(keyspace, table)).find((name) => name.endsWith('-Data.db'));
    if (data !== undefined) sources.push([folder, join(keyspace, table, data)]);
  }
}

const MASKS = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff];

/** Every change, or a seeded sample. */
function* changes(bytes: Buffer, seed: number): Generator<[what: string, bytes: Buffer]> {
  const next = randomNumbers(seed);
  const flip = (at: number, mask: number): [string, Buffer] => {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ mask;
    return [`byte ${at} ^ ${mask}`, changed];
  };
  const cut = (at: number): [string, Buffer] => [`cut at ${at}`, bytes.subarray(0, at)];
  if (full) {
    for (let at = 0; at < bytes.length; at++) {
      yield flip(at, 1 << (at % 8));
      yield cut(at);
    }
    return;
  }
  for (let i = 0; i < SAMPLE && bytes.length > 0; i++) {
    yield flip(next() % bytes.length, MASKS[next() % MASKS.length] ?? 1);
    if (i < 2) yield cut(next() % bytes.length);
  }
}

t.setTimeout(full ? 0 : 240_000);

const only = SSTASH_DAMAGE_ONLY?.split(',');
const wanted = sources.filter(([name]) => only?.some((part) => name.includes(part)) ?? true);

/** `n flips: n reported, …; n cuts: …` of a table. */
class Counts {
  readonly #counts = new Map<string, number>();

  add(what: string, consequence: Consequence): void {
    const kind = what.startsWith('cut') ? 'cuts' : 'flips';
    for (const name of [kind, `${kind} ${consequence}`]) {
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    }
  }

  toString(): string {
    return [...this.#counts].map(([name, count]) => `${name} ${count}`).join(', ');
  }
}

t.ok(wanted.length > 0, 'there are tables');
for (const [name, source] of wanted) {
  t.test(`every change of ${name} is reported or changes nothing`, { timeout: 0 }, async (t) => {
    const table = await DamagedTable.copy(source, t.testdir({}));
    table.brief = full;
    const sound = await table.observe();
    for (const [command, { code }] of Object.entries(sound)) t.equal(code, 0, `${command} before`);
    const before = process.resourceUsage().maxRSS * 1024;
    const counts = new Counts();
    for (const [i, [component, bytes]] of [...table.components].entries()) {
      const wrong: string[] = [];
      for (const [what, changed] of changes(bytes, i + 1)) {
        const { consequence, why } = await table.consequence(sound, component, changed);
        counts.add(what, consequence);
        if (consequence === 'wrong') wrong.push(`${what}: ${why}`);
        else if (consequence !== 'reported' && full) t.comment(component, what, consequence);
      }
      t.same(wrong, [], `${component}, ${bytes.length} bytes`);
    }
    const more = process.resourceUsage().maxRSS * 1024 - before;
    t.comment(name, counts.toString());
    t.ok(more < MEMORY_MAX, `${more} bytes of memory more`);
    t.same(await table.observe(), sound, 'sound after');
  });
}
