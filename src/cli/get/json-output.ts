/** `get --json`: one document, written row by row. */
import type { Output } from '../output.js';
import type { ClusteringParts, KeyPart, PartitionOutput } from './output.js';
import type { RowFacts } from './partition-facts.js';
import { rawJson } from './raw-json.js';

function clusteringJson(parts: ClusteringParts): unknown[] {
  return parts.map((part) => part?.value ?? null);
}

function keyColumn({ name, type, value }: KeyPart): unknown {
  return { name, type, value };
}

function cellsJson({ cells }: RowFacts): unknown[] {
  return cells.map(({ source: _, ...cell }) => cell);
}

function staticJson(facts: RowFacts | null): unknown {
  if (facts === null) return null;
  const { values, collectionDeletions } = facts;
  return { values, cells: cellsJson(facts), collectionDeletions };
}

export function jsonOutput(stdout: Output): PartitionOutput {
  let first = true;
  const item = async (value: unknown): Promise<void> => {
    await stdout.write(`${first ? '' : ','}\n    ${rawJson(value)}`);
    first = false;
  };
  return {
    async begin(intro) {
      const { keyColumns, clusteringColumns, static: row, ...rest } = intro;
      const { deletion, sstables, at, searched, token, ...names } = rest;
      const fields = {
        ...names,
        keyColumns: keyColumns.map(keyColumn),
        clusteringColumns,
        token,
        at,
        searched,
        sstables,
        deletion,
        static: staticJson(row),
      };
      const lines = Object.entries(fields).map(([name, value]) => `  "${name}": ${rawJson(value)}`);
      await stdout.write(`{\n${lines.join(',\n')},\n  "rows": [`);
    },
    async row(clustering, facts) {
      const { live, liveness, deletion, values, collectionDeletions } = facts;
      await item({
        type: 'row',
        clustering: clusteringJson(clustering),
        live,
        liveness,
        deletion,
        values,
        cells: cellsJson(facts),
        collectionDeletions,
      });
    },
    async marker(clustering, facts) {
      const type = 'range_tombstone_bound';
      await item({ type, clustering: clusteringJson(clustering), ...facts });
    },
    async end({ liveRows, found }) {
      const close = first ? ']' : '\n  ]';
      await stdout.write(`${close},\n  "liveRows": ${liveRows},\n  "found": ${found}\n}\n`);
    },
  };
}
