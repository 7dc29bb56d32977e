import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { intersects } from 'semver';
import { REPOSITORY } from '../repository.ts';
import type { Block } from './blocks.ts';

interface Manifest {
  readonly name: string;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

const PACKAGES = join(REPOSITORY, 'packages');

const manifests = new Map(
  readdirSync(PACKAGES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => [
      entry.name,
      JSON.parse(readFileSync(join(PACKAGES, entry.name, 'package.json'), 'utf8')) as Manifest,
    ]),
);
const byName = new Map([...manifests.values()].map((manifest) => [manifest.name, manifest]));

const INSTALL = /^(?:npm (?:install|i)|(?:pnpm|yarn|bun) add) +([^#\n]*)/gm;

/** What is wrong with the lines of a block that install packages. */
export function installProblems({ page, text }: Block): string[] {
  return Array.from(text.matchAll(INSTALL), ([line, list = '']) => ({
    line,
    words: list.trim().split(/ +/),
  })).flatMap(({ line, words }) => problemsOf(words, page).map((problem) => `${line.trim()}: ${problem}`));
}

function problemsOf(words: readonly string[], page: string): string[] {
  const installed = words.filter((word) => !word.startsWith('-')).map(readSpecifier);
  const problems: string[] = [];
  const ours = installed.flatMap(({ name }) => byName.get(name) ?? []);
  // A line for what is optional stands on the page of the package that it is for.
  const owners =
    ours.length > 0 ? ours : [manifests.get(page.split('/')[1] ?? '')].filter((one) => one !== undefined);
  for (const { name, range } of installed) {
    if (byName.has(name)) continue;
    const wanted = owners.flatMap(({ peerDependencies }) => peerDependencies?.[name] ?? []);
    if (wanted.length === 0)
      problems.push(`${name} is no peer of ${owners.map((owner) => owner.name).join(', ')}`);
    else if (range !== undefined && !wanted.every((peer) => intersects(range, peer))) {
      problems.push(`${name}@${range} is not ${wanted.join(' and ')}`);
    }
  }
  const names = new Set(installed.map(({ name }) => name));
  for (const { name: owner, peerDependencies = {}, peerDependenciesMeta = {} } of ours) {
    for (const peer of Object.keys(peerDependencies)) {
      if (peerDependenciesMeta[peer]?.optional !== true && !names.has(peer)) {
        problems.push(`${owner} needs ${peer}`);
      }
    }
  }
  if (page.startsWith('packages/') && ours.length > 0) {
    const own = manifests.get(page.split('/')[1]!)!.name;
    if (!names.has(own)) problems.push(`it doesn't install ${own}`);
  }
  return problems;
}

/** Reads `@scope/name@range`. */
function readSpecifier(word: string): { readonly name: string; readonly range: string | undefined } {
  const [, name = '', range] = /^'?(@?[^@']+)(?:@([^']+))?'?$/.exec(word) ?? [];
  return { name, range };
}
