/** Packages of which most commands need nothing: loaded in the middle of the work that needs them. */

/** The package `name`, which must be one in CommonJS. */
export function loadLibrary(name: string): unknown {
  // Node's own module is asked for in the same way: it takes longer to load than most packages.
  return process.getBuiltinModule('node:module').createRequire(import.meta.url)(name);
}
