/** How `diff` prints: differences as they are found, a summary at the end. */
import type { Difference } from '../../table/index.js';
import type { CommandContext } from '../context.js';
import { formatBytes, formatCount } from '../format.js';
import { toJson } from '../json.js';
import { differenceLines } from './diff-text.js';

export interface TableResult {
  readonly keyspace: string;
  readonly table: string;
  readonly differences: number;
}

export interface DiffSummary {
  readonly same: boolean;
  readonly differences: number;
  /** Whether `--limit` ended the comparison. */
  readonly limited: boolean;
  readonly tables: readonly TableResult[];
  /** Bytes of rows and stored trees. */
  readonly bytesRead: number;
  /** Bytes read to build trees that were not stored. */
  readonly bytesReadForTrees: number;
}

export interface DiffOutput {
  difference(difference: Difference): Promise<void>;
  end(summary: DiffSummary): Promise<void>;
}

/** One document; nothing is held back, however many differences there are. */
export function jsonOutput({ stdout }: CommandContext): DiffOutput {
  let begun = false;
  const begin = async (): Promise<void> => {
    if (!begun) await stdout.write('{\n  "differences": [');
    begun = true;
  };
  let first = true;
  return {
    async difference(difference) {
      await begin();
      await stdout.write(`${first ? '' : ','}\n    ${toJson(difference)}`);
      first = false;
    },
    async end({ same, differences, ...rest }) {
      await begin();
      const fields = { same, differenceCount: differences, ...rest };
      const text = toJson(fields, 2).slice(2);
      await stdout.write(`${first ? '' : '\n  '}],\n${text}\n`);
    },
  };
}

export function textOutput(context: CommandContext): DiffOutput {
  return {
    async difference(difference) {
      for (const line of differenceLines(difference)) await context.print(line);
    },
    async end(summary) {
      const { same, differences, limited, tables, bytesRead, bytesReadForTrees } = summary;
      const count = `${tables.length} ${tables.length === 1 ? 'table' : 'tables'}`;
      const read =
        `read ${formatBytes(bytesRead)}` +
        (bytesReadForTrees > 0 ? `, and ${formatBytes(bytesReadForTrees)} to build trees` : '');
      if (same) {
        await context.print(`same: ${count}; ${read}`);
        return;
      }
      const unequal = tables.filter((table) => table.differences > 0).length;
      const number = `${formatCount(differences)} ${differences === 1 ? 'difference' : 'differences'}`;
      const more = limited ? ' (stopped at the limit)' : '';
      await context.print(`${number} in ${unequal} of ${count}${more}; ${read}`);
    },
  };
}
