/** How partitions and SSTables are called in reports. */
import { toHex } from '../../binary/index.js';
import { keyText } from '../../cql/index.js';
import { isSstashError } from '../../errors.js';
import type { TableKey } from '../../table/index.js';

/** As `--key` takes it; hex where the bytes are no key of the type. */
export function keyName({ header }: TableKey, key: Uint8Array): string {
  try {
    return keyText(header.keyType, key);
  } catch (error) {
    if (!isSstashError(error)) throw error;
    return `0x${toHex(key)}`;
  }
}
