import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { parseDatadogPayload, startDatadogIntake, type FakeDatadogIntakeOptions } from '../src/index.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const NOW = Math.floor(Date.now() / 1000);

async function setUp(options: FakeDatadogIntakeOptions = {}) {
  const intake = await startDatadogIntake(options);
  cleanups.push(() => intake.close());
  const post = async (path: string, body: string | Uint8Array, headers: Record<string, string> = {}) => {
    const response = await fetch(intake.url + path, {
      method: 'POST',
      headers: { 'DD-API-KEY': 'key', ...headers },
      body: typeof body === 'string' ? body : new Uint8Array(body),
    });
    return { status: response.status, headers: response.headers, answer: await response.text() };
  };
  return { intake, post };
}

const series = (...points: [timestamp: number, value: number][]) =>
  JSON.stringify({
    series: [
      {
        metric: 'orders',
        type: 1,
        interval: 10,
        unit: 'request',
        points: points.map(([timestamp, value]) => ({ timestamp, value })),
        resources: [
          { type: 'device', name: 'sda' },
          { type: 'host', name: 'web-1' },
        ],
        tags: ['plan:pro'],
      },
    ],
  });

// One Sketch, encoded by hand from `agent_payload.proto`: two values in the bin 1338 and one in the bin -1, from 1 second.
const SKETCH = Buffer.from(
  [
    '0a3e', // SketchPayload.sketches
    '0a0161', // metric: a
    '120168', // host: h
    '2203623a63', // tags: b:c
    '3a31', // dogsketches
    '0801', // ts: 1
    '1003', // cnt: 3
    '190000000000000040', // min: 2
    '210000000000000840', // max: 3
    '290000000000000440', // avg: 2.5
    '310000000000001e40', // sum: 7.5
    '3a0301f414', // k: -1, 1338
    '42020102', // n: 1, 2
  ].join(''),
  'hex',
);

describe('parseDatadogPayload', () => {
  it('reads series of version 2 and 1', () => {
    const read = (path: string, body: string) => parseDatadogPayload(path, Buffer.from(body))?.series;
    const common = { metric: 'orders', type: 'count', interval: 10, host: 'web-1', tags: ['plan:pro'] };
    expect(read('/api/v2/series', series([1, 2.5]))).toEqual([
      { ...common, unit: 'request', points: [{ timestamp: 1, value: 2.5 }] },
    ]);
    const version1 = {
      metric: 'orders',
      points: [[1, 2.5]],
      type: 'count',
      interval: 10,
      host: 'web-1',
      tags: ['plan:pro'],
    };
    expect(read('/api/v1/series', JSON.stringify({ series: [version1] }))).toEqual([
      { ...common, unit: '', points: [{ timestamp: 1, value: 2.5 }] },
    ]);
    const least = { metric: 'orders', points: [[1, 2]] };
    expect(read('/api/v1/series', JSON.stringify({ series: [least] }))).toMatchObject([
      { type: 'gauge', interval: 0, host: '', tags: [] },
    ]);
  });

  it('reads the protobuf of sketches, with fields that it does not know', () => {
    const expected = {
      metric: 'a',
      host: 'h',
      tags: ['b:c'],
      timestamp: 1,
      count: 3,
      min: 2,
      max: 3,
      average: 2.5,
      sum: 7.5,
      keys: [-1, 1338],
      counts: [1, 2],
    };
    expect(parseDatadogPayload('/api/beta/sketches', SKETCH)?.sketches).toEqual([expected]);
    // A varint, 8 bytes, text and 4 bytes in fields 9 to 12.
    const unknown = Buffer.from('48ff015101020304050607085a01616501020304', 'hex');
    const all = parseDatadogPayload('/api/beta/sketches', Buffer.concat([unknown, SKETCH, SKETCH]));
    expect(all?.sketches).toEqual([expected, expected]);
  });

  it.each([
    ['/api/v2/series', 'not JSON'],
    ['/api/v2/series', '[]'],
    ['/api/v2/series', '{"series":{}}'],
    ['/api/v2/series', '{"series":[{"metric":"","points":[]}]}'],
    ['/api/v2/series', '{"series":[{"metric":"a","type":7,"points":[]}]}'],
    ['/api/v2/series', '{"series":[{"metric":"a","type":1,"points":[{"timestamp":1.5,"value":1}]}]}'],
    ['/api/v2/series', '{"series":[{"metric":"a","type":1,"points":[{"timestamp":1,"value":null}]}]}'],
    ['/api/v2/series', '{"series":[{"metric":"a","type":1,"points":[],"tags":[1]}]}'],
    ['/api/v1/series', '{"series":[{"metric":"a","type":"set","points":[]}]}'],
    ['/api/v1/series', '{"series":[{"metric":"a","points":[[1]]}]}'],
    ['/api/v1/distribution_points', '{"series":[{"metric":"a","points":[[1,2]]}]}'],
    ['/api/v1/events', '{"title":"","text":""}'],
    ['/api/v1/events', `{"title":"a","text":"${'x'.repeat(4001)}"}`],
    ['/api/beta/sketches', SKETCH.subarray(0, -1)],
    ['/api/beta/sketches', Buffer.from('0aff', 'hex')],
    // The count says four, the bins three.
    ['/api/beta/sketches', Buffer.from(SKETCH.toString('hex').replace('1003', '1004'), 'hex')],
    // The bins descend.
    ['/api/beta/sketches', Buffer.from(SKETCH.toString('hex').replace('01f414', 'f41401'), 'hex')],
  ])('refuses what Datadog can not read at %s: %j', (path, body) => {
    expect(() => parseDatadogPayload(path, Buffer.from(body))).toThrow(/Datadog can't read|JSON|Unexpected/);
  });
});

describe('the fake Datadog intake', () => {
  it('keeps what it accepts: of two points in a second the last one, and none that is too old or too far ahead', async () => {
    const { intake, post } = await setUp();
    const points: [number, number][] = [
      [NOW - 20, 1],
      [NOW - 10, 2],
      [NOW - 4000, 100],
      [NOW + 1000, 100],
    ];
    expect((await post('/api/v2/series', series(...points))).status).toBe(202);
    expect(await post('/api/v2/series', series([NOW - 10, 5]))).toMatchObject({
      status: 202,
      answer: '{"errors":[]}',
    });
    expect(intake.count('orders')).toBe(6);
    expect(intake.count('orders', { plan: 'pro' })).toBe(6);
    expect(intake.count('orders', { plan: 'free' })).toBe(0);
    const gauge = { metric: 'depth', points: [[NOW, 3]], type: 'gauge' };
    await post('/api/v1/series', JSON.stringify({ series: [gauge, { ...gauge, points: [[NOW - 1, 9]] }] }));
    expect(intake.gauge('depth')).toBe(3);
  });

  it('adds up distributions, whether they come as values or as sketches', async () => {
    const { intake, post } = await setUp();
    const values = { metric: 'a', host: 'h', tags: ['b:c'], points: [[NOW, [1, 2, 2]]] };
    await post('/api/v1/distribution_points', JSON.stringify({ series: [values] }));
    // Of this second, not of 1970.
    const timestamp = Buffer.alloc(5);
    for (let index = 0, rest = NOW; index < 5; index += 1, rest = Math.floor(rest / 128))
      timestamp[index] = (rest % 128) + (index < 4 ? 128 : 0);
    const hex = SKETCH.toString('hex')
      .replace('0801', `08${timestamp.toString('hex')}`)
      .replace('0a3e', '0a42')
      .replace('3a31', '3a35');
    await post('/api/beta/sketches', Buffer.from(hex, 'hex'));
    expect(intake.payloads.map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(intake.distribution('a', { b: 'c' })).toMatchObject({ count: 6, sum: 12.5, min: 1, max: 3 });
    expect(intake.distribution('a', { b: 'd' }).count).toBe(0);
  });

  it('takes deflate everywhere, gzip for series, and nothing else', async () => {
    const { intake, post } = await setUp();
    const body = Buffer.from(series([NOW, 1]));
    const send = async (path: string, bytes: Uint8Array, encoding: string) =>
      (await post(path, bytes, { 'Content-Encoding': encoding })).status;
    expect(await send('/api/v2/series', deflateSync(body), 'deflate')).toBe(202);
    expect(await send('/api/v2/series', gzipSync(body), 'gzip')).toBe(202);
    expect(await send('/api/v2/series', deflateRawSync(body), 'deflate')).toBe(400);
    expect(await send('/api/v2/series', body, 'zstd')).toBe(400);
    expect(await send('/api/beta/sketches', gzipSync(SKETCH), 'gzip')).toBe(400);
    expect(await send('/api/beta/sketches', deflateSync(SKETCH), 'deflate')).toBe(202);
    expect(intake.payloads.map(({ sentBytes, body: { length } }) => sentBytes <= length)).toContain(true);
  });

  it('answers a wrong key, an unknown path and too much as Datadog does', async () => {
    const { intake, post } = await setUp({ apiKey: 'right', maxSentBytes: 1000, maxInflatedBytes: 5000 });
    expect(await post('/api/v2/series', series([NOW, 1]))).toMatchObject({
      status: 403,
      answer: '{"errors":["Forbidden"]}',
    });
    const right = { 'DD-API-KEY': 'right' };
    expect((await post('/api/v3/series', '{}', right)).status).toBe(404);
    expect((await post('/api/v2/series', 'x'.repeat(1001), right)).status).toBe(413);
    const inflating = { ...right, 'Content-Encoding': 'deflate' };
    expect((await post('/api/v2/series', deflateSync(Buffer.alloc(5001)), inflating)).status).toBe(413);
    expect(await post('/api/v2/series', '{', right)).toMatchObject({ status: 400 });
    expect(intake.count('orders')).toBe(0);
    expect(intake.payloads.every(({ isStored, error }) => !isStored && error !== undefined)).toBe(true);
    const validate = async (key: string) => {
      const response = await fetch(`${intake.url}/api/v1/validate`, { headers: { 'DD-API-KEY': key } });
      return [response.status, await response.text()];
    };
    expect(await validate('right')).toEqual([200, '{"valid":true}']);
    expect(await validate('wrong')).toEqual([403, '{"errors":["Forbidden"]}']);
  });

  it('does as the script says, one step for each request, and then what is right', async () => {
    const { intake, post } = await setUp();
    intake.script(
      { status: 429, headers: { 'X-RateLimit-Reset': '7' } },
      { status: 202, body: '{"broken', delayMillis: 1 },
    );
    const first = await post('/api/v2/series', series([NOW, 1]));
    expect([first.status, first.headers.get('x-ratelimit-reset')]).toEqual([429, '7']);
    expect(await post('/api/v2/series', series([NOW, 2]))).toMatchObject({ status: 202, answer: '{"broken' });
    expect(intake.count('orders')).toBe(2);
    expect((await post('/api/v2/series', series([NOW, 4]))).status).toBe(202);
    intake.scriptAll({ status: 500 });
    for (let request = 0; request < 2; request += 1)
      expect((await post('/api/v2/series', series([NOW, 8]))).status).toBe(500);
    intake.scriptAll();
    expect(intake.count('orders')).toBe(4);
    expect(intake.payloads.map(({ status, isStored }) => [status, isStored])).toEqual([
      [429, false],
      [202, true],
      [202, true],
      [500, false],
      [500, false],
    ]);
  });

  it('breaks connections where the script says, and keeps what it has read', async () => {
    const { intake, post } = await setUp();
    intake.script({ reset: 'unread' }, { reset: 'unanswered' });
    await expect(post('/api/v2/series', series([NOW - 9, 1]))).rejects.toThrow('fetch failed');
    await expect(post('/api/v2/series', series([NOW - 8, 2]))).rejects.toThrow('fetch failed');
    expect(intake.count('orders')).toBe(2);
    intake.script({ reset: 'answering' });
    await expect(post('/api/v2/series', series([NOW - 7, 4]))).rejects.toThrow(/terminated|closed|reset/);
    expect(intake.count('orders')).toBe(6);
    expect(intake.payloads.map(({ status }) => status)).toEqual([undefined, 202]);
  });

  it('hangs with what it has read, or without', async () => {
    const { intake, post } = await setUp();
    intake.script({ hang: 'stored' }, { hang: 'lost' });
    const hanging = [
      post('/api/v2/series', series([NOW - 9, 1])),
      post('/api/v2/series', series([NOW - 8, 2])),
    ];
    await intake.receive(2);
    expect(intake.waiting).toBe(2);
    expect([1, 2]).toContain(intake.count('orders'));
    const ended = Promise.allSettled(hanging);
    await intake.close();
    expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('leaves requests unread while it is paused, and listens at the same address after a restart', async () => {
    const { intake, post } = await setUp();
    intake.pause();
    const waiting = post('/api/v2/series', series([NOW - 9, 1]));
    const { url } = intake;
    for (let turn = 0; turn < 20 || intake.waiting === 0; turn += 1)
      await new Promise((resolve) => setImmediate(resolve));
    expect(intake.payloads).toEqual([]);
    intake.resume();
    expect((await waiting).status).toBe(202);
    await intake.close();
    await expect(post('/api/v2/series', series([NOW, 1]))).rejects.toThrow('fetch failed');
    await intake.restart();
    expect(intake.url).toBe(url);
    expect((await post('/api/v2/series', series([NOW - 8, 2]))).status).toBe(202);
    expect(intake.count('orders')).toBe(3);
  });
});
