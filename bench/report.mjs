/** The machine line and the table of results, as Markdown. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** @param {{ release: string, clientJava: string }} install */
export function machineLine(install) {
  const java = /version "([^"]+)"/.exec(
    spawnSync(install.clientJava, ['-version'], { encoding: 'utf8' }).stderr,
  )?.[1];
  const memory = Math.round(totalmem() / 2 ** 30);
  return (
    `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${memory} GiB, Linux ${release()}, ` +
    `Node ${process.versions.node}, Java ${java}, Cassandra ${install.release}; ` +
    `load ${loadavg()[0].toFixed(1)} when it began`
  );
}

const HEAD = 'operation|s|raw MB/s|CPU s|peak MiB|result|against|s|CPU s|peak MiB|CPU ratio';

/** @param {{ name: string, raw?: number, ours: Cost, against?: string, theirs?: Cost }[]} results */
export function resultTable(results) {
  const rows = results.map(({ name, raw, ours, against, theirs }) => {
    const rate = raw === undefined ? '' : (raw / 1e6 / ours.seconds).toFixed(0);
    const left = [name, seconds(ours.seconds), rate];
    left.push(seconds(ours.cpu), mebibytes(ours.peak), ours.result ?? '');
    const right =
      theirs === undefined
        ? ['', '', '', '', '']
        : [
            against,
            seconds(theirs.seconds),
            seconds(theirs.cpu),
            mebibytes(theirs.peak),
            (theirs.cpu / ours.cpu).toFixed(1),
          ];
    return [...left, ...right].map(String);
  });
  return alignedTable([HEAD.split('|'), ...rows]);
}

/** The form that the formatter would give it. */
export function alignedTable([head, ...rows]) {
  const widths = head.map((_, i) => Math.max(3, ...[head, ...rows].map((row) => row[i].length)));
  const line = (cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  const rule = widths.map((width) => '-'.repeat(width));
  return [head, rule, ...rows].map(line).join('\n');
}

export const seconds = (value) => value.toFixed(2);
export const mebibytes = (bytes) => (bytes / 2 ** 20).toFixed(0);

/** Puts `text` between the markers of `section` in a Markdown file, or at its end. */
export function writeSection(path, section, text) {
  const [open, close] = [`<!-- ${section} -->`, `<!-- end of ${section} -->`];
  const block = `${open}\n\n${text}\n\n${close}`;
  const before = readFileSync(path, 'utf8');
  const from = before.indexOf(open);
  const to = before.indexOf(close);
  const after =
    from < 0
      ? `${before.trimEnd()}\n\n${block}\n`
      : before.slice(0, from) + block + before.slice(to + close.length);
  writeFileSync(path, after);
}
