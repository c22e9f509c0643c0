/** The components that follow from the rows, made again and compared. */
export type { ComponentOutcome } from './component-comparison.js';
export {
  type RebuildOptions,
  type RebuildResult,
  rebuildComponents,
} from './rebuild-components.js';
