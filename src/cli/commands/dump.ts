/** `sstash dump`: the rows of SSTables as text. */
import { type Command, Option } from 'commander';
import type { DialectName } from '../../tasks/index.js';
import type { CommandRunner } from '../context.js';
import { parseTime } from '../options.js';

/** Names only: the tasks themselves are loaded when the command runs. */
const SHAPES: readonly DialectName[] = [
  '3.0',
  '3.11.3',
  '3.11',
  '4.0-rc1',
  '4.0',
  '4',
  '5.0-alpha',
  '5',
  '6',
];

const EXAMPLES = `
Examples:
  sstash dump nb-1-big-Data.db                         JSON in sstabledump's shape
  sstash dump nb-1-big-Data.db --key 42 43             two partitions
  sstash dump nb-1-big-Data.db --key eu:2026-01-31     composite key, parts joined by ':'
  sstash dump /data/ks/table-5a1c39d0 --format jsonl | jq 'select(.type == "row")'
  sstash dump nb-1-big-Data.db --token -100:100        tokens above -100, up to and with 100
  sstash dump nb-1-big-Data.db --format annotate       every field with offset and length
  sstash dump -d nb-1-big-Data.db                      the lines of sstabledump -d; -l and -e too

json is one array of partitions in the shape of the sstabledump that belongs to the SSTable's version
(--shape for another one); jsonl is one row, range tombstone or partition deletion per line,
each with its partition key. With several SSTables each partition or line names its SSTable. With --keys, json
is one array of keys even beside --lines, as sstabledump -e -l has it; jsonl and text have one key on each line.

A range of --token that ends below its begin, as 5:1, goes over the end of the ring.
Keys of --key that are not there are named on stderr; the exit code is 0 all the same, and where none of them
is there json is [ ].
`;

export interface DumpOptions {
  readonly key?: string[];
  readonly keyHex?: string[];
  readonly excludeKey?: string[];
  readonly token?: string;
  readonly keys?: boolean;
  readonly lines?: boolean;
  readonly tombstones?: boolean;
  readonly rawTime?: boolean;
  readonly internal?: boolean;
  readonly format: 'json' | 'jsonl' | 'text' | 'annotate';
  readonly at?: number;
  readonly shape?: DialectName;
}

export function registerDump(program: Command, run: CommandRunner): void {
  program
    .command('dump')
    .summary('the rows of SSTables')
    .description(
      'Prints rows with their write times and tombstones, as sstabledump does. Where the SSTable ' +
        'is damaged, everything before the damage is printed and the exit code is 3.',
    )
    .argument('[paths...]', 'SSTables, table or snapshot folders')
    .option('-k, --key <key...>', 'only these partitions')
    .option('--key-hex <hex...>', 'only these partitions, keys as bytes in hex')
    .option('-x, --exclude-key <key...>', 'all but these partitions')
    .option('--token <range>', 'only the token T, or those in A:B (above A, up to and with B)')
    .option('-e, --keys', 'only the partition keys (json, jsonl: one array a line, or text)')
    .option('--tombstones', 'only deletions')
    .option('-l, --lines', 'json with one partition per line, as sstabledump -l')
    .option('-d, --internal', 'text with --raw-time: the lines of sstabledump -d')
    .option('-t, --raw-time', 'times as the numbers that are stored')
    .addOption(
      new Option('-f, --format <format>', 'output format')
        .choices(['json', 'jsonl', 'text', 'annotate'])
        .default('json'),
    )
    .addOption(
      new Option(
        '--shape <version>',
        "json of this Cassandra's sstabledump (default: the writer's)",
      ).choices(SHAPES),
    )
    .addOption(
      new Option('--at <time>', 'moment that decides what is expired').argParser(parseTime),
    )
    .addHelpText('after', EXAMPLES)
    .action((paths: string[], options: DumpOptions) =>
      run(async (context) => {
        const { dump } = await import('../dump/dump.js');
        return dump(context, paths, options);
      }),
    );
}
