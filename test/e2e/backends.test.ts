import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDogStatsdPayload, startDatadogIntake, startTcpServer, startUdpServer } from '@tallykit/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startProgram, type ProgramOptions } from '../programs/run-program.ts';
import { freePort } from '../servers/free-port.ts';
import { startOtlpReceiver } from '../servers/otlp-receiver.ts';
import { startReferenceStatsd } from '../servers/reference-statsd.ts';
import { until } from '../until.ts';

/** Where `@tallykit/node` is installed. */
const DIRECTORY = fileURLToPath(new URL('..', import.meta.url));
const IMPORT = ['--import', '@tallykit/node/register'];

/** Nothing of the machine's own settings. */
const CLEAN = { OTEL_LOG_LEVEL: 'WARN' };

/** Runs a program that knows nothing of backends, lets it record, and waits until it has ended by itself. */
async function run(
  file: string,
  environment: Record<string, string>,
  options: ProgramOptions = {},
): Promise<string> {
  await using program = startProgram(
    file,
    { ...CLEAN, ...environment },
    { nodeOptions: IMPORT, directory: DIRECTORY, ...options },
  );
  program.child.stdin!.end();
  const status = await program.ended;
  expect({ status, output: program.output() }).toMatchObject({ status: 0 });
  return program.output();
}

const SENTRY = (module: string, options: object) => ({
  SENTRY_METRICS_BACKEND: `sentry.metrics.${module}`,
  SENTRY_METRICS_OPTIONS: JSON.stringify(options),
});

describe("Sentry's documented configurations, from the environment alone", () => {
  test('none: discards', async () => {
    expect(await run('records-with-tallykit.ts', {})).toBe('recorded\n');
  });

  test('StatsD, to the reference server', async () => {
    await using server = await startReferenceStatsd();
    const { host, port } = server;
    const output = await run(
      'records-with-tallykit.ts',
      SENTRY('statsd.StatsdMetricsBackend', { host, port }),
    );
    // Sentry's backend sends no tags.
    expect(Object.fromEntries(await server.counters())).toEqual({ 'sentry.orders': 3 });
    expect(Object.fromEntries(await server.gauges())).toEqual({ 'sentry.depth': 12 });
    expect(Object.fromEntries(await server.timers())).toEqual({ 'sentry.query': [14] });
    // StatsD has no events; that is logged once.
    expect(output).toMatch(/^recorded\n/m);
    expect(output).toContain("event 'Deploy' goes nowhere: no backend takes events");
  });

  test('Datadog, to a receiver of its HTTP API', async () => {
    const intake = await startDatadogIntake({ apiKey: 'KEY' });
    onTestFinished(() => intake.close());
    const options = { api_key: 'KEY', app_key: 'APP', tags: {} };
    const output = await run('records-with-tallykit.ts', {
      ...SENTRY('datadog.DatadogMetricsBackend', options),
      DD_URL: intake.url,
    });
    expect(output).toBe('recorded\n');
    expect(intake.count('sentry.orders', { plan: 'pro', instance: 'web-1' })).toBe(3);
    expect(intake.gauge('sentry.depth')).toBe(12);
    // As datadogpy's ThreadStats has them.
    expect(intake.count('sentry.query.count')).toBe(1);
    for (const suffix of [
      'min',
      'max',
      'avg',
      '75percentile',
      '85percentile',
      '95percentile',
      '99percentile',
    ]) {
      expect([suffix, intake.gauge(`sentry.query.${suffix}`)]).toEqual([suffix, expect.closeTo(14, 0)]);
    }
    const events = intake.payloads.flatMap(({ content }) => content.events);
    expect(events).toMatchObject([{ title: 'Deploy', text: 'v42 is live' }]);
  });

  test('DogStatsD, to a receiver that reads as the Agent does', async () => {
    const server = await startUdpServer();
    onTestFinished(() => server.close());
    const { host, port } = server;
    const options = { host, port, tags: {} };
    await run('records-with-tallykit.ts', SENTRY('datadog.DogStatsdMetricsBackend', options));
    const payloads = await server.until(
      (so) => so.join('\n').includes('Deploy') && so.join('\n').includes('orders'),
    );
    const messages = payloads.flatMap((payload) => parseDogStatsdPayload(payload));
    const read = messages.map((message) =>
      message.kind === 'metric'
        ? [message.name, message.type, ...message.values, message.tags]
        : [message.kind, 'title' in message && message.title],
    );
    expect(read.toSorted((first, second) => ((first[0] as string) < (second[0] as string) ? -1 : 1))).toEqual(
      [
        ['event', 'Deploy'],
        ['sentry.depth', 'g', 12, expect.anything()],
        ['sentry.orders', 'c', 3, expect.objectContaining({ plan: 'pro', instance: 'web-1' })],
        ['sentry.query', 'ms', 14, expect.anything()],
      ],
    );
  });

  test('logging, to a file of winston in the documented format', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'winston-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'metrics.log');
    const output = await run('logs-with-winston.ts', {
      ...SENTRY('logging.LoggingBackend', {}),
      LOG_FILE: file,
    });
    expect(output).toBe('recorded\n');
    expect((await readFile(file, 'utf8')).split('\n')).toEqual([
      "[DEBUG] 'foo': +1; instance=None; tags={}",
      "[DEBUG] 'foo': +2.5; instance='bar'; tags={'a': 'b'}",
      "[DEBUG] 'jobs.duration': 1.8568 ms; instance='sentry.tasks.x'; tags={'result': 'success'}",
      "[DEBUG] 'Deploy': 'v42 is live'; instance=None; tags={}",
      '',
    ]);
  });

  test('logging, to the console where the program has no logger of that name', async () => {
    const output = await run('records-with-tallykit.ts', SENTRY('logging.LoggingBackend', {}));
    expect(output.split('\n')).toEqual(
      expect.arrayContaining([
        "[DEBUG] 'orders': +3; instance='web-1'; tags={'plan': 'pro'}",
        "[DEBUG] 'depth': +12; instance=None; tags={}",
        "[DEBUG] 'query': 14 ms; instance=None; tags={}",
        "[DEBUG] 'Deploy': 'v42 is live'; instance=None; tags={}",
      ]),
    );
  });
});

describe('--import @tallykit/node/register', () => {
  test.each([
    ["a program that knows only OpenTelemetry's API", 'records-with-opentelemetry.ts'],
    ['a program that knows only the recording API', 'records-with-tallykit.ts'],
  ])('delivers for %s, by StatsD', async (_what, program) => {
    await using server = await startReferenceStatsd();
    const options = JSON.stringify({ host: server.host, port: server.port });
    await run(program, { METRICS_BACKEND: 'statsd', METRICS_OPTIONS: options });
    expect(Object.fromEntries(await server.counters())).toEqual({ 'orders;instance=web-1;plan=pro': 3 });
    expect(Object.fromEntries(await server.gauges())).toEqual({ depth: 12 });
    expect(Object.fromEntries(await server.timers())).toEqual({ query: [14] });
  });

  test.each(['records-with-opentelemetry.ts', 'records-with-tallykit.ts'])(
    'delivers for %s, by OTLP',
    async (program) => {
      await using receiver = await startOtlpReceiver();
      await run(program, {
        METRICS_BACKEND: 'otlp',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: receiver.url,
      });
      expect(Object.fromEntries(receiver.sums)).toEqual({ 'orders{instance=web-1,plan=pro}': 3 });
      expect(Object.fromEntries(receiver.gauges)).toEqual({ 'depth{}': 12 });
      expect(Object.fromEntries(receiver.histograms)).toEqual({ 'query{}': { count: 1, sum: 14 } });
    },
  );

  test('ends the program when it has nothing left to do, also while the collector is away', async () => {
    const output = await run('records-for-two-seconds.ts', {
      METRICS_BACKEND: 'otlp',
      OTEL_METRIC_EXPORT_INTERVAL: '500',
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `http://127.0.0.1:${await freePort()}/v1/metrics`,
    });
    expect(output.split('\n').filter((line) => line !== '')).toEqual([
      expect.stringContaining("otlp: can't export: "),
      'recorded',
    ]);
  });

  test('lets Prometheus scrape', async () => {
    const port = await freePort();
    await using program = startProgram(
      'records-with-opentelemetry.ts',
      {
        ...CLEAN,
        OTEL_METRICS_EXPORTER: 'prometheus',
        METRICS_OPTIONS: JSON.stringify({ host: '127.0.0.1', port }),
      },
      { nodeOptions: IMPORT, directory: DIRECTORY },
    );
    const scrape = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const page = await until(async () => {
      const text = await scrape();
      expect(text).toContain('orders_total');
      return text;
    });
    expect(page).toMatch(/^orders_total\{[^}]*plan="pro"[^}]*\} 3$/m);
    expect(page).toMatch(/^depth(\{[^}]*\})? 12$/m);
    expect(page).toMatch(/^query(_milliseconds)?_count(\{[^}]*\})? 1$/m);
    program.child.stdin!.end();
    await expect(program.ended).resolves.toBe(0);
  });

  test.each<[string, Record<string, string>, string]>([
    [
      'an unknown backend',
      { METRICS_BACKEND: 'statds' },
      'prometheus, noop, not a string of 6 characters; did you mean statsd?',
    ],
    [
      'malformed JSON',
      { METRICS_BACKEND: 'statsd', METRICS_OPTIONS: '{"port":' },
      'not a string of 8 characters that is not valid JSON at position 8',
    ],
    [
      'a wrong option',
      { METRICS_BACKEND: 'statsd', METRICS_OPTIONS: '{"port":"x"}' },
      '`METRICS_OPTIONS`: StatsdMetricExporter: `port` must be',
    ],
  ])('says one line about %s, and the program runs on', async (_what, environment, message) => {
    const lines = (await run('records-with-tallykit.ts', environment)).split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^@tallykit\/node\/register: metrics are discarded: startMetrics: /);
    expect(lines[0]).toContain(message);
    expect(lines.slice(1)).toEqual(['recorded', '']);
  });

  test('does the same for CommonJS with --require', async () => {
    await using server = await startReferenceStatsd();
    const { NODE_OPTIONS = '' } = process.env;
    await run(
      'records-in-commonjs.cjs',
      {
        METRICS_BACKEND: 'statsd',
        METRICS_OPTIONS: JSON.stringify({ host: server.host, port: server.port }),
        // What other lanes preload has to come before what --require preloads.
        NODE_OPTIONS: NODE_OPTIONS.replace(/--import=file:\/\/(\S+)/, '--require=$1'),
      },
      {
        // What sources load on demand are ES modules, also there.
        loader: ['--require', 'tsx/cjs', '--import', 'tsx/esm', '--conditions=@tallykit/source'],
        nodeOptions: ['--require', '@tallykit/node/register'],
      },
    );
    expect(Object.fromEntries(await server.counters())).toEqual({ 'orders;instance=web-1;plan=pro': 3 });
    expect(Object.fromEntries(await server.timers())).toEqual({ query: [14] });
  });
});

describe('at SIGTERM', () => {
  const recordedBy = (output: string): number => Number(/recorded (\d+)\n[^\n]*$/.exec(output)?.[1] ?? 0);

  test('during load, what was recorded before it arrives', async () => {
    await using server = await startReferenceStatsd();
    await using program = startProgram(
      'under-load.ts',
      {
        ...CLEAN,
        METRICS_BACKEND: 'statsd',
        METRICS_OPTIONS: JSON.stringify({ host: server.host, port: server.port }),
      },
      { nodeOptions: IMPORT, directory: DIRECTORY },
    );
    await until(() => expect(recordedBy(program.output())).toBeGreaterThan(20_000));
    const before = recordedBy(program.output());
    program.child.kill('SIGTERM');
    await expect(program.ended).resolves.toBe('SIGTERM');
    const delivered = [...(await server.counters()).values()].reduce((sum, value) => sum + value, 0);
    expect(delivered).toBeGreaterThanOrEqual(before);
    expect(delivered).toBeLessThanOrEqual(recordedBy(program.output()) + 1_000);
  });

  test('a program that listens to it as well ends by itself, and everything arrives', async () => {
    await using server = await startReferenceStatsd();
    await using program = startProgram(
      'under-load.ts',
      {
        ...CLEAN,
        GRACEFUL: 'yes',
        METRICS_BACKEND: 'statsd',
        METRICS_OPTIONS: JSON.stringify({ host: server.host, port: server.port }),
      },
      { nodeOptions: IMPORT, directory: DIRECTORY },
    );
    await until(() => expect(recordedBy(program.output())).toBeGreaterThan(20_000));
    program.child.kill('SIGTERM');
    await expect(program.ended).resolves.toBe(0);
    const delivered = [...(await server.counters()).values()].reduce((sum, value) => sum + value, 0);
    expect(delivered).toBe(recordedBy(program.output()));
  });

  test('a backend that hangs holds up nobody', async () => {
    const server = await startTcpServer();
    onTestFinished(() => server.close());
    server.pause();
    await using program = startProgram(
      'under-load.ts',
      {
        ...CLEAN,
        METRICS_BACKEND: 'datadog',
        METRICS_OPTIONS: JSON.stringify({
          apiKey: 'any',
          url: `http://127.0.0.1:${server.port}`,
          timeoutMillis: 600_000,
        }),
      },
      { nodeOptions: IMPORT, directory: DIRECTORY },
    );
    await until(() => expect(recordedBy(program.output())).toBeGreaterThan(0));
    program.child.kill('SIGTERM');
    await expect(program.ended).resolves.toBe('SIGTERM');
  });
});
