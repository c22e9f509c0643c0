/**
 * What every command says about an SSTable while bytes of it are changed. All commands run in this
 * process, so that thousands of changes can be tried.
 */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fixturesRoot } from '../../fixtures/index.js';
import { tree } from '../../src/cli/compare/tree.js';
import { type CommandContext, createContext } from '../../src/cli/context.js';
import { dump } from '../../src/cli/dump/dump.js';
import { exitCodeOf } from '../../src/cli/exit-codes.js';
import { get } from '../../src/cli/get/get.js';
import { check } from '../../src/cli/inspect/check.js';
import { info } from '../../src/cli/inspect/info.js';
import { list } from '../../src/cli/inspect/list.js';
import { type FormatVersion, formatVersion } from '../../src/components/index.js';
import { isSstashError } from '../../src/errors.js';
import { inlineExecutor } from '../../src/parallel/index.js';
import { closeIdleSSTables, SSTable } from '../../src/sstable/index.js';
import { tasks } from '../../src/tasks/index.js';
import { isUnprotected } from './unprotected.js';

export interface Outcome {
  readonly code: number;
  readonly text: string;
}

export const COMMANDS = ['check', 'check --deep', 'dump', 'get', 'tree', 'ls', 'info'] as const;
export type CommandName = (typeof COMMANDS)[number];
export type Observation = Readonly<Record<CommandName, Outcome>>;

/**
 * What becomes of a change: a check reports it, or no command prints anything else for it, or it is one
 * that nobody can know; anything else is wrong.
 */
export type Consequence = 'reported' | 'no effect' | 'unknowable' | 'wrong';

/** Something went wrong that no damage may cause. */
export class Crash extends Error {}

const executor = inlineExecutor(tasks);
/** A change may cost this many seconds of CPU in one command. */
const SECONDS_MAX = 5;

/** Runs a command; its exit code and what it printed. */
export async function runCommand(
  action: (context: CommandContext) => Promise<number>,
  env: NodeJS.ProcessEnv = {},
): Promise<Outcome> {
  const parts: string[] = [];
  const errors: unknown[] = [];
  const write = async (data: string | Uint8Array): Promise<void> => {
    parts.push(typeof data === 'string' ? data : Buffer.from(data).toString('latin1'));
  };
  const context = await createContext({
    options: { json: true, progress: 'none' },
    stdout: { write, async flush() {} },
    signal: new AbortController().signal,
    executor,
    env,
    unread: (error) => errors.push(error),
  });
  const before = process.cpuUsage();
  let code: number;
  try {
    code = await action({ ...context, warn: () => undefined });
    for (const error of errors) code = exitCodeOf(error);
  } catch (error) {
    if (!isSstashError(error)) throw error;
    code = exitCodeOf(error);
  }
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6;
  if (seconds > SECONDS_MAX) throw new Crash(`it took ${seconds} s`);
  return { code, text: parts.join('').replace(/"estimatedDroppableTombstones": [\d.]+/g, '') };
}

/** The Merkle tree; the cache of the change before must not answer. */
async function treeOf(path: string): Promise<Outcome> {
  const cache = mkdtempSync(join(tmpdir(), 'sstash-trees-'));
  try {
    const { code, text } = await runCommand((context) => tree(context, [path], {}), {
      SSTASH_CACHE_DIR: cache,
    });
    // The physical digest is one of every byte there is; the time is that of the run.
    return { code, text: text.replace(/"(?:physical": "\w+"|at": \d+)/g, '') };
  } finally {
    rmSync(cache, { recursive: true });
  }
}

export class DamagedTable {
  readonly dataPath: string;
  readonly keyHex: string;
  /** Component names and their sound bytes. */
  readonly components = new Map<string, Buffer>();

  readonly version: FormatVersion;

  /** Leaves out `check` where `check --deep`, which is the same and more, has reported the change. */
  brief = false;

  private constructor(dataPath: string, keyHex: string) {
    this.dataPath = dataPath;
    this.keyHex = keyHex;
    const base = basename(dataPath).replace(/Data\.db$/, '');
    const [letters = '', , format = ''] = base.split('-');
    this.version = formatVersion(format, letters);
    for (const name of readdirSync(dirname(dataPath)).sort()) {
      if (!name.startsWith(base)) continue;
      this.components.set(name.slice(base.length), readFileSync(join(dirname(dataPath), name)));
    }
  }

  /** A copy of the SSTable with its schema, in `directory`. */
  static async copy(source: string, directory: string): Promise<DamagedTable> {
    const folder = dirname(source);
    const base = basename(source).replace(/Data\.db$/, '');
    const target = join(directory, basename(dirname(folder)) || 'ks', basename(folder));
    mkdirSync(target, { recursive: true });
    for (const name of readdirSync(folder)) {
      if (name.startsWith(base) || name === 'schema.cql')
        copyFileSync(join(folder, name), join(target, name));
    }
    const dataPath = join(target, basename(source));
    return new DamagedTable(dataPath, await middleKey(dataPath));
  }

  path(component: string): string {
    return this.dataPath.replace(/Data\.db$/, component);
  }

  /** What the commands say while some components have other bytes. */
  async withFiles(files: ReadonlyMap<string, Uint8Array>): Promise<Observation> {
    for (const [component, bytes] of files) writeFileSync(this.path(component), bytes);
    try {
      return await this.observe();
    } finally {
      this.restore();
    }
  }

  /** Puts the sound bytes back. */
  restore(): void {
    for (const [component, bytes] of this.components) writeFileSync(this.path(component), bytes);
  }

  /** What the commands say while `component` has `bytes`. */
  async with(component: string, bytes: Uint8Array): Promise<Observation> {
    const path = this.path(component);
    writeFileSync(path, bytes);
    try {
      return await this.observe();
    } finally {
      writeFileSync(path, this.components.get(component) ?? '');
    }
  }

  /** What is wrong with what the commands say while `component` has `bytes`, or null. */
  async verdict(sound: Observation, component: string, bytes: Uint8Array): Promise<string | null> {
    const { consequence, why } = await this.consequence(sound, component, bytes);
    return consequence === 'wrong' ? why : null;
  }

  /** What becomes of `component` having `bytes`, and why it is wrong where it is. */
  async consequence(
    sound: Observation,
    component: string,
    bytes: Uint8Array,
  ): Promise<{ consequence: Consequence; why: string }> {
    const before = this.components.get(component) ?? new Uint8Array(0);
    let answers: Observation;
    try {
      answers = await this.with(component, bytes);
    } catch (error) {
      const why = `crash: ${error instanceof Error ? error.stack : String(error)}`;
      return { consequence: 'wrong', why };
    }
    const why = judge(sound, answers);
    if (why === null) {
      const { code } = answers['check --deep'];
      return { consequence: code === 0 ? 'no effect' : 'reported', why: '' };
    }
    const unknowable = isUnprotected(component, before, bytes, this.version);
    return { consequence: unknowable ? 'unknowable' : 'wrong', why };
  }

  async observe(): Promise<Observation> {
    for (const component of this.components.keys()) utimesSync(this.path(component), 1, 1);
    const path = dirname(this.dataPath);
    const { keyHex } = this;
    const format = { format: 'json' } as const;
    try {
      const deep = await runCommand((context) => check(context, [path], { deep: true }));
      const known = this.brief && deep.code !== 0;
      return {
        check: known ? deep : await runCommand((context) => check(context, [path], {})),
        'check --deep': deep,
        dump: await runCommand((context) => dump(context, [path], format)),
        get: await runCommand((context) => get(context, [path], { keyHex, at: 1_700_000_000 })),
        tree: await treeOf(path),
        ls: await runCommand((context) => list(context, [path])),
        info: await runCommand((context) => info(context, [path])),
      };
    } finally {
      // The next change may look the same to the cache of open files.
      await closeIdleSSTables();
    }
  }
}

async function middleKey(dataPath: string): Promise<string> {
  const sstable = await SSTable.open(dataPath);
  const keys: string[] = [];
  try {
    for await (const batch of sstable.events()) {
      for (const event of batch) {
        if (event.type === 'partition') keys.push(Buffer.from(event.key).toString('hex'));
      }
    }
  } finally {
    await sstable.close();
  }
  return keys[keys.length >> 1] ?? '';
}

/** The Data.db of SSTable number `which` of a table of a set of fixtures. */
export function fixtureData(set: string, table: string, which = 0): string {
  const folder = join(fixturesRoot, set, 'shapes', table);
  const names = readdirSync(folder).filter((name) => name.endsWith('-Data.db'));
  const name = names.sort()[which];
  if (name === undefined) throw new Error(`${set} ${table} has no SSTable ${which}`);
  return join(folder, name);
}

const rows = (text: string): number =>
  text.match(/"type" : "(row|static_block|range_tombstone)/g)?.length ?? 0;

/** Commands whose output says what the rows are. */
const ROWS: readonly CommandName[] = ['dump', 'get', 'tree'];

/**
 * What is wrong with what the commands said of a change, or null: they fail with 1 or 3, print the
 * same, or a check reports the change. No rows may be missing where the exit code is 0.
 */
export function judge(sound: Observation, changed: Observation): string | null {
  for (const name of COMMANDS) {
    const { code } = changed[name];
    if (code !== 0 && code !== 1 && code !== 3) return `${name} ends with ${code}`;
  }
  if (changed.dump.code === 0 && rows(changed.dump.text) < rows(sound.dump.text)) {
    return `dump prints ${rows(changed.dump.text)} instead of ${rows(sound.dump.text)} rows`;
  }
  if (changed['check --deep'].code !== 0) return null;
  if (changed.check.code !== 0) return 'check finds what check --deep does not';
  const silent = COMMANDS.filter((name) => {
    const { code, text } = changed[name];
    const isCheck = name.startsWith('check');
    return code === 0 && !isCheck && text !== sound[name].text;
  });
  if (silent.length > 0) return `${silent.join(', ')} changed, and no check says so`;
  const failed = ROWS.filter((name) => changed[name].code !== sound[name].code);
  return failed.length > 0 ? `${failed.join(', ')} failed, and no check says why` : null;
}
