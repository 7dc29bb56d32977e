import assert from 'node:assert/strict';
import { inspect, isDeepStrictEqual } from 'node:util';
import {
  AggregationTemporality,
  AggregationType,
  InstrumentType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricData,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import type { Arrivals } from './arrivals.ts';
import { conformanceCase, HOSTILE } from './conformance-case.ts';
import { eventCases } from './conformance-event-cases.ts';
import type { ConformanceCase } from './conformance.ts';
import { gaugeData, histogramData, resourceMetrics, sumData } from './metric-data.ts';
import { isSuccess, pointsOf, type ExportResult, type Trial } from './trial.ts';

/**
 * What must be true of every push exporter, as data for any test runner. Needs `diag` for itself: run one case at a time.
 *
 * @example
 * describe('conformance', () => {
 *   for (const { name, run } of conformanceCases) it(name, () => run(subject));
 * });
 */
export const conformanceCases: readonly ConformanceCase[] = [
  // What export must do whatever it is handed.

  conformanceCase('An empty batch is answered with SUCCESS, and nothing is sent', async (trial) => {
    const empty = resourceMetrics([]);
    const withoutPoints = resourceMetrics([{ ...sumData('orders', 1), dataPoints: [] }]);
    for (const metrics of [{ ...empty, scopeMetrics: [] }, empty, withoutPoints])
      assertSuccess(await trial.export(metrics), 'an empty batch');
    assert.deepEqual((await trial.arrivalsSoFar()).series, []);
    assert.equal(trial.payloads.length, 0, 'payloads of empty batches');
  }),

  conformanceCase('Every export is answered exactly once, and nothing is thrown', async (trial) => {
    for (let exported = 0; exported < 3; exported += 1) {
      trial.meter.createCounter('orders').add(1);
      await trial.export();
    }
    await trial.forceFlush();
    await trial.shutDown();
    await trial.export([sumData('orders', 1)]);
  }),

  conformanceCase('What it is handed stays as it is, also when it is deep-frozen', async (trial) => {
    recordEveryKind(trial);
    const metrics = await trial.collect();
    const copy = structuredClone(metrics.scopeMetrics);
    await trial.export(metrics);
    assert.ok(isDeepStrictEqual(metrics.scopeMetrics, copy), 'an export changed what it was handed');
    recordEveryKind(trial);
    const frozen = await trial.collect();
    deepFreeze(frozen.scopeMetrics);
    assertSuccess(await trial.export(frozen), 'a deep-frozen batch');
    await assertCount(trial, 'orders', 6);
  }),

  // Every kind of point.

  conformanceCase(
    'It chooses the temporality that it states, for every type of instrument',
    async ({ exporter, facts }) => {
      const { DELTA, CUMULATIVE } = AggregationTemporality;
      for (const type of Object.values(InstrumentType)) {
        const chosen = exporter.selectAggregationTemporality?.(type) ?? CUMULATIVE;
        assert.ok(chosen === DELTA || chosen === CUMULATIVE, `${type}: ${chosen} is no temporality`);
        if (facts.discards || GAUGES.has(type)) continue;
        const expected = facts.temporality === 'delta' && !UP_DOWN.has(type) ? DELTA : CUMULATIVE;
        assert.equal(AggregationTemporality[chosen], AggregationTemporality[expected], type);
      }
    },
  ),

  conformanceCase('Counters arrive as what they were increased by, each increase once', async (trial) => {
    let bytes = 0;
    trial.meter.createObservableCounter('bytes').addCallback((result) => result.observe(bytes));
    for (const increase of [5, 7, 11]) {
      bytes += increase * 100;
      trial.meter.createCounter('orders').add(increase);
      await trial.export();
    }
    await assertCount(trial, 'orders', 23);
    await assertCount(trial, 'bytes', 2300);
  }),

  conformanceCase('Up-down counters and gauges arrive as their current value', async (trial) => {
    const { meter } = trial;
    let heap = 0;
    meter.createObservableUpDownCounter('heap').addCallback((result) => result.observe(heap));
    meter.createObservableGauge('load').addCallback((result) => result.observe(heap / 8));
    for (const [active, depth] of [
      [5, 40],
      [-2, 4],
      [4, 44],
    ] as const) {
      heap += 10;
      meter.createUpDownCounter('active').add(active);
      meter.createGauge('depth').record(depth);
      await trial.export();
    }
    const arrivals = await trial.arrivals();
    for (const [name, value] of [
      ['active', 7],
      ['depth', 44],
      ['heap', 30],
      ['load', 3.75],
    ] as const)
      assertGauge(trial, arrivals, name, value);
  }),

  conformanceCase(
    'Exponential histograms arrive with all their values',
    (trial) => assertHistogram(trial, 0.05),
    {
      views: [
        {
          instrumentName: 'latency',
          aggregation: {
            type: AggregationType.EXPONENTIAL_HISTOGRAM,
            options: { maxSize: 160, recordMinMax: true },
          },
        },
      ],
    },
  ),

  // The widest bucket that matters is 25 to 50.
  conformanceCase(
    'Histograms with explicit buckets arrive with all their values',
    (trial) => assertHistogram(trial, 0.25),
    {
      views: [
        { instrumentName: 'latency', aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM } },
      ],
    },
  ),

  conformanceCase('Gauges below zero arrive as they are, or are counted as dropped', async (trial) => {
    const results: ExportResult[] = [];
    for (const value of [3, -5, -7]) results.push(await trial.export([gaugeData('temperature', value)]));
    const arrivals = await trial.arrivals();
    const values = arrivals.named('temperature').map((one) => ('value' in one ? one.value : undefined));
    if (trial.facts.discards) return assert.deepEqual(values, []);
    if (trial.facts.negativeGauges) return assert.deepEqual(values, [3, -5, -7]);
    assert.deepEqual(values, [3], 'gauges below zero of an exporter that says it can not say them');
    trial.assertLossIsSaid(2, results, 'gauges below zero');
  }),

  conformanceCase(
    'Histograms with values below zero arrive as they are, or are counted as dropped',
    async (trial) => {
      // The SDK keeps them out of its histogram instruments, and lets a View make a histogram of a gauge.
      const drift = trial.meter.createGauge('drift');
      for (const value of [-30, -20, 5]) drift.record(value);
      const result = await trial.export();
      const distribution = (await trial.arrivals()).distribution('drift');
      if (trial.facts.discards) return;
      if (trial.facts.negativeDistributions && trial.facts.histograms !== 'none') {
        assert.equal(distribution?.count, 3, 'values of a histogram that arrived');
        assertClose(distribution?.min, -30, 0.05, 'the lowest of them');
      } else {
        assert.equal(distribution, undefined, 'of a histogram that it says it can not say');
        trial.assertLossIsSaid(1, [result], 'a histogram with values below zero');
      }
    },
    {
      views: [
        {
          instrumentName: 'drift',
          aggregation: {
            type: AggregationType.EXPONENTIAL_HISTOGRAM,
            options: { maxSize: 160, recordMinMax: true },
          },
        },
      ],
    },
  ),

  conformanceCase('A running total of somebody else is never added up', async (trial) => {
    const results: ExportResult[] = [];
    for (const total of [5, 7, 12]) {
      const temporality = AggregationTemporality.CUMULATIVE;
      results.push(await trial.export([sumData('requests', total, { temporality })]));
    }
    const arrived = (await trial.arrivals()).count('requests');
    if (trial.facts.discards) return;
    // 12: read as totals. 7: the increases since the first. 0: refused.
    assert.ok([12, 7, 0].includes(arrived), `the running totals 5, 7, 12 became ${arrived}`);
    if (arrived === 0) trial.assertLossIsSaid(3, results, 'running totals');
  }),

  // Numbers.

  conformanceCase('NaN and infinite values never arrive, and are counted as dropped', async (trial) => {
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const results: ExportResult[] = [];
    for (const value of odd) {
      const metrics = [gaugeData('odd', value), sumData('oddsum', value), gaugeData('even', 2)];
      results.push(await trial.export(metrics));
    }
    const arrivals = await trial.arrivals();
    assert.deepEqual(
      [...arrivals.named('odd'), ...arrivals.named('oddsum')],
      [],
      'values that are no numbers',
    );
    assertGauge(trial, arrivals, 'even', 2);
    if (!trial.facts.discards) trial.assertLossIsSaid(6, results, 'values that are not finite');
  }),

  conformanceCase(
    'Data that no SDK makes costs nothing that stands beside it, and is counted',
    async (trial) => {
      const grows = sumOf(trial, 'grows', {});
      const bad = dataThatNoSdkMakes(trial);
      const call = trial.begin([sumOf(trial, 'orders', {}), ...bad, grows, gaugeData('even', 2)]);
      // What was handed in is what there was then.
      grows.dataPoints.push(...(grows.dataPoints as never[]));
      trial.assertStatsAddUp('while data that no SDK makes is exported');
      await call.answer;
      trial.assertStatsAddUp('after data that no SDK makes');
      await assertCount(trial, 'orders', 1);
      await assertCount(trial, 'grows', 1);
      const arrivals = await trial.arrivals();
      assertGauge(trial, arrivals, 'even', 2);
      for (const name of ['nan', 'mixed']) {
        const odd = arrivals.named(name).filter((one) => 'value' in one && !Number.isFinite(one.value));
        assert.deepEqual(odd, [], `values of ${name} that are no numbers`);
      }
      await assertCount(trial, 'mixed', 3);
    },
  ),

  conformanceCase('Very large, very small and negative zero values arrive as they are', async (trial) => {
    const values = { large: 1e21, small: 1e-7, precise: 0.1 + 0.2, whole: 2 ** 53 - 1, negativezero: -0 };
    await trial.export(Object.entries(values).map(([name, value]) => gaugeData(name, value)));
    const arrivals = await trial.arrivals();
    for (const [name, value] of Object.entries(values)) assertGauge(trial, arrivals, name, value);
  }),

  conformanceCase('Fractions add up', async (trial) => {
    for (const increase of [0.25, 0.5, 1.25, 1]) {
      trial.meter.createCounter('hours').add(increase);
      await trial.export();
    }
    await assertCount(trial, 'hours', 3);
  }),

  // Names and tags.

  conformanceCase('Tags arrive as they were recorded, or none does', async (trial) => {
    const orders = trial.meter.createCounter('orders');
    const depth = trial.meter.createGauge('depth');
    const tags = { plan: 'pro', region: 'eu' };
    orders.add(2, tags);
    orders.add(3, { plan: 'free', region: 'eu' });
    depth.record(4, tags);
    await trial.export();
    const arrivals = await assertCount(trial, 'orders', 5);
    if (trial.facts.discards) return;
    if (trial.facts.tags) {
      assert.equal(arrivals.count('orders', tags), 2, 'what arrived with the tags plan=pro and region=eu');
      assert.equal(arrivals.count('orders', { plan: 'free', region: 'eu' }), 3);
      assert.equal(arrivals.gauge('depth', tags), 4);
    } else {
      const tagged = arrivals.series.find((one) => Object.keys(one.tags).length > 0);
      assert.equal(tagged, undefined, 'a series with tags, of an exporter that says it has none');
      assert.equal(arrivals.named('orders').length, 1, 'series that are equal on the wire');
    }
  }),

  conformanceCase(
    'A tag that is changed in an attributes object that is used again arrives changed',
    async (trial) => {
      const attributes = { plan: 'free' };
      await trial.export([gaugeData('depth', 1, { attributes })]);
      attributes.plan = 'pro';
      const endSeconds = Math.floor(Date.now() / 1000) + 10;
      await trial.export([gaugeData('depth', 2, { attributes, endSeconds })]);
      const arrivals = await trial.arrivals();
      if (!trial.facts.tags || trial.facts.discards) return assertGauge(trial, arrivals, 'depth', 2);
      assert.equal(arrivals.gauge('depth', { plan: 'free' }), 1, 'with the tag plan=free');
      assert.equal(arrivals.gauge('depth', { plan: 'pro' }), 2, 'with the tag plan=pro');
    },
  ),

  conformanceCase(
    'Nothing in a name, a tag key or a tag value can add a series, a tag or a value',
    async (trial) => {
      const texts = HOSTILE.flatMap((text) => [text, `a${text}b`]);
      const data = texts.flatMap((text) => [
        sumOf(trial, `hostile${text}`, {}),
        sumOf(trial, 'hostilekey', { [text]: 'value' }),
        sumOf(trial, 'hostilevalue', { key: text }),
      ]);
      const result = await trial.export(data);
      const { series } = await trial.arrivals();
      if (trial.facts.discards) return;
      const arrived = series.filter(({ name }) => !name.includes('conformanceend'));
      for (const { name, tags } of arrived) {
        assert.match(name, /hostile/, 'a series that nobody recorded');
        assert.ok(Object.keys(tags).length <= 1, `one tag became ${inspect(tags)}`);
      }
      const sum = arrived.reduce((total, one) => total + ('value' in one ? one.value : Number.NaN), 0);
      if (trial.facts.temporality === 'cumulative') return;
      assert.ok(sum <= data.length, `${data.length} increases by one became ${sum}`);
      if (sum < data.length) trial.assertLossIsSaid(data.length - sum, [result], 'hostile names and tags');
    },
  ),

  conformanceCase('Two points that are equal on the wire add up', async (trial) => {
    const scopeMetrics = [];
    for (const { meter, reader } of [trial.newReader(), trial.newReader()]) {
      meter.createCounter('orders').add(2, { plan: 'pro' });
      meter.createHistogram('latency').record(10);
      scopeMetrics.push(...(await reader.read()).scopeMetrics);
    }
    await trial.export({ ...resourceMetrics([]), scopeMetrics });
    const arrivals = await assertCount(trial, 'orders', 4);
    if (trial.facts.discards || trial.facts.histograms === 'none') return;
    assert.equal(
      arrivals.distribution('latency')?.count,
      2,
      'values of two histograms that are equal on the wire',
    );
  }),

  // Payloads.

  conformanceCase('No payload is larger than the limit, and nothing in it is torn', async (trial) => {
    const orders = trial.meter.createCounter('orders');
    for (let index = 0; index < 500; index += 1)
      orders.add(1, { index, city: `Zürich 🚲 ${'é'.repeat(index % 20)}` });
    assertSuccess(await trial.export(), '500 points');
    const arrivals = await assertCount(trial, 'orders', 500);
    const { maxPayloadBytes = Number.POSITIVE_INFINITY } = trial.facts;
    const longest = Math.max(0, ...trial.payloads.map((payload) => Buffer.byteLength(payload)));
    assert.ok(longest <= maxPayloadBytes, `a payload has ${longest} bytes, the limit is ${maxPayloadBytes}`);
    if (!trial.facts.tags || trial.facts.discards) return;
    const series = new Set(arrivals.named('orders').map(({ tags }) => inspect(tags)));
    assert.equal(series.size, 500, 'series that arrived');
  }),

  conformanceCase('A payload is filled up to its limit, and not a byte further', async (trial) => {
    const { facts } = trial;
    const limit = facts.maxPayloadBytes ?? Number.POSITIVE_INFINITY;
    // Nothing that a program records comes near the limit of an HTTP body.
    if (facts.discards || !facts.tags || limit > 65_536) return;
    // How many bytes there are besides the tags' values, and how many a character of four bytes takes.
    const small = 10 * Math.ceil(limit / BYTES_PER_TAG);
    const [one, two] = [await exportPadded(trial, [small]), await exportPadded(trial, [small, small])];
    const wide = await exportPadded(trial, [small], '🚲', 4);
    const width = 4 + (wide.bytes - one.bytes) / (small / 5);
    for (const [character, bytes] of [
      ['x', 1],
      ['🚲', width],
    ] as const) {
      for (let over = -3; over <= 3; over += 1) {
        const room = limit - two.bytes + 2 * small + over;
        const sizes = [Math.floor(room / 2), Math.ceil(room / 2)];
        const { arrived } = await exportPadded(trial, sizes, character, bytes);
        assert.equal(
          arrived,
          2,
          `points that arrived of two that have ${over} bytes too many for one payload`,
        );
        const alone = [limit - one.bytes + small + over];
        const { arrived: isThere, result } = await exportPadded(trial, alone, character, bytes);
        // A line may have grown by a digit or two since it was measured.
        if (over === -3) assert.equal(isThere, 1, 'points that arrived of one that has room');
        if (isThere === 0) trial.assertLossIsSaid(1, [result], 'a point that is longer than a payload');
      }
    }
    const longest = Math.max(...trial.payloads.map((payload) => Buffer.byteLength(payload)));
    assert.ok(longest <= limit, `a payload has ${longest} bytes, the limit is ${limit}`);
  }),

  conformanceCase('Many payloads at once arrive whole', async (trial) => {
    const calls = [0, 1, 2].map((part) =>
      trial.begin(
        Array.from({ length: 250 }, (_, index) => {
          const attributes = { city: `Zürich 🚲 ${'é'.repeat(index % 50)}` };
          return gaugeData(`depth${250 * part + index}`, index, { attributes });
        }),
      ),
    );
    const results = await Promise.all(calls.map(({ answer }) => answer));
    for (const result of results) assertSuccess(result, '250 points among 750');
    const arrivals = await trial.arrivals();
    if (trial.facts.discards) return;
    for (let index = 0; index < 750; index += 1) assertGauge(trial, arrivals, `depth${index}`, index % 250);
  }),

  conformanceCase('What fits into no payload is counted, and everything else arrives', async (trial) => {
    const name = 'x'.repeat((trial.facts.maxPayloadBytes ?? 100_000) + 1);
    const result = await trial.export([
      gaugeData('before', 1),
      gaugeData(name, 424_242),
      gaugeData('after', 3),
    ]);
    const arrivals = await trial.arrivals();
    assertGauge(trial, arrivals, 'before', 1);
    assertGauge(trial, arrivals, 'after', 3);
    if (trial.facts.discards || arrivals.series.some((one) => 'value' in one && one.value === 424_242))
      return;
    trial.assertLossIsSaid(1, [result], 'a point that fits into no payload');
  }),

  // Time.

  conformanceCase('At every moment received is exported, pending and dropped together', async (trial) => {
    const { exporter, facts } = trial;
    assert.equal(typeof exporter.stats === 'function', facts.stats, 'whether there is a method stats()');
    trial.assertStatsAddUp('at the start');
    for (const then of [() => undefined, () => trial.running.refuse(), () => trial.running.recover()]) {
      await then();
      const metrics = Array.from({ length: 50 }, (_, index) => gaugeData(`depth${index}`, index));
      const call = trial.begin([...metrics, gaugeData('odd', Number.NaN)]);
      trial.assertStatsAddUp('while an export is under way');
      await new Promise((resolve) => setImmediate(resolve));
      trial.assertStatsAddUp('a turn later');
      await call.answer;
      trial.assertStatsAddUp('after an export');
    }
    await trial.shutDown();
    await trial.export([gaugeData('late', 1)]);
    trial.assertStatsAddUp('after an export that came too late');
    if (!exporter.stats) return;
    const { pending } = exporter.stats();
    assert.equal(pending.points, 0, 'pending points after the shutdown');
  }),

  conformanceCase(
    'Exports that overlap are each answered once, and what is answered with SUCCESS arrives',
    async (trial) => {
      const calls = [];
      for (let index = 0; index < 5; index += 1) {
        trial.meter.createCounter('orders').add(1, { index });
        calls.push(trial.begin(await trial.collect()));
      }
      const results = await Promise.all(calls.map(({ answer }) => answer));
      const succeeded = results.filter(isSuccess).length;
      const count = (await trial.arrivals()).count('orders');
      if (trial.facts.discards) return;
      assert.ok(
        count >= succeeded,
        `${succeeded} of 5 increases were answered with SUCCESS, and ${count} arrived`,
      );
      assert.ok(count <= 5, `5 increases became ${count}`);
      if (count < 5) trial.assertLossIsSaid(5 - count, results, 'exports that overlap');
    },
  ),

  conformanceCase('forceFlush ends after everything that was handed in has left', async (trial) => {
    trial.meter.createCounter('orders').add(3);
    const call = trial.begin(await trial.collect());
    await trial.forceFlush();
    assert.equal(call.answers, 1, 'answers to the export when forceFlush ended');
    if (trial.exporter.stats)
      assert.equal(trial.exporter.stats().pending.points, 0, 'pending points after forceFlush');
    if (trial.facts.discards) return;
    await trial.until((arrivals) => arrivals.count('orders') === 3, 'what was flushed');
  }),

  conformanceCase('shutdown sends what was handed in, and can be called twice', async (trial) => {
    trial.meter.createCounter('orders').add(3);
    const call = trial.begin(await trial.collect());
    await Promise.all([trial.shutDown(), trial.shutDown()]);
    await trial.shutDown();
    await call.answer;
    if (trial.facts.discards) return;
    await trial.until((arrivals) => arrivals.count('orders') === 3, 'what was handed in before the shutdown');
  }),

  conformanceCase('After the shutdown an export is FAILED, and nothing is sent', async (trial) => {
    await trial.arrivals();
    await trial.shutDown();
    const sent = trial.payloads.length;
    const result = await trial.export([gaugeData('late', 1)]);
    assert.ok(!isSuccess(result), 'the answer to an export after the shutdown is SUCCESS');
    await trial.forceFlush();
    await trial.arrivalsSoFar();
    assert.equal(trial.payloads.length, sent, 'payloads, one of them sent after the shutdown');
  }),

  // Events.

  ...eventCases,

  // Outages.

  conformanceCase(
    'What a backend refuses is dropped and said, or kept, as the exporter states',
    async (trial) => {
      const { facts, running } = trial;
      await trial.arrivals();
      await running.refuse();
      const results: ExportResult[] = [];
      // The first may still go into a connection that breaks only then.
      for (let index = 0; index < 3; index += 1) {
        trial.meter.createCounter('orders').add(1);
        results.push(await trial.export());
      }
      const failed = !results.every(isSuccess);
      const { dropped, pending } = trial.exporter.stats?.() ?? { dropped: undefined, pending: undefined };
      const isNoticed = failed || (dropped?.points ?? 0) > 0 || (pending?.points ?? 0) > 0;
      await running.recover();
      if (facts.discards || facts.outage === 'unnoticed')
        return assert.equal(isNoticed, false, 'whether an exporter noticed that says it can not');
      if (facts.outage === 'kept') {
        const isThere = (arrivals: Arrivals) => arrivals.count('orders') === 3;
        await trial.until(isThere, 'what the backend refused at first', RETRY_MILLIS);
        return;
      }
      assert.ok(failed, 'three exports to a backend that refuses were answered with SUCCESS');
      trial.assertLossIsSaid(1, results, 'refused points');
      // The next running total makes up for those that were dropped.
      if (facts.temporality === 'cumulative') return;
      assert.ok(
        (await trial.arrivals()).count('orders') < 3,
        'what was refused arrived: it is kept, not dropped',
      );
    },
  ),

  conformanceCase('It delivers again by itself when the backend is back', async (trial) => {
    const { running, meter } = trial;
    await trial.arrivals();
    await running.refuse();
    meter.createCounter('orders').add(1);
    await trial.export();
    await running.recover();
    if (trial.facts.discards) return;
    // Twice: a broken connection may be noticed only by what is written into it.
    for (let index = 0; index < 2; index += 1) {
      meter.createCounter('orders').add(1);
      await trial.export();
    }
    meter.createCounter('back').add(1);
    await trial.export();
    const arrivals = await trial.until((so) => so.count('back') === 1, 'what was recorded after the outage');
    assert.ok(arrivals.count('orders') <= 3, `3 increases became ${arrivals.count('orders')}`);
  }),

  conformanceCase(
    'A backend that hangs holds up no export, flush or shutdown beyond the deadline',
    async (trial) => {
      await trial.arrivals();
      await trial.running.hang();
      // A connection that broke with the hanging would be noticed here, and not hold up what comes next.
      await trial.export([gaugeData('first', 1)]);
      // Seven megabytes: more than the buffers of a connection hold. Each line fits into a datagram.
      const attributes = Object.fromEntries(Array.from('abcdef', (key) => [key, key.repeat(180)]));
      const metrics = Array.from({ length: 6000 }, (_, index) =>
        gaugeData(`depth${index}`, index, { attributes }),
      );
      const call = trial.begin(metrics);
      await trial.forceFlush();
      await call.answer;
      const last = trial.begin([gaugeData('last', 1)]);
      await trial.shutDown();
      await last.answer;
    },
    { hangs: true },
  ),

  conformanceCase(
    'What may have arrived is never counted twice',
    async (trial) => {
      const { meter, running, facts } = trial;
      await running.hang();
      meter.createCounter('orders').add(1);
      await trial.export();
      await running.recover();
      meter.createCounter('orders').add(1);
      await trial.export();
      await trial.arrivals();
      // Whatever it wants to send again is sent by then.
      await trial.shutDown();
      const arrivals = await trial.arrivalsSoFar();
      const timed = arrivals.named('orders').every(({ timestamp }) => timestamp !== undefined);
      if (facts.idempotent)
        assert.ok(timed, 'it says that its payloads may arrive twice, and they have no time');
      const count = arrivals.count('orders');
      assert.ok(count <= 2, `2 increases became ${count}`);
    },
    { hangs: true },
  ),

  conformanceCase(
    'A MeterProvider that is shut down while its backend is dead ends, and shuts the exporter down',
    async (trial) => {
      const { exporter } = trial;
      await trial.running.refuse();
      let shutdowns = 0;
      const delegate: PushMetricExporter = {
        export: (metrics, callback) => {
          trial.handed += pointsOf(metrics);
          exporter.export(metrics, callback);
        },
        forceFlush: () => exporter.forceFlush(),
        shutdown: () => {
          shutdowns += 1;
          return exporter.shutdown();
        },
        ...(exporter.selectAggregationTemporality && {
          selectAggregationTemporality: (type) => exporter.selectAggregationTemporality!(type),
        }),
        ...(exporter.selectAggregation && { selectAggregation: (type) => exporter.selectAggregation!(type) }),
      };
      const provider = new MeterProvider({
        readers: [new PeriodicExportingMetricReader({ exporter: delegate })],
      });
      provider.getMeter('conformance').createCounter('orders').add(1);
      await trial.inTime(
        provider.shutdown(),
        'the end of MeterProvider.shutdown with a dead backend',
        30_000,
      );
      assert.equal(shutdowns, 1, 'how often the exporter was shut down');
    },
  ),

  conformanceCase(
    'No secret is said or kept in an error, whatever happens',
    async (trial) => {
      const { running, facts } = trial;
      const results = [await trial.export([gaugeData('depth', 1)])];
      await running.refuse();
      results.push(await trial.export([gaugeData('depth', 2), gaugeData('odd', Number.NaN)]));
      await running.recover();
      await running.hang();
      results.push(await trial.export([gaugeData('depth', 3)]));
      await trial.forceFlush();
      await trial.shutDown();
      results.push(await trial.export([gaugeData('depth', 4)]));
      const said = [...trial.said.everything, ...results.map(({ error }) => inspect(error, { depth: 10 }))];
      for (const secret of facts.secrets) {
        const leak = said.find((text) => text.includes(secret));
        assert.equal(leak?.replaceAll(secret, '(the secret)'), undefined, 'a text with a secret');
      }
    },
    { hangs: true },
  ),

  // The process.

  conformanceCase('A program with the exporter ends by itself', async (trial) => {
    await trial.runProgram(
      [gaugeData('alive', 1)],
      'await new Promise((resolve) => exporter.export(metrics, resolve));',
    );
    if (trial.facts.discards) return;
    await trial.until((arrivals) => arrivals.gauge('alive') === 1, 'what the program recorded');
  }),

  conformanceCase('A program whose last statement is the shutdown has sent everything', async (trial) => {
    const metrics = Array.from({ length: 300 }, (_, index) => gaugeData(`alive${index}`, index));
    await trial.runProgram(metrics, 'exporter.export(metrics, () => undefined);\nawait exporter.shutdown();');
    if (trial.facts.discards) return;
    await trial.until(
      (arrivals) => metrics.every(({ descriptor: { name } }, index) => arrivals.gauge(name) === index),
      'what the program recorded',
    );
  }),
];

/** How long an exporter may wait, after three failures, before it tries again by itself. */
const RETRY_MILLIS = 6000;

const GAUGES: ReadonlySet<InstrumentType> = new Set([InstrumentType.GAUGE, InstrumentType.OBSERVABLE_GAUGE]);

const UP_DOWN: ReadonlySet<InstrumentType> = new Set([
  InstrumentType.UP_DOWN_COUNTER,
  InstrumentType.OBSERVABLE_UP_DOWN_COUNTER,
]);

function assertSuccess(result: ExportResult, what: string): void {
  assert.ok(isSuccess(result), `the answer to ${what} is FAILED: ${String(result.error)}`);
}

/** Checks what arrived of a counter, in all series of that name together. */
async function assertCount(trial: Trial, name: string, expected: number): Promise<Arrivals> {
  const arrivals = await trial.arrivals();
  if (trial.facts.discards)
    assert.deepEqual(arrivals.series, [], 'what arrived from an exporter that discards');
  else assertClose(arrivals.count(name), expected, 1e-9, `what ${name} was increased by`);
  return arrivals;
}

function assertGauge({ facts }: Trial, arrivals: Arrivals, name: string, expected: number): void {
  if (facts.discards)
    return assert.deepEqual(arrivals.named(name), [], 'what arrived from an exporter that discards');
  assertClose(arrivals.gauge(name), expected, 1e-9, `the value of ${name}`);
}

/** @param tolerance of percentiles and extremes that are not exact, relative */
async function assertHistogram(trial: Trial, tolerance: number): Promise<void> {
  const latency = trial.meter.createHistogram('latency');
  for (let value = 1; value <= 100; value += 1) latency.record(value);
  const result = await trial.export();
  const arrivals = await trial.arrivals();
  const { facts } = trial;
  if (facts.discards)
    return assert.deepEqual(arrivals.series, [], 'what arrived from an exporter that discards');
  if (facts.histograms === 'none') {
    assert.deepEqual(
      arrivals.series.filter(({ name }) => name.includes('latency')),
      [],
      'what arrived of a histogram',
    );
    return trial.assertLossIsSaid(1, [result], 'a histogram');
  }
  const distribution = arrivals.distribution('latency');
  assert.ok(
    distribution,
    `no histogram arrived as ${facts.histograms}, but ${inspect(arrivals.series, { maxArrayLength: 5 })}`,
  );
  assert.equal(distribution.count, 100, 'how many values arrived');
  assertClose(distribution.sum, 5050, 1e-6, 'their sum');
  const ofExtremes = facts.histograms === 'samples' ? tolerance : 1e-9;
  assertClose(distribution.min, 1, ofExtremes, 'their minimum');
  assertClose(distribution.max, 100, ofExtremes, 'their maximum');
  for (const rank of [0.5, 0.95]) {
    const quantile = distribution.quantile(rank);
    if (quantile !== undefined) assertClose(quantile, rank * 100, tolerance, `their quantile ${rank}`);
  }
}

function assertClose(actual: number | undefined, expected: number, tolerance: number, what: string): void {
  const isClose = actual !== undefined && Math.abs(actual - expected) <= tolerance * Math.abs(expected);
  if (!isClose) assert.fail(`${what}: ${actual} arrived instead of ${expected}`);
}

/** How many bytes of padding a tag has in a text as long as a payload. */
const BYTES_PER_TAG = 100;

/**
 * Exports gauges whose tags have values of so many bytes together, at the same number of tags.
 *
 * @param width how many bytes `character` takes
 * @returns `bytes` of all payloads with them, and how many of them `arrived`
 */
async function exportPadded(
  trial: Trial,
  sizes: readonly number[],
  character = 'x',
  width = 1,
): Promise<{ readonly bytes: number; readonly arrived: number; readonly result: ExportResult }> {
  const before = trial.payloads.length;
  const name = `padded${String(before).padStart(6, '0')}`;
  const tags = Math.ceil((trial.facts.maxPayloadBytes ?? 0) / BYTES_PER_TAG);
  const metrics = sizes.map((size, index) => {
    const attributes: Record<string, string> = {};
    for (let tag = 0; tag < tags; tag += 1) {
      const share = Math.floor(((tag + 1) * size) / tags) - Math.floor((tag * size) / tags);
      attributes[`k${String(tag).padStart(4, '0')}`] =
        character.repeat(Math.floor(share / width)) + 'x'.repeat(share % width);
    }
    return gaugeData(`${name}x${index}`, 1, { attributes });
  });
  const result = await trial.export(metrics);
  const arrivals = await trial.arrivals();
  // The last one says that there is no more.
  const bytes = trial.payloads
    .slice(before, -1)
    .reduce((sum, payload) => sum + Buffer.byteLength(payload), 0);
  const arrived = arrivals.series.filter((one) => one.name.startsWith(name)).length;
  return { bytes, arrived, result };
}

function recordEveryKind({ meter }: Trial): void {
  const attributes = { plan: 'pro', sizes: [1, 2] };
  meter.createCounter('orders').add(3, attributes);
  meter.createUpDownCounter('active').add(2, attributes);
  meter.createGauge('depth').record(4, attributes);
  meter.createHistogram('latency').record(12, attributes);
}

/** An increase by one under any name, as the exporter's temporality has it. */
function sumOf({ facts }: Trial, name: string, attributes: Record<string, string>): MetricData {
  const { DELTA, CUMULATIVE } = AggregationTemporality;
  return sumData(name, 1, { attributes, temporality: facts.temporality === 'delta' ? DELTA : CUMULATIVE });
}

/** One metric for each thing that a program can't record, among them one with points that are in order. */
function dataThatNoSdkMakes(trial: Trial): MetricData[] {
  const good = (name: string) => sumOf(trial, name, {});
  const withPoint = (name: string, ...wrong: readonly (object | null)[]) => {
    const metric = good(name);
    const [point] = metric.dataPoints;
    const dataPoints = wrong.map((one) => one && { ...point, ...one });
    return { ...metric, dataPoints } as unknown as MetricData;
  };
  const unreadable = Object.defineProperty({}, 'plan', {
    enumerable: true,
    get: () => {
      throw new Error('nobody may look');
    },
  });
  return [
    withPoint('mixed', { value: 1 }, { value: Number.NaN }, null, { value: 2 }),
    withPoint('nan', { value: Number.NaN }, { value: '1' }),
    withPoint('unlabelled', { attributes: undefined }, { attributes: unreadable }),
    withPoint('timeless', { startTime: undefined, endTime: [Number.NaN, 0] }),
    { ...good('nameless'), descriptor: undefined } as unknown as MetricData,
    histogramData('nobuckets', { count: 1 } as never),
  ];
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
}
