/**
 * The canonical form (docs/canonical-form.md): rows as bytes that are the same whichever SSTable
 * holds them, the leaves they are cut into, and the way back to native bytes.
 */
export { LeafWalker } from './walker.js';
export type { LeafWindow, WalkerOptions } from './walker-types.js';
