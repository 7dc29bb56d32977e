import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createMetrics } from '../src/index.ts';
import type { Operation } from '../src/index.ts';
import { forgetWhatWasLogged, setUp, values, warnings, DESTINATION } from './collect.ts';

beforeEach(forgetWhatWasLogged);

describe('verbs', () => {
  it('records each verb in the instrument of its kind', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    metrics.incr('orders');
    metrics.incr('orders', 2.5);
    metrics.upDown('active', 3);
    metrics.upDown('active', -1);
    metrics.gauge('depth', 7);
    metrics.gauge('depth', -5);
    metrics.timing('query', 14.2);
    metrics.timing('query', 0);
    metrics.distribution('size', 52_001, { unit: 'By' });
    const points = await reader.points();
    expect(values(points)).toEqual({
      'orders{}': 3.5,
      'active{}': 2,
      'depth{}': -5,
      'query{}': 14.2,
      'size{}': 52_001,
    });
    expect(Object.fromEntries(points.map(({ name, unit, count }) => [name, [unit, count]]))).toEqual({
      orders: ['', undefined],
      active: ['', undefined],
      depth: ['', undefined],
      query: ['ms', 2],
      size: ['By', 1],
    });
  });

  it('keeps counting over many collections', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    let exported = 0;
    for (let round = 1; round <= 20; round += 1) {
      for (let call = 0; call < round % 4; call += 1)
        metrics.incr('orders', round, { tags: { plan: 'pro' } });
      for (const { value } of await reader.points()) exported += value;
    }
    // round × (round mod 4), summed over 1…20
    expect(exported).toBe(310);
  });

  it('puts the prefix before the name and nothing between', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider, prefix: 'shop.' });
    metrics.incr('orders');
    metrics.child({ prefix: 'mail.' }).incr('sent');
    expect(values(await reader.points())).toEqual({ 'shop.orders{}': 1, 'shop.mail.sent{}': 1 });
  });

  it('passes milliseconds on as seconds where seconds are wanted', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider, timingUnit: 's' });
    metrics.timing('query', 250);
    metrics.timing('upload', 1_500, { unit: 'min' });
    expect(await reader.points()).toMatchObject([
      { name: 'query', unit: 's', value: 0.25 },
      { name: 'upload', unit: 'min', value: 0.025 },
    ]);
  });

  it('keeps the unit and description of the first call, and logs it once', async () => {
    const logged = warnings();
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    metrics.distribution('size', 1, { unit: 'By' });
    metrics.distribution('size', 2);
    metrics.distribution('size', 4, { unit: 'kBy' });
    metrics.distribution('size', 8, { unit: 'kBy' });
    expect(await reader.points()).toMatchObject([{ name: 'size', unit: 'By', value: 15, count: 4 }]);
    expect(logged.filter((line) => line.includes("'kBy' is ignored"))).toHaveLength(1);
  });

  it('refuses another kind under a name that is taken', async () => {
    const logged = warnings();
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    metrics.incr('orders');
    metrics.gauge('orders', 5);
    metrics.upDown('orders', 1);
    createMetrics({ meterProvider }).timing('orders', 1);
    expect(values(await reader.points())).toEqual({ 'orders{}': 1 });
    expect(metrics.stats()).toMatchObject({
      recorded: 4,
      handed: 1,
      held: 0,
      refused: { 'kind-conflict': 3 },
    });
    expect(logged).toHaveLength(1);
  });
});

describe('tags', () => {
  it('makes one series of the same tags in any order and of any type', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    metrics.incr('orders', 1, { tags: { plan: 'pro', shard: 1 } });
    metrics.incr('orders', 1, { tags: { shard: '1', plan: 'pro' } });
    metrics.incr('orders', 1, { tags: { shard: 1n, plan: 'pro', gone: undefined, none: null } });
    metrics.incr('orders', 1, { tags: { on: true } });
    metrics.incr('orders', 1, { tags: { on: 'true' } });
    expect(values(await reader.points())).toEqual({ 'orders{plan=pro,shard=1}': 3, 'orders{on=true}': 2 });
    expect(metrics.stats().series).toBe(2);
  });

  it('lets the narrower tag win: Metrics, withTags, call, instance', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider, tags: { a: 0, b: 0, c: 0, instance: 0 } });
    metrics.withTags({ b: 1, c: 1, instance: 1 }, () => {
      metrics.withTags({ c: 2 }, () => {
        metrics.incr('inner');
        metrics.incr('call', 1, { tags: { c: 3, instance: 3 } });
        metrics.incr('instance', 1, { tags: { instance: 3 }, instance: 'web-1' });
      });
      metrics.incr('outer');
    });
    metrics.incr('none');
    expect(values(await reader.points())).toEqual({
      'inner{a=0,b=1,c=2,instance=1}': 1,
      'call{a=0,b=1,c=3,instance=3}': 1,
      'instance{a=0,b=1,c=2,instance=web-1}': 1,
      'outer{a=0,b=1,c=1,instance=1}': 1,
      'none{a=0,b=0,c=0,instance=0}': 1,
    });
  });

  it('follows the asynchronous context, each request its own', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    await Promise.all(
      ['acme', 'bolt', 'core'].map((tenant, index) =>
        metrics.withTags({ tenant }, async () => {
          for (let step = 0; step <= index; step += 1) {
            await new Promise(setImmediate);
            metrics.incr('steps');
          }
        }),
      ),
    );
    expect(values(await reader.points())).toEqual({
      'steps{tenant=acme}': 1,
      'steps{tenant=bolt}': 2,
      'steps{tenant=core}': 3,
    });
  });

  it('reads the tags at every call and never changes or keeps the object', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider, tags: { region: 'eu' } });
    const tags: Record<string, string> = { plan: 'free' };
    const options = Object.freeze({ tags, instance: 'web-1' });
    metrics.incr('orders', 1, options);
    tags['plan'] = 'pro';
    metrics.incr('orders', 1, options);
    metrics.timing('query', 1, options);
    expect(tags).toEqual({ plan: 'pro' });
    expect(values(await reader.points())).toEqual({
      'orders{instance=web-1,plan=free,region=eu}': 1,
      'orders{instance=web-1,plan=pro,region=eu}': 1,
      'query{instance=web-1,plan=pro,region=eu}': 1,
    });
  });

  it('leaves out what is no tag, and counts it', async () => {
    const logged = warnings();
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    const odd = { ok: 1, object: {}, list: [1], symbol: Symbol('s'), call: () => 1, '': 'nameless' };
    metrics.incr('orders', 1, { tags: odd as never });
    metrics.incr('orders', 1, { tags: Object.create({ inherited: 'x' }) as never });
    expect(values(await reader.points())).toEqual({ 'orders{ok=1}': 1, 'orders{}': 1 });
    expect(metrics.stats().droppedTags).toBe(5);
    expect(logged).toHaveLength(1);
  });

  it('takes names that objects have by themselves', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    const tags = JSON.parse('{"__proto__":"a","constructor":"b","hasOwnProperty":"c"}') as Record<
      string,
      string
    >;
    metrics.incr('__proto__', 1, { tags });
    metrics.incr('constructor', 1, { tags });
    const [first, second] = await reader.points();
    expect([first?.name, second?.name]).toEqual(['__proto__', 'constructor']);
    expect(new Map(Object.entries(first?.tags ?? {}))).toEqual(new Map(Object.entries(tags)));
  });

  it('takes up to 128 of a call', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    const tags = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`tag${index}`, index]));
    metrics.incr('orders', 1, { tags });
    metrics.incr('orders', 1, { tags });
    const [point] = await reader.points();
    expect(Object.keys(point?.tags ?? {})).toHaveLength(128);
    expect(point?.value).toBe(2);
    expect(metrics.stats().droppedTags).toBe(72);
  });

  it('cuts a very long name or value between characters', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    metrics.incr('orders', 1, { tags: { text: 'x'.repeat(1_000_000) } });
    metrics.incr('orders', 1, { tags: { text: `${'x'.repeat(999)}😀` } });
    metrics.incr('orders', 1, { tags: { ['n'.repeat(5_000)]: 1 } });
    const points = await reader.points();
    const lengths = points.flatMap(({ tags }) =>
      Object.entries(tags).map((tag) => tag.map((part) => String(part).length)),
    );
    expect(lengths).toEqual([
      [4, 1_000],
      [4, 999],
      [1_000, 1],
    ]);
  });

  it('freezes the attributes that exporters get', async () => {
    const { reader, meterProvider } = setUp();
    createMetrics({ meterProvider }).incr('orders', 1, { tags: { plan: 'pro' } });
    const { resourceMetrics } = await reader.collect();
    const attributes = resourceMetrics.scopeMetrics[0]?.metrics[0]?.dataPoints[0]?.attributes;
    expect(attributes).toEqual({ plan: 'pro' });
    expect(Object.isFrozen(attributes)).toBe(true);
  });
});

describe('refused values', () => {
  it('are counted by cause, and logged once for each metric', async () => {
    const logged = warnings();
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    for (const verb of ['incr', 'upDown', 'gauge', 'timing', 'distribution'] as const) {
      for (const value of [Number.NaN, Infinity, -Infinity]) metrics[verb](`${verb}.a`, value);
      for (const value of ['5', 5n, {}, null, Symbol('s')]) metrics[verb](`${verb}.b`, value as never);
    }
    for (const verb of ['incr', 'timing', 'distribution'] as const) metrics[verb]('negative', -1);
    for (const name of ['', 'n'.repeat(256), 'n'.repeat(1_000_000), 5, undefined, {}])
      metrics.incr(name as never);
    expect(await reader.points()).toEqual([]);
    expect(metrics.stats()).toMatchObject({
      recorded: 15 + 25 + 3 + 6,
      handed: 0,
      held: 0,
      metrics: 0,
      refused: { 'not-finite': 15, 'not-a-number': 25, negative: 3, 'bad-name': 6 },
    });
    // Two names of each of five verbs, a negative value of three, and bad names once.
    expect(logged).toHaveLength(2 * 5 + 3 + 1);
    expect(logged.join('\n')).toContain('for a value that goes down there is upDown');
  });

  it('counts a sum that grows beyond all numbers', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    for (let call = 0; call < 4; call += 1) metrics.incr('huge', Number.MAX_VALUE);
    // An instrument gets the first value at once, and a producer the sum of all four.
    const handed = DESTINATION === 'instruments' ? 1 : 0;
    expect(values(await reader.points())).toEqual(handed === 1 ? { 'huge{}': Number.MAX_VALUE } : {});
    expect(metrics.stats()).toMatchObject({
      recorded: 4,
      handed,
      held: 0,
      refused: { 'not-finite': 4 - handed },
    });
  });
});

describe('bound counters', () => {
  it('count in the series of their tags, whatever the scope', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider, prefix: 'http.', tags: { region: 'eu' } });
    const tags = { route: '/' };
    const hits = metrics.counter('hits', tags, { unit: '{hit}', instance: 'web-1' });
    tags.route = '/changed';
    metrics.withTags({ tenant: 'acme' }, () => hits.incr());
    hits.incr(2);
    metrics.withTags({ tenant: 'acme' }, () => hits.incr(4));
    metrics.incr('hits', 8, { tags: { route: '/' }, instance: 'web-1' });
    for (const value of [-1, Number.NaN, '1', 5n]) hits.incr(value as never);
    const points = await reader.points();
    expect(values(points)).toEqual({ 'http.hits{instance=web-1,region=eu,route=/}': 15 });
    expect(points[0]?.unit).toBe('{hit}');
    expect(metrics.stats()).toMatchObject({ recorded: 8, handed: 4, held: 0 });
  });

  it('go on after their series was let go', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    const hits = metrics.counter('hits');
    hits.incr();
    await reader.points();
    for (let round = 0; round < 40; round += 1) await reader.points();
    expect(metrics.stats().series).toBe(0);
    hits.incr(2);
    hits.incr(3);
    expect(values(await reader.points())).toEqual({ 'hits{}': 5 });
  });
});

describe('observe', () => {
  it('reads at each collection until it is removed', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    let depth = 3;
    const stop = metrics.observe('depth', () => depth, { tags: { queue: 'mail' } });
    const stopOther = metrics.observe('depth', async () => depth * 2, { tags: { queue: 'jobs' } });
    expect(values(await reader.points())).toEqual({ 'depth{queue=mail}': 3, 'depth{queue=jobs}': 6 });
    depth = 4;
    stopOther();
    expect(values(await reader.points())).toEqual({ 'depth{queue=mail}': 4 });
    stop();
    stop();
    expect(await reader.points()).toEqual([]);
    expect(metrics.stats()).toMatchObject({ recorded: 3, handed: 3 });
  });

  it('counts callbacks that throw, reject or return no number', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    metrics.observe('a', () => {
      throw new Error('no');
    });
    metrics.observe('b', () => Promise.reject(new Error('no')));
    metrics.observe('c', () => Number.NaN);
    metrics.observe('d', () => 'five' as never);
    expect(await reader.points()).toEqual([]);
    expect(metrics.stats().refused).toEqual({ error: 2, 'not-finite': 1, 'not-a-number': 1 });
  });
});

describe('events', () => {
  it('reach every backend that knows them, with tags but without prefix', () => {
    const events: unknown[] = [];
    const sink = { event: (event: unknown) => events.push(event) };
    const broken = {
      event: () => {
        throw new Error('no');
      },
    };
    const { meterProvider } = setUp();
    const metrics = createMetrics({
      meterProvider,
      prefix: 'shop.',
      tags: { env: 'prod' },
      events: [broken, sink],
    });
    metrics.event('Deploy', 'v42 is live', {
      alertType: 'info',
      tags: { by: 'ci' },
      instance: 'web-1',
      timestamp: 5,
    });
    expect(events).toEqual([
      {
        title: 'Deploy',
        text: 'v42 is live',
        tags: { env: 'prod', by: 'ci', instance: 'web-1' },
        alertType: 'info',
        priority: undefined,
        aggregationKey: undefined,
        sourceTypeName: undefined,
        hostname: undefined,
        timestamp: 5,
      },
    ]);
    expect(metrics.stats()).toMatchObject({ recorded: 1, handed: 1, refused: {}, hookErrors: 1 });
  });

  it('are counted when no backend knows them', () => {
    const logged = warnings();
    const { meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    metrics.event('Deploy', 'one');
    metrics.event('Deploy', 'two');
    metrics.event('', 'three');
    expect(metrics.stats().refused).toEqual({ 'no-event-backend': 2, 'bad-name': 1 });
    expect(logged.filter((line) => line.includes('no backend takes events'))).toHaveLength(1);
  });
});

describe('operations', () => {
  it('are reported as they were called', () => {
    const operations: Operation[] = [];
    const { meterProvider } = setUp();
    const metrics = createMetrics({
      meterProvider,
      prefix: 'shop.',
      timingUnit: 's',
      operations: (operation) => operations.push(operation),
    });
    metrics.incr('orders', 2, { tags: { plan: 'pro', first: true }, instance: 'web-1' });
    metrics.timing('query', 30, { tags: { instance: 7 } });
    metrics.counter('hits').incr();
    metrics.counter('hits').incr();
    metrics.incr('orders', Number.NaN);
    metrics.event('Deploy', 'v42', { tags: { build: 42n, instance: 1 }, instance: 2 });
    const hit = { kind: 'incr', name: 'hits', value: 1, unit: undefined, instance: undefined };
    expect(operations).toEqual([
      {
        kind: 'incr',
        name: 'orders',
        value: 2,
        unit: undefined,
        instance: 'web-1',
        tags: { plan: 'pro', first: 'true', instance: 'web-1' },
        tagValues: { first: true },
      },
      {
        kind: 'timing',
        name: 'query',
        value: 30,
        unit: 'ms',
        instance: undefined,
        tags: { instance: '7' },
        tagValues: { instance: 7 },
      },
      { ...hit, tags: {}, tagValues: {} },
      { ...hit, tags: {}, tagValues: {} },
      {
        kind: 'event',
        name: 'Deploy',
        value: 'v42',
        unit: undefined,
        instance: '2',
        tags: { build: '42', instance: '2' },
        tagValues: { build: 42n },
      },
    ]);
  });

  it('show no value of a tag that tag rules deny, or that another tag has won over', () => {
    const operations: Operation[] = [];
    const { meterProvider } = setUp();
    const metrics = createMetrics({
      meterProvider,
      tags: { own: 1 },
      tagRules: { deny: ['own', 'user_id'] },
      operations: (operation) => operations.push(operation),
    });
    metrics.incr('orders', 1, { tags: { own: 2, user_id: 3, kept: false } });
    expect(operations[0]).toMatchObject({ tags: { own: '1', kept: 'false' } });
    expect(operations[0]!.tagValues).toEqual({ kept: false });
  });

  it('are thinned by the sample rate, and the metrics are not', async () => {
    let reported = 0;
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider, operations: () => (reported += 1) });
    for (let call = 0; call < 10_000; call += 1) metrics.incr('orders', 1, { sampleRate: 0.1 });
    metrics.incr('orders', 1, { sampleRate: 0 });
    expect(values(await reader.points())).toEqual({ 'orders{}': 10_001 });
    // Ten standard deviations around 1,000.
    expect(reported).toBeGreaterThan(700);
    expect(reported).toBeLessThan(1_300);
  });

  it('do no harm when the listener throws', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({
      meterProvider,
      operations: () => {
        throw new Error('no');
      },
    });
    metrics.incr('orders');
    expect(values(await reader.points())).toEqual({ 'orders{}': 1 });
    expect(metrics.stats()).toMatchObject({ recorded: 1, handed: 1, refused: {}, hookErrors: 1 });
  });
});

describe('internal', () => {
  it('holds for a name once any call has it, and makes no other series', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider, prefix: 'shop.' });
    const tags = { plan: 'pro' };
    metrics.incr('orders', 1, { tags });
    metrics.incr('logins', 1, { tags });
    expect(metrics.isInternal('shop.orders')).toBe(false);
    // A series that is known already.
    metrics.incr('orders', 2, { tags, internal: true });
    metrics.incr('orders', 4, { tags, internal: false });
    metrics.incr('orders', 8);
    expect(metrics.isInternal('shop.orders')).toBe(true);
    expect(metrics.isInternal('orders')).toBe(false);
    expect(metrics.isInternal('shop.logins')).toBe(false);
    expect(values(await reader.points())).toEqual({
      'shop.orders{plan=pro}': 7,
      'shop.orders{}': 8,
      'shop.logins{plan=pro}': 1,
    });
    expect(createMetrics({ meterProvider }).isInternal('shop.orders')).toBe(true);
    expect(createMetrics({ meterProvider: setUp().meterProvider }).isInternal('shop.orders')).toBe(false);
  });

  it('is taken wherever options are', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    const internal = { internal: true };
    metrics.upDown('upDown', 1, internal);
    metrics.gauge('gauge', 1, internal);
    metrics.timing('timing', 1, internal);
    metrics.distribution('distribution', 1, internal);
    metrics.time('time', () => 1, internal);
    metrics.wrap('wrap', () => 1, internal)();
    metrics.timer('timer', internal).stop();
    metrics.counter('bound', {}, internal).incr();
    metrics.child({ prefix: 'mail.' }).incr('child', 1, internal);
    metrics.withTags({ tenant: 'acme' }, () => metrics.incr('scoped', 1, internal));
    onTestFinished(metrics.observe('observed', () => 1, internal));
    const names = (await reader.points()).map(({ name }) => name);
    expect(names).toHaveLength(11);
    expect(names.filter((name) => !metrics.isInternal(name))).toEqual([]);
  });
});
