/** Figures that workloads are judged by, out of their results. */

/** @typedef {import('./measure-workload.mjs').BackupResult} BackupResult */

const sum = (values) => values.reduce((total, value) => total + value, 0);

const storedBy = (backups, tool = 'sstash') => sum(backups.map(({ tools }) => tools[tool].stored));

const wholeFiles = (backups) => sum(backups.map(({ wholeFile }) => wholeFile));

/** Stored on one day, of what a store of whole files would add on that day. */
export function dayGoal(what, day, percent) {
  return {
    what,
    limit: percent / 100,
    figure: ({ backups }) => {
      const those = backups.filter((backup) => backup.day === day);
      return storedBy(those) / wholeFiles(those);
    },
  };
}

/** Stored by all backups up to a day, of what a store of whole files holds then. */
export function totalGoal(what, days, percent) {
  return {
    what,
    limit: percent / 100,
    figure: ({ backups }) => {
      const those = backups.filter(({ day }) => day <= days);
      return storedBy(those) / wholeFiles(those);
    },
  };
}

/** Stored for nodes on a day, of what the very first backup stored. */
export function nodesGoal(what, day, nodes, percent) {
  return {
    what,
    limit: percent / 100,
    figure: ({ backups }) => {
      const those = backups.filter((backup) => backup.day === day);
      const stored = storedBy(those.filter(({ node }) => nodes.includes(node)));
      return stored / storedBy(backups.slice(0, 1));
    },
  };
}

/** Largest resident size of any backup or restore by sstash. */
export function memoryGoal(mebibytes) {
  return {
    what: `peak memory of backups and restores, of ${mebibytes} MiB`,
    limit: 1,
    figure: ({ backups }) => {
      const peaks = backups.flatMap(({ tools, restored }) => [
        tools.sstash.cost.peak,
        restored.cost.peak,
      ]);
      return Math.max(...peaks) / (mebibytes * 2 ** 20);
    },
  };
}

/** Time of the first backup, of that which restic takes; undefined where there is no restic. */
export function timeGoal(what, percent) {
  return {
    what,
    limit: percent / 100,
    figure: ({ backups: [{ tools }] }) =>
      tools.restic && tools.sstash.cost.seconds / tools.restic.cost.seconds,
  };
}

/** Time of some work on a backup, of that in which its Data.db is read at so many MB/s (10⁶ bytes). */
function rateGoal(what, rate, costOf) {
  return {
    what: `${what}, of the time of its Data.db at ${rate} MB/s`,
    limit: 1,
    figure: ({ backups }) => {
      const { cost, data } = costOf(backups);
      return (cost.seconds * rate * 1e6) / data;
    },
  };
}

const costOfBackup = ({ tools, data }) => ({ cost: tools.sstash.cost, data });

export function firstBackupGoal(rate) {
  return rateGoal('first backup', rate, ([first]) => costOfBackup(first));
}

export function lastBackupGoal(rate) {
  return rateGoal('last backup', rate, (backups) => costOfBackup(backups[backups.length - 1]));
}

export function restoreGoal(rate) {
  return rateGoal('restore of the last backup', rate, (backups) => {
    const { restored, data } = backups[backups.length - 1];
    return { cost: restored.cost, data };
  });
}

/** Read from the repository by the last restore, of what it needs. */
export function readGoal() {
  return {
    what: 'bytes read from the repository by a restore of the last day, of those needed',
    limit: 1.5,
    figure: ({ backups }) => amplification(backups[backups.length - 1]),
  };
}

/**
 * Bytes that a restore reads of those it needs: its own count, or where it has none, that of the
 * chunks that hold what it needs.
 */
export function amplification({ parts, restored: { report } }) {
  const { chunks, needed, other } = parts.restore;
  return (report.bytesRead ?? chunks + other) / (needed + other);
}
