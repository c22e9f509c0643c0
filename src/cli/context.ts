/** What a command is given: where it prints, how it works in parallel, when it must stop. */
import type { Command } from 'commander';
import type { SstashError } from '../errors.js';
import type { Executor } from '../parallel/index.js';
import { toJson } from './json.js';
import { type Output, writeError } from './output.js';
import { createProgress, type Progress, type ProgressMode } from './progress.js';
import { renderTable } from './table.js';

/** Options that every command takes, before or after its name. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly workers?: number;
  readonly memoryLimit?: number;
  readonly progress?: ProgressMode;
}

export interface CommandContext {
  readonly json: boolean;
  readonly stdout: Output;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  /** Worker threads, started by the first task. */
  readonly executor: Executor;
  readonly progress: Progress;
  readonly env: NodeJS.ProcessEnv;
  /** A warning on standard error. */
  warn(text: string): void;
  /**
   * An SSTable cannot be read although the others can: told on standard error when everything else
   * is printed, with the exit code of the error.
   */
  unread(unknown: { readonly error: SstashError }): void;
  /** `value` as one JSON document; bigint becomes a string. */
  printJson(value: unknown): Promise<void>;
  /** A line of text. */
  print(text: string): Promise<void>;
  table(head: readonly string[], rows: readonly (readonly string[])[]): Promise<void>;
}

/** Resolves to the exit code; errors are thrown. */
export type CommandAction = (context: CommandContext) => Promise<number>;

/** Runs an action: makes its context, turns errors into messages and exit codes. */
export type CommandRunner = (action: CommandAction) => Promise<void>;

/** Adds a command to the program. Heavy modules are imported inside the action. */
export type Register = (program: Command, run: CommandRunner) => void;

/** An executor that is made by its first task. */
export function lazyExecutor(concurrency: number, create: () => Promise<Executor>): Executor {
  let made: Promise<Executor> | null = null;
  return {
    concurrency,
    async run<R>(...argument: Parameters<Executor['run']>): Promise<R> {
      made ??= create();
      return (await made).run<R>(...argument);
    },
    async close() {
      if (made !== null) await (await made).close();
    },
  };
}

export interface ContextParts {
  readonly options: GlobalOptions;
  readonly stdout: Output;
  readonly signal: AbortSignal;
  readonly executor: Executor;
  readonly env: NodeJS.ProcessEnv;
  readonly unread: (error: SstashError) => void;
}

export async function createContext(parts: ContextParts): Promise<CommandContext> {
  const { options, stdout } = parts;
  const json = options.json === true;
  const progress = createProgress(options.progress ?? 'auto');
  return {
    json,
    stdout,
    signal: parts.signal,
    executor: parts.executor,
    progress,
    env: parts.env,
    warn(text) {
      writeError(json ? `${toJson({ warning: { message: text } })}\n` : `sstash: ${text}\n`);
    },
    unread({ error }) {
      parts.unread(error);
    },
    async printJson(value) {
      await stdout.write(`${toJson(value, 2)}\n`);
    },
    async print(text) {
      await stdout.write(`${text}\n`);
    },
    async table(head, rows) {
      await stdout.write(await renderTable(head, rows));
    },
  };
}
