// Makes src/page.ts of the files in this folder and the plotting library: one HTML document, as a string.
//
// A string, because a file beside the code can't be found from code that is compiled to ES modules and to CommonJS, and
// is lost when a program is bundled. It is committed, so that nothing but the compiler is needed to build the packages;
// a test makes it again and compares.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const read = (url) => readFileSync(url, 'utf8');
const file = (name) => new URL(name, import.meta.url);
const require = createRequire(import.meta.url);

/** The page, and the hashes of what may run and style it. */
export function createPage() {
  const [bundle] = buildSync({
    entryPoints: [fileURLToPath(file('main.ts'))],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    // Its licence asks that it be named where it is.
    banner: { js: '/* contains uPlot, (c) Leon Sorokin, MIT licence: github.com/leeoniya/uPlot */' },
    legalComments: 'none',
  }).outputFiles;
  const styles = [read(require.resolve('uplot/dist/uPlot.min.css')), read(file('page.css'))].join('\n');
  const style = buildSync({
    stdin: { contents: styles, loader: 'css' },
    minify: true,
    write: false,
  }).outputFiles[0].text.trim();
  // No text of the script may end its element.
  const script = bundle.text.trim().replaceAll('</script', String.raw`<\/script`);
  const page = read(file('index.html'))
    .replace('<!-- style -->', () => `<style>${style}</style>`)
    .replace('<!-- script -->', () => `<script>${script}</script>`);
  const hash = (text) => `sha256-${createHash('sha256').update(text).digest('base64')}`;
  return { page, styleHash: hash(style), scriptHash: hash(script) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { page, styleHash, scriptHash } = createPage();
  const lines = [
    '// Made of the files in page/ by `pnpm page`.',
    '',
    '/** The whole page, with its style and its script. */',
    `export const PAGE = ${JSON.stringify(page)};`,
    `export const PAGE_STYLE_HASH = '${styleHash}';`,
    `export const PAGE_SCRIPT_HASH = '${scriptHash}';`,
  ];
  writeFileSync(file('../src/page.ts'), `${lines.join('\n')}\n`);
}
