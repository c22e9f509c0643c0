/** `sstash init`: a new repository. */
import { type Command, Option } from 'commander';
import type { CommandRunner } from '../context.js';
import type { InitOptions } from '../keep/init.js';
import { parseSize } from '../options.js';

const EXAMPLES = `
Examples:
  sstash init /backup/sstash                      a repository in a new or empty folder
  sstash init /backup/sstash --chunk-size 32KiB   finer chunks: less stored, larger indexes
`;

export function registerInit(program: Command, run: CommandRunner): void {
  program
    .command('init')
    .summary('make a repository')
    .description('Makes a new, empty repository. Refuses a folder in which something is already.')
    .argument('<repo>', 'the folder of the repository')
    .option('--encrypt', 'encrypt what is stored (not supported yet)')
    .option('--chunk-size <size>', 'average chunk, a power of two (default: 64KiB)', parseSize)
    .addOption(
      new Option('--compression <how>', 'of chunks (default: lz4)').choices(['lz4', 'none']),
    )
    .addHelpText('after', EXAMPLES)
    .action((location: string, options: InitOptions) =>
      run(async (context) => {
        const { init } = await import('../keep/init.js');
        return init(context, location, options);
      }),
    );
}
