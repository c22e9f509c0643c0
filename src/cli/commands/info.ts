/** `sstash info`: all metadata of SSTables. */
import type { Command } from 'commander';
import type { CommandRunner } from '../context.js';

const EXAMPLES = `
Examples:
  sstash info nb-1-big-Data.db            what sstablemetadata says, and more
  sstash info data/ks/table-5a1c39d0      every SSTable of a table
  sstash info --json nb-1-big | jq '.sstables[0].serializationHeader.regularColumns'

The estimated cardinality is Ertl's estimate from the sketch of the keys, without tables of bias: for some 7,000
to 40,000 partitions it differs from sstablemetadata's by a few tenths of a percent.
`;

export function registerInfo(program: Command, run: CommandRunner): void {
  program
    .command('info')
    .summary('all metadata of SSTables')
    .description(
      'Prints everything in Statistics.db and what CompressionInfo.db, Summary.db and Filter.db ' +
        'say about themselves.',
    )
    .argument('<paths...>', 'SSTables, table or snapshot folders')
    .addHelpText('after', EXAMPLES)
    .action((paths: string[]) =>
      run(async (context) => {
        const { info } = await import('../inspect/info.js');
        return info(context, paths);
      }),
    );
}
