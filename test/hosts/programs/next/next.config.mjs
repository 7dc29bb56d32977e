import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));

// Without a root, Next looks for one in the folders above.
export default {
  output: process.env.NEXT_OUTPUT,
  distDir: process.env.NEXT_FOLDER,
  outputFileTracingRoot: folder,
  turbopack: { root: folder },
};
