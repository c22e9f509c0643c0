/**
 * The `sstash` program. Only this folder prints or exits; what it prints comes from the folders
 * below.
 *
 * A new command: write `commands/<verb>.ts` with `register<Verb>(program, run)` and add its line
 * here. Modules are loaded when their command is called, and the work behind them inside the
 * command's action, so that a quick look stays quick.
 */
import { type CommandTable, runCli } from './program.js';

const COMMANDS: CommandTable = {
  ls: async () => (await import('./commands/ls.js')).registerLs,
  info: async () => (await import('./commands/info.js')).registerInfo,
  dump: async () => (await import('./commands/dump.js')).registerDump,
  get: async () => (await import('./commands/get.js')).registerGet,
  partitions: async () => (await import('./commands/partitions.js')).registerPartitions,
  check: async () => (await import('./commands/check.js')).registerCheck,
  tree: async () => (await import('./commands/tree.js')).registerTree,
  diff: async () => (await import('./commands/diff.js')).registerDiff,
  init: async () => (await import('./commands/init.js')).registerInit,
  backup: async () => (await import('./commands/backup.js')).registerBackup,
  backups: async () => (await import('./commands/backups.js')).registerBackups,
  show: async () => (await import('./commands/show.js')).registerShow,
  stats: async () => (await import('./commands/stats.js')).registerStats,
  cat: async () => (await import('./commands/cat.js')).registerCat,
  restore: async () => (await import('./commands/restore.js')).registerRestore,
  verify: async () => (await import('./commands/verify.js')).registerVerify,
};

void runCli(process.argv.slice(2), COMMANDS).then((code) => process.exit(code));
