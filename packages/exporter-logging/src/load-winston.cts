import { createRequire } from 'node:module';

/**
 * The package `winston`, if it is installed. By `require`, which forgets a load that failed, where `import()` remembers it
 * for as long as the process lives; so this file is CommonJS in both builds.
 *
 * @throws when it can't be loaded
 */
export function loadWinston() {
  if (typeof __filename !== 'undefined') {
    try {
      // Behind hooks of the module loader, Node 20 gives this file a `require` that breaks at circular imports.
      return createRequire(__filename)('winston');
    } catch {
      // In a bundle it may be there all the same. If not, the next line says why.
    }
  }
  try {
    return require('winston');
    // oxlint-disable-next-line no-useless-catch -- bundlers take what is required in a `try` for optional
  } catch (error) {
    throw error;
  }
}
