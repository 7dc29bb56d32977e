import { execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startUdpServer } from '@tallykit/testkit';
import { build } from 'esbuild';
import { expect, it, onTestFinished } from 'vitest';
import { createProgram } from '../src/program.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const ON_SOURCES = ['--import', import.meta.resolve('tsx'), '--conditions=@tallykit/source'];
const require = createRequire(import.meta.url);

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command to its end. */
async function tallykit(parameters: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const ended = promisify(execFile)(process.execPath, [...ON_SOURCES, MAIN, ...parameters], {
    cwd: dirname(dirname(MAIN)),
    // Programs that are looked at have their own copies of everything, whatever the tests run with.
    env: { ...process.env, NODE_OPTIONS: '', ...environment },
  });
  return ended.then(
    ({ stdout, stderr }) => ({ status: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ status: code, stdout, stderr }),
  );
}

it('ends with 2 when it is called in a wrong way', async () => {
  expect(await tallykit(['doctr'])).toMatchObject({ status: 2, stdout: '' });
});

it.each([
  [['doctr'], /unknown command 'doctr'\n\(Did you mean doctor\?\)/],
  [['listen', '--prot', '1'], /unknown option '--prot'\n\(Did you mean --port\?\)/],
  [['listen', '--port', '70000'], /--port <port>.*It must be a whole number from 0 to 65535/],
  [['listen', '--dialect', 'graphit'], /Allowed choices are dogstatsd, graphite/],
])('says what is wrong with %j', async (parameters, message) => {
  let errors = '';
  const program = createProgram();
  for (const command of [program, ...program.commands]) {
    command.configureOutput({ writeErr: (text) => (errors += text) });
  }
  await expect(program.parseAsync(parameters, { from: 'user' })).rejects.toThrow();
  expect(errors).toMatch(message);
});

it('doctor writes JSON for scripts, also where a backend writes to standard output, and ends with 0', async () => {
  const { status, stdout } = await tallykit(['doctor', '--json'], { METRICS_BACKEND: 'console' });
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, sent: [{ key: 'logging', state: 'delivered' }] });
  expect(status).toBe(0);
});

it('doctor says settings with their sources, what was sent, and the remedy, and ends with 1', async () => {
  const server = await startUdpServer();
  await server.close();
  const { status, stdout, stderr } = await tallykit(['doctor'], {
    METRICS_BACKEND: 'statsd',
    STATSD_PORT: String(server.port),
  });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^statsd → udp 127\.0\.0\.1:\d+$/m);
  expect(stdout).toMatch(/^ {2}port +\d+ {2}← STATSD_PORT$/m);
  expect(stdout).toMatch(/^ {2}✗ nobody listens there: .*\n {4}Check that a StatsD server listens there/m);
  expect(stdout).not.toContain('\u001B');
  expect(status).toBe(1);
});

it('listen names who has a port that is taken, and the option', async () => {
  const server = await startUdpServer();
  onTestFinished(() => server.close());
  const { status, stderr } = await tallykit(['listen', '--port', String(server.port)]);
  const owner = process.platform === 'linux' ? ` by .+ \\(process ${process.pid}\\)` : '';
  const { port } = server;
  expect(stderr).toMatch(new RegExp(`^tallykit listen: the UDP port ${port} is taken${owner}; .* --port ${port + 1}\\n$`));
  expect(status).toBe(1);
});

it('listen writes a line for each arrival where there is no terminal, and ends with 0', async () => {
  const folder = await temporaryFolder();
  const parameters = ['listen', '--port', '0', '--http-port', '0', '--socket', join(folder, 's')];
  const child = spawn(process.execPath, [...ON_SOURCES, MAIN, ...parameters], { env: { ...process.env, NODE_OPTIONS: '' } });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [title] = (await once(createInterface(child.stderr), 'line')) as [string];
  const [, port, url] = /UDP 127\.0\.0\.1:(\d+), TCP 127\.0\.0\.1:\1, (http:\S+), unixstream/.exec(title) ?? [];
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const client = createSocket('udp4');
  onTestFinished(() => void client.close());
  client.send('shop.orders:3|c|#plan:pro\n', Number(port), '127.0.0.1');
  expect((await lines.next()).value).toMatch(/^\d\d:\d\d:\d\d count shop\.orders plan:pro \+3$/);
  await fetch(`${url}/api/v1/validate`, { headers: { 'dd-api-key': 'k' } });
  await fetch(`${url}/api/v1/events`, {
    method: 'POST',
    headers: { 'dd-api-key': 'k' },
    body: JSON.stringify({ title: 'Deploy', text: 'v42' }),
  });
  expect((await lines.next()).value).toMatch(/ event Deploy: v42$/);
  child.kill('SIGTERM');
  expect(await once(child, 'close')).toEqual([0, null]);
});

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tallykit-cli-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder with a program, and with copies of packages where they are to lie. */
async function projectWith(program: string, packages: Record<string, string> = {}): Promise<string> {
  const folder = await temporaryFolder();
  for (const [place, name] of Object.entries(packages)) {
    await mkdir(join(folder, place), { recursive: true });
    // `build/src/index.js`
    const source = join(require.resolve(name), '../../..');
    await cp(source, join(folder, place), { recursive: true, dereference: true });
  }
  await writeFile(join(folder, 'app.cjs'), program);
  return join(folder, 'app.cjs');
}

/** What `doctor -- node app.cjs` finds. The module that it preloads is a source here. */
async function examined(program: string, environment: Record<string, string> = {}) {
  const parameters = ['doctor', '--json', '--', process.execPath, program];
  const { status, stdout } = await tallykit(parameters, { NODE_OPTIONS: `--import=${ON_SOURCES[1]}`, ...environment });
  const { programs } = JSON.parse(stdout) as { programs: { findings: { level: string; cause: string }[] }[] };
  expect(programs).toHaveLength(1);
  const causes = programs[0]!.findings.filter(({ level }) => level === 'problem').map(({ cause }) => cause);
  return { status, causes, programs };
}

const API = { 'node_modules/@opentelemetry/api': '@opentelemetry/api' };

it('10. no provider: what a program records goes nowhere', async () => {
  const program = await projectWith(
    `const { metrics } = require('@opentelemetry/api');
     metrics.getMeter('app').createCounter('orders').add(1);`,
    API,
  );
  const { causes, status } = await examined(program);
  expect(causes).toEqual(['no MeterProvider was registered, so what is recorded goes nowhere']);
  expect(status).toBe(1);
});

it('11. two copies of the API: the newer one does not see what the older one has registered', async () => {
  const program = await projectWith(
    `const { metrics } = require('@opentelemetry/api');
     metrics.setGlobalMeterProvider({ getMeter: () => undefined, _sharedState: { metricCollectors: [{ _metricReader: {} }] } });
     require('library/node_modules/@opentelemetry/api').metrics.getMeter('library').createCounter('orders').add(1);`,
    { ...API, 'node_modules/library/node_modules/@opentelemetry/api': 'opentelemetry-api-1.10' },
  );
  const { causes } = await examined(program);
  expect(causes).toEqual([
    expect.stringMatching(
      /^there are 2 copies of @opentelemetry\/api: .*goes nowhere, because a MeterProvider of the older version 1\.9/,
    ),
  ]);
});

it('12. a bundle without an exporter', async () => {
  const folder = await temporaryFolder();
  const outfile = join(folder, 'bundle.cjs');
  await build({
    stdin: {
      contents: `import { metrics } from '@tallykit/metrics'; metrics.incr('orders');`,
      resolveDir: dirname(fileURLToPath(import.meta.url)),
    },
    bundle: true,
    minify: true,
    platform: 'node',
    conditions: ['@tallykit/source'],
    outfile,
  });
  const { causes } = await examined(outfile);
  expect(causes).toEqual([
    expect.stringMatching(/bundle\.cjs is a bundle with @opentelemetry\/api, @tallykit\/metrics, and there is no exporter in it/),
  ]);
});

it('finds nothing wrong in a program that exports, and hands on its exit status', async () => {
  const program = await projectWith(`require('@tallykit/metrics').metrics.incr('orders'); process.exitCode = 7;`);
  const { causes, status, programs } = await examined(program, {
    NODE_OPTIONS: `${ON_SOURCES.join(' ')} --import=${import.meta.resolve('@tallykit/node/register')}`,
    METRICS_BACKEND: 'console',
    NODE_PATH: join(dirname(dirname(MAIN)), 'node_modules'),
  });
  expect(causes).toEqual([]);
  expect(programs).toMatchObject([{ report: { exporters: [{ exporter: 'LoggingMetricExporter', failures: 0 }] } }]);
  expect(status).toBe(7);
});
