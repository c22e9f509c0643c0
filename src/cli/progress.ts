/** Progress of long commands on standard error: a bar on a terminal, plain lines, or nothing. */
import type { SingleBar } from 'cli-progress';
import { formatBytes, formatDuration } from './format.js';
import { writeError } from './output.js';

export type ProgressMode = 'auto' | 'plain' | 'none';

export interface Progress {
  /** Starts a phase of `totalBytes` (null = not known); a running one ends. */
  begin(label: string, totalBytes: number | null): void;
  /** What is being worked on now, a table mostly. */
  label(text: string): void;
  advance(bytes: number): void;
  /** Ends the phase; must be called before other text is printed. */
  end(): void;
}

const PLAIN_INTERVAL_MS = 3000;

const none: Progress = { begin() {}, label() {}, advance() {}, end() {} };

interface Phase {
  readonly total: number | null;
  readonly started: number;
  label: string;
  done: number;
}

function describe(phase: Phase): string {
  const seconds = Math.max((performance.now() - phase.started) / 1000, 0.001);
  const rate = phase.done / seconds;
  const total = phase.total;
  const parts = [
    total === null
      ? formatBytes(phase.done)
      : `${formatBytes(phase.done)} of ${formatBytes(total)}`,
    `${formatBytes(rate)}/s`,
  ];
  if (total !== null && total > 0) {
    parts.unshift(`${Math.min(100, Math.floor((100 * phase.done) / total))}%`);
    if (rate > 0) parts.push(`${formatDuration(Math.max(0, total - phase.done) / rate)} left`);
  }
  return `${phase.label}: ${parts.join(', ')}`;
}

/** What both kinds of display share: one phase, redrawn by a timer that keeps nothing alive. */
function timed(intervalMs: number, show: (phase: Phase) => void, stop: () => void): Progress {
  let phase: Phase | null = null;
  let timer: NodeJS.Timeout | null = null;
  const end = (): void => {
    if (timer !== null) clearInterval(timer);
    timer = null;
    if (phase !== null) stop();
    phase = null;
  };
  return {
    begin(label, totalBytes) {
      end();
      const begun = { label, total: totalBytes, done: 0, started: performance.now() };
      phase = begun;
      timer = setInterval(() => show(begun), intervalMs);
      timer.unref();
    },
    label(text) {
      if (phase !== null) phase.label = text;
    },
    advance(bytes) {
      if (phase !== null) phase.done += bytes;
    },
    end,
  };
}

function plain(): Progress {
  return timed(
    PLAIN_INTERVAL_MS,
    (phase) => writeError(`${describe(phase)}\n`),
    () => undefined,
  );
}

/** A bar of cli-progress, which is loaded while the first phase begins. */
function bar(): Progress {
  let Bar: typeof SingleBar | null = null;
  void import('cli-progress').then((library) => {
    Bar = library.SingleBar;
  });
  let shown: SingleBar | null = null;
  return timed(
    200,
    (phase) => {
      if (Bar === null) return;
      const total = Math.max(phase.total ?? phase.done, 1);
      const text = describe(phase);
      if (shown === null) {
        const format = phase.total === null ? '{text}' : '{bar} {text}';
        shown = new Bar({
          format,
          stream: process.stderr,
          hideCursor: true,
          clearOnComplete: true,
          barsize: 24,
          barCompleteChar: '#',
          barIncompleteChar: '-',
          gracefulExit: false,
        });
        shown.start(total, 0, { text });
      }
      shown.setTotal(total);
      shown.update(Math.min(phase.done, total), { text });
    },
    () => {
      shown?.stop();
      shown = null;
    },
  );
}

/** A bar where standard error is a terminal. Short commands end before that is asked. */
function auto(): Progress {
  let made: Progress | null = null;
  const progress = (): Progress => {
    made ??= process.getBuiltinModule('node:tty').isatty(2) ? bar() : none;
    return made;
  };
  return {
    begin: (label, totalBytes) => progress().begin(label, totalBytes),
    label: (text) => made?.label(text),
    advance: (bytes) => made?.advance(bytes),
    end: () => made?.end(),
  };
}

const MODES = { auto, plain, none: () => none };

export function createProgress(mode: ProgressMode): Progress {
  return MODES[mode]();
}
