/** SSTables of unknown versions in a backup: their files are kept beside the others of the table. */
import { SstashError } from '../errors.js';
import { namedSSTables } from '../sstable/index.js';
import type { FileRecord, TableRecord } from './records.js';

/** Its rows cannot be read; a restore brings its files back. */
export interface KeptSSTable {
  /** `zz-2-big` */
  readonly base: string;
  readonly files: readonly FileRecord[];
  /** SSTABLE_UNSUPPORTED_VERSION, with its place in the backup as file. */
  readonly error: SstashError;
}

/** None where the backup knew the versions of all SSTables. */
export function keptSSTables({ path, files }: TableRecord): KeptSSTable[] {
  const names = files.map(({ name }) => name);
  return namedSSTables(path, names).map(({ base, names: own, error }) => ({
    base,
    files: files.filter(({ name }) => own.includes(name)),
    error: error ?? knownSince(`${path}/${base}-Data.db`),
  }));
}

/** An older sstash made the backup. */
function knownSince(file: string): SstashError {
  return new SstashError(
    'SSTABLE_UNSUPPORTED_VERSION',
    'the backup keeps this SSTable as files: its version was unknown when it was made',
    { file, hint: 'Restore the backup into a folder and read that, or back it up again.' },
  );
}
