import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { configureMetrics, createMetrics, metrics as defaultMetrics } from '../src/index.ts';
import type { Metrics } from '../src/index.ts';
import { forgetWhatWasLogged, setUp, values, warnings } from './collect.ts';

beforeEach(forgetWhatWasLogged);

type AnyCall = (...args: unknown[]) => unknown;

/** The members of a `Metrics`, as JavaScript sees them. */
function untyped(metrics: Metrics): Record<string, AnyCall> {
  return metrics as unknown as Record<string, AnyCall>;
}

const malformed: [string, (metrics: Record<string, AnyCall>) => unknown, string[]][] = [
  ['tags without `tags:`', (m) => m['incr']!('a', 1, { plan: 'pro' }), ['a{}']],
  ['an array of tags', (m) => m['incr']!('a', 1, ['plan:pro']), ['a{}']],
  ['a sample rate in third place', (m) => m['incr']!('a', 1, 0.5, { tags: { plan: 'pro' } }), ['a{}']],
  ['an instance in third place', (m) => m['incr']!('a', 1, 'inst', { a: 'b' }), ['a{}']],
  ['tags in fourth place', (m) => m['incr']!('a', 1, undefined, { a: 'b' }), ['a{}']],
  ['`tag`', (m) => m['incr']!('a', 1, { tag: { plan: 'pro' } }), ['a{}']],
  ['`skip_internal`', (m) => m['incr']!('a', 1, { skip_internal: true }), ['a{}']],
  ['tags as text', (m) => m['incr']!('a', 1, { tags: 'plan:pro' }), ['a{}']],
  ['tags as an array', (m) => m['incr']!('a', 1, { tags: ['plan:pro'] }), ['a{}']],
  ['tags as a Map', (m) => m['incr']!('a', 1, { tags: new Map([['plan', 'pro']]) }), ['a{}']],
  ['options as a Map', (m) => m['incr']!('a', 1, new Map([['plan', 'pro']])), ['a{}']],
  [
    'one wrong option beside right ones',
    (m) => m['incr']!('a', 1, { tags: { plan: 'pro' }, instance: 'w1', sample_rate: 1 }),
    ['a{instance=w1,plan=pro}'],
  ],
  ['a unit that is no text', (m) => m['incr']!('a', 1, { unit: 5 }), ['a{}']],
  ['upDown', (m) => m['upDown']!('a', 1, { plan: 'pro' }), ['a{}']],
  ['gauge', (m) => m['gauge']!('a', 1, { plan: 'pro' }), ['a{}']],
  ['timing', (m) => m['timing']!('a', 1, ['plan:pro']), ['a{}']],
  ['distribution', (m) => m['distribution']!('a', 1, 0.5), ['a{}']],
  ['timer', (m) => (m['timer']!('a', 'inst', { plan: 'pro' }) as Disposable)[Symbol.dispose](), ['a{}']],
  ['active', (m) => m['active']!('a', { plan: 'pro' }), ['a{}']],
  ['observe', (m) => m['observe']!('a', () => 1, { plan: 'pro' }), ['a{}']],
  ['observe without a function', (m) => (m['observe']!('a', 5) as () => void)(), []],
  ['wrap of no function', (m) => expect(m['wrap']!('a', 5)).toBe(5), []],
  ['time of a promise', (m) => m['time']!('a', Promise.resolve(5)), []],
  ['withTags of an array', (m) => m['withTags']!(['a'], () => m['incr']!('a')), ['a{}']],
  ['child', (m) => (m['child']!({ prefix: 'x.', tag: {} }) as Metrics).incr('a'), ['x.a{}']],
  [
    'counter with options for tags',
    (m) => (m['counter']!('a', { tags: { b: 1 } }) as { incr(): void }).incr(),
    ['a{}'],
  ],
];

describe('a call of a wrong shape', () => {
  it.each(malformed)(
    '%s is counted, said once, and recorded as far as it goes',
    async (_what, call, expected) => {
      const logged = warnings();
      const { reader, meterProvider } = setUp();
      const metrics = createMetrics({ meterProvider });
      call(untyped(metrics));
      expect(metrics.stats().malformed).toBe(1);
      expect(logged).toHaveLength(1);
      expect(logged[0]).toMatch(/; write \w+\(/);
      const recorded = values(await reader.points());
      expect(Object.keys(recorded)).toEqual(expected);
      call(untyped(metrics));
      expect(metrics.stats().malformed).toBe(2);
      // The second callback of `observe` for the same series is said as well.
      expect(logged.filter((line) => line.includes('; write '))).toHaveLength(1);
    },
  );

  it('is seen at a series that is known, and never remembered', async () => {
    warnings();
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    for (let call = 0; call < 3; call += 1) {
      metrics.incr('a');
      metrics.incr('a', 1, { plan: 'pro' } as never);
      metrics.incr('a', 1, { tags: {} });
      metrics.incr('a', 1, undefined);
      metrics.incr('a', 1, null as never);
    }
    expect(metrics.stats()).toMatchObject({ recorded: 15, malformed: 3, refused: {} });
    expect(values(await reader.points())).toEqual({ 'a{}': 15 });
  });

  it('is said once for each metric, with what is wrong and the right form', () => {
    const logged = warnings();
    const { meterProvider } = setUp();
    const metrics = untyped(createMetrics({ meterProvider }));
    for (const name of ['a', 'b', 'a']) metrics['incr']!(name, 1, { plan: 'pro' });
    metrics['event']!('Deploy', 'done', { alert_type: 'info' });
    const component = '@tallykit/metrics';
    expect(logged.map((line) => line.replace(component, '').trim()).slice(0, 2)).toEqual([
      "incr('a'): there is no option `plan`; write incr(name, value, { tags: { plan: 'pro' } })",
      "incr('b'): there is no option `plan`; write incr(name, value, { tags: { plan: 'pro' } })",
    ]);
    expect(logged[2]).toContain("event('Deploy'): there is no option `alert_type`");
  });

  it('names the place of the options where they come second', () => {
    const logged = warnings();
    const { meterProvider } = setUp();
    createMetrics({ meterProvider }).incr('a', { tags: { plan: 'pro' } } as never);
    expect(logged[0]).toContain('options come third: incr(name, value, options)');
  });

  it('gives back what `time` was passed in place of a function', async () => {
    warnings();
    const { meterProvider } = setUp();
    const promise = Promise.resolve(5);
    expect(createMetrics({ meterProvider }).time('a', promise as never)).toBe(promise);
  });
});

describe('members', () => {
  it('work without their object', async () => {
    const { reader, meterProvider } = setUp();
    const m = createMetrics({ meterProvider, events: { event: () => undefined } });
    const { incr, upDown, gauge, timing, distribution, time, wrap, timer, event, counter, active } = m;
    const { observe, withTags, child, stats, isInternal } = m;
    incr('incr');
    upDown('upDown', 1);
    gauge('gauge', 1);
    timing('timing', 1);
    distribution('distribution', 1);
    expect(time('time', () => 5)).toBe(5);
    expect(wrap('wrap', () => 6)()).toBe(6);
    const { stop } = timer('timer');
    stop();
    event('title', 'text');
    const { incr: hit } = counter('counter');
    hit();
    hit();
    const { stop: end } = active('active');
    end();
    onTestFinished(observe('observe', () => 1));
    withTags({ a: 1 }, () => incr('scoped'));
    child({ prefix: 'c.' }).incr('child');
    expect(isInternal('incr')).toBe(false);
    expect(Object.keys(values(await reader.points()))).toHaveLength(13);
    const { recorded, handed, refused } = stats();
    expect({ recorded, handed, refused }).toEqual({ recorded: 16, handed: 16, refused: {} });
  });

  it('of the default one do so before and after it is configured', async () => {
    const { incr } = defaultMetrics;
    const { reader, meterProvider } = setUp();

    configureMetrics({ meterProvider, prefix: 'p.' });
    incr('a');
    expect(values(await reader.points())).toEqual({ 'p.a{}': 1 });
  });
});

afterEach(() => configureMetrics({}));
