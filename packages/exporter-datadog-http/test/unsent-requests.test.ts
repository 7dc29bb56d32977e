import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { startDatadogIntake } from '@tallykit/testkit';
import * as undici from 'undici';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  DatadogHttpMetricExporter,
  type DatadogFetch,
  type DatadogHttpMetricExporterOptions,
} from '../src/index.ts';
import { ApiKey } from '../src/api-key.ts';
import { readOptions } from '../src/options.ts';
import { sendRequest } from '../src/request.ts';
import { listen, startTlsFront, type TlsFrontMode } from './tls-front.ts';

const apiKey = '0123456789abcdef';
const cleanups: (() => unknown)[] = [];
const warnings: string[] = [];
beforeEach(() => {
  const quiet = () => undefined;
  diag.setLogger(
    { warn: (line) => warnings.push(line), error: quiet, info: quiet, debug: quiet, verbose: quiet },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  diag.disable();
  vi.unstubAllEnvs();
  warnings.length = 0;
});

/** Undici with options, in the place of the platform's own way to send what `fetch` asks for. */
function useDispatcher(dispatcher: undici.Dispatcher): void {
  const before = undici.getGlobalDispatcher();
  undici.setGlobalDispatcher(dispatcher);
  cleanups.push(async () => {
    undici.setGlobalDispatcher(before);
    await dispatcher.destroy();
  });
}

const trusting = { rejectUnauthorized: false } as const;

/** The platform's own way, which takes the certificate of a test only by this variable. */
function trustEverybody(): void {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
}

async function startIntakeBehindTls(mode: TlsFrontMode) {
  const intake = await startDatadogIntake({ apiKey });
  cleanups.push(() => intake.close());
  const front = await startTlsFront(mode, intake.url);
  cleanups.push(() => front.close());
  return { intake, front };
}

/** A proxy that answers CONNECT with that status, and does what it is asked for once it is 200. */
async function startProxy(status: number) {
  let answer = status;
  const server = createHttpServer();
  server.on('connect', ({ url = '' }: IncomingMessage, socket) => {
    socket.on('error', () => undefined);
    if (answer !== 200) return socket.end(`HTTP/1.1 ${answer} No\r\nContent-Length: 0\r\n\r\n`);
    const upstream = connect(Number(url.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    socket.on('close', () => upstream.destroy());
    return upstream.on('error', () => socket.destroy());
  });
  const port = await listen(server);
  cleanups.push(() => stop(server));
  return { url: `http://127.0.0.1:${port}`, setStatus: (next: number) => void (answer = next) };
}

async function stop(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

function createExporter(options: DatadogHttpMetricExporterOptions) {
  const exporter = new DatadogHttpMetricExporter({ apiKey, processTag: false, ...options });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  cleanups.push(() => provider.shutdown());
  const meter = provider.getMeter('test');
  return { exporter, meter, export: () => provider.forceFlush() };
}

/** What stands in the way, which of the ways of sending it is, and how it goes. */
interface Obstacle {
  readonly url: string;
  readonly intake: Awaited<ReturnType<typeof startDatadogIntake>>;
  readonly reason: RegExp;
  readonly remove: () => void;
}

async function brokenHandshake(mode: 'cut' | 'reset'): Promise<Obstacle> {
  const { intake, front } = await startIntakeBehindTls(mode);
  return {
    intake,
    url: front.url,
    reason: { cut: /disconnected before secure/, reset: /ECONNRESET/ }[mode],
    remove: () => front.setMode('pass'),
  };
}

async function refusingProxy(status: number): Promise<Obstacle> {
  const { intake, front } = await startIntakeBehindTls('pass');
  const proxy = await startProxy(status);
  useDispatcher(new undici.ProxyAgent({ uri: proxy.url, requestTls: trusting }));
  return {
    intake,
    url: front.url,
    reason: new RegExp(`Proxy response \\(${status}\\)`),
    remove: () => proxy.setStatus(200),
  };
}

async function failingLookup(syscall: string, code: string): Promise<Obstacle> {
  const { intake, front } = await startIntakeBehindTls('pass');
  let isFailing = true;
  useDispatcher(
    new undici.Agent({
      connect: {
        ...trusting,
        lookup(_name, _options, callback) {
          const error = Object.assign(new Error(`${syscall} ${code} intake.example`), { syscall, code });
          if (isFailing) callback(error, '', 0);
          else callback(null, [{ address: '127.0.0.1', family: 4 }]);
        },
      },
    }),
  );
  return {
    intake,
    url: `https://intake.example:${front.port}`,
    reason: new RegExp(code),
    remove: () => void (isFailing = false),
  };
}

describe('what fails before a request begins is kept, and arrives once', () => {
  it.each<readonly [string, () => Promise<Obstacle>]>([
    ...(['cut', 'reset'] as const).flatMap((mode) => [
      [
        `a TLS handshake: ${mode}, with the platform's own dispatcher`,
        () => {
          trustEverybody();
          return brokenHandshake(mode);
        },
      ] as const,
      [
        `a TLS handshake: ${mode}, with a dispatcher of the program`,
        () => {
          useDispatcher(new undici.Agent({ connect: trusting }));
          return brokenHandshake(mode);
        },
      ] as const,
    ]),
    ['a proxy that answers CONNECT with 407', () => refusingProxy(407)],
    ['a proxy that answers CONNECT with 502', () => refusingProxy(502)],
    ['getaddrinfo EMFILE', () => failingLookup('getaddrinfo', 'EMFILE')],
    ['getaddrinfo EBUSY', () => failingLookup('getaddrinfo', 'EBUSY')],
    ['c-ares ETIMEOUT', () => failingLookup('queryA', 'ETIMEOUT')],
    ['c-ares ESERVFAIL', () => failingLookup('queryAaaa', 'ESERVFAIL')],
  ])('%s', async (_, start) => {
    const { url, intake, reason, remove } = await start();
    const { exporter, meter, export: exportNow } = createExporter({ url });
    const [orders, latency] = [meter.createCounter('orders'), meter.createHistogram('latency')];
    for (const amount of [1, 2, 4]) {
      orders.add(amount);
      latency.record(amount);
      await exportNow();
    }
    exporter.event({ title: 'Deploy', text: 'v42' });
    await exporter.flush();
    expect(exporter.stats()).toMatchObject({
      received: { points: 6, amount: 7 },
      pending: { points: 6, amount: 7 },
      droppedBy: {},
      events: { pending: { points: 1 }, droppedBy: {} },
    });
    expect(warnings).toEqual([expect.stringMatching(reason)]);
    expect(intake.payloads).toEqual([]);

    remove();
    await exporter.flush({ timeoutMillis: 20_000 });
    // Merged into one point of each; nothing that was given up arrives as well.
    expect(intake.payloads.map(({ path }) => path).toSorted()).toEqual([
      '/api/beta/sketches',
      '/api/v1/events',
      '/api/v2/series',
    ]);
    expect(intake.count('orders')).toBe(7);
    expect(intake.distribution('latency')).toMatchObject({ count: 3, sum: 7 });
    expect(exporter.stats()).toMatchObject({ exported: { points: 6, amount: 7 }, droppedBy: {} });
    expect(exporter.stats().events).toMatchObject({ exported: { points: 1 }, droppedBy: {} });
  });
});

/** One request to an address, in the words of an outcome. */
async function send(
  url: string,
  {
    signal = new AbortController().signal,
    ...options
  }: DatadogHttpMetricExporterOptions & { signal?: AbortSignal } = {},
) {
  const answer = await sendRequest(readOptions({ apiKey, url, ...options }, {}), {
    method: 'POST',
    path: '/api/v2/series',
    body: Buffer.from('{"series":[]}'),
    signal,
  });
  if (answer.type === 'answered') return String(answer.status);
  const outcome = answer.mayHaveArrived ? 'unknown' : 'not accepted';
  return signal.aborted ? `${outcome}: ${answer.reason}` : outcome;
}

/** A `fetch` that nothing is known about, made of `node:https`. */
const unseenFetch: DatadogFetch = async (url, { method, headers, body, signal }) => {
  const request = httpsRequest(url, { method, headers, signal, agent: false, ...trusting });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  await text(response);
  return { status: response.statusCode!, headers: new Headers(), body: null };
};

const resets = () => Promise.reject(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));

/** Publishes as undici does that a request is there, and then what happens to it. */
function publishing(channels: readonly string[], answer: () => ReturnType<DatadogFetch>): DatadogFetch {
  return (_, { headers }) => {
    const request = { headers: Object.entries(headers).flat() };
    for (const name of ['undici:request:create', ...channels]) channel(name).publish({ request });
    return answer();
  };
}

describe('a request', () => {
  it.each(['', ', with a dispatcher of the program'])(
    'that began and was reset is unknown, although its handshake would fail with the same error%s',
    async (own) => {
      if (own) useDispatcher(new undici.Agent({ connect: trusting }));
      else trustEverybody();
      const { front } = await startIntakeBehindTls('reset-request');
      expect(await send(front.url)).toBe('unknown');
      front.setMode('reset');
      expect(await send(front.url)).toBe('not accepted');
    },
  );

  it.each(['', ', with a dispatcher of the program'])(
    'that is given up during its TLS handshake is not accepted, and does not leave later%s',
    async (own) => {
      if (own) useDispatcher(new undici.Agent({ connect: trusting }));
      else trustEverybody();
      const { intake, front } = await startIntakeBehindTls('silent');
      const deadline = new AbortController();
      const outcome = send(front.url, { signal: deadline.signal });
      await front.keptWaiting();
      deadline.abort();
      expect(await outcome).toBe('not accepted: no connection in time');
      // The handshake goes on, and the connection is good.
      front.setMode('pass');
      expect(await send(front.url)).toBe('202');
      expect(intake.payloads).toHaveLength(1);
    },
  );

  it('that is given up when it has begun is unknown', async () => {
    const { intake } = await startIntakeBehindTls('pass');
    intake.script({ hang: 'stored' });
    const deadline = new AbortController();
    const outcome = send(intake.url, { signal: deadline.signal });
    await intake.receive(1);
    deadline.abort();
    expect(await outcome).toBe('unknown: no answer in time');
  });

  it('whose TLS handshake takes longer than the dispatcher waits is not accepted', async () => {
    useDispatcher(new undici.Agent({ connect: { ...trusting, timeout: 100 } }));
    const { front } = await startIntakeBehindTls('silent');
    expect(await send(front.url)).toBe('not accepted');
  });

  it('on a connection that was kept and is closed then is unknown', async () => {
    let requests = 0;
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => {
        requests += 1;
        if (requests > 1) return socket.destroy();
        return socket.write('HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n');
      });
    });
    const port = await listen(server);
    cleanups.push(() => server.close());
    expect(await send(`http://127.0.0.1:${port}`)).toBe('202');
    expect(await send(`http://127.0.0.1:${port}`)).toBe('unknown');
  });

  it('is not taken for another one that is under way', async () => {
    trustEverybody();
    const { intake, front } = await startIntakeBehindTls('silent');
    const waiting = send(front.url);
    // Others of the same exporter, to the same path, begin and end in the meantime.
    expect(await send(intake.url)).toBe('202');
    front.setMode('reset');
    expect(await waiting).toBe('not accepted');
  });

  it('that began stays unknown when its dispatcher tries again and finds nobody', async () => {
    const server = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .once('data', () => {
          server.close();
          socket.resetAndDestroy();
        });
    });
    const port = await listen(server);
    const retrying = new undici.RetryAgent(new undici.Agent(), {
      methods: ['POST'],
      errorCodes: ['ECONNRESET'],
      maxRetries: 1,
      minTimeout: 1,
    });
    useDispatcher(retrying);
    expect(await send(`http://127.0.0.1:${port}`)).toBe('unknown');
  });

  it('through a `fetch` of the program that uses undici is seen too', async () => {
    const { front } = await startIntakeBehindTls('reset');
    const dispatcher = new undici.Agent({ connect: trusting });
    cleanups.push(() => dispatcher.destroy());
    const own: DatadogFetch = (url, request) => undici.fetch(url, { ...request, dispatcher });
    expect(await send(front.url, { fetch: own })).toBe('not accepted');
    front.setMode('reset-request');
    expect(await send(front.url, { fetch: own })).toBe('unknown');
    front.setMode('pass');
    expect(await send(front.url, { fetch: own })).toBe('202');
  });

  it('that can not be seen is kept only for what can not come later', async () => {
    const { front } = await startIntakeBehindTls('pass');
    expect(await send(front.url, { fetch: unseenFetch })).toBe('202');
    front.setMode('reset');
    expect(await send(front.url, { fetch: unseenFetch })).toBe('unknown');
    await front.close();
    expect(await send(front.url, { fetch: unseenFetch })).toBe('not accepted');
    expect(await send('https://no-such-host.invalid', { fetch: unseenFetch })).toBe('not accepted');
  });

  it.each([
    [{ code: 'ECONNREFUSED' }, 'not accepted'],
    [{ code: 'EAI_AGAIN' }, 'not accepted'],
    [{ code: 'UND_ERR_CONNECT_TIMEOUT' }, 'not accepted'],
    [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'not accepted'],
    [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'not accepted'],
    [{ code: 'ETIMEDOUT', syscall: 'connect' }, 'not accepted'],
    [{ code: 'EMFILE', syscall: 'getaddrinfo' }, 'not accepted'],
    [{ code: 'ETIMEDOUT', syscall: 'read' }, 'unknown'],
    [{ code: 'EHOSTUNREACH', syscall: 'read' }, 'unknown'],
    [{ code: 'ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC' }, 'unknown'],
    [{ code: 'UND_ERR_SOCKET' }, 'unknown'],
    [{}, 'unknown'],
  ])('that can not be seen and fails with %j: %s', async (fields, outcome) => {
    const fails: DatadogFetch = () =>
      Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error('it failed'), fields) }));
    expect(await send('https://intake.example', { fetch: fails })).toBe(outcome);
  });

  it('is unknown once a request was answered that undici did not publish', async () => {
    vi.resetModules();
    const fresh = await import('../src/request.ts');
    const ask = (own: DatadogFetch) =>
      fresh.sendRequest(
        { apiKey: new ApiKey(apiKey), url: 'https://intake.example', fetch: own },
        { method: 'POST', path: '/', signal: new AbortController().signal },
      );
    const answers = () => Promise.resolve({ status: 202, headers: new Headers(), body: null });
    expect(await ask(publishing([], resets))).toMatchObject({ mayHaveArrived: false });
    expect(await ask(publishing([], answers))).toMatchObject({ status: 202 });
    expect(await ask(publishing([], resets))).toMatchObject({ mayHaveArrived: true });
  });

  // Undici has published the first only for HTTP/1 for a long time.
  it.each(['undici:client:sendHeaders', 'undici:request:bodySent'])('has begun with %s', async (name) => {
    expect(await send('https://intake.example', { fetch: publishing([], resets) })).toBe('not accepted');
    expect(await send('https://intake.example', { fetch: publishing([name], resets) })).toBe('unknown');
  });

  it('leaves nothing behind on the channels', async () => {
    const { intake } = await startIntakeBehindTls('pass');
    expect(await send(intake.url)).toBe('202');
    const names = ['undici:request:create', 'undici:client:sendHeaders', 'undici:request:bodySent'];
    expect(names.filter((name) => channel(name).hasSubscribers)).toEqual([]);
  });
});
