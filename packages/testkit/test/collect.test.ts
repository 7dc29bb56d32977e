import { createMetrics } from '@tallykit/metrics';
import { describe, expect, it } from 'vitest';
import {
  assertCounted,
  assertDistributed,
  assertEvent,
  assertGauged,
  assertTimed,
  collect,
  type CollectOptions,
} from '../src/index.ts';
// oxlint-disable-next-line import/no-unassigned-import -- it adds the matchers
import '../src/vitest.ts';

function setUp(options: CollectOptions = {}) {
  const collected = collect(options);
  return {
    collected,
    metrics: createMetrics({ meterProvider: collected.meterProvider, events: collected }),
    meter: collected.meterProvider.getMeter('test'),
  };
}

/** The message of an expectation that is not met. */
function messageOf(expectation: () => void): string {
  try {
    expectation();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return expect.fail('it should have failed');
}

describe.each(['own', 'instruments'] as const)('collect, aggregation %s', (aggregation) => {
  it('has everything that @tallykit/metrics recorded, held counters as well, from the start', async () => {
    const { collected, metrics } = setUp({ aggregation });
    for (let index = 0; index < 5; index += 1) metrics.incr('orders', 2, { tags: { status: 'ok' } });
    metrics.upDown('active', 3);
    metrics.upDown('active', -1);
    metrics.gauge('depth', 7);
    metrics.gauge('depth', 8);
    metrics.timing('query', 12);
    metrics.timing('query', 30);
    metrics.distribution('size', 100, { unit: 'By' });
    metrics.observe('load', () => 0.5);
    for (const read of [1, 2]) {
      expect((await collected.read()).series, `read ${read}`).toEqual([
        { kind: 'counter', name: 'orders', unit: '', tags: { status: 'ok' }, value: 10 },
        { kind: 'upDown', name: 'active', unit: '', tags: {}, value: 2 },
        { kind: 'gauge', name: 'depth', unit: '', tags: {}, value: 8 },
        { kind: 'distribution', name: 'query', unit: 'ms', tags: {}, count: 2, sum: 42, min: 12, max: 30 },
        { kind: 'distribution', name: 'size', unit: 'By', tags: {}, count: 1, sum: 100, min: 100, max: 100 },
        { kind: 'gauge', name: 'load', unit: '', tags: {}, value: 0.5 },
      ]);
    }
    metrics.incr('orders', 1, { tags: { status: 'ok' } });
    metrics.timing('query', 5);
    const recorded = await collected.read();
    expect(recorded).toHaveCounted('orders', 11);
    expect(recorded).toHaveTimed('query', { count: 3, sum: 47, min: 5, max: 30 });
  });

  it('has what plain OpenTelemetry instruments recorded, of several meters', async () => {
    const { collected, meter } = setUp({ aggregation });
    meter.createCounter('orders').add(2, { plan: 'pro', code: 200 });
    collected.meterProvider.getMeter('other').createCounter('orders').add(3, { plan: 'free', code: 200 });
    meter.createObservableUpDownCounter('heap').addCallback((result) => result.observe(9));
    const recorded = await collected.read();
    expect(recorded).toHaveCounted('orders', 5);
    expect(recorded).toHaveCounted('orders', 2, { plan: 'pro' });
    expect(recorded).toHaveCounted('orders', 5, { code: 200 });
    expect(recorded).toHaveCounted('heap', 9);
  });

  it('forgets at reset what was recorded before, and nothing else', async () => {
    const { collected, metrics, meter } = setUp({ aggregation });
    metrics.incr('orders', 2);
    metrics.upDown('active', 3);
    metrics.timing('query', 12);
    metrics.event('Deploy', 'v42 is live');
    meter.createCounter('hits').add(1);
    const before = await collected.read();
    await collected.reset();
    expect(await collected.read()).toEqual({ series: [], events: [] });
    expect(before).toHaveEvent('Deploy', 1);
    metrics.incr('orders', 5);
    metrics.upDown('active', -1);
    const recorded = await collected.read();
    expect(recorded).toHaveCounted('orders', 5);
    expect(recorded).toHaveCounted('active', -1);
    expect(recorded).not.toHaveTimed('query');
  });

  it('keeps thousands of series apart', async () => {
    const { collected, meter } = setUp({ aggregation });
    const orders = meter.createCounter('orders');
    for (let user = 0; user < 5000; user += 1) orders.add(1, { user });
    expect((await collected.read()).series).toHaveLength(5000);
  });

  it('says what an observable instrument threw', async () => {
    const { collected, meter } = setUp({ aggregation });
    meter.createObservableGauge('load').addCallback(() => {
      throw new Error('no load');
    });
    await expect(collected.read()).rejects.toThrow('a callback of an observable instrument failed');
  });
});

describe('a matcher', () => {
  async function recordShop() {
    const { collected, metrics } = setUp();
    metrics.incr('orders', 2, { tags: { status: 'ok', plan: 'pro' } });
    metrics.incr('orders', 1, { tags: { status: 'ok', plan: 'free' } });
    metrics.incr('orders', 4, { tags: { status: 'failed', plan: 'pro' } });
    metrics.incr('refunds', 0.1);
    metrics.incr('refunds', 0.2);
    metrics.gauge('queue.depth', 12, { tags: { queue: 'mail' } });
    metrics.gauge('queue.depth', 3, { tags: { queue: 'sms' } });
    metrics.timing('db.query', 14.5, { tags: { table: 'users' } });
    metrics.distribution('upload.size', 100, { unit: 'By' });
    metrics.event('Deploy', 'v41 is live', { alertType: 'success', tags: { team: 'growth', region: 'eu' } });
    metrics.event('Deploy', 'v42 failed', { alertType: 'error', tags: { team: 'growth', region: 'us' } });
    metrics.event('Import', '12 rows', { priority: 'low' });
    return collected.read();
  }

  it('adds up the series that have the tags', async () => {
    const recorded = await recordShop();
    expect(recorded).toHaveCounted('orders');
    expect(recorded).toHaveCounted('orders', 7);
    expect(recorded).toHaveCounted('orders', 3, { status: 'ok' });
    expect(recorded).toHaveCounted('orders', 2, { status: 'ok', plan: 'pro' });
    expect(recorded).toHaveCounted('orders', 0, { status: 'lost' });
    expect(recorded).toHaveCounted('refunds', 0.3);
    expect(recorded).toHaveGauged('queue.depth', 12, { queue: 'mail' });
    expect(recorded).toHaveGauged('queue.depth');
    expect(recorded).toHaveTimed('db.query', 1, { table: 'users' });
    expect(recorded).toHaveTimed('db.query', { sum: 14.5, max: 14.5 });
    expect(recorded).toHaveTimed('db.query', { count: 1, sum: undefined });
    expect(recorded).toHaveDistributed('upload.size', { count: 1, min: 100 });
    expect(recorded).toHaveDistributed('db.query', 1);
  });

  it('is of use when something was not recorded', async () => {
    const recorded = await recordShop();
    expect(recorded).not.toHaveCounted('orders', 1);
    expect(recorded).not.toHaveCounted('orders', undefined, { status: 'lost' });
    expect(recorded).not.toHaveCounted('queue.depth');
    expect(recorded).not.toHaveGauged('orders');
    expect(recorded).not.toHaveTimed('upload.size');
    expect(recorded).not.toHaveTimed('db.query', 2);
    expect(recorded).toHaveTimed('db.query', 0, { table: 'orders' });
    expect(recorded).not.toHaveDistributed('db.query', { count: 1, sum: 14 });
  });

  it('shows what was counted instead, the series that are nearest first', async () => {
    const recorded = await recordShop();
    expect(
      messageOf(() => expect(recorded).toHaveCounted('orders', 2, { status: 'failed', plan: 'pro' })),
    ).toBe(
      `orders{status=failed,plan=pro}: expected a count of 2, got a count of 4
  orders{plan=pro,status=failed} counter 4
  orders{plan=pro,status=ok} counter 2
  orders{plan=free,status=ok} counter 1`,
    );
    expect(messageOf(() => expect(recorded).not.toHaveCounted('orders', 7))).toContain(
      'orders: expected no such thing as a count of 7, got a count of 7\n  orders{',
    );
  });

  it('shows what there is under the name when tags or kind are others', async () => {
    const recorded = await recordShop();
    expect(messageOf(() => expect(recorded).toHaveTimed('db.query', 1, { table: 'orders' }))).toBe(
      `db.query{table=orders}: expected timings with count 1; under that name there is only
  db.query{table=users} distribution count 1, sum 14.5, min 14.5, max 14.5 ms`,
    );
    expect(messageOf(() => expect(recorded).toHaveCounted('queue.depth', 12))).toContain(
      'queue.depth{queue=mail} gauge 12',
    );
    expect(messageOf(() => expect(recorded).toHaveGauged('queue.depth', 12))).toContain(
      'queue.depth: expected a gauge of 12, got 2 gauges (give more tags)',
    );
  });

  it('shows the nearest names when nothing has that name', async () => {
    const recorded = await recordShop();
    expect(messageOf(() => expect(recorded).toHaveCounted('order', 2))).toBe(
      'order: expected a count of 2; nothing has that name. ' +
        'The nearest names: orders, db.query, refunds, queue.depth, upload.size',
    );
    expect(messageOf(() => expect({ series: [], events: [] }).toHaveCounted('order', 2))).toBe(
      'order: expected a count of 2, but nothing was recorded at all',
    );
  });

  it('finds events by their title, tags and properties', async () => {
    const recorded = await recordShop();
    expect(recorded).toHaveEvent('Deploy');
    expect(recorded).toHaveEvent('Deploy', 2);
    expect(recorded).toHaveEvent('Deploy', undefined, { team: 'growth', region: 'us' });
    expect(recorded).toHaveEvent('Deploy', 1, { region: 'us' });
    expect(recorded).toHaveEvent('Deploy', { text: 'v41 is live', alertType: 'success' });
    expect(recorded).toHaveEvent('Deploy', { text: /v\d+/g, count: 2 });
    expect(recorded).toHaveEvent('Deploy', { text: undefined, alertType: 'error' }, { region: 'us' });
    expect(recorded).toHaveEvent('Import', { priority: 'low' });
    expect(recorded).toHaveEvent('Rollback', 0);
    expect(recorded).not.toHaveEvent('Deploy', 1);
    expect(recorded).not.toHaveEvent('Deploy', { text: 'v41' });
    expect(recorded).not.toHaveEvent('Deploy', { alertType: 'error' }, { region: 'eu' });
    expect(recorded).not.toHaveEvent('Deploy', { priority: 'low' });
    expect(recorded).not.toHaveEvent('orders');
    assertEvent(recorded, 'Deploy', { alertType: 'error' });
    expect(() => assertEvent(recorded, 'Rollback')).toThrow(
      expect.objectContaining({ name: 'AssertionError' }),
    );
  });

  it('shows the events that there were instead', async () => {
    const recorded = await recordShop();
    expect(
      messageOf(() =>
        expect(recorded).toHaveEvent('Deploy', { text: /live/, alertType: 'error' }, { region: 'us' }),
      ),
    ).toBe(
      `Deploy{region=us}: expected an event with text /live/, alertType "error"; under that title there is only
  Deploy{team=growth,region=us} text "v42 failed", alertType "error"
  Deploy{team=growth,region=eu} text "v41 is live", alertType "success"`,
    );
    expect(messageOf(() => expect(recorded).toHaveEvent('Deploy', 1, { team: 'growth' }))).toBe(
      `Deploy{team=growth}: expected 1 event, got 2
  Deploy{team=growth,region=eu} text "v41 is live", alertType "success"
  Deploy{team=growth,region=us} text "v42 failed", alertType "error"`,
    );
    expect(messageOf(() => expect(recorded).not.toHaveEvent('Import'))).toBe(
      'Import: expected no such thing as an event, got 1\n  Import text "12 rows", priority "low"',
    );
    expect(messageOf(() => expect(recorded).toHaveEvent('Imports', 2))).toBe(
      'Imports: expected 2 events; no event has that title. The nearest titles: Import, Deploy',
    );
    const { collected } = setUp();
    const nothing = await collected.read();
    expect(messageOf(() => expect(nothing).toHaveEvent('Deploy'))).toBe(
      'Deploy: expected an event, but no event arrived at all. ' +
        'A collection gets them by configureMetrics({ events: collected })',
    );
  });

  it('says what to do when the metrics were not read', async () => {
    const { collected } = setUp();
    for (const wrong of [collected, collected.read()]) {
      expect(messageOf(() => expect(wrong).toHaveCounted('orders'))).toBe(
        'metrics are read first: expect(await collected.read())',
      );
    }
    expect(messageOf(() => expect(42).toHaveCounted('orders'))).toContain('collect().read()');
  });

  it('is there as an assertion, for node:test', async () => {
    const recorded = await recordShop();
    assertCounted(recorded, 'orders', 3, { status: 'ok' });
    assertGauged(recorded, 'queue.depth', 3, { queue: 'sms' });
    assertTimed(recorded, 'db.query', 1);
    assertDistributed(recorded, 'upload.size', { sum: 100 });
    expect(() => assertCounted(recorded, 'orders', 2)).toThrow(
      expect.objectContaining({
        name: 'AssertionError',
        message: expect.stringContaining('got a count of 7'),
      }),
    );
  });
});
