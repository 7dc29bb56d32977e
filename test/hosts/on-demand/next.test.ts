import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { environment } from '../../packaging/consumer.ts';
import { startProcess, type Program } from '../../programs/start-process.ts';
import { freePort } from '../../servers/free-port.ts';
import { startOtlpReceiver } from '../../servers/otlp-receiver.ts';
import { until } from '../../until.ts';
import { ManagedProject, PACKAGE_MANAGERS } from '../package-managers.ts';
import { copyPrograms } from '../programs.ts';
import { startRegistry } from '../registry.ts';
import { TRANSPORTS } from '../transports.ts';

/** Routes of the program, each of which records one call. */
const ROUTES = ['/', '/orders', '/', '/orders', '/'];

/** The ways to build and to start it. */
const BUILDS = ['Turbopack', 'webpack'].flatMap((bundler) =>
  [false, true].map((isStandalone) => ({
    bundler,
    isStandalone,
    name: `${bundler}, ${isStandalone ? 'standalone' : 'next start'}`,
    output: `.next-${bundler}-${isStandalone ? 'standalone' : 'start'}`,
  })),
);

let project: ManagedProject;
let next: string;
beforeAll(async () => {
  await using registry = await startRegistry(inject('packages'));
  project = new ManagedProject(PACKAGE_MANAGERS[0]!, registry.url, '', process.execPath);
  // winston and Prometheus are not there.
  await project.add(
    ...['next@16', 'react', 'react-dom', '@tallykit/node', '@tallykit/metrics', '@opentelemetry/api@~1.9.1'],
    ...['@opentelemetry/sdk-metrics@2', '@opentelemetry/resources@2'],
    '@opentelemetry/exporter-metrics-otlp-http@~0.223.0',
  );
  copyPrograms('next', project.folder);
  cpSync(join(project.folder, 'next'), project.folder, { recursive: true });
  rmSync(join(project.folder, 'next'), { recursive: true });
  next = join(project.folder, 'node_modules/next/dist/bin/next');
});
afterAll(() => project?.[Symbol.dispose]());

describe.for(BUILDS)('Next with $name', ({ bundler, isStandalone, output }) => {
  const variables = {
    ...environment,
    NEXT_TELEMETRY_DISABLED: '1',
    NEXT_FOLDER: output,
    NEXT_OUTPUT: isStandalone ? 'standalone' : undefined,
  };
  let folder: string;

  beforeAll(async () => {
    await using build = startProcess(process.execPath, [next, 'build', `--${bundler.toLowerCase()}`], {
      directory: project.folder,
      environment: variables,
    });
    const status = await build.ended;
    if (status !== 0) throw new Error(build.output());
    folder = project.folder;
    if (!isStandalone) return;
    folder = mkdtempSync(join(tmpdir(), 'tallykit-next-'));
    cpSync(join(project.folder, output, 'standalone'), folder, { recursive: true, verbatimSymlinks: true });
  });
  afterAll(() => {
    if (isStandalone && folder) rmSync(folder, { recursive: true });
  });

  /** Starts the server, and returns what it answers to the routes. */
  async function serve(settings: Readonly<Record<string, string>>) {
    const port = await freePort();
    const command = isStandalone ? ['server.js'] : [next, 'start', '-p', String(port), '-H', '127.0.0.1'];
    const program: Program = startProcess(process.execPath, command, {
      directory: folder,
      environment: { ...variables, ...settings, PORT: String(port), HOSTNAME: '127.0.0.1' },
    });
    const get = async (route: string): Promise<number> =>
      (await fetch(`http://127.0.0.1:${port}${route}`)).status;
    // A route that isn't there, so that nothing is recorded.
    await until(() => get('/none'));
    return { program, statuses: await Promise.all(ROUTES.map((route) => get(route))) };
  }

  test('serves its pages, and its metrics arrive: statsd', async () => {
    await using receiver = await TRANSPORTS['StatsD, UDP']();
    const { program, statuses } = await serve({
      METRICS_BACKEND: receiver.backend,
      METRICS_OPTIONS: JSON.stringify(receiver.options),
    });
    await using _ = program;
    expect({ statuses, output: program.output() }).toEqual({
      statuses: ROUTES.map(() => 200),
      output: program.output(),
    });
    expect(await receiver.until('next.pages', ROUTES.length)).toBe(ROUTES.length);
    program.child.kill('SIGTERM');
    await program.ended;
    expect(await receiver.count('next.pages')).toBe(ROUTES.length);
  });

  test('serves its pages, and its metrics arrive: otlp', async () => {
    await using receiver = await startOtlpReceiver();
    const { program, statuses } = await serve({
      METRICS_BACKEND: 'otlp',
      METRICS_OPTIONS: JSON.stringify({ url: receiver.url }),
    });
    await using _ = program;
    expect(statuses).toEqual(ROUTES.map(() => 200));
    const arrivals = () => ({ arrived: receiver.sums.get('next.pages{plan=pro}'), output: program.output() });
    await until(() => expect(arrivals()).toEqual({ ...arrivals(), arrived: ROUTES.length }));
  });

  test.for(['logging', 'prometheus'])(
    'serves its pages, and says what is not in the bundle: %s',
    async (backend) => {
      const { program, statuses } = await serve({ METRICS_BACKEND: backend });
      await using _ = program;
      expect(statuses).toEqual(ROUTES.map(() => 200));
      // The logging exporter looks for winston at its first export.
      await until(() => expect(program.output()).toMatch(/\bbundle/));
    },
  );
});
