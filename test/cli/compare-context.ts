/** Runs a command's work in this process and keeps what it prints. */
import { type CommandContext, createContext } from '../../src/cli/context.js';
import type { SstashError } from '../../src/errors.js';
import { inlineExecutor } from '../../src/parallel/index.js';
import { tasks } from '../../src/tasks/index.js';

export interface Ran {
  readonly code: number;
  readonly text: string;
  readonly warnings: readonly string[];
  /** What could not be read although the rest could: the program reports it with its exit code. */
  readonly unread: readonly SstashError[];
}

export async function runCommand(
  action: (context: CommandContext) => Promise<number>,
  options: { readonly json?: boolean; readonly cache: string; readonly signal?: AbortSignal },
): Promise<Ran> {
  const parts: string[] = [];
  const stdout = {
    async write(data: string | Uint8Array) {
      parts.push(typeof data === 'string' ? data : Buffer.from(data).toString());
    },
    async flush() {},
  };
  const unread: SstashError[] = [];
  const context = await createContext({
    options: { json: options.json ?? false, progress: 'none' },
    stdout,
    signal: options.signal ?? new AbortController().signal,
    executor: inlineExecutor(tasks),
    env: { SSTASH_CACHE_DIR: options.cache },
    unread: (error) => void unread.push(error),
  });
  const warnings: string[] = [];
  const code = await action({ ...context, warn: (text) => void warnings.push(text) });
  return { code, text: parts.join(''), warnings, unread };
}
