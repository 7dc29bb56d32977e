// `pnpm pictures` writes docs/benchmarks.md and the pictures of docs/images from what was measured (docs/benchmarks/*.json),
// and shows each picture on the pages that have a place for it: `<!-- picture: calls -->` … `<!-- end of picture -->`.
// `pnpm check:pictures` writes nothing, and ends with status 1 where a file is not as it would be written.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { address } from '../../packages/repository-address.mjs';
import { PAGE_FOLDERS, pagesIn } from '../docs/pages.ts';
import { fillPlaces } from '../page-places.ts';
import { REPOSITORY } from '../repository.ts';
import { benchmarksPage } from './benchmarks-page.ts';
import { readMeasured } from './measured.ts';
import { picturesOf } from './pictures.ts';
import { SCREENSHOTS } from './screenshot-list.ts';
import { pictureMarkdown, type ShownPicture } from './show-picture.ts';
import { THEMES } from './theme.ts';

const IMAGES = 'docs/images';
const PAGE = 'docs/benchmarks.md';

const { values: given } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const measured = readMeasured(REPOSITORY);
/** The files as they have to be, by their paths from the root of the repository. */
const files = new Map<string, string>();
const shown = new Map<string, ShownPicture>(Object.entries(SCREENSHOTS));

for (const { name, alt, draw } of picturesOf(measured)) {
  const [light, dark] = THEMES.map((theme) => `${IMAGES}/${name}-${theme.name}.svg`) as [string, string];
  for (const [index, theme] of THEMES.entries()) files.set([light, dark][index]!, await draw(theme));
  const width = Number(/<svg[^>]*? width="(\d+)/.exec(files.get(light)!)![1]);
  shown.set(name, { alt, light, dark, width });
}
files.set(
  PAGE,
  benchmarksPage(measured, (name) => markdownOf(name, PAGE)),
);
const pages = [...PAGE_FOLDERS, 'docs/migration'].flatMap(pagesIn);
for (const page of pages.filter((file) => file !== PAGE)) {
  const text = readFileSync(join(REPOSITORY, page), 'utf8');
  const written = fillPlaces(text, 'picture', (name) => markdownOf(name, page));
  if (written !== text) files.set(page, written);
}

const outdated = [...files].filter(([file, text]) => read(file) !== text);
mkdirSync(join(REPOSITORY, IMAGES), { recursive: true });
const unknown = readdirSync(join(REPOSITORY, IMAGES)).filter((file) => !files.has(`${IMAGES}/${file}`));
if (!given.check) {
  for (const [file, text] of outdated) {
    mkdirSync(dirname(join(REPOSITORY, file)), { recursive: true });
    writeFileSync(join(REPOSITORY, file), text);
  }
} else if (outdated.length > 0) {
  console.error('These files are not as "pnpm pictures" writes them:');
  for (const [file] of outdated) console.error(`  ${file}`);
  process.exitCode = 1;
}
for (const file of unknown) {
  console.error(`${IMAGES}/${file} is a picture that nobody draws: remove it`);
  process.exitCode = 1;
}

function markdownOf(name: string, page: string): string {
  const picture = shown.get(name);
  if (picture === undefined) {
    throw new Error(`${page} has a place for the picture ${name}; there are ${[...shown.keys()].join(', ')}`);
  }
  return pictureMarkdown(picture, isPublished(page) ? `${address}/raw/main` : dirname(page));
}

/** On npm, addresses of pictures in HTML have to be whole ones. */
function isPublished(page: string): boolean {
  return /^packages\/[^/]+\/README\.md$/.test(page);
}

function read(file: string): string | undefined {
  const path = join(REPOSITORY, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
