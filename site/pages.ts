import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { address, revision } from './repository.mjs';

/** The folder of the repository, from which paths of files begin here. */
export const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));

/** VitePress sees no file in a folder whose name begins with a dot. These pages include one. */
const INCLUDED: Readonly<Record<string, string>> = {
  'site/architecture.md': '.github/ARCHITECTURE.md',
  'site/code-of-conduct.md': '.github/CODE_OF_CONDUCT.md',
  'site/contributing.md': '.github/CONTRIBUTING.md',
  'site/security.md': '.github/SECURITY.md',
};

/** Markdown that is no page. */
export const NO_PAGES = ['**/*.api.md', 'examples/**', 'test/**', 'packages/*/{src,test}/**'];

/** Where a file is on the site, in place of its path in the repository. */
const ADDRESSES: readonly (readonly [RegExp, string])[] = [
  [/^README\.md$/, 'index.md'],
  [/^packages\/([^/]+)\/README\.md$/, 'packages/$1/index.md'],
  [/^packages\/([^/]+)\/docs\/(.+)$/, 'packages/$1/$2'],
  [/^docs\/(benchmarks|coverage|mutants)\.md$/, '$1.md'],
  [/^docs\/(.+)$/, 'guides/$1'],
  [/^site\/(.+)$/, '$1'],
];

/** The file of the site that is made of a file of the repository: `packages/node/index.md`. */
export function pageOf(file: string): string {
  const found = ADDRESSES.find(([pattern]) => pattern.test(file));
  return found === undefined ? file : file.replace(...found);
}

/** The address of a page on the site, without that of the site: `/packages/node/`. */
export function addressOf(file: string): string {
  return `/${pageOf(file)
    .replace(/(^|\/)index\.md$/, '$1')
    .replace(/\.md$/, '')}`;
}

/** The file of the repository in which the text of a page stands. */
export function sourceOf(file: string): string {
  return INCLUDED[file] ?? file;
}

/** The first heading of a file, as text. */
export function titleOf(file: string): string {
  const heading = /^# (.+)$/m.exec(readFileSync(join(REPOSITORY, sourceOf(file)), 'utf8'))?.[1];
  if (heading === undefined) throw new Error(`${file} has no title: it needs a line that begins with "# "`);
  return heading.replaceAll(/[`\\]/g, '').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');
}

/**
 * What a link of a file becomes on the site: the address of a page, or the address in the repository of what is no page.
 *
 * @param isPage whether a file of the repository is a page
 * @throws Error if there is nothing where the link leads
 */
export function resolveLink(file: string, link: string, isPage: (file: string) => boolean): string {
  if (isElsewhere(link)) return link;
  const [path = '', anchor = ''] = link.split(/(?=#)/);
  const target = targetOf(file, path);
  const isFolder = statSync(join(REPOSITORY, target)).isDirectory();
  const page = pageFor(target, isFolder, isPage);
  if (page !== undefined) return addressOf(page) + anchor;
  return `${address}/${isFolder ? 'tree' : 'blob'}/${revision}/${target}${anchor}`;
}

/** Where READMEs take pictures from that npm can't show by a relative link. */
const RAW = `${address}/raw/main/`;

/** The address of an image as seen from the file of VitePress in which it is shown. */
export function resolveImage(page: string, link: string): string {
  if (link.startsWith(RAW)) return resolveImage(page, toRoot(page) + link.slice(RAW.length));
  if (isElsewhere(link)) return link;
  return `./${posix.relative(posix.dirname(page), targetOf(sourceOf(page), link)).replace(/^\.\//, '')}`;
}

function toRoot(page: string): string {
  return `${posix.relative(posix.dirname(sourceOf(page)), '.') || '.'}/`;
}

function isElsewhere(link: string): boolean {
  return /^(#|[a-z][a-z+.-]*:)/i.test(link);
}

function targetOf(file: string, link: string): string {
  const target = posix.join(posix.dirname(file), decodeURI(link)).replace(/\/$/, '');
  if (link.startsWith('/') || target.startsWith('..') || !existsSync(join(REPOSITORY, target))) {
    throw new Error(`${file} links to "${link}", and there is no such file`);
  }
  return target;
}

/** The file of the page for a file or a folder, if there is one. */
function pageFor(target: string, isFolder: boolean, isPage: (file: string) => boolean): string | undefined {
  const including = Object.keys(INCLUDED).find((page) => INCLUDED[page] === target);
  if (including !== undefined) return including;
  const file = isFolder ? posix.join(target, 'README.md') : target;
  return isPage(file) ? file : undefined;
}
