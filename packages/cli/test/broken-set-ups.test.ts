import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readSettings, startMetrics } from '@tallykit/node';
import { startDatadogIntake, startUdpServer } from '@tallykit/testkit';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { diagnose, type DoctorOptions } from '../src/doctor.ts';
import type { Finding } from '../src/findings.ts';

const project = { node: { readSettings, startMetrics }, version: '0.0.0', isOwn: false };

/** What the environment of the tests itself says must not matter. */
const OTHERS = /^(?:METRICS_|SENTRY_METRICS_|STATSD_|DD_|DATADOG_|OTEL_|NODE_USE_ENV_PROXY|.*_proxy$)/i;

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (OTHERS.test(name)) vi.stubEnv(name, undefined);
  vi.stubEnv('OTEL_LOG_LEVEL', 'NONE');
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

async function diagnosed(variables: Record<string, string>, options: Partial<DoctorOptions> = {}) {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  return diagnose(project, { timeout: 30, managementPort: await closedPort(), ...options });
}

async function problemsOf(variables: Record<string, string>, options: Partial<DoctorOptions> = {}) {
  const { findings, ok } = await diagnosed(variables, options);
  expect(ok).toBe(false);
  return findings.filter(({ level }) => level === 'problem') as (Finding & { remedy: string })[];
}

/** A port that was free a moment ago, for TCP and, most probably, for UDP. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function closedUdpPort(): Promise<number> {
  const server = await startUdpServer();
  await server.close();
  return server.port;
}

async function startIntake(apiKey: string) {
  const intake = await startDatadogIntake({ apiKey });
  onTestFinished(() => intake.close());
  return intake;
}

const KEY = '0123456789abcdef0123456789abcdef';

it('1. closed port: nobody listens there', async () => {
  const port = await closedUdpPort();
  const [found] = await problemsOf({ METRICS_BACKEND: 'statsd', STATSD_PORT: String(port) });
  expect(found!.cause).toMatch(
    new RegExp(`^nobody listens there: udp 127\\.0\\.0\\.1:${port} .*ECONNREFUSED`),
  );
  expect(found!.remedy).toContain('STATSD_HOST, STATSD_PORT');
});

it('2. wrong host: the name is not known', async () => {
  const [found] = await problemsOf({ METRICS_BACKEND: 'dogstatsd', DD_AGENT_HOST: 'agent.invalid' });
  expect(found!.cause).toMatch(/^the host agent\.invalid is not known/);
  expect(found!.remedy).toContain('DD_AGENT_HOST');
});

it('3. missing socket: there is no such file', async () => {
  const [found] = await problemsOf({
    METRICS_BACKEND: 'dogstatsd',
    DD_DOGSTATSD_SOCKET: '/nowhere/dsd.socket',
  });
  expect(found!.cause).toMatch(/^there is no such socket: unix \/nowhere\/dsd\.socket/);
  expect(found!.remedy).toContain('DD_DOGSTATSD_SOCKET');
});

it('4. wrong key: Datadog refuses it, and its length says that it is an application key', async () => {
  const intake = await startIntake(KEY);
  const wrong = 'f'.repeat(40);
  const variables = { METRICS_BACKEND: 'datadog', DD_URL: intake.url, DD_API_KEY: wrong };
  const found = await problemsOf(variables);
  expect(found.map(({ cause }) => cause)).toEqual([
    expect.stringMatching(/^refused: the API key was refused by .*403/),
    expect.stringMatching(
      /^the key of DD_API_KEY has 40 characters; .* 32, and an application key has that length$/,
    ),
  ]);
  expect(found[0]!.remedy).toMatch(/^Check the option `apiKey` \(DD_API_KEY\), and that `site`/);
  expect(JSON.stringify(found)).not.toContain(wrong);
});

it('5. wrong site: the one that takes the key is found when it is asked for', async () => {
  const [american, european] = [await startIntake('another key'), await startIntake(KEY)];
  const actual = fetch;
  vi.stubGlobal('fetch', async (address: string, request: RequestInit) => {
    const { host, pathname } = new URL(address);
    return actual((host === 'api.datadoghq.eu' ? european : american).url + pathname, request);
  });
  const variables = { METRICS_BACKEND: 'datadog', DD_API_KEY: KEY };
  const [refused, site] = await problemsOf(variables, { askSites: true });
  expect(refused!.cause).toMatch(/^refused: the API key was refused by datadoghq\.com/);
  expect(site).toMatchObject({
    cause: 'the key belongs to the site datadoghq.eu',
    remedy: expect.stringContaining('DD_SITE=datadoghq.eu'),
  });
});

it('5b. wrong site: a name that is none', async () => {
  const [found] = await problemsOf({ METRICS_BACKEND: 'datadog', DD_API_KEY: KEY, DD_SITE: 'datadoghq.co' });
  expect(found!.cause).toMatch(/`DD_SITE` must be one of datadoghq\.com, .*datadoghq\.eu/);
});

it('6. wrong dialect: a word that is none', async () => {
  const variables = { METRICS_BACKEND: 'statsd', METRICS_OPTIONS: '{"dialect":"graphit"}' };
  const [found] = await problemsOf(variables);
  expect(found!.cause).toMatch(/`METRICS_OPTIONS`.*`dialect` must be one of "dogstatsd", "graphite"/);
});

it.each([
  [{ OTEL_SDK_DISABLED: 'true', METRICS_BACKEND: 'statsd' }, 'metrics are turned off by OTEL_SDK_DISABLED'],
  [{ METRICS_BACKEND: 'none' }, 'metrics are turned off by METRICS_BACKEND'],
  [{ OTEL_METRICS_EXPORTER: 'none' }, 'OTEL_METRICS_EXPORTER names the backend that discards everything'],
  [{ STATSD_HOST: 'statsd.internal' }, 'no backend is named, so everything is discarded'],
])('7. disabled by a variable: %o', async (variables, cause) => {
  expect(await problemsOf(variables as Record<string, string>)).toMatchObject([{ cause }]);
});

it('8. an option of another backend is named as that', async () => {
  const variables = { METRICS_BACKEND: 'statsd', METRICS_OPTIONS: '{"site":"datadoghq.eu"}' };
  const [found] = await problemsOf(variables);
  expect(found!.cause).toMatch(/there is no option `site`.*it is an option of the backend datadog$/);
});

it('9. a proxy that the environment names, and that Node does not ask', async () => {
  const variables = {
    METRICS_BACKEND: 'datadog',
    DD_API_KEY: KEY,
    DD_URL: `http://127.0.0.1:${await closedPort()}`,
    HTTPS_PROXY: 'http://me:secret@proxy.internal:3128',
  };
  const found = await problemsOf(variables);
  expect(found.map(({ cause }) => cause)).toEqual([
    expect.stringMatching(/^nobody listens there: http:\/\/127/),
    'HTTPS_PROXY is set, and Node does not follow it, so the proxy is not asked',
  ]);
  expect(found[1]!.remedy).toContain('NODE_USE_ENV_PROXY=1');
  expect(JSON.stringify(found)).not.toContain('secret');
});

it('finds nothing wrong where everything arrives, and says how sure it is', async () => {
  const intake = await startIntake(KEY);
  const server = await startUdpServer();
  onTestFinished(() => server.close());
  const { ok, sent, settings } = await diagnosed({
    METRICS_BACKEND: 'datadog,dogstatsd,statsd',
    METRICS_OPTIONS: JSON.stringify({ statsd: { port: server.port }, dogstatsd: { port: server.port } }),
    DD_URL: intake.url,
    DD_API_KEY: KEY,
  });
  expect(ok).toBe(true);
  expect(sent.map(({ key, state, takesEvents }) => ({ key, state, takesEvents }))).toEqual([
    { key: 'datadog', state: 'delivered', takesEvents: true },
    { key: 'dogstatsd', state: 'unconfirmed', takesEvents: true },
    { key: 'statsd', state: 'unconfirmed', takesEvents: false },
  ]);
  expect(intake.count('tallykit.doctor.count', { check: 'doctor' })).toBe(1);
  expect(intake.payloads.flatMap(({ content }) => content.events)).toMatchObject([
    { title: 'tallykit doctor' },
  ]);
  const received = (await server.until((all) => all.join('\n').split('tallykit.doctor').length > 4)).join(
    '\n',
  );
  expect(received).toMatch(/tallykit\.doctor\.count:1\|c/);
  expect(received).toMatch(/^_e\{15,/m);
  expect(JSON.stringify(settings)).not.toContain(KEY);
});
