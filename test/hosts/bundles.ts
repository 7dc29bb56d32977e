import { execFile } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { environment } from '../packaging/consumer.ts';
import { copyPrograms } from './programs.ts';

const run = promisify(execFile);

/** Each bundler, and the file that it writes: the ending says whether that is an ES module. */
export const BUNDLES = [
  { bundler: 'esbuild', file: 'bundle.cjs' },
  { bundler: 'esbuild', file: 'bundle.mjs' },
  { bundler: 'rollup', file: 'bundle.cjs' },
  { bundler: 'rollup', file: 'bundle.mjs' },
  { bundler: 'vite', file: 'bundle.mjs' },
  { bundler: 'webpack', file: 'bundle.cjs' },
] as const;

/**
 * Bundles a program completely.
 *
 * @param tools the folder that has the bundlers
 * @returns the file that was written
 */
export async function bundle(
  tools: string,
  bundler: (typeof BUNDLES)[number]['bundler'],
  entry: string,
  file: string,
): Promise<string> {
  copyPrograms('bundlers', tools);
  await run(process.execPath, [join(tools, 'bundlers/bundle.mjs'), bundler, entry, file], {
    cwd: tools,
    env: environment,
  });
  return file;
}

/** https://nodejs.org/api/single-executable-applications.html */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/**
 * Puts a CommonJS program into a copy of Node.
 *
 * @param tools the folder that has postject, for a Node that can't do it by itself
 * @returns the executable file
 */
export async function makeExecutable(tools: string, main: string): Promise<string> {
  const executable = main.replace(/\.cjs$/, '');
  const configuration = `${executable}.json`;
  const build = (option: string, output: string): Promise<unknown> => {
    writeFileSync(configuration, JSON.stringify({ main, output, disableExperimentalSEAWarning: true }));
    return run(process.execPath, [option, configuration], { env: environment });
  };
  const { stdout: help } = await run(process.execPath, ['--help']);
  if (help.includes('--build-sea')) {
    await build('--build-sea', executable);
    return executable;
  }
  const blob = `${executable}.blob`;
  await build('--experimental-sea-config', blob);
  copyFileSync(process.execPath, executable);
  const postject = join(tools, 'node_modules/postject/dist/cli.js');
  await run(process.execPath, [postject, executable, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', FUSE], {
    env: environment,
  });
  return executable;
}
