import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { environment } from '../packaging/consumer.ts';

const run = promisify(execFile);

/** Kept between runs, beside npm's own cache: only the first one has to download. */
const CACHE = join(tmpdir(), 'tallykit-hosts');

/** Packages of others that are too heavy for the workspace, with what they need to be installed. */
export interface Tools {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string>>;
}

/** Bundlers, and what puts a program into a copy of Node. */
export const BUNDLERS: Tools = {
  dependencies: {
    '@rollup/plugin-commonjs': '^29.0.0',
    '@rollup/plugin-json': '^6.1.0',
    '@rollup/plugin-node-resolve': '^16.0.0',
    esbuild: '~0.28.2',
    postject: '1.0.0-alpha.6',
    rollup: '^4.60.0',
    vite: '^8.3.0',
    webpack: '^5.112.0',
  },
};

/** A registry. Its later versions need Node 22. */
export const REGISTRY: Tools = {
  dependencies: { verdaccio: '~6.2.9' },
  // It asks for a tag of this package that a mirror may not have.
  overrides: { 'node-fetch': '^2.7.0' },
};

/** Package managers; npm comes with Node. */
export const MANAGERS: Tools = {
  dependencies: { bun: '^1.4.0', pnpm: '^12.21.0', yarn: '^1.22.22', berry: 'npm:@yarnpkg/cli-dist@^4.18.0' },
};

/** Runtimes: the Node versions that are supported, as `node20` and so on, and others. */
export const RUNTIMES: Tools = {
  dependencies: {
    ...Object.fromEntries(
      ['20', '22', '24', '26'].map((version) => [
        `node${version}`,
        `npm:node-${process.platform}-${process.arch}@^${version}`,
      ]),
    ),
    bun: '^1.4.0',
    deno: '^2.9.0',
  },
};

/** Installs tools once, and returns the folder of the project that has them. */
export async function installTools(tools: Tools): Promise<string> {
  const manifest = JSON.stringify({ private: true, ...tools });
  const folder = join(CACHE, createHash('sha256').update(manifest).digest('hex').slice(0, 16));
  const isComplete = join(folder, 'node_modules/.package-lock.json');
  if (!existsSync(isComplete)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), manifest);
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], {
      cwd: folder,
      env: environment,
    });
  }
  return folder;
}
