import { beforeEach, describe, expect, it } from 'vitest';
import { createMetrics } from '../src/index.ts';
import type { MetricEvent, Operation } from '../src/index.ts';
import { currentScope } from '../src/scope.ts';
import { forgetWhatWasLogged, setUp, values, warnings } from './collect.ts';

beforeEach(forgetWhatWasLogged);

describe('withTags', () => {
  it('within itself replaces equal names, so a job that starts its next run stays at one level', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    let deepest = 0;
    const run = async (left: number): Promise<void> => {
      await Promise.resolve();
      deepest = Math.max(deepest, currentScope().length);
      metrics.incr('jobs');
      if (left > 0) await metrics.withTags({ job: 'mail', run: left % 3 }, async () => run(left - 1));
    };
    await run(1_000);
    expect(deepest).toBe(4);
    expect(Object.keys(values(await reader.points()))).toEqual([
      'jobs{}',
      'jobs{job=mail,run=1}',
      'jobs{job=mail,run=0}',
      'jobs{job=mail,run=2}',
    ]);
  });

  it('keeps to the limit of tags, with those of the call and of the Metrics', async () => {
    const logged = warnings();
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider, tags: { own: 1 } });
    const many = (prefix: string): Record<string, number> =>
      Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`${prefix}${index}`, index]));
    metrics.withTags(many('a'), () =>
      metrics.withTags(many('b'), () => metrics.incr('orders', 1, { tags: many('c'), instance: 'w1' })),
    );
    const [point] = await reader.points();
    expect(Object.keys(point?.tags ?? {})).toHaveLength(128);
    expect(logged.filter((line) => line.includes('more than 128 tags'))).toHaveLength(1);
  });
});

describe('instance', () => {
  it('of no text is none', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    metrics.incr('orders', 1, { instance: '' });
    metrics.incr('orders', 2);
    expect(values(await reader.points())).toEqual({ 'orders{}': 3 });
  });

  it.each(['tag first', 'option first'])('is told apart from a denied tag of its name, %s', async (order) => {
    warnings();
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider, tagRules: { deny: ['instance'] } });
    const calls = [
      () => metrics.incr('orders', 1, { tags: { instance: 'a' } }),
      () => metrics.incr('orders', 2, { instance: 'a' }),
    ];
    if (order === 'option first') calls.reverse();
    for (let round = 0; round < 2; round += 1) for (const call of calls) call();
    expect(values(await reader.points())).toEqual({ 'orders{}': 2, 'orders{instance=a}': 4 });
  });
});

describe('tag rules', () => {
  it('reach operations and events, and count once for each new series', async () => {
    warnings();
    const operations: Operation[] = [];
    const events: MetricEvent[] = [];
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({
      meterProvider,
      tagRules: { deny: ['user'] },
      events: { event: (event) => events.push(event) },
      operations: (operation) => operations.push(operation),
    });
    for (let user = 0; user < 3; user += 1) metrics.incr('orders', 1, { tags: { user, plan: 'pro' } });
    expect(metrics.stats().droppedTags).toBe(1);
    metrics.event('Deploy', 'done', { tags: { user: 1, plan: 'pro' } });
    expect(operations.map(({ tags }) => tags)).toEqual(Array.from({ length: 4 }, () => ({ plan: 'pro' })));
    expect(events.map(({ tags }) => tags)).toEqual([{ plan: 'pro' }]);
    expect(values(await reader.points())).toEqual({ 'orders{plan=pro}': 3 });
  });

  it('let the tags of an operation of the overflow series be those of its call', () => {
    warnings();
    const operations: Operation[] = [];
    const { meterProvider } = setUp();
    const metrics = createMetrics({
      meterProvider,
      maxSeriesPerMetric: 2,
      operations: (operation) => operations.push(operation),
    });
    for (let user = 0; user < 3; user += 1) metrics.incr('orders', 1, { tags: { user } });
    expect(operations.map(({ tags }) => tags)).toEqual([{ user: '0' }, { user: '1' }, { user: '2' }]);
  });
});
