/** Runs the built program as a process of its own. */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const PROGRAM = join(root, 'dist/cli/main.js');

export interface CliResult {
  /** Exit code, or 128 and the number of the signal that ended it, as a shell has it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** File descriptor for standard output instead of a pipe. */
  readonly stdout?: number;
  readonly env?: NodeJS.ProcessEnv;
}

const SIGNAL_NUMBERS: Partial<Record<NodeJS.Signals, number>> = { SIGINT: 2, SIGTERM: 15 };

export function exitCode(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : (SIGNAL_NUMBERS[signal] ?? 0));
}

export function startCli(args: readonly string[], options: CliOptions = {}) {
  return spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ['ignore', options.stdout ?? 'pipe', 'pipe'],
    // Options that tap gives its own processes are not for this one.
    env: { ...process.env, NODE_OPTIONS: '', ...options.env },
  });
}

export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = startCli(args, options);
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({ code: exitCode(code, signal), stdout, stderr });
    });
  });
}
