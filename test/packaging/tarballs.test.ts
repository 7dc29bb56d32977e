import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { describe, expect, inject, test } from 'vitest';
import type { Manifest } from './pack.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

describe.for(inject('packages'))('the tarball of $name', ({ name, folder, tarball, manifest }) => {
  const bytes = readFileSync(tarball);
  const packed = createPackageFromTarballData(bytes);
  const root = `/node_modules/${name}/`;
  const files = packed.listFiles().map((path) => path.slice(root.length));
  const read = (path: string): string => packed.readFile(root + path);

  // A command is started, and never required.
  const formats = manifest.bin === undefined ? ['esm', 'cjs'] : ['esm'];

  test('holds the sources, the builds of each, LICENSE, README and notices, and nothing else', () => {
    const sources = readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.c?ts$/.test(path))
      .map((path) => ({ path, name: path.replace(/\.c?ts$/, ''), kind: path.endsWith('.cts') ? 'c' : '' }));
    const expected = [
      'LICENSE',
      'README.md',
      'package.json',
      // Of those whose code is in it.
      ...readdirSync(folder).filter((file) => file === 'THIRD-PARTY-NOTICES.md'),
      ...formats.filter((format) => format === 'cjs').map((format) => `dist/${format}/package.json`),
      ...sources.flatMap(({ path, name: source, kind }) => [
        `src/${path}`,
        ...formats.flatMap((format) =>
          [`.${kind}js`, `.${kind}js.map`, `.d.${kind}ts`, `.d.${kind}ts.map`].map(
            (ending) => `dist/${format}/${source}${ending}`,
          ),
        ),
      ]),
    ];
    expect(files.toSorted()).toEqual(expected.toSorted());
  });

  test('has no install scripts, and nothing that only the workspace understands', () => {
    const text = read('package.json');
    expect(JSON.parse(text)).not.toHaveProperty('scripts');
    expect(text).not.toMatch(/"(workspace|catalog|link|file):/);
  });

  // npm joins a relative link of a README to `repository.directory`, and so does it with one that begins with a slash.
  test('says where its folder is, and has a README whose relative links lead somewhere from there', () => {
    const { repository } = JSON.parse(read('package.json')) as { repository: { directory: string } };
    const ofRepository = join(REPOSITORY, repository.directory);
    expect(ofRepository).toBe(folder);
    const broken = linksOf(read('README.md'))
      .filter((link) => !/^(#|[a-z]+:)/.test(link))
      .filter((link) => {
        const target = join(ofRepository, link.replace(/#.*/, ''));
        return link.startsWith('/') || !target.startsWith(REPOSITORY) || !existsSync(target);
      });
    expect(broken).toEqual([]);
  });

  // npm leaves addresses in HTML as they are, so those of pictures have to be whole ones.
  test('has a README whose pictures are where everybody finds them', () => {
    const { repository } = JSON.parse(read('package.json')) as { repository: { url: string } };
    const raw = `${repository.url.replace(/^git\+|\.git$/g, '')}/raw/main/`;
    const broken = picturesOf(read('README.md')).filter(
      (address) => !address.startsWith(raw) || !existsSync(join(REPOSITORY, address.slice(raw.length))),
    );
    expect(broken).toEqual([]);
  });

  test('has maps that lead to sources in it', () => {
    const missing = files
      .filter((file) => file.endsWith('.map'))
      .flatMap((file) => {
        const { sources } = JSON.parse(read(file)) as { sources: string[] };
        return sources.map((source) => posix.join(posix.dirname(file), source));
      })
      .filter((source) => !files.includes(source));
    expect(missing).toEqual([]);
  });

  test('imports nothing but what it declares', () => {
    const { dependencies, peerDependencies } = JSON.parse(read('package.json')) as Manifest;
    const declared = Object.keys({ ...dependencies, ...peerDependencies });
    const undeclared = files
      .filter((file) => /\.(c?js|d\.c?ts)$/.test(file))
      .flatMap((file) => importsOf(read(file)))
      .filter((module) => !/^(\.|node:)/.test(module))
      .filter((module) => !declared.some((each) => module === each || module.startsWith(`${each}/`)));
    expect(undeclared).toEqual([]);
  });

  test('passes publint --strict', async () => {
    const { buffer } = Uint8Array.from(bytes);
    const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });
});

// A command has none.
const withTypes = inject('packages').filter(({ entries }) => entries.length > 0);

test.for(withTypes)(
  'the types in the tarball of $name are those that are meant, however it is resolved (are-the-types-wrong)',
  async ({ tarball }) => {
    const result = await checkPackage(createPackageFromTarballData(readFileSync(tarball)));
    expect(result).toMatchObject({ types: { kind: 'included' }, problems: [] });
  },
);

/** What a page of Markdown links to, inline or by reference. */
function linksOf(text: string): string[] {
  const found = text.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]:\s*(\S+)/gm);
  return Array.from(found, ([, inline, referenced]) => inline ?? referenced!);
}

/** The addresses of the pictures that a page of Markdown has in HTML. */
function picturesOf(text: string): string[] {
  return Array.from(text.matchAll(/\b(?:src|srcset)="([^"]+)"/g), ([, address]) => address!);
}

/** What a file imports or requires. Examples in comments don't count. */
function importsOf(text: string): string[] {
  const code = text.replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, '');
  const found = code.matchAll(/\b(?:from\s+|import\s+|import\(|require\()['"]([^'"]+)['"]/g);
  return Array.from(found, ([, module]) => module!);
}
