/**
 * Partitions.db and Rows.db of a BTI SSTable as its index. Neither file has a checksum: what is found
 * is compared with Data.db before it is believed.
 */
import { ByteReader, ByteWriter, NeedMoreBytes } from '../binary/index.js';
import {
  endOfBranch,
  PARTITIONS_FOOTER_BYTES,
  type PartitionPayload,
  type PartitionsFooter,
  parsePartitionsFooter,
  parsePartitionsKeys,
  partitionPayload,
  type RowIndexEntry,
  type RowIndexPayload,
  readRowIndexEntry,
  rowIndexPayload,
  searchTrie,
  type TrieNode,
  type TrieSearch,
  trieEntries,
} from '../components/index.js';
import { writeComparableKey } from '../cql/index.js';
import { SstashError } from '../errors.js';
import type { SSTable } from './sstable.js';
import { TrieFile } from './trie-file.js';

const PARTITIONS = 'Partitions.db';
const ROWS = 'Rows.db';
/** An entry of Rows.db with a short key; with the longest one. */
const ENTRY_BYTES = 512;
const ENTRY_BYTES_MAX = 66 * 1024;

/** A partition as the index has it. */
export interface IndexedPlace {
  /** In the uncompressed stream. */
  readonly dataPosition: number;
  /** Its entry in Rows.db, where it has a row index. */
  readonly rows: RowIndexEntry | null;
  /** Low byte of h2 of the key, or -1. */
  readonly hash: number;
  /** Of the node in Partitions.db. */
  readonly nodePosition: number;
}

export class PartitionIndex {
  readonly footer: PartitionsFooter;
  readonly firstKey: Uint8Array;
  readonly lastKey: Uint8Array;
  readonly trie: TrieFile;
  readonly #sstable: SSTable;
  readonly #rows: TrieFile | null;

  private constructor(
    sstable: SSTable,
    footer: PartitionsFooter,
    keys: { readonly firstKey: Uint8Array; readonly lastKey: Uint8Array },
    trie: TrieFile,
    rows: TrieFile | null,
  ) {
    this.#sstable = sstable;
    this.footer = footer;
    this.firstKey = keys.firstKey;
    this.lastKey = keys.lastKey;
    this.trie = trie;
    this.#rows = rows;
  }

  /** Throws SSTABLE_COMPONENT_MISSING, SSTABLE_CORRUPT, SSTABLE_TRUNCATED. */
  static async open(sstable: SSTable): Promise<PartitionIndex> {
    const file = await sstable.openComponent(PARTITIONS);
    const where = { file: file.path, component: PARTITIONS };
    const tail = await file.readSome(
      Math.max(0, file.size - PARTITIONS_FOOTER_BYTES),
      PARTITIONS_FOOTER_BYTES,
    );
    const footer = parsePartitionsFooter(tail, file.size, where);
    const { keysPosition } = footer;
    const length = file.size - PARTITIONS_FOOTER_BYTES - keysPosition;
    const keys = parsePartitionsKeys(await file.read(keysPosition, length), keysPosition, where);
    const trie = new TrieFile(file, PARTITIONS, keysPosition);
    const rows = sstable.components.has(ROWS) ? await sstable.openComponent(ROWS) : null;
    const rowTries = rows === null ? null : new TrieFile(rows, ROWS, rows.size);
    return new PartitionIndex(sstable, footer, keys, trie, rowTries);
  }

  /** The way of `key` through the trie. Throws SSTABLE_CORRUPT for a key that is none. */
  search(key: Uint8Array): Promise<TrieSearch> {
    const w = new ByteWriter(key.length + 32);
    writeComparableKey(w, this.#sstable.partitioner.comparableToken, key);
    return searchTrie(this.trie.node, this.footer.root, w.view());
  }

  /** The first or last partition of the branch at `root`. */
  async end(root: number, which: 'first' | 'last'): Promise<IndexedPlace> {
    return this.place(await endOfBranch(this.trie.node, root, which));
  }

  /** What the payload of a node says. */
  async place(node: TrieNode): Promise<IndexedPlace> {
    const payload = partitionPayload(node);
    const { hash, rowsPosition } = payload;
    const nodePosition = node.position;
    if (rowsPosition < 0) {
      return { dataPosition: this.#inside(node, payload), rows: null, hash, nodePosition };
    }
    const rows = await this.#entry(node, rowsPosition);
    return { dataPosition: rows.dataPosition, rows, hash, nodePosition };
  }

  /** Every partition in order. Throws SSTABLE_CORRUPT where they do not ascend in Data.db. */
  async *places(): AsyncGenerator<IndexedPlace, void, undefined> {
    const { keysPosition, root } = this.footer;
    let least = 0;
    for await (const { node } of trieEntries(this.trie.node, root, keysPosition)) {
      const place = await this.place(node);
      if (place.dataPosition < least || (least === 0 && place.dataPosition !== 0)) {
        throw node.corrupt(
          `the data position ${place.dataPosition} does not follow the one before`,
        );
      }
      least = place.dataPosition + 1;
      yield place;
    }
  }

  /** The blocks of a row index, and at last where the partition ends. */
  async rowBlocks({ root, blockCount, position }: RowIndexEntry): Promise<RowIndexPayload[]> {
    const blocks: RowIndexPayload[] = [];
    const { node: source } = this.#tries();
    for await (const { node } of trieEntries(source, root, position)) {
      const block = rowIndexPayload(node);
      if (block.offset <= (blocks.at(-1)?.offset ?? 0)) {
        throw node.corrupt(`the row block at ${block.offset} does not follow the one before`);
      }
      blocks.push(block);
      if (blocks.length > blockCount + 1) break;
    }
    if (blocks.length === blockCount + 1) return blocks;
    throw this.#rowsCorrupt(`it has not ${blockCount} row blocks and an end`, position);
  }

  /** Of the first block, from the partition's start. */
  async firstOffset({ root }: RowIndexEntry): Promise<number> {
    return rowIndexPayload(await endOfBranch(this.#tries().node, root, 'first')).offset;
  }

  /** The last entry of a row index: where the end-of-partition byte is, from the partition's start. */
  async endOffset({ root }: RowIndexEntry): Promise<number> {
    return rowIndexPayload(await endOfBranch(this.#tries().node, root, 'last')).offset;
  }

  /**
   * The last entry of a row index that is not above `clustering`, in its byte-comparable form, and the
   * next one; null where there is none, as behind the end.
   */
  async rowEntries({ root, position }: RowIndexEntry, clustering: Uint8Array) {
    const { node: source } = this.#tries();
    const { found, below, above, belowIsBehind } = await searchTrie(source, root, clustering);
    const branch = belowIsBehind || found === null ? below : null;
    const at = branch === null ? found : await endOfBranch(source, branch, 'last');
    if (at === null) throw this.#rowsCorrupt('a row index has no first block', position);
    const next = above === null ? null : await endOfBranch(source, above, 'first');
    return { at: rowIndexPayload(at), next: next === null ? null : rowIndexPayload(next) };
  }

  #tries(): TrieFile {
    if (this.#rows !== null) return this.#rows;
    throw new SstashError('SSTABLE_COMPONENT_MISSING', 'the SSTable has no Rows.db', {
      file: this.#sstable.componentPath(ROWS),
      component: ROWS,
    });
  }

  #inside(node: TrieNode, { dataPosition }: PartitionPayload): number {
    if (dataPosition < this.#sstable.dataLength) return dataPosition;
    throw node.corrupt(`${dataPosition} is behind Data.db`);
  }

  async #entry(node: TrieNode, position: number): Promise<RowIndexEntry> {
    const { file } = this.#tries();
    if (position >= file.size) throw node.corrupt(`${position} is behind Rows.db`);
    for (let length = ENTRY_BYTES; ; length = ENTRY_BYTES_MAX) {
      const bytes = await file.readSome(position, length);
      const complete = position + bytes.length >= file.size || length === ENTRY_BYTES_MAX;
      const where = { file: file.path, component: ROWS };
      const r = new ByteReader(bytes, { base: position, complete, where });
      try {
        const entry = readRowIndexEntry(r);
        if (entry.dataPosition < this.#sstable.dataLength) return entry;
        throw r.corrupt(`${entry.dataPosition} is behind Data.db`, position);
      } catch (error) {
        if (!(error instanceof NeedMoreBytes)) throw error;
      }
    }
  }

  #rowsCorrupt(message: string, offset: number): SstashError {
    const file = this.#sstable.componentPath(ROWS);
    return new SstashError('SSTABLE_CORRUPT', message, { file, component: ROWS, offset });
  }
}
