// Preloaded into the processes that tests start: it lets them run the TypeScript of this repository. What esbuild makes of a
// file is kept, because tests start many processes, and tsx takes about twice the processor time to start.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread, threadId } from 'node:worker_threads';

const KEPT = fileURLToPath(new URL('../../node_modules/.cache/sources/', import.meta.url));
const require = createRequire(import.meta.url);

/** JavaScript for a file of TypeScript. */
function javaScriptOf(url, format) {
  const file = fileURLToPath(url);
  const source = readFileSync(file);
  const name = createHash('sha256').update(file).update('\0').update(source).digest('hex');
  const kept = `${KEPT}${name}.${format}.js`;
  try {
    return readFileSync(kept, 'utf8');
  } catch {
    // Nobody has needed this version of the file yet.
  }
  const { code } = require('esbuild').transformSync(source, {
    loader: 'ts',
    format: format === 'commonjs' ? 'cjs' : 'esm',
    platform: 'node',
    target: 'node20',
    sourcefile: url,
    sourcemap: 'inline',
    sourcesContent: false,
  });
  mkdirSync(KEPT, { recursive: true });
  // Several processes may do this at the same time.
  const own = `${kept}.${process.pid}.${threadId}`;
  writeFileSync(own, code);
  renameSync(own, kept);
  return code;
}

/** The format of a file of TypeScript, `undefined` for others. */
function formatOf(url) {
  if (!url.startsWith('file:') || url.includes('/node_modules/')) return undefined;
  if (/\.c?ts$/.test(url)) return url.endsWith('.cts') ? 'commonjs' : 'module';
  return undefined;
}

function loadedFrom(url) {
  const format = formatOf(url);
  return format && { format, source: javaScriptOf(url, format), shortCircuit: true };
}

export async function load(url, context, nextLoad) {
  return loadedFrom(url) ?? nextLoad(url, context);
}

if (isMainThread) process.setSourceMapsEnabled(true);
// Node 20 runs hooks in a thread, which loads this file again.
if (module.registerHooks) {
  module.registerHooks({ load: (url, context, nextLoad) => loadedFrom(url) ?? nextLoad(url, context) });
} else if (!new URL(import.meta.url).searchParams.has('hooks')) {
  module.register(`${import.meta.url}?hooks`);
}
