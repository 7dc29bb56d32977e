import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createPage } from '../page/embed.mjs';
import { TimeseriesStore, type StoreServer } from '../src/index.ts';
import { PAGE, PAGE_SCRIPT_HASH, PAGE_STYLE_HASH } from '../src/page.ts';
import { listenToDiag } from '../../exporter-base/test/diag-messages.ts';
import { FakeNow } from './fake-now.ts';
import { ON_SOURCES } from '../../../test/programs/on-sources.ts';

const now = new FakeNow('2026-11-22T12:00:05Z');
let store: TimeseriesStore;
let server: StoreServer;

beforeEach(async () => {
  store = new TimeseriesStore({ now: now.read });
  server = await store.listen();
});
afterEach(() => server.close());

async function ask(path: string, options: RequestInit = {}) {
  const response = await fetch(new URL(path, server.url), options);
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : undefined,
  };
}

describe('/api/range', () => {
  const since = now.seconds - 30;

  it('answers with the points of each name', async () => {
    store.record({ name: 'jobs', value: 2, unit: '{job}' });
    store.record({ type: 'distribution', name: 'size', value: 7 });
    const { status, body } = await ask(
      `/api/range?name=jobs&name=size&since=${now.seconds - 10}&until=${now.seconds}`,
    );
    const start = now.seconds - 15;
    const nothing = { count: 0, sum: 0, min: null, max: null, p50: null, p95: null, p99: null };
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        since: now.seconds - 10,
        until: now.seconds,
        resolution: '10s',
        seconds: 10,
        source: 'memory',
        earliest: now.seconds,
        completeUntil: now.seconds,
        more: 0,
        series: [
          {
            name: 'jobs',
            type: 'counter',
            unit: '{job}',
            tags: {},
            points: [
              [start, 0],
              [start + 10, 2],
            ],
          },
          {
            name: 'size',
            type: 'distribution',
            unit: '',
            tags: {},
            points: [
              [start, nothing],
              [start + 10, { count: 1, sum: 7, min: 7, max: 7, p50: 7, p95: 7, p99: 7 }],
            ],
          },
        ],
      },
    });
  });

  it('covers a day by default, and the optimal resolution', async () => {
    store.record({ name: 'jobs', value: 1 });
    const { body } = await ask('/api/range?name=jobs');
    expect(body).toMatchObject({ since: now.seconds - 86_399, until: now.seconds, resolution: '1m' });
    expect(body.series[0].points).toHaveLength(1440);
    expect((await ask('/api/range?name=jobs&last=3600')).body).toMatchObject({ resolution: '10s' });
    expect((await ask('/api/range?name=jobs&resolution=1d')).body).toMatchObject({ resolution: '1d' });
  });

  it('leaves out a name for which nothing was recorded, or not with these tags', async () => {
    store.record({ name: 'jobs', value: 1, tags: { queue: 'mail' } });
    const { status, body } = await ask(`/api/range?name=nobody&name=jobs&tag=queue:push&since=${since}`);
    expect([status, body.series]).toEqual([200, []]);
  });

  it('keeps metrics of one name and two types apart', async () => {
    store.record({ name: 'both', value: 1 });
    store.record({ type: 'gauge', name: 'both', value: 9 });
    const typesOf = async (path: string): Promise<string[]> =>
      (await ask(path)).body.series.map(({ type }: { type: string }) => type);
    for (const path of [`/api/range?name=both&since=${since}`, '/api/series?name=both']) {
      expect(await typesOf(path)).toEqual(['counter', 'gauge']);
      expect(await typesOf(`${path}&type=gauge`)).toEqual(['gauge']);
      expect(await typesOf(`${path}&type=distribution`)).toEqual([]);
    }
  });

  it('takes tags, and splits by one, the largest first', async () => {
    for (let queue = 0; queue < 15; queue += 1) {
      store.record({ name: 'jobs', value: queue + 1, tags: { queue, 'a:b': 'c:d' } });
    }
    const last = async (query: string) => {
      const { body } = await ask(`/api/range?name=jobs&since=${since}&${query}`);
      return [body.series.map(({ points }: { points: [number, number][] }) => points.at(-1)![1]), body.more];
    };
    expect(await last('tag=queue:3')).toEqual([[4], 0]);
    expect(await last(`tag=${encodeURIComponent('x:c:d')}`)).toEqual([[], 0]);
    expect(await last('by=queue&limit=3')).toEqual([[15, 14, 13], 12]);
    expect(await last('by=queue')).toEqual([[15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4], 3]);
    store.record({ name: 'others', value: 1000 });
    expect(await last('name=others&limit=1')).toEqual([[1000], 1]);
  });

  it.each([
    ['name=x&resolution=5m', 'Invalid resolution: it must be one of 10s, 1m, 1h, 1d'],
    ['name=x&resolution=', 'Invalid resolution: it must be one of 10s, 1m, 1h, 1d'],
    ['name=x&resolution=10', 'Invalid resolution: it must be one of 10s, 1m, 1h, 1d'],
    [
      'name=x&since=1795345200000',
      'since must be in seconds since 1970; 1795345200000 looks like milliseconds',
    ],
    ['name=x&type=set', 'type must be one of counter, gauge, distribution'],
    [
      'name=x&interval=5',
      'There is no parameter "interval": /api/range takes name, type, since, until, last, resolution, tag, by, limit',
    ],
    ['name=x&until=now', 'until must be a numeric timestamp: seconds since 1970'],
    ['name=x&until=', 'until must be a numeric timestamp: seconds since 1970'],
    ['name=x&since=yesterday', 'since must be a numeric timestamp: seconds since 1970'],
    ['name=x&since=Infinity', 'since must be a numeric timestamp: seconds since 1970'],
    [
      'name=x&since=20&until=10',
      'start must be before or equal to end: since at most until, which is now unless it is given',
    ],
    ['name=x&since=20&since=30', 'since may be given once'],
    ['name=x&last=-1', 'last must be a number of seconds, 0 or more'],
    ['name=x&last=x', 'last must be a number of seconds, 0 or more'],
    ['name=x&last=1e99', 'last must be a number of seconds, 0 or more'],
    ['name=x&until=-9e10&last=5e10', 'last must be a number of seconds, 0 or more'],
    ['name=x&last=60&since=20', 'Give either since or last, not both'],
    ['', 'name is missing'],
    ['name=x&name=', 'name must not be empty'],
    ['name=x&tag=nocolon', 'tag must be key:value'],
    ['name=x&tag=a:1&tag=a:2', 'tag may be given once for each key: a has two'],
    ['name=x&by=', 'by must be the key of a tag'],
    ['name=x&limit=0', 'limit must be a number from 1 to 100'],
    [
      Array.from({ length: 101 }, (_, index) => `name=${index}`).join('&'),
      'At most 100 names can be asked for at once',
    ],
  ])('refuses %s', async (query, detail) => {
    expect(await ask(`/api/range?${query}`)).toMatchObject({ status: 400, body: { detail } });
  });

  it('says how much a range would read that is too long', async () => {
    const { status, body } = await ask('/api/range?name=x&since=0&resolution=10s');
    expect({ status, body }).toEqual({
      status: 400,
      body: {
        detail: expect.stringMatching(
          /^This would read \d+ buckets, and 10000 are allowed. Ask for a shorter range/,
        ),
        buckets: Math.floor(now.seconds / 10) + 1,
        limit: 10_000,
      },
    });
  });
});

describe('the other addresses', () => {
  it('list names and series', async () => {
    store.record({ name: 'b', value: 1, tags: { x: '<i>' } });
    store.record({ type: 'gauge', name: 'a', value: 1, unit: 'By' });
    expect((await ask('/api/names')).body).toMatchObject({
      resolutions: ['10s', '1m', '1h', '1d'],
      earliest: now.seconds,
      flushSeconds: 0,
      redis: null,
      store: { series: 2, maxSeries: 10_000, bytes: expect.any(Number) },
      names: [
        { name: 'a', type: 'gauge', unit: 'By' },
        { name: 'b', type: 'counter', unit: '' },
      ],
    });
    expect((await ask('/api/series?name=b&name=unknown')).body).toEqual({
      series: [{ name: 'b', type: 'counter', unit: '', tags: { x: '<i>' } }],
    });
  });

  it('are not found, or take GET and HEAD only', async () => {
    for (const path of ['/nothing', '/api', '/api/range/x', '/..%2f'])
      expect((await ask(path)).status).toBe(404);
    const { status, headers } = await ask('/api/names', { method: 'POST', body: 'x' });
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(await ask('/', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });
});

describe('the page', () => {
  it('is what its files make', () => {
    const { page, styleHash, scriptHash } = createPage();
    expect({ PAGE, PAGE_STYLE_HASH, PAGE_SCRIPT_HASH }).toEqual({
      PAGE: page,
      PAGE_STYLE_HASH: styleHash,
      PAGE_SCRIPT_HASH: scriptHash,
    });
  });

  it('lets nothing run but itself, names no other host, and can be kept', async () => {
    const { status, headers, text } = await ask('/');
    expect(status).toBe(200);
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self';/,
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(text).toBe(PAGE);
    const addresses = new Set(text.match(/https?:\/\/[^\s"'%`)]*/g));
    expect([...addresses].filter((address) => address !== 'http://www.w3.org/2000/svg')).toEqual([]);
    const again = await ask('/', { headers: { 'if-none-match': headers.get('etag')! } });
    expect(again).toMatchObject({ status: 304, text: '' });
  });

  it('is served under a path', async () => {
    const own: Server = createServer(store.handler({ basePath: '/internal/' })).listen(0, '127.0.0.1');
    await once(own, 'listening');
    const base = `http://127.0.0.1:${(own.address() as AddressInfo).port}`;
    const statuses = [];
    for (const path of ['/internal', '/internal/', '/internal/api/names', '/', '/api/names']) {
      const response = await fetch(base + path);
      await response.text();
      statuses.push(response.status);
    }
    expect(statuses).toEqual([200, 200, 200, 404, 404]);
    own.close();
  });
});

/** The status of an answer to a request as it is written here, without anything that `fetch` would mend. */
function statusOf(lines: readonly string[], port = server.port): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket
      .setEncoding('latin1')
      .on('data', (chunk: string) => (text += chunk))
      .on('error', reject)
      .on('close', () => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1])))
      .write([...lines, 'Connection: close', '', ''].join('\r\n'));
  });
}

describe('a request that makes no sense', () => {
  let messages: ReturnType<typeof listenToDiag>;
  beforeEach(() => {
    messages = listenToDiag();
  });
  afterEach(() => messages.stop());

  it('gets 400 or 404, and no line in the log', async () => {
    expect(await statusOf(['GET // HTTP/1.1', 'Host: localhost'])).toBe(404);
    expect(await statusOf(['GET http://[ HTTP/1.1', 'Host: localhost'])).toBe(400);
    expect(await statusOf(['GET http://x:y:z/ HTTP/1.1', 'Host: localhost'])).toBe(400);
    expect(await statusOf(['GET /\\evil/api HTTP/1.1', 'Host: localhost'])).toBe(404);
    expect(await statusOf(['OPTIONS * HTTP/1.1', 'Host: localhost'])).toBe(405);
    expect(messages.warn).toEqual([]);
  });

  it('gets 400 when it names two hosts, of which only one may be this machine', async () => {
    const hosts = ['Host: localhost', 'Host: evil.example'];
    expect(await statusOf(['GET /api/names HTTP/1.1', ...hosts])).toBe(400);
    expect(await statusOf(['GET / HTTP/1.1', ...hosts])).toBe(400);
    expect(await statusOf(['GET /api/names HTTP/1.1', ...hosts.toReversed()])).toBe(403);
    expect(await statusOf(['GET /api/names HTTP/1.1', 'Host: localhost'])).toBe(200);
  });

  it('gets 403 when a page of another site asks, which could make the store work', async () => {
    const from = (site: string) => ({ headers: { 'sec-fetch-site': site } });
    expect((await ask('/api/names', from('cross-site'))).status).toBe(403);
    expect((await ask('/api/names', from('same-site'))).status).toBe(403);
    expect((await ask('/api/names', from('same-origin'))).status).toBe(200);
    expect((await ask('/', from('cross-site'))).status).toBe(200);
  });
});

describe('listen', () => {
  it('listens to this machine only, unless others may come', async () => {
    expect(server.url).toBe(`http://127.0.0.1:${server.port}/`);
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'metrics.internal']) {
      await expect(store.listen({ host })).rejects.toThrow(
        /`host` must be an address of this machine alone.*`authorize: \(request\) => boolean`.*`public: true`/,
      );
    }
    const everywhere = await store.listen({ host: '0.0.0.0', public: true });
    expect((await fetch(`http://127.0.0.1:${everywhere.port}/api/names`)).status).toBe(200);
    await everywhere.close();
  });

  it('answers those whom `authorize` lets in', async () => {
    const messages = listenToDiag();
    for (const authorize of [
      ({ headers }: IncomingMessage) => headers.authorization === 'Bearer token',
      async ({ headers }: IncomingMessage) => headers.authorization === 'Bearer token',
    ]) {
      const everywhere = await store.listen({ host: '0.0.0.0', authorize });
      const statusFor = async (path: string, authorization?: string) => {
        const headers: Record<string, string> = authorization ? { authorization } : {};
        const response = await fetch(`http://127.0.0.1:${everywhere.port}${path}`, { headers });
        await response.text();
        return [response.status, response.headers.get('www-authenticate')];
      };
      for (const path of ['/', '/api/names', '/api/range?name=x', '/nothing']) {
        expect((await statusFor(path))[0]).toBe(401);
        expect((await statusFor(path, 'Bearer other'))[0]).toBe(401);
        expect((await statusFor(path, 'Bearer token'))[0]).toBe(path === '/nothing' ? 404 : 200);
      }
      // A browser that opens the page asks for a password, and an open page shows a sentence.
      expect((await statusFor('/'))[1]).toMatch(/^Basic /);
      expect((await statusFor('/api/names'))[1]).toBeNull();
      await everywhere.close();
    }
    expect(messages.warn).toEqual([]);
    messages.stop();
  });

  it.each([
    ['throws', () => throwError()],
    ['rejects', async () => throwError()],
    ['returns something else', () => 'yes' as never],
  ])('lets nobody in when `authorize` %s', async (_, authorize) => {
    const messages = listenToDiag();
    const own = await store.listen({ authorize });
    for (let each = 0; each < 3; each += 1) {
      const response = await fetch(`${own.url}api/names`);
      expect([response.status, Object.keys((await response.json()) as object)]).toEqual([401, ['detail']]);
    }
    expect(messages.warn.length).toBeLessThanOrEqual(1);
    messages.stop();
    await own.close();
  });

  it('takes `authorize` for a handler in a server of the program too', async () => {
    const own: Server = createServer(store.handler({ authorize: () => false })).listen(0, '127.0.0.1');
    await once(own, 'listening');
    const { port } = own.address() as AddressInfo;
    expect(await statusOf(['GET / HTTP/1.1', 'Host: metrics.internal'], port)).toBe(401);
    own.close();
  });

  it('refuses other names for this machine, which another site could have given it', async () => {
    expect(await statusOf(['GET /api/names HTTP/1.1', 'Host: evil.example'])).toBe(403);
    expect(await statusOf(['GET /api/names HTTP/1.1', `Host: evil.example:${server.port}`])).toBe(403);
    expect(await statusOf(['GET /api/names HTTP/1.1', `Host: localhost:${server.port}`])).toBe(200);
    expect(await statusOf(['GET /api/names HTTP/1.1', 'Host: [::1]:80'])).toBe(200);
  });

  it('says which option is wrong, and when a port is taken', async () => {
    await expect(store.listen({ port: -1 })).rejects.toThrow('`port` must be a whole number from 0 to 65535');
    await expect(store.listen({ host: '' })).rejects.toThrow('`host` must be a string that is not empty');
    await expect(store.listen({ port: server.port })).rejects.toThrow('EADDRINUSE');
    await expect(store.listen({ authorize: 'token' as never })).rejects.toThrow(
      '`authorize` must be a function',
    );
    await expect(store.listen({ public: true, authorize: () => true })).rejects.toThrow(
      '`public` must be left out beside `authorize`',
    );
    expect(() => store.handler({ path: '/x' } as never)).toThrow('there is no option `path`');
  });

  it('is ended by the shutdown of the store, with the connections of open pages', async () => {
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('GET /api/names HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(socket, 'data');
    await store.shutdown();
    await once(socket.resume(), 'close');
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');
  });

  it('lets the process end while a page is open', async () => {
    const program = spawn(process.execPath, [...ON_SOURCES, '--input-type=module', '--eval', PROGRAM], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(() => void program.kill('SIGKILL'));
    const [port] = await once(program.stdout.setEncoding('utf8'), 'data');
    // It is never idle for long, so the server doesn't close it by itself.
    const question = 'GET /api/names HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
    socket.on('connect', () => socket.write(question)).on('data', () => socket.write(question));
    await once(socket, 'data');
    program.stdin.end();
    expect(await once(program, 'exit')).toEqual([0, null]);
  });
});

/** Serves the page, and has nothing more to do when its input ends. */
const PROGRAM = `
  import { TimeseriesStore } from './src/index.ts';
  const { port } = await new TimeseriesStore().listen();
  process.stdout.write(String(port));
  process.stdin.resume();
`;

function throwError(): never {
  throw new Error('a bug');
}
