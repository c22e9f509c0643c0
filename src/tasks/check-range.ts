/** Worker tasks of a check; a file of its own, so that only what they need is loaded with them. */
export { checkIndex, checkRange, checkScan } from '../sstable/index.js';
