import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { environment } from '../packaging/consumer.ts';

const run = promisify(execFile);

/** How a package manager is told of a registry, adds packages and runs a program. */
export interface PackageManager {
  readonly name: string;
  /** Files of the project, by their names. */
  readonly files: (registry: string) => Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** @param tools the folder that has the package managers */
  readonly add: (tools: string) => readonly string[];
  /** What runs a program that imports the packages. @default Node */
  readonly run?: (tools: string) => readonly string[];
}

/** Folders of a project, so that nothing is taken from what another run has left. */
const CACHE = './.cache';

export const PACKAGE_MANAGERS: readonly PackageManager[] = [
  {
    name: 'npm',
    files: (registry) => ({ '.npmrc': `registry=${registry}\n` }),
    add: () => ['npm', 'install', '--no-audit', '--no-fund'],
  },
  {
    name: 'pnpm',
    files: (registry) => ({
      '.npmrc': `registry=${registry}\n`,
      // Ours were published a moment ago.
      'pnpm-workspace.yaml': JSON.stringify({ minimumReleaseAgeExclude: ['@tallykit/*'] }),
    }),
    add: () => ['pnpm', 'add'],
  },
  {
    name: 'yarn classic',
    files: (registry) => ({ '.yarnrc': `registry "${registry}"\ncache-folder "${CACHE}"\n` }),
    add: (tools) => ['node', join(tools, 'node_modules/yarn/bin/yarn.js'), 'add', '--non-interactive'],
  },
  {
    name: 'yarn berry with PnP',
    files: (registry) => ({
      '.yarnrc.yml': JSON.stringify({
        npmRegistryServer: registry,
        unsafeHttpWhitelist: ['127.0.0.1'],
        nodeLinker: 'pnp',
        enableGlobalCache: false,
        // Else it takes addresses of tarballs, with their port, from a former run.
        globalFolder: './.global',
        enableTelemetry: false,
        npmPreapprovedPackages: ['@tallykit/*'],
      }),
      // Else it takes a folder above for the project.
      'yarn.lock': '',
    }),
    environment: { YARN_ENABLE_IMMUTABLE_INSTALLS: 'false' },
    add: (tools) => ['node', join(tools, 'node_modules/berry/bin/yarn.js'), 'add'],
    run: (tools) => ['node', join(tools, 'node_modules/berry/bin/yarn.js'), 'node'],
  },
  {
    name: 'Bun',
    files: (registry) => ({
      'bunfig.toml': `[install]\nregistry = "${registry}"\n[install.cache]\ndir = "${CACHE}"\n`,
    }),
    add: () => ['bun', 'add'],
    run: () => ['bun'],
  },
];

/** A project of a package manager, outside the workspace. */
export class ManagedProject implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'tallykit-managed-'));
  readonly #manager: PackageManager;
  readonly #tools: string;
  readonly #environment: NodeJS.ProcessEnv;

  /**
   * @param tools the folder that has the package managers
   * @param node the Node that everything runs with
   */
  constructor(manager: PackageManager, registry: string, tools: string, node: string) {
    this.#manager = manager;
    this.#tools = tools;
    const { PATH } = environment;
    this.#environment = {
      ...environment,
      ...manager.environment,
      PATH: [dirname(node), join(tools, 'node_modules/.bin'), PATH].join(delimiter),
    };
    writeFileSync(
      join(this.folder, 'package.json'),
      JSON.stringify({ name: 'project', private: true, type: 'module' }),
    );
    for (const [file, text] of Object.entries(manager.files(registry)))
      writeFileSync(join(this.folder, file), text);
  }

  /** Adds packages, in the words of `npm install`. */
  async add(...packages: readonly string[]): Promise<void> {
    await this.#run([...this.#manager.add(this.#tools), ...packages]);
  }

  /** Runs a program in the project and returns what it printed. */
  async run(text: string): Promise<string> {
    writeFileSync(join(this.folder, 'program.mjs'), text);
    return this.#run([...(this.#manager.run?.(this.#tools) ?? ['node']), 'program.mjs']);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #run([command, ...parameters]: readonly string[]): Promise<string> {
    try {
      const { stdout } = await run(command!, parameters, { cwd: this.folder, env: this.#environment });
      return stdout.trim();
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${String(error)}\n${stdout}\n${stderr}`, { cause: error });
    }
  }
}
