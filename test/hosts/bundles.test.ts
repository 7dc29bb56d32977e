import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Consumer, environment, LINES } from '../packaging/consumer.ts';
import type { PackedPackage } from '../packaging/pack.ts';
import { startProcess } from '../programs/start-process.ts';
import { bundle, BUNDLES, makeExecutable } from './bundles.ts';
import { CALLS, OTHERS, OURS, runBundle, withNode, type Command } from './destinations.ts';
import { copyPrograms } from './programs.ts';
import { BUNDLERS, installTools } from './tools.ts';
import { TRANSPORTS } from './transports.ts';

/** What a program may do without: what no package has to have beside it. */
const OPTIONAL = optionalPeers(inject('packages'));

function optionalPeers(packages: readonly PackedPackage[]): string[] {
  const peers = packages.flatMap(({ manifest: { peerDependencies = {}, peerDependenciesMeta = {} } }) =>
    Object.keys(peerDependencies).map((name) => ({
      name,
      isOptional: peerDependenciesMeta[name]?.optional === true,
    })),
  );
  const needed = new Set(peers.filter(({ isOptional }) => !isOptional).map(({ name }) => name));
  return peers.filter(({ name }) => !needed.has(name)).map(({ name }) => name);
}

const ALL = [...OURS, ...OTHERS];

const project = new Consumer(LINES[0]!);
/** What is made here: projects, bundles, and the empty folders that they are copied into. */
const folder = mkdtempSync(join(tmpdir(), 'tallykit-bundles-'));
const projects = { installed: project.folder, 'not installed': join(folder, 'without') };
let tools: string;

beforeAll(async () => {
  tools = await installTools(BUNDLERS);
  await project.install(inject('packages'));
  copyPrograms('bundles', project.folder);
  cpSync(project.folder, projects['not installed'], { recursive: true, verbatimSymlinks: true });
  for (const name of OPTIONAL) {
    rmSync(join(projects['not installed'], 'node_modules', name), { recursive: true, force: true });
  }
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  project[Symbol.dispose]();
});

/** Copies a file alone into an empty folder. */
function copyAlone(file: string): string {
  const alone = join(mkdtempSync(join(folder, 'alone-')), basename(file));
  copyFileSync(file, alone);
  return alone;
}

describe.for(BUNDLES)('a bundle of $bundler ($file)', ({ bundler, file }) => {
  describe.for(['installed', 'not installed'] as const)('with optional packages %s', (state) => {
    const out = join(folder, `${bundler} ${state} ${file}`);
    let byName: Command;
    beforeAll(async () => {
      mkdirSync(out);
      const entry = join(projects[state], 'bundles/by-name.mjs');
      byName = withNode(copyAlone(await bundle(tools, bundler, entry, join(out, file))));
    });

    test.for(state === 'installed' ? ALL : OURS)(
      'delivers alone in an empty folder: $name',
      async ({ deliver }) => {
        const delivery = await deliver(byName);
        expect(delivery).toEqual({ ...delivery, arrived: CALLS });
      },
    );

    test.for(state === 'installed' ? [] : OTHERS)(
      'says that the package of a backend is not in it: $name',
      async ({ name }) => {
        const { output } = await runBundle(byName, { backend: name });
        expect(output).toMatch(/\bnot (?:part of|in) this bundle\b/);
      },
    );
  });

  test('runs exporters that the program made', async () => {
    const entry = join(projects['not installed'], 'bundles/own-exporters.mjs');
    const command = withNode(
      copyAlone(await bundle(tools, bundler, entry, join(folder, `own-${bundler}-${file}`))),
    );
    await using statsd = await TRANSPORTS['StatsD, UDP']();
    await using dogstatsd = await TRANSPORTS['DogStatsD, unix stream']();
    const result = await runBundle(command, { statsd: statsd.options, dogstatsd: dogstatsd.options });
    expect(result).toMatchObject({ printed: { made: { exported: 1 }, later: { exported: 1 } } });
    expect(await statsd.count('bundle.calls')).toBe(CALLS);
    expect(await dogstatsd.count('bundle.calls')).toBe(CALLS);
  });
});

describe('a single executable', () => {
  let executable: Command;
  beforeAll(async () => {
    const entry = join(project.folder, 'bundles/by-name.mjs');
    const file = await bundle(tools, 'esbuild', entry, join(folder, 'executable.cjs'));
    executable = [copyAlone(await makeExecutable(tools, file))];
  });

  test.for(ALL)('delivers alone in an empty folder: $name', async ({ deliver }) => {
    const delivery = await deliver(executable);
    expect(delivery).toEqual({ ...delivery, arrived: CALLS });
  });
});

describe('a bundled handler of AWS Lambda', () => {
  let file: string;
  beforeAll(async () => {
    const entry = join(project.folder, 'bundles/handler.mjs');
    file = copyAlone(await bundle(tools, 'esbuild', entry, join(folder, 'bundle.cjs')));
    const invoke = fileURLToPath(new URL('programs/bundles/invoke.cjs', import.meta.url));
    copyFileSync(invoke, join(file, '../invoke.cjs'));
  });

  test.for(OURS)('has delivered when an invocation is over: $name', async ({ name }) => {
    await using receiver = await TRANSPORTS[name]();
    const { backend, options } = receiver;
    const answers: (() => void)[] = [];
    await using program = startProcess(process.execPath, [join(file, '../invoke.cjs')], {
      directory: folder,
      environment: { ...environment, BUNDLE: JSON.stringify({ backend, options }) },
      onOutput: () => answers.shift()?.(),
    });
    const calls = [7, 5, 11];
    for (const [index, each] of calls.entries()) {
      const answered = new Promise<void>((resolve) => answers.push(resolve));
      program.child.stdin!.write(`${JSON.stringify({ calls: each })}\n`);
      await Promise.race([answered, program.ended]);
      const sum = calls.slice(0, index + 1).reduce((first, second) => first + second, 0);
      const arrived = await Promise.race([receiver.until('bundle.calls', sum), program.ended]);
      expect({ arrived, output: program.output() }).toEqual({ arrived: sum, output: program.output() });
    }
  });
});
