import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { PackedPackage } from './pack.ts';

const run = promisify(execFile);

const { NODE_OPTIONS: _options, NODE_PATH: _path, ...rest } = process.env;

/** The environment of somebody who knows nothing of this workspace. */
export const environment: NodeJS.ProcessEnv = rest;

/** An OpenTelemetry line with the Node that it runs on. */
export interface Line {
  name: string;
  /** The workspace folder that has it installed. */
  folder: string;
  node: string;
  /** The TypeScript packages to check the types with. The older ones are slow, so one line has to do for them. */
  compilers: string[];
}

const TESTS = fileURLToPath(new URL('..', import.meta.url));
const REPOSITORY = join(TESTS, '..');
const SECOND_LANE = join(TESTS, 'otel3');

export const LINES: readonly Line[] = [
  {
    name: 'OpenTelemetry 2',
    folder: TESTS,
    node: process.execPath,
    compilers: ['typescript54', 'typescript5', 'typescript6', 'typescript'],
  },
  {
    name: 'OpenTelemetry 3',
    folder: SECOND_LANE,
    node: join(SECOND_LANE, 'node_modules/.bin/node'),
    compilers: ['typescript'],
  },
];

const STRICT = [
  ...['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--skipLibCheck', 'false'],
  ...['--target', 'es2022', '--lib', 'es2022', '--types', 'node', '--pretty', 'false'],
];

/** A project outside the workspace, with the tarballs installed by npm. */
export class Consumer implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'tallykit-consumer-'));
  readonly #line: Line;

  constructor(line: Line) {
    this.#line = line;
  }

  /** Why this line can't be tried here, if it can't. */
  get obstacle(): string | undefined {
    return existsSync(this.#line.node) ? undefined : `there is no ${this.#line.node} on this platform`;
  }

  /**
   * @param options `optional`: whether peers that are optional are installed as well; `others`: what the project has beside our
   *   packages, as npm names it
   */
  async install(
    packages: readonly PackedPackage[],
    {
      optional = true,
      others = [],
    }: { readonly optional?: boolean; readonly others?: readonly string[] } = {},
  ): Promise<void> {
    const peers = new Map(
      packages.flatMap(({ folder, manifest }) =>
        Object.keys(manifest.peerDependencies ?? {})
          .filter((peer) => !packages.some(({ name }) => name === peer))
          .filter((peer) => optional || !manifest.peerDependenciesMeta?.[peer]?.optional)
          .map((peer) => [peer, `${peer}@${this.#versionOf(peer, folder)}`]),
      ),
    );
    await run(
      'npm',
      [
        ...['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'],
        ...packages.map(({ tarball }) => tarball),
        ...peers.values(),
        ...others,
        `@types/node@${installedVersion('@types/node', REPOSITORY)}`,
      ],
      { cwd: this.folder, env: environment },
    );
  }

  /** Compiles files as strictly as it can be done, and returns the errors. The types of all packages are checked too. */
  async compile(compiler: string, options: string, ...files: string[]): Promise<string> {
    const chosen = [...STRICT, ...options.split(' '), ...files];
    try {
      return await this.tool(`${compiler}/bin/tsc`, ...chosen);
    } catch (error) {
      const { stdout } = (error as { cause: { stdout?: string } }).cause;
      if (!stdout?.includes('error TS')) throw error;
      return stdout;
    }
  }

  /** Runs a program in the project and returns what it printed. */
  async node(...parameters: string[]): Promise<string> {
    return this.#run(this.#line.node, parameters);
  }

  /** Runs a tool that the workspace has installed, named by its file, on the project and with the project's Node. */
  async tool(file: string, ...parameters: string[]): Promise<string> {
    const installed = [TESTS, REPOSITORY].map((folder) => join(folder, 'node_modules', file));
    return this.node(installed.find((path) => existsSync(path)) ?? file, ...parameters);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #run(program: string, parameters: string[]): Promise<string> {
    try {
      const { stdout } = await run(program, parameters, { cwd: this.folder, env: environment });
      return stdout.trim();
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${String(error)}\n${stdout}\n${stderr}`, { cause: error });
    }
  }

  /** The version that the workspace's tests run with: OpenTelemetry of this line, of the others the package's own. */
  #versionOf(peer: string, folder: string): string {
    return installedVersion(peer, this.#line.folder) ?? installedVersion(peer, folder)!;
  }
}

function installedVersion(name: string, folder: string): string | undefined {
  const manifest = join(folder, 'node_modules', name, 'package.json');
  if (!existsSync(manifest)) return undefined;
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
