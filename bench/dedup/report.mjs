/** Results of a workload as Markdown. */
import { alignedTable, mebibytes, seconds } from '../report.mjs';
import { amplification } from './goals.mjs';

const mega = (bytes) => (bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 1);
const percent = (share) => `${(share * 100).toFixed(share < 0.1 ? 2 : 1)} %`;
const sum = (values) => values.reduce((total, value) => total + value, 0);
const medianOf = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Days of which each is shown; of longer histories every fifth is, too. */
const DAYS_SHOWN = 12;

/**
 * @param {{ name: string, what: string, goals: object[] }} workload
 * @param {{ command: string, machine: string, backups: object[], restores: object }} result
 */
export function workloadReport(workload, result) {
  return [
    `### ${workload.name}`,
    workload.what,
    `\`${result.command}\``,
    result.machine,
    storedTable(result.backups),
    partsTable(result.backups),
    costTable(result),
    goalLines(workload.goals, result),
  ].join('\n\n');
}

function storedTable(backups) {
  const tools = Object.keys(backups[0].tools);
  const severalNodes = new Set(backups.map(({ node }) => node)).size > 1;
  const head = ['day', 'snapshot', 'Data.db', 'whole files', ...tools, 'sstash of whole files'];
  const isShown = ({ day }) => day <= DAYS_SHOWN || day % 5 === 0;
  const rows = backups.filter(isShown).map((backup) => {
    const { node, day, bytes, data, wholeFile } = backup;
    const stored = tools.map((tool) => backup.tools[tool].stored);
    return [
      severalNodes ? `${day}, ${node}` : `${day}`,
      ...[bytes, data, wholeFile, ...stored].map(mega),
      // Where next to nothing changed there is nothing to compare.
      wholeFile * 1000 < bytes ? '' : percent(stored[0] / wholeFile),
    ];
  });
  const all = sum(backups.map(({ wholeFile }) => wholeFile));
  const totals = tools.map((tool) => sum(backups.map((backup) => backup.tools[tool].stored)));
  const share = percent(totals[0] / all);
  const total = ['all', '', '', mega(all), ...totals.map(mega), share];
  return `MB (10⁶ bytes) newly stored:\n\n${alignedTable([head, ...rows, total])}`;
}

/** What the later backups added, by what it is for. */
function partsTable(backups) {
  const later = backups.slice(1).map(({ parts }) => parts);
  if (later.length === 0) return '';
  const bytes = new Map();
  for (const { stored } of later) {
    for (const [what, some] of Object.entries(stored)) {
      bytes.set(what, (bytes.get(what) ?? 0) + some);
    }
  }
  const all = sum(later.map(({ leaves }) => leaves.all));
  const own = sum(later.map(({ leaves }) => leaves.own));
  const largest = [...bytes].sort((a, b) => b[1] - a[1]).filter(([, some]) => some >= 500);
  return (
    `What sstash stored after the first backup (kB): ` +
    `${largest.map(([what, some]) => `${what} ${(some / 1e3).toFixed(0)}`).join(', ')}. ` +
    `Of ${all} leaves in new SSTables ${own} were stored.`
  );
}

/** What the backups and restores cost; MB/s are of Data.db as it is on disk. */
function costTable({ backups, restores }) {
  const [first] = backups;
  const last = backups[backups.length - 1];
  const rows = Object.keys(first.tools).flatMap((tool) => {
    const each = backups.map((backup) => backup.tools[tool].cost);
    const made = [costRow(`${tool}: first backup`, each[0], first.data)];
    if (each.length > 1) made.push(costRow(`${tool}: all later backups`, added(each.slice(1))));
    const restore = tool === 'sstash' ? last.restored.cost : restores[tool].cost;
    made.push(costRow(`${tool}: restore of the last`, restore, last.data));
    return made;
  });
  const read = backups.map(amplification);
  const text =
    `\n\nBytes that restores read from the repository, of those needed: ` +
    `${medianOf(read).toFixed(2)} (median of all backups), ${Math.max(...read).toFixed(2)} ` +
    `(most), ${read[read.length - 1].toFixed(2)} (last backup).`;
  const head = ['operation', 's', 'Data.db MB/s', 'CPU s', 'peak MiB'];
  return `${alignedTable([head, ...rows])}${text}`;
}

function costRow(name, cost, data) {
  const rate = data === undefined ? '' : (data / 1e6 / cost.seconds).toFixed(0);
  return [name, seconds(cost.seconds), rate, seconds(cost.cpu), mebibytes(cost.peak)];
}

function added(costs) {
  return {
    seconds: sum(costs.map((cost) => cost.seconds)),
    cpu: sum(costs.map(({ cpu }) => cpu)),
    peak: Math.max(...costs.map(({ peak }) => peak)),
  };
}

function goalLines(goals, result) {
  const restored = `every file of all ${result.backups.length} backups was restored and is the same`;
  return [...judged(goals, result), restored].map((line) => `- ${line}`).join('\n');
}

function judged(goals, result) {
  return goals.flatMap(({ what, limit, figure }) => {
    const found = figure(result);
    if (found === undefined) return [];
    const verdict = found <= limit ? 'met' : 'missed';
    return `${what}: ${percent(found)}, goal at most ${percent(limit)}: ${verdict}`;
  });
}

/** One line a workload, of all that were measured at one scale. */
export function summary(measured) {
  const head = [
    ...['workload', 'backups', 'whole files', 'sstash', 'of whole files', 'restic', 'borg'],
    ...['first backup, CPU s', 'restore, CPU s', 'read / needed', 'peak MiB'],
  ];
  const rows = measured.map(({ workload, result: { backups, restores } }) => {
    const last = backups[backups.length - 1];
    const each = (costOf) =>
      Object.keys(backups[0].tools)
        .map((tool) => `${tool} ${costOf(tool).cpu.toFixed(1)}`)
        .join(', ');
    const all = sum(backups.map(({ wholeFile }) => wholeFile));
    const of = (tool) => {
      if (backups[0].tools[tool] === undefined) return undefined;
      return sum(backups.map(({ tools }) => tools[tool].stored));
    };
    const peaks = backups.flatMap(({ tools, restored }) => [
      tools.sstash.cost.peak,
      restored.cost.peak,
    ]);
    const stored = ['restic', 'borg'].map((tool) => of(tool));
    return [
      workload.name,
      String(backups.length),
      mega(all),
      mega(of('sstash')),
      percent(of('sstash') / all),
      ...stored.map((bytes) => (bytes === undefined ? '' : mega(bytes))),
      each((tool) => backups[0].tools[tool].cost),
      each((tool) => (tool === 'sstash' ? last.restored.cost : restores[tool].cost)),
      amplification(last).toFixed(2),
      mebibytes(Math.max(...peaks)),
    ];
  });
  const goals = measured.flatMap(({ workload, result }) =>
    judged(workload.goals, result).map((line) => `- ${workload.name}: ${line}`),
  );
  const [first] = measured;
  const machine = first === undefined ? '' : `${first.result.machine}\n\n`;
  const table = `MB (10⁶ bytes) stored by all backups together:\n\n${alignedTable([head, ...rows])}`;
  return `${machine}${table}\n\nGoals:\n\n${goals.join('\n')}`;
}
