/** This file, from which `redis` is looked for. A bundle as an ES module has no such name. */
export const loadedFrom = typeof __filename === 'undefined' ? undefined : __filename;

/**
 * The package `redis`, if it is installed. By `require`, which forgets a load that failed, where `import()` remembers it
 * for as long as the process lives; so this file is CommonJS in both builds.
 *
 * @throws when it can't be loaded
 */
export function loadRedis() {
  try {
    return require('redis');
    // oxlint-disable-next-line no-useless-catch -- bundlers take what is required in a `try` for optional
  } catch (error) {
    throw error;
  }
}
