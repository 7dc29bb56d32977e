import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startUdpServer } from '@tallykit/testkit';
import { build, type BuildOptions } from 'esbuild';
import { afterEach, beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { examine } from '../src/examine-program.ts';

const require = createRequire(import.meta.url);
const HERE = dirname(fileURLToPath(import.meta.url));
const BUNDLE: BuildOptions = {
  bundle: true,
  platform: 'node',
  conditions: ['@tallykit/source'],
  absWorkingDir: HERE,
  logLevel: 'error',
};

let lookInside: URL;
/** Records a count with the backend that the environment names. */
let recorder: string;

/** As it is built: what is preloaded into a program needs nothing to be understood. */
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tallykit-cli-'));
  const outfile = join(folder, 'look-inside.mjs');
  await build({ entryPoints: ['../src/look-inside.ts'], format: 'esm', outfile, ...BUNDLE });
  lookInside = pathToFileURL(outfile);
  recorder = join(folder, 'recorder.cjs');
  const contents = `import { startMetrics } from '@tallykit/node';
    startMetrics({ shutdownOn: ['beforeExit'] }).then(({ metrics }) => metrics.incr('orders'));
    process.exitCode = 7;`;
  await build({ stdin: { contents, resolveDir: HERE }, outfile: recorder, ...BUNDLE });
  return () => rm(folder, { recursive: true, force: true });
});

// Programs that are looked at have their own copies of everything, whatever the tests run with.
beforeEach(() => void vi.stubEnv('NODE_OPTIONS', ''));
afterEach(() => void vi.unstubAllEnvs());

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tallykit-cli-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A program with copies of packages where they are to lie. */
async function programWith(program: string, packages: Record<string, string>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [place, name] of Object.entries(packages)) {
    await mkdir(join(folder, place), { recursive: true });
    const source = /^.*?node_modules[\\/](?:@[\w-]+[\\/])?[\w.-]+(?=[\\/](?:build|dist))/.exec(
      require.resolve(name),
    )![0];
    await cp(source, join(folder, place), { recursive: true, dereference: true });
  }
  await writeFile(join(folder, 'app.cjs'), program);
  return join(folder, 'app.cjs');
}

/** A bundle of a program that is written with what this package has. */
async function bundleOf(program: string): Promise<string> {
  const outfile = join(await temporaryFolder(), 'bundle.cjs');
  await build({ stdin: { contents: program, resolveDir: HERE }, minify: true, outfile, ...BUNDLE });
  return outfile;
}

async function takenUdpPort() {
  const server = await startUdpServer();
  onTestFinished(() => server.close());
  return { port: server.port, close: () => server.close() };
}

async function examined(program: string) {
  const { ok, status, programs } = await examine([process.execPath, program], { json: true }, lookInside);
  expect(programs).toHaveLength(1);
  const [{ findings, report }] = programs as [(typeof programs)[0]];
  const causes = findings.filter(({ level }) => level === 'problem').map(({ cause }) => cause);
  return { ok, causes, status, report };
}

const API = { 'node_modules/@opentelemetry/api': 'opentelemetry-api-1.9' };

it('10. no provider: what a program records goes nowhere', async () => {
  const program = await programWith(
    `const { metrics } = require('@opentelemetry/api');
     metrics.getMeter('app').createCounter('orders').add(1);`,
    API,
  );
  const { causes, ok } = await examined(program);
  expect(causes).toEqual(['no MeterProvider was registered, so what is recorded goes nowhere']);
  expect(ok).toBe(false);
});

it('11. two copies of the API: the newer one does not see what the older one has registered', async () => {
  const program = await programWith(
    `const { metrics } = require('@opentelemetry/api');
     metrics.setGlobalMeterProvider({ getMeter() {}, _sharedState: { metricCollectors: [{ _metricReader: {} }] } });
     require('./node_modules/library/node_modules/@opentelemetry/api').metrics.getMeter('a').createCounter('orders').add(1);`,
    { ...API, 'node_modules/library/node_modules/@opentelemetry/api': 'opentelemetry-api-1.10' },
  );
  const { causes } = await examined(program);
  expect(causes).toEqual([
    expect.stringMatching(
      /^there are 2 copies of @opentelemetry\/api: .* with 1\.10\.\d+ in .*library.* goes nowhere, because a MeterProvider of the older version 1\.9/,
    ),
  ]);
});

it('12. a bundle without an exporter', async () => {
  const program = await bundleOf(`import { metrics } from '@tallykit/metrics'; metrics.incr('orders');`);
  const { causes } = await examined(program);
  expect(causes).toEqual([
    expect.stringMatching(
      /bundle\.cjs is a bundle with @opentelemetry\/api, @tallykit\/metrics, and there is no exporter in it/,
    ),
  ]);
});

it('finds nothing wrong in a program that exports, and hands on its exit status', async () => {
  const { port } = await takenUdpPort();
  vi.stubEnv('METRICS_BACKEND', 'statsd');
  vi.stubEnv('STATSD_PORT', String(port));
  const { causes, ok, status, report } = await examined(recorder);
  expect({ causes, ok, status }).toEqual({ causes: [], ok: true, status: 7 });
  expect(report.exporters).toMatchObject([{ exports: 1, failures: 0 }]);
});

it('says which exports failed, also those of which the reader is told that they succeeded', async () => {
  const { port, close } = await takenUdpPort();
  await close();
  vi.stubEnv('METRICS_BACKEND', 'statsd');
  vi.stubEnv('STATSD_PORT', String(port));
  vi.stubEnv('OTEL_LOG_LEVEL', 'NONE');
  const { causes } = await examined(recorder);
  expect(causes).toEqual([expect.stringMatching(/^1 of 1 exports of \S+ failed: .*ECONNREFUSED/)]);
});

it('says that a command starts no program of Node', async () => {
  const { ok, status, programs } = await examine(['sh', '-c', 'exit 3'], { json: true }, lookInside);
  expect({ ok, status, programs }).toEqual({ ok: false, status: 3, programs: [] });
});
