/**
 * Which rows of new SSTables are stored already, in chunks of SSTables that are gone or that another
 * node has: by digest, at the same places of the token ring.
 */
export type { MatchTask } from './candidates.js';
export { DigestCache } from './digest-cache.js';
export type { MatchedExtents } from './extents.js';
export { LeafMatcher, type MatchResult, type RangeMatch } from './leaf-matcher.js';
export { type Matching, RangeMatching } from './range-matching.js';
export { MatchSources } from './sources.js';
