import { build } from 'esbuild';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import manifest from '../package.json' with { type: 'json' };

const TESTS = join(import.meta.dirname, '..');

/** Programs as Node runs them. */
export interface CompiledPrograms extends AsyncDisposable {
  /** @param source for instance `tasks/programs/count/tallykit.ts` */
  fileOf(source: string): string;
}

/**
 * Compiles programs together with the packages of this repository; all others are loaded from where they are installed.
 *
 * @param sources their paths from the folder `test`
 */
export async function compilePrograms(sources: readonly string[]): Promise<CompiledPrograms> {
  mkdirSync(join(TESTS, 'dist'), { recursive: true });
  const folder = mkdtempSync(join(TESTS, 'dist/'));
  await build({
    entryPoints: sources.map((source) => join(TESTS, source)),
    outbase: TESTS,
    outdir: folder,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@tallykit/source'],
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
    external: [
      ...Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }),
      '@opentelemetry/*',
    ].filter((name) => !name.startsWith('@tallykit/')),
  });
  return {
    fileOf: (source) => join(folder, source.replace(/\.ts$/, '.js')),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** All programs of the tasks. */
export const PROGRAMS: readonly string[] = programsIn('tasks/programs');

/** The paths of all programs in a folder's folders. What lies in the folder itself, they share. */
export function programsIn(folder: string): string[] {
  return readdirSync(join(TESTS, folder), { recursive: true })
    .map((path) => String(path).replaceAll('\\', '/'))
    .filter((path) => /\/.*\.ts$/.test(path))
    .map((path) => `${folder}/${path}`);
}

/** The text of a program's regions of one name, each without its own indentation. */
export function regionsOf(source: string, region: 'set-up' | 'use'): string[] {
  const text = readFileSync(join(TESTS, source), 'utf8');
  return Array.from(
    text.matchAll(new RegExp(`^( *)// #region ${region}\\n([^]*?)^ *// #endregion$`, 'gm')),
    ([, indentation = '', lines = '']) => lines.replaceAll(new RegExp(`^${indentation}`, 'gm'), ''),
  );
}

/** Lines of code: what is neither empty nor a comment. */
export function countLines(regions: readonly string[]): number {
  const lines = regions.flatMap((text) => text.split('\n')).map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('//')).length;
}
