/** One SSTable of more than 2 GB from the bulk writer (day 1, nb), compacted (day 2, oa). */
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bulkWrite, TABLES } from '../../bulk-write.mjs';
import {
  firstBackupGoal,
  lastBackupGoal,
  memoryGoal,
  readGoal,
  restoreGoal,
  timeGoal,
} from '../goals.mjs';

export const large = {
  name: 'large',
  what: '10 M rows of about 330 bytes: as the bulk writer made them (nb); compacted (oa)',
  goals: [
    memoryGoal(400),
    firstBackupGoal(150),
    timeGoal('first backup, of the time of restic', 66.7),
    lastBackupGoal(200),
    restoreGoal(150),
    readGoal(),
  ],
  async make({ open, scale, work }) {
    const source = join(work, 'source');
    mkdirSync(source, { recursive: true });
    bulkWrite(join(work, 'tool'), source, [Math.round(10_000_000 * scale), 1, 1]);
    const node = await open('5.0', 'node1');
    await node.createKeyspace('bench');
    await node.session.execute(
      `${TABLES.events.create} WITH ` +
        "compaction = {'class': 'SizeTieredCompactionStrategy', 'enabled': 'false'}",
    );
    const from = join(source, 'bench', 'events');
    const to = node.node.tableDirectory('bench', 'events');
    for (const file of readdirSync(from)) cpSync(join(from, file), join(to, file));
    rmSync(source, { recursive: true });
    node.node.nodetool('refresh', 'bench', 'events');
    node.keep(1, 'bench');
    node.compact('bench');
    node.keep(2, 'bench');
  },
};
