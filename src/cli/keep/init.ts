import { SstashError } from '../../errors.js';
import { type Compression, Repository } from '../../repository/index.js';
import { inspectLocal, LocalStore, openStore } from '../../store/index.js';
import type { CommandContext } from '../context.js';
import { EXIT } from '../exit-codes.js';

export interface InitOptions {
  readonly encrypt?: boolean;
  readonly chunkSize?: number;
  readonly compression?: Compression;
}

export async function init(
  context: CommandContext,
  location: string,
  options: InitOptions,
): Promise<number> {
  if (options.encrypt === true) {
    throw new SstashError('USAGE', 'encrypted repositories are not supported yet', {
      hint: 'Make the repository on an encrypted file system for now.',
    });
  }
  const store = openStore(location);
  if (store instanceof LocalStore) await checkPlace(location);
  const repository = await Repository.create(store, {
    ...(options.chunkSize === undefined ? {} : { chunkBytes: options.chunkSize }),
    ...(options.compression === undefined ? {} : { compression: options.compression }),
  });
  const { id, created, chunk, compression } = repository.config;
  if (context.json) {
    const chunkBytes = chunk.averageBytes;
    await context.printJson({ repository: location, id, created, chunkBytes, compression });
  } else {
    await context.print(`Made repository ${id} in ${location}`);
  }
  return EXIT.done;
}

async function checkPlace(location: string): Promise<void> {
  const place = await inspectLocal(location);
  if (place !== 'other') return;
  throw new SstashError('REPOSITORY_EXISTS', 'something else is there already', {
    file: location,
    hint: 'Choose a folder that is empty or not there yet.',
  });
}
