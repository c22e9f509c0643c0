/**
 * The backup programs that are compared. Each has its own repository under `work` and is asked for a
 * backup of a folder, under a name that is the same on each day, and for restores.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { measure } from '../measure.mjs';
import { bytesUnder } from './files.mjs';

/** @typedef {import('../measure.mjs').Cost} Cost */

/**
 * @typedef {object} BackupParts
 * @property {string} id
 * @property {Record<string, number>} stored bytes of frames that a backup was the first to need, by
 *   what they are for
 * @property {{ all: number, own: number, extents: number }} leaves of Data.db files that are new
 * @property {{ chunks: number, needed: number, other: number }} restore bytes of the chunks of rows
 *   that its SSTables take something of, in proportion what they take, and of all other objects
 */

/** @returns {{ cost: Cost, json: any }} */
function measureJson(command, env, work) {
  const outputPath = join(work, 'output.json');
  const cost = measure(command, { env, outputPath });
  return { cost, json: JSON.parse(readFileSync(outputPath, 'utf8')) };
}

export class Sstash {
  name = 'sstash';
  /** Files beside restored ones. */
  exclude = ['.sstash-restore.jsonl'];

  /** @param {string} program path of main.js @param {string} work */
  constructor(program, work) {
    this.work = join(work, 'sstash');
    this.command = [process.execPath, program];
    this.repository = join(this.work, 'repo');
    mkdirSync(this.work, { recursive: true });
    this.#run(['init', this.repository], 'none');
  }

  /** Each node has its own cache, as it would on machines of their own. */
  #run(args, node) {
    const env = {
      SSTASH_CACHE_DIR: join(this.work, `cache-${node}`),
      SSTASH_REPO: this.repository,
    };
    return measureJson([...this.command, ...args, '--json', '--progress=none'], env, this.work);
  }

  /** @returns {{ cost: Cost, id: string, stored: number, report: any }} */
  backup(node, folder) {
    const before = bytesUnder(this.repository);
    const { cost, json } = this.#run(['backup', folder, '--node', node], node);
    return { cost, id: json.id, stored: bytesUnder(this.repository) - before, report: json };
  }

  /** What the repository says of its backups, oldest first. @returns {BackupParts[]} */
  stats() {
    const { json } = this.#run(['stats'], 'none');
    return json.backups.map(({ id, stored, leaves, restore }) => ({ id, stored, leaves, restore }));
  }

  /** @returns {{ cost: Cost, folder: string, report: any }} `folder`: where the files are */
  restore(id, node, target) {
    const { cost, json } = this.#run(['restore', id, '--to', target], `restore-${node}`);
    return { cost, folder: target, report: json };
  }
}

export class Restic {
  name = 'restic';
  exclude = [];

  constructor(work) {
    this.work = join(work, 'restic');
    this.repository = join(this.work, 'repo');
    this.env = {
      RESTIC_PASSWORD: 'bench',
      RESTIC_REPOSITORY: this.repository,
      RESTIC_CACHE_DIR: join(this.work, 'cache'),
    };
    mkdirSync(this.work, { recursive: true });
    const env = { ...process.env, ...this.env };
    execFileSync('restic', ['init', '-q', '--repository-version', '2'], { env });
  }

  static version() {
    return versionOf('restic', ['version']);
  }

  backup(node, folder) {
    const before = bytesUnder(this.repository);
    const command = ['restic', 'backup', '-q', '--ignore-ctime', '--host', node, folder];
    const cost = measure(command, { env: this.env });
    return { cost, id: node, folder, stored: bytesUnder(this.repository) - before };
  }

  /** Of the last backup of a node. */
  restore({ id, folder }, target) {
    const command = ['restic', 'restore', '-q', 'latest', '--host', id, '--target', target];
    return { cost: measure(command, { env: this.env }), folder: join(target, folder) };
  }
}

export class Borg {
  name = 'borg';
  exclude = [];
  #count = 0;

  constructor(work) {
    this.work = join(work, 'borg');
    this.repository = join(this.work, 'repo');
    this.env = {
      BORG_BASE_DIR: join(this.work, 'base'),
      BORG_REPO: this.repository,
      BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: 'yes',
    };
    mkdirSync(this.work, { recursive: true });
    const env = { ...process.env, ...this.env };
    execFileSync('borg', ['init', '--encryption', 'none', this.repository], { env });
  }

  static version() {
    return versionOf('borg', ['--version']);
  }

  backup(_node, folder) {
    const before = bytesUnder(this.repository);
    const id = `backup-${this.#count++}`;
    const command = ['borg', 'create', '--files-cache', 'mtime,size', `::${id}`, folder];
    const cost = measure(command, { env: this.env });
    return { cost, id, folder, stored: bytesUnder(this.repository) - before };
  }

  restore({ id, folder }, target) {
    mkdirSync(target, { recursive: true });
    // borg extracts into the current folder.
    const script = 'cd "$1" && exec borg extract "::$2"';
    const cost = measure(['sh', '-c', script, 'sh', target, id], { env: this.env });
    return { cost, folder: join(target, folder) };
  }
}

/** First line that the program prints of itself; undefined where it is not installed. */
function versionOf(program, args) {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n')[0].split(' ').slice(0, 2).join(' ') : undefined;
}
