/** Placeholder. */
import type { LeafWindow, Walker, WalkerOptions } from './walker-types.js';
export class TypeScriptWalker implements Walker {
  readonly pending = 0;
  constructor(_options: WalkerOptions) {}
  window(_capacity: number): Uint8Array {
    throw new Error('no');
  }
  walk(_length: number, _last: boolean, _basePosition: number): LeafWindow {
    throw new Error('no');
  }
  close(): void {}
}
