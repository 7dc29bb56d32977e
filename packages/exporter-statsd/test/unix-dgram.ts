import { createRequire } from 'node:module';

/** The native module for unix datagrams, which comes with `hot-shots` where it could be built. */
function findUnixDgram(): { readonly unixDgram: string; readonly missing: string } {
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('hot-shots'));
    const unixDgram = require.resolve('unix-dgram');
    require(unixDgram);
    return { unixDgram, missing: '' };
  } catch (error) {
    return { unixDgram: '', missing: ` (skipped: ${String(error).split('\n')[0]})` };
  }
}

/** Where it is, and why it is missing: empty when it is there. */
export const { unixDgram, missing } = findUnixDgram();
