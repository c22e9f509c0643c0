/** Cuts the stream of a BTI SSTable into ranges by Partitions.db, of which it reads little. */
import { contradiction } from './index-scan.js';
import type { IndexedPlace, PartitionIndex } from './partition-index.js';
import { readKeyAt } from './read-key.js';
import type { SSTable } from './sstable.js';

/** A branch of the trie and the partitions in it. */
interface Branch {
  readonly root: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Starts of partitions, ascending from 0 on, so close that no more than `targetBytes` lie between two
 * where the trie allows. Throws SSTABLE_CORRUPT, SSTABLE_TRUNCATED.
 */
export async function trieCuts(sstable: SSTable, targetBytes: number): Promise<number[]> {
  const index = await sstable.partitionIndex();
  const { root } = index.footer;
  const first = await index.end(root, 'first');
  const cuts: number[] = [];
  const stack: Branch[] = [{ root, from: first.dataPosition, to: sstable.dataLength }];
  for (let branch = stack.pop(); branch !== undefined; branch = stack.pop()) {
    const isSmall = branch.to - branch.from <= targetBytes;
    const branches = isSmall ? [] : await split(sstable, index, branch);
    if (branches.length === 0) cuts.push(branch.from);
    // The first one has to come first from the stack.
    else stack.push(...branches.reverse());
  }
  return cuts;
}

/** The branches below a node, in order; none for a partition. */
async function split(
  sstable: SSTable,
  index: PartitionIndex,
  { root, from, to }: Branch,
): Promise<Branch[]> {
  const node = await index.trie.node(root);
  const children: number[] = [];
  for (let i = 0; i < node.count; i++) {
    const child = node.child(i);
    if (child >= 0) children.push(child);
  }
  const starts: number[] = [];
  for (const [i, child] of children.entries()) {
    // The first one begins where the whole branch does.
    const start = i === 0 ? from : (await index.end(child, 'first')).dataPosition;
    if (start <= (starts.at(-1) ?? from - 1) || start >= to) {
      throw contradiction(sstable, 'Partitions.db', 'its data positions do not ascend', child);
    }
    starts.push(start);
  }
  return children.map((child, i) => {
    return { root: child, from: starts[i] ?? from, to: starts[i + 1] ?? to };
  });
}

/** Throws SSTABLE_CORRUPT unless the trie leads from the key at `position` back to there. */
export async function verifyCut(sstable: SSTable, position: number): Promise<void> {
  const index = await sstable.partitionIndex();
  const key = await readKeyAt(sstable, position);
  const { found } = await index.search(key);
  const place: IndexedPlace | null = found === null ? null : await index.place(found);
  if (place?.dataPosition === position) return;
  throw contradiction(
    sstable,
    'Partitions.db',
    `no partition begins at ${position} of Data.db`,
    found === null ? undefined : found.position,
  );
}
