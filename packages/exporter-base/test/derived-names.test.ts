import { DataPointType, type MetricData, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { gaugeData, histogramData, resourceMetrics, sumData } from '@tallykit/testkit';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DELIVERED, derivedName, type DerivedSeries } from '../src/index.ts';
import { DerivedNames } from '../src/series/derived-names.ts';
import { listenToDiag } from './diag-messages.ts';
import { deliver, expectIdentity, exportTo, FakeServer, NOT_ACCEPTED } from './fake-server.ts';

let said: ReturnType<typeof listenToDiag>;
beforeEach(() => {
  said = listenToDiag();
});
afterEach(() => said.stop());

const SUFFIXES = ['.count', '.max'];

const VALUES = { buckets: { boundaries: [10], counts: [2, 1] }, count: 3, sum: 30, min: 1, max: 20 };

const histogram = (name: string, options: { readonly unit?: string } = {}) =>
  histogramData(name, VALUES, options);

/** An exporter that sends `NAME.count` and `NAME.max` of a histogram. */
function start(derived: DerivedSeries = { suffixes: SUFFIXES }) {
  const server = new FakeServer();
  const exporter = deliver(server, {
    derived,
    route: { maxPayloadBytes: 100_000 },
    format: (series) =>
      series.type === 'histogram'
        ? derived.suffixes.map((suffix) => derivedName(series.baseName, suffix, derived.maxNameLength))
        : `${series.name}=${series.value}`,
  });
  const send = async (metrics: readonly MetricData[] | ResourceMetrics) => {
    await exportTo(exporter, 'scopeMetrics' in metrics ? metrics : resourceMetrics([...metrics]));
    return server.take().join('\n').split('\n').toSorted();
  };
  return { server, exporter, send };
}

describe('a series that is derived of a histogram', () => {
  it('is called by the name of the histogram', async () => {
    const { send } = start();
    expect(await send([histogram('db'), sumData('count', 1)])).toEqual(['count=1', 'db.count', 'db.max']);
    expect(said.warn).toEqual([]);
  });

  it.each([
    ['a counter', sumData('db.count', 7), 'db.count=7'],
    ['a gauge', gaugeData('db.max', 7), 'db.max=7'],
  ])(
    'has another one beside %s of that name, whatever comes first, and it is logged once',
    async (_, own, line) => {
      for (const metrics of [
        [histogram('db'), own],
        [own, histogram('db')],
      ]) {
        const { send, exporter } = start();
        const expected = [line, 'db.histogram.count', 'db.histogram.max'].toSorted();
        for (let count = 0; count < 3; count += 1) expect(await send(metrics)).toEqual(expected);
        // Also when the other one doesn't come any more.
        expect(await send([histogram('db')])).toEqual(['db.histogram.count', 'db.histogram.max']);
        expectIdentity(exporter.stats());
      }
      const name = line.split('=')[0]!;
      const message =
        `TestExporter: the histogram db would be sent as ${name} among others, which is the name of something else, so its ` +
        'series are called db.histogram.count and so on. Rename one of the two. Logged once; of other histograms at debug level.';
      expect(said.warn).toEqual([message, message]);
    },
  );

  it('leaves its name to a metric that comes later, for good, and what waits does so, too', async () => {
    const { server, send, exporter } = start();
    expect(await send([histogram('db')])).toEqual(['db.count', 'db.max']);
    server.answer = () => NOT_ACCEPTED;
    await send([histogram('db')]);
    server.answer = () => DELIVERED;
    expect(await send([sumData('db.count', 7)])).toEqual([
      'db.count=7',
      'db.histogram.count',
      'db.histogram.max',
    ]);
    expect(await send([histogram('db')])).toEqual(['db.histogram.count', 'db.histogram.max']);
    expect(said.warn.filter((text) => text.includes('db.histogram'))).toHaveLength(1);
    expectIdentity(exporter.stats());
  });

  it('meets metrics of other scopes, and of other exports that are sent together', async () => {
    const scope = (metric: MetricData) => resourceMetrics([metric]).scopeMetrics;
    const scopes = [...scope(histogram('db')), ...scope(sumData('db.count', 7))];
    const expected = ['db.count=7', 'db.histogram.count', 'db.histogram.max'];
    expect(await start().send({ ...resourceMetrics([]), scopeMetrics: scopes })).toEqual(expected);

    const { exporter, server } = start();
    await Promise.all([
      exportTo(exporter, resourceMetrics([histogram('db')])),
      exportTo(exporter, resourceMetrics([sumData('db.count', 7)])),
    ]);
    expect(server.payloads.join('\n').split('\n').toSorted()).toEqual(expected);
  });

  it('has another one than that of another histogram: of another unit, or of a long name that is cut', async () => {
    expect(await start().send([histogram('db', { unit: 'ms' }), histogram('db', { unit: 'By' })])).toEqual([
      'db.count',
      'db.histogram.count',
      'db.histogram.max',
      'db.max',
    ]);
    const long = 'x'.repeat(28);
    const { send } = start({ suffixes: SUFFIXES, maxNameLength: 30 });
    const names = await send(['a', 'b', 'c', ...Array(20).keys()].map((end) => histogram(`${long}${end}`)));
    expect(new Set(names).size).toBe(46);
    expect(names.every(({ length }) => length <= 30)).toBe(true);
    expect(names).toContain(`${'x'.repeat(24)}.count`);
    expect(names).toContain(`${'x'.repeat(14)}.histogram.count`);
    expect(names).toContain(`${'x'.repeat(13)}.histogram2.count`);
  });

  it('has no other one because of a name that nobody sends', async () => {
    const { send } = start();
    expect(await send([histogram('db'), histogram('db.count')])).toEqual([
      'db.count',
      'db.count.count',
      'db.count.max',
      'db.max',
    ]);
    expect(said.warn).toEqual([]);
  });

  it('never meets another, whatever is called how', async () => {
    const name = fc
      .array(fc.constantFrom('count', 'max', 'histogram', 'histogram2', 'db'), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('.'));
    const metric = fc
      .tuple(name, fc.constantFrom(sumData, gaugeData, histogram))
      .map(([one, make]) =>
        make === histogram ? histogram(one) : make === sumData ? sumData(one, 1) : gaugeData(one, 2),
      );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(metric, { maxLength: 6 }), { maxLength: 6 }), async (exports) => {
        const { send, exporter } = start();
        for (const metrics of exports) {
          const own = metrics
            .filter(({ dataPointType }) => dataPointType === DataPointType.SUM)
            .map(({ descriptor }) => descriptor.name);
          const lines = (await send(metrics)).filter((line) => line !== '');
          const derived = lines.filter((line) => !line.includes('='));
          expect(new Set(derived).size).toBe(derived.length);
          for (const one of own) expect(derived).not.toContain(one);
          expectIdentity(exporter.stats());
        }
      }),
    );
  });
});

describe('DerivedNames', () => {
  const metricOf = (name: string) => ({
    type: 'histogram',
    name,
    unit: '',
    baseName: name,
    checkedVersion: 0,
  });

  it('remembers what a name was for when the metric is forgotten and comes again, and says so once', () => {
    const names = new DerivedNames('Test', { suffixes: SUFFIXES });
    names.claimOwn('db.count');
    for (let count = 0; count < 2; count += 1) {
      const metric = metricOf('db');
      names.settle(metric);
      expect(metric.baseName).toBe('db.histogram');
    }
    expect(said.warn).toHaveLength(1);
  });

  it('forgets names of metrics that are gone when there are more than 100,000', () => {
    const names = new DerivedNames('Test', { suffixes: SUFFIXES });
    names.claimOwn('db.count');
    for (let index = 0; index < 100_001; index += 1) names.claimOwn(`n${index}.count`);
    const live = metricOf('db');
    names.settle(live);
    names.tidy([live, { ...metricOf('db.count'), type: 'sum' }]);
    const [again, other] = [metricOf('db'), metricOf('n1')];
    for (const metric of [again, other]) names.settle(metric);
    expect([again.baseName, other.baseName]).toEqual(['db.histogram', 'n1']);
  });

  it('tells whose series was called so before', () => {
    const names = new DerivedNames('Test', { suffixes: SUFFIXES });
    names.settle(metricOf('db'));
    expect([names.claimOwn('db.count'), names.claimOwn('db.sum')]).toEqual(['db', undefined]);
  });
});
