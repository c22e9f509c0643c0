/** Worker task of a tree; a file of its own, so that only what it needs is loaded with it. */
export { treeRange } from '../table/index.js';
