import { type VerifyReport, verify } from '../../backup/index.js';
import type { CommandContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { formatBytes } from '../format.js';
import { openRepository, plural } from './open.js';

export interface VerifyCommandOptions {
  readonly repo?: string;
  readonly readData?: boolean;
  readonly node?: string;
}

export async function runVerify(
  context: CommandContext,
  ids: readonly string[],
  options: VerifyCommandOptions,
): Promise<number> {
  const repository = await openRepository(context, options.repo);
  context.progress.begin('verify', null);
  let report: VerifyReport;
  try {
    report = await verify({
      repository,
      ids,
      ...(options.node === undefined ? {} : { node: options.node }),
      readData: options.readData === true,
      signal: context.signal,
      onProgress: (bytes) => context.progress.advance(bytes),
    });
  } finally {
    context.progress.end();
  }
  if (context.json) await context.printJson(report);
  else await print(context, report);
  return report.sound ? EXIT.done : EXIT.no;
}

async function print(context: CommandContext, report: VerifyReport): Promise<void> {
  for (const { code, file, component, offset, message, backups } of report.faults) {
    const at = offset === null ? '' : ` at ${offset}`;
    await context.print(`${file}: ${code} ${component}${at}: ${message}`);
    await context.print(
      backups.length === 0
        ? '  no backup needs it'
        : `  needed by ${plural(backups.length, 'backup')}: ${backups.join(', ')}`,
    );
  }
  const { backups, packs, objects, bytesRead, unindexedPacks, quarantined } = report;
  const read = bytesRead > 0 ? `, ${formatBytes(bytesRead)} read` : '';
  await context.print(
    `${plural(backups, 'backup')}, ${plural(packs, 'pack')}, ${plural(objects, 'object')}${read}`,
  );
  if (unindexedPacks > 0) {
    await context.print(`${plural(unindexedPacks, 'pack')} of stopped backups: harmless`);
  }
  if (quarantined > 0) {
    await context.print(
      `${plural(quarantined, 'object')} put in quarantine: the next backup stores them anew`,
    );
  }
  await context.print(report.sound ? 'sound' : plural(report.faults.length, 'fault'));
}
