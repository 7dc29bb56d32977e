import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPage } from '../page/embed.mjs';
import { TimeseriesStore, type StoreServer } from '../src/index.ts';
import { PAGE, PAGE_SCRIPT_HASH, PAGE_STYLE_HASH } from '../src/page.ts';
import { FakeNow } from './fake-now.ts';

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
    const { body } = await ask('/api/range?name=jobs');
    expect(body).toMatchObject({ since: now.seconds - 86_399, until: now.seconds, resolution: '1h' });
    expect(body.series[0].points).toHaveLength(24);
    expect((await ask('/api/range?name=jobs&last=3600')).body).toMatchObject({ resolution: '10s' });
    expect((await ask('/api/range?name=jobs&resolution=1d')).body).toMatchObject({ resolution: '1d' });
  });

  it('fills an unknown name with zeros', async () => {
    const { status, body } = await ask(`/api/range?name=nobody&since=${since}`);
    expect(status).toBe(200);
    expect(body.series[0].points.map(([, value]: [number, number]) => value)).toEqual([0, 0, 0, 0]);
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
    expect(await last('tag=queue:3&tag=queue:4')).toEqual([[5], 0]);
    expect(await last(`tag=${encodeURIComponent('x:c:d')}`)).toEqual([[0], 0]);
    expect(await last('by=queue&limit=3')).toEqual([[15, 14, 13], 12]);
  });

  it.each([
    ['name=x&resolution=5m', 'Invalid resolution'],
    ['name=x&resolution=', 'Invalid resolution'],
    ['name=x&resolution=10', 'Invalid resolution'],
    ['name=x&until=now', 'until must be a numeric timestamp.'],
    ['name=x&until=', 'until must be a numeric timestamp.'],
    ['name=x&since=yesterday', 'since must be a numeric timestamp'],
    ['name=x&since=Infinity', 'since must be a numeric timestamp'],
    ['name=x&since=20&until=10', 'start must be before or equal to end'],
    ['name=x&last=-1', 'start must be before or equal to end'],
    ['name=x&last=x', 'last must be a number of seconds'],
    ['', 'name is missing'],
    ['name=x&tag=nocolon', 'tag must be key:value'],
    ['name=x&limit=0', 'limit must be a number from 1 to 100'],
    ['name=x&since=0&resolution=10s', 'The range has too many points at this resolution'],
    [
      Array.from({ length: 101 }, (_, index) => `name=${index}`).join('&'),
      'At most 100 names can be asked for at once',
    ],
  ])('refuses %s', async (query, detail) => {
    expect(await ask(`/api/range?${query}`)).toMatchObject({ status: 400, body: { detail } });
  });
});

describe('the other addresses', () => {
  it('list names and series', async () => {
    store.record({ name: 'b', value: 1, tags: { x: '<i>' } });
    store.record({ type: 'gauge', name: 'a', value: 1, unit: 'By' });
    expect((await ask('/api/names')).body).toMatchObject({
      resolutions: ['10s', '1h', '1d'],
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

describe('listen', () => {
  it('listens to this machine only', async () => {
    expect(server.url).toBe(`http://127.0.0.1:${server.port}/`);
    const everywhere = await store.listen({ host: '0.0.0.0' });
    expect((await fetch(`http://127.0.0.1:${everywhere.port}/api/names`)).status).toBe(200);
    await everywhere.close();
  });

  it('refuses other names for this machine, which another site could have given it', async () => {
    const statusFor = (host: string) =>
      new Promise((resolve, reject) => {
        request(
          { port: server.port, host: '127.0.0.1', path: '/api/names', headers: { host } },
          (response) => {
            response.resume();
            resolve(response.statusCode);
          },
        )
          .on('error', reject)
          .end();
      });
    expect(await statusFor('evil.example')).toBe(403);
    expect(await statusFor(`evil.example:${server.port}`)).toBe(403);
    expect(await statusFor(`localhost:${server.port}`)).toBe(200);
    expect(await statusFor('[::1]:80')).toBe(200);
  });

  it('says which option is wrong, and when a port is taken', async () => {
    await expect(store.listen({ port: -1 })).rejects.toThrow('`port` must be a whole number from 0 to 65535');
    await expect(store.listen({ host: '' })).rejects.toThrow('`host` must be a string that is not empty');
    await expect(store.listen({ port: server.port })).rejects.toThrow('EADDRINUSE');
    expect(() => store.handler({ path: '/x' } as never)).toThrow('there is no option `path`');
  });
});
