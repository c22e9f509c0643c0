/** The components that follow from the rows, made again and compared. */
export { columnIndexSize } from './column-index-size.js';
export { ComponentComparison, type ComponentOutcome } from './component-comparison.js';
export { readParameters } from './read-parameters.js';
export {
  derivedComponents,
  equalParameters,
  type RebuildOptions,
  type RebuildResult,
  rebuildComponents,
} from './rebuild-components.js';
