/** Opening the repository that --repo or SSTASH_REPO names. */
import { SstashError } from '../../errors.js';
import { Repository } from '../../repository/index.js';
import { openStore } from '../../store/index.js';
import type { CommandContext } from '../context.js';

/** Location of the repository; throws USAGE when none is named. */
export function repositoryLocation(context: CommandContext, named: string | undefined): string {
  const { SSTASH_REPO: fromEnvironment } = context.env;
  const location = named ?? fromEnvironment ?? '';
  if (location !== '') return location;
  throw new SstashError('USAGE', 'no repository is named', {
    hint: 'Give --repo REPO, or set SSTASH_REPO.',
  });
}

export function openRepository(
  context: CommandContext,
  named: string | undefined,
): Promise<Repository> {
  return Repository.open(openStore(repositoryLocation(context, named)));
}

/** Values of a repeatable option, each of which may hold several separated by commas. */
export function splitList(values: readonly string[] | undefined): string[] {
  return (values ?? []).flatMap((value) => value.split(',')).filter((value) => value !== '');
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Names patterns of a filter that matched nothing, each once. */
export function warnUnmatched({ warn }: CommandContext, patterns: readonly string[]): void {
  for (const pattern of new Set(patterns)) warn(`${pattern}: no table is named so`);
}
