/** What runs in worker threads: one line per task in table.ts, their functions in files beside. */
export { type DialectName, dialectOf, dumpDialect } from './dump/dialect.js';
export type { TokenRange } from './dump/filters.js';
export { ANSWER_ROOM, type DumpRangeArgument, type DumpRangeResult } from './dump-range.js';
export { createExecutor } from './executor.js';
export { tasks } from './table.js';
