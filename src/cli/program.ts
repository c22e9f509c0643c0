/** The command line itself: global options, help, errors, signals, exit codes. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Command, CommanderError, Option } from 'commander';
import { errorDetails, isSstashError, SstashError } from '../errors.js';
import {
  type CommandAction,
  createContext,
  type GlobalOptions,
  lazyExecutor,
  type Register,
} from './context.js';
import { errorJson, errorLine } from './error-text.js';
import { EXIT, exitCodeOf, exitCodeOfSignal } from './exit-codes.js';
import { formatBytes } from './format.js';
import { toJson } from './json.js';
import { MEMORY_LIMIT_MIN, parseCount, parseSize, workersWithin } from './options.js';
import { descriptorOutput, type Output, OutputClosed, writeError } from './output.js';

/** Loads a command's module; keyed by the command's name. */
export type CommandTable = Readonly<Record<string, () => Promise<Register>>>;

const EXAMPLES = `
Examples:
  sstash ls /var/lib/cassandra/data            every table and SSTable of a node
  sstash info nb-1-big-Data.db                 all metadata of one SSTable
  sstash dump nb-1-big-Data.db --key 42        one partition in sstabledump's shape
  sstash get data/ks/table-5a1c39d0 --key 42   one partition, all SSTables merged
  sstash partitions data/ks/table-5a1c39d0     largest partitions, tombstones, odd write times
  sstash check /backup/ks/table-5a1c39d0       is every byte sound?
  sstash diff /node1/data /node2/data          what differs, down to the cell
  sstash backup /var/lib/cassandra/data --repo /backup/sstash
  sstash cat latest shop.orders --key 42 --repo /backup/sstash

Exit codes: 0 done, same, sound; 1 differences or damage found; 2 wrong usage;
3 input cannot be read; 4 repository or store refused; 130 and 143 interrupted.
`;

function newProgram(stdout: string[]): Command {
  return new Command('sstash')
    .description('Look into, compare and back up Apache Cassandra SSTables, without Cassandra.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.push(text),
      writeErr: writeError,
      outputError: () => undefined,
    })
    .configureHelp({ showGlobalOptions: true })
    .option('--json', 'one JSON document on stdout; errors are JSON on stderr')
    .option('--workers <n>', 'worker threads (default: from the machine)', parseCount)
    .option(
      '--memory-limit <size>',
      'use fewer workers, so that 220 MiB and 80 MiB for each stay within it, e.g. 500MiB',
      parseSize,
    )
    .addOption(
      new Option('--progress <mode>', 'progress on stderr')
        .choices(['auto', 'plain', 'none'])
        .default('auto'),
    )
    .option('-V, --version', 'version, and which kernels run')
    .addHelpText('after', EXAMPLES);
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

async function printVersion(json: boolean, stdout: Output): Promise<void> {
  const { kernelKind } = await import('../codec/index.js');
  const version = packageVersion();
  const kernel = kernelKind();
  const text = json
    ? toJson({ version, kernels: kernel, node: process.versions.node }, 2)
    : `sstash ${version} (kernels: ${kernel}, Node ${process.versions.node})`;
  await stdout.write(`${text}\n`);
}

/** Only the named commands are loaded; all of them where none is named (help, typing errors). */
async function registerCommands(
  program: Command,
  argv: readonly string[],
  commands: CommandTable,
  run: (action: CommandAction) => Promise<void>,
): Promise<void> {
  const named = Object.keys(commands).filter((name) => argv.includes(name));
  const wanted = named.length === 0 || argv[0] === 'help' ? Object.keys(commands) : named;
  const loaded = await Promise.all(wanted.map((name) => commands[name]?.()));
  for (const register of loaded) register?.(program, run);
}

interface Signals {
  readonly signal: AbortSignal;
  readonly received: () => NodeJS.Signals | null;
}

/** The first SIGINT or SIGTERM aborts; a second one ends the process as the system does. */
function listen(): Signals {
  const controller = new AbortController();
  let received: NodeJS.Signals | null = null;
  const onSignal = (name: NodeJS.Signals): void => {
    received = name;
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    controller.abort(new SstashError('INTERRUPTED', `stopped by ${name}`));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return { signal: controller.signal, received: () => received };
}

function usageError(error: CommanderError): SstashError {
  const message = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  return new SstashError('USAGE', message);
}

/** Commands that take paths alone. */
const OF_PATHS = ['ls', 'info', 'dump', 'get', 'partitions', 'check', 'tree', 'backup'];

/** A backup where a path has to be: no path of that name is there. */
function notABackup(error: unknown, command: string | null): unknown {
  if (!isSstashError(error, 'PATH_NOT_FOUND') || error.file?.includes('::') !== true) return error;
  if (command === null || !OF_PATHS.includes(command)) return error;
  return new SstashError('USAGE', `${command} takes paths, no backups`, {
    file: error.file,
    hint: 'Backups are taken by diff (REPO::ID), and by cat, show and restore (ID with --repo).',
  });
}

/** What was called wrongly is explained in the help of the command. */
function withHelp(error: unknown, command: string | null): unknown {
  if (!isSstashError(error, 'USAGE', 'KEY_INVALID')) return error;
  const help = `See \`${['sstash', ...(command === null ? [] : [command]), '--help'].join(' ')}\`.`;
  const hint = error.hint === undefined ? help : `${error.hint} ${help}`;
  return new SstashError(error.code, error.message, { ...errorDetails(error), hint });
}

/** What errors are reported with. */
interface Reporting {
  readonly json: boolean;
  /** The command that was called, null where none was. */
  readonly command: string | null;
}

/** Prints `error` and returns the exit code that goes with it. */
function report(
  error: unknown,
  { json, command }: Reporting,
  received: NodeJS.Signals | null,
): number {
  if (error instanceof OutputClosed && received === null) return EXIT.done;
  const known =
    received === null || (error instanceof SstashError && error.code === 'INTERRUPTED')
      ? withHelp(notABackup(error, command), command)
      : new SstashError('INTERRUPTED', `stopped by ${received}`, { cause: error });
  writeError(`${json ? errorJson(known) : errorLine(known)}\n`);
  const { SSTASH_DEBUG } = process.env;
  if (SSTASH_DEBUG !== undefined && error instanceof Error) {
    writeError(`${error.stack ?? ''}\n`);
  }
  return received === null ? exitCodeOf(known) : exitCodeOfSignal(received);
}

/** Runs one action with its context; the executor is closed and the output flushed after it. */
async function runAction(
  action: CommandAction,
  options: GlobalOptions,
  signals: Signals,
  reporting: Reporting,
): Promise<number> {
  const stdout = descriptorOutput(1, signals.signal);
  const wanted = options.workers ?? Math.max(1, availableParallelism());
  const threads = workersWithin(wanted, options.memoryLimit);
  const executor = lazyExecutor(threads, async () => {
    const { createExecutor } = await import('./executor.js');
    return createExecutor(threads);
  });
  const { signal } = signals;
  const unread: SstashError[] = [];
  const context = await createContext({
    options,
    stdout,
    signal,
    executor,
    env: process.env,
    unread: (error) => unread.push(error),
  });
  if (options.memoryLimit !== undefined && options.memoryLimit < MEMORY_LIMIT_MIN) {
    const least = formatBytes(MEMORY_LIMIT_MIN);
    context.warn(`--memory-limit may not be kept: up to ${least} are taken with one thread`);
  }
  try {
    let code: number;
    try {
      code = await action(context);
    } finally {
      context.progress.end();
      await stdout.flush();
    }
    for (const error of unread) code = report(error, reporting, signals.received());
    return code;
  } catch (error) {
    return report(error, reporting, signals.received());
  } finally {
    await executor.close().catch(() => undefined);
    // The end of the process would wait for a write that its reader never takes.
    const received = signals.received();
    if (received !== null && stdout.isWriting === true) process.kill(process.pid, received);
  }
}

/**
 * Runs the program with `argv` (without node and script) and resolves to its exit code, with
 * everything printed.
 */
export async function runCli(argv: readonly string[], commands: CommandTable): Promise<number> {
  const signals = listen();
  const help: string[] = [];
  const program = newProgram(help);
  const json = argv.includes('--json');
  const command = argv.find((arg) => Object.hasOwn(commands, arg)) ?? null;
  const reporting = { json, command };
  let code: number = EXIT.done;
  try {
    const flags = ['--version', '-V', '--json'];
    if (argv.length > 0 && argv.every((arg) => flags.includes(arg)) && argv.join() !== '--json') {
      const stdout = descriptorOutput(1);
      await printVersion(json, stdout);
      await stdout.flush();
      return EXIT.done;
    }
    await registerCommands(program, argv, commands, async (action) => {
      code = await runAction(action, program.opts<GlobalOptions>(), signals, reporting);
    });
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) return report(error, reporting, signals.received());
    if (error.exitCode === 0) return printHelp(help);
    // Without a command the help itself was the answer, on standard error.
    if (error.code === 'commander.help') return EXIT.usage;
    return report(usageError(error), reporting, null);
  }
}

async function printHelp(help: readonly string[]): Promise<number> {
  const stdout = descriptorOutput(1);
  try {
    await stdout.write(help.join(''));
    await stdout.flush();
    return EXIT.done;
  } catch (error) {
    return report(error, { json: false, command: null }, null);
  }
}
