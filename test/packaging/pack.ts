import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** What is read of a package.json. */
export interface Manifest {
  name: string;
  exports: Record<string, unknown>;
  bin?: Record<string, string>;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

/** A package as it would be published. */
export interface PackedPackage {
  name: string;
  /** Its folder in the workspace. */
  folder: string;
  tarball: string;
  manifest: Manifest;
  /** What can be imported: the package's name and its subpaths. */
  entries: string[];
}

declare module 'vitest' {
  interface ProvidedContext {
    packages: PackedPackage[];
  }
}

let destination: string;

/** Packs every package of the workspace once, for all test files. */
export function setup(project: TestProject): void {
  destination = mkdtempSync(join(tmpdir(), 'tallykit-tarballs-'));
  project.provide('packages', packInto(destination));
}

/** Packs every package of the workspace, as it was built. */
export function packInto(folder: string): PackedPackage[] {
  const folders = JSON.parse(run('ls', '--depth=-1', '--json')) as { name: string; path: string }[];
  const tarballs = JSON.parse(run('pack', '--pack-destination', folder, '--json')) as {
    name: string;
    filename: string;
  }[];
  return tarballs.map(({ name, filename }) => {
    const { path } = folders.find((each) => each.name === name)!;
    const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Manifest;
    const subpaths = Object.keys(manifest.exports).filter((subpath) => !subpath.endsWith('.json'));
    const entries = subpaths.map((subpath) => name + subpath.slice(1));
    return { name, folder: path, tarball: filename, manifest, entries };
  });
}

export function teardown(): void {
  rmSync(destination, { recursive: true, force: true });
}

/** Runs a command of pnpm in every package that is published. */
function run(command: string, ...options: string[]): string {
  const parameters = ['--recursive', '--filter', './packages/*', command, ...options];
  return execFileSync('pnpm', parameters, { cwd: REPOSITORY, encoding: 'utf8' });
}
