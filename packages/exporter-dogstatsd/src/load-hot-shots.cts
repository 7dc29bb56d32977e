/** This file, from which `hot-shots` is looked for. A bundle as an ES module has no such name. */
export const loadedFrom = typeof __filename === 'undefined' ? undefined : __filename;

/**
 * The package `hot-shots`, if it is installed. By `require`, which forgets a load that failed, where `import()` remembers it
 * for as long as the process lives; so this file is CommonJS in both builds.
 *
 * @throws when it can't be loaded
 */
export function loadHotShots() {
  try {
    return require('hot-shots');
    // oxlint-disable-next-line no-useless-catch -- bundlers take what is required in a `try` for optional
  } catch (error) {
    throw error;
  }
}
