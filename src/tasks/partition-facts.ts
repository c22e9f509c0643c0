/** Worker task of `partitions`; a file of its own, so that only what it needs is loaded with it. */
export { partitionFacts } from '../table/index.js';
