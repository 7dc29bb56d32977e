import { AsyncLocalStorage } from 'node:async_hooks';
import {
  context,
  diag,
  DiagLogLevel,
  ROOT_CONTEXT,
  type Context,
  type ContextManager,
} from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import { AggregationTemporality, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { gaugeData, resourceMetrics, sumData } from '@tallykit/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  DATAGRAM_PACING,
  DELIVERED,
  Delivery,
  ONE_BY_ONE_PACING,
  type DeliveryOptions,
  type ExporterStats,
  type ExportResult,
  type Outcome,
  type Tally,
} from '../src/index.ts';
import { listenToDiag } from './diag-messages.ts';
import { FakeClock, settle } from './fake-clock.ts';

const SUCCESS = 0;
const FAILED = 1;
const NOT_ACCEPTED: Outcome = { type: 'not-accepted', reason: 'connection refused' };

/** A server's end of the wire: keeps payloads, and answers as the test says. */
class FakeServer {
  readonly payloads: string[] = [];
  sending = 0;
  mostAtOnce = 0;
  closed = 0;
  answer: (payload: string, signal: AbortSignal) => Promise<Outcome> | Outcome = () => DELIVERED;

  async send(payload: string, signal: AbortSignal): Promise<Outcome> {
    this.payloads.push(payload);
    this.sending += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.sending);
    try {
      return await this.answer(payload, signal);
    } finally {
      this.sending -= 1;
    }
  }

  async close(): Promise<void> {
    this.closed += 1;
  }

  /** Lets payloads wait for their answer. */
  hold() {
    let release: (outcome: Outcome) => void = () => undefined;
    const held = new Promise<Outcome>((resolve) => {
      release = resolve;
    });
    this.answer = () => held;
    return (outcome: Outcome = DELIVERED) => {
      this.answer = () => DELIVERED;
      release(outcome);
    };
  }
}

function deliver(server: FakeServer, options: Partial<DeliveryOptions> = {}): Delivery {
  return new Delivery({
    component: 'TestExporter',
    destination: 'test://server',
    remedy: 'Start the server.',
    translator: () => (point) => {
      const { attributes, ...rest } = point;
      return { ...rest, tags: JSON.stringify(attributes) };
    },
    format: (series) => [`${series.name}:${series.type === 'histogram' ? series.value.count : series.value}`],
    transport: server,
    pacing: { payloadsAtOnce: 32, gapMillis: 0 },
    maxPayloadBytes: 100,
    timeoutMillis: 1000,
    clock: new FakeClock(),
    ...options,
  });
}

function exportTo(exporter: Delivery, metrics: ResourceMetrics): Promise<ExportResult> {
  return new Promise((resolve) => exporter.export(metrics, resolve));
}

const many = (count: number, value = 1) =>
  resourceMetrics(Array.from({ length: count }, (_, index) => sumData(`n${index}`, value)));

function expectIdentity({ received, exported, pending, dropped, droppedBy }: ExporterStats): void {
  const add = (...tallies: Tally[]) =>
    tallies.reduce((a, b) => ({ points: a.points + b.points, amount: a.amount + b.amount }), {
      points: 0,
      amount: 0,
    });
  expect(add(exported, pending, dropped)).toEqual(received);
  expect(add(...Object.values(droppedBy))).toEqual(dropped);
  expect(pending.points).toBeGreaterThanOrEqual(0);
}

let said: ReturnType<typeof listenToDiag>;
beforeEach(() => {
  said = listenToDiag();
});
afterEach(() => said.stop());

describe('an export', () => {
  it('is translated, packed, sent and answered with SUCCESS', async () => {
    const server = new FakeServer();
    const exporter = deliver(server);
    expect(await exportTo(exporter, resourceMetrics([sumData('a', 2), gaugeData('b', 3)]))).toEqual({
      code: SUCCESS,
    });
    expect(server.payloads).toEqual(['a:2\nb:3']);
    expect(exporter.stats()).toEqual({
      received: { points: 2, amount: 2 },
      exported: { points: 2, amount: 2 },
      pending: { points: 0, amount: 0 },
      dropped: { points: 0, amount: 0 },
      droppedBy: {},
    });
  });

  it('counts its points from the moment it is handed in', async () => {
    const server = new FakeServer();
    const release = server.hold();
    const exporter = deliver(server);
    const result = exportTo(exporter, many(5, 2));
    expect(exporter.stats()).toMatchObject({
      received: { points: 5, amount: 10 },
      pending: { points: 5, amount: 10 },
    });
    release();
    await result;
    expect(exporter.stats()).toMatchObject({
      exported: { points: 5, amount: 10 },
      pending: { points: 0, amount: 0 },
    });
  });

  it('merges points that are equal on the wire', async () => {
    const server = new FakeServer();
    const exporter = deliver(server, { translator: () => (point) => ({ ...point, tags: '' }) });
    await exportTo(
      exporter,
      resourceMetrics([
        sumData('a', 2, { attributes: { x: 1 } }),
        sumData('a', 5, { attributes: { x: 2 } }),
        sumData('b', 1),
      ]),
    );
    expect(server.payloads).toEqual(['a:7\nb:1']);
    expect(exporter.stats().exported).toEqual({ points: 3, amount: 8 });
    expect(said.warn).toEqual([]);
  });

  it('keeps the last of several gauges that are equal on the wire, and says so once', async () => {
    const server = new FakeServer();
    const exporter = deliver(server, { translator: () => (point) => ({ ...point, tags: '' }) });
    const metrics = resourceMetrics([
      gaugeData('a', 2, { attributes: { x: 1 } }),
      gaugeData('a', 5, { attributes: { x: 2 } }),
    ]);
    await exportTo(exporter, metrics);
    await exportTo(exporter, metrics);
    expect(server.payloads).toEqual(['a:5', 'a:5']);
    expect(said.warn).toHaveLength(1);
    expect(said.warn[0]).toMatch(/^TestExporter: several gauges are all called a on the wire/);
  });

  it('with nothing in it, or nothing to say, succeeds without sending', async () => {
    const server = new FakeServer();
    const exporter = deliver(server, { translator: () => () => undefined });
    expect(await exportTo(exporter, resourceMetrics([]))).toEqual({ code: SUCCESS });
    expect(await exportTo(exporter, many(2, 0))).toEqual({ code: SUCCESS });
    expect(server.payloads).toEqual([]);
    expect(exporter.stats().exported.points).toBe(2);
  });

  it('sends slices no larger and no closer than the pacing allows, at full pace only in a hurry', async () => {
    for (const [inHurry, slices] of [
      [false, [8, 8, 8, 8, 8]],
      [true, [32, 8]],
    ] as const) {
      const server = new FakeServer();
      const clock = new FakeClock();
      const times: number[] = [];
      server.answer = () => (times.push(clock.millis), DELIVERED);
      const exporter = deliver(server, { clock, pacing: DATAGRAM_PACING, maxPayloadBytes: 8 });
      const result = exportTo(exporter, many(40));
      if (inHurry) void exporter.forceFlush();
      await clock.advance(500);
      expect(await result).toEqual({ code: SUCCESS });
      expect(slices.map((_, index) => times.filter((time) => time === index * 20).length)).toEqual(slices);
      expect(server.mostAtOnce).toBe(slices[0]);
    }
  });

  it('keeps apart the slices of two exports as well', async () => {
    const clock = new FakeClock();
    const server = new FakeServer();
    const times: number[] = [];
    server.answer = () => (times.push(clock.millis), DELIVERED);
    const exporter = deliver(server, { clock, pacing: DATAGRAM_PACING });
    void exportTo(exporter, many(1));
    await clock.advance(0);
    void exportTo(exporter, many(1));
    await clock.advance(100);
    expect(times).toEqual([0, 20]);
  });
});

describe('a large export', () => {
  it('gives the event loop its turn at least every 20 ms, from translation to sending', async () => {
    const clock = new FakeClock();
    let lastTurn = 0;
    let longest = 0;
    const work = (millis: number) => {
      clock.millis += millis;
      longest = Math.max(longest, clock.millis - lastTurn);
    };
    clock.turn = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      clock.turns += 1;
      lastTurn = clock.millis;
    };
    const server = new FakeServer();
    server.answer = async () => {
      await clock.turn();
      return DELIVERED;
    };
    const exporter = deliver(server, {
      clock,
      timeoutMillis: 1e9,
      maxPayloadBytes: 1432,
      translator: () => (point) => {
        work(0.01);
        return { ...point, tags: '' };
      },
      format: ({ name }) => {
        work(0.005);
        return [`${name}:1|c`];
      },
    });
    expect(await exportTo(exporter, many(100_000))).toEqual({ code: SUCCESS });
    expect(exporter.stats().exported).toEqual({ points: 100_000, amount: 100_000 });
    expect(longest).toBeLessThan(20);
    expect(clock.turns).toBeGreaterThan(100);
  });

  it('of lines that fit nowhere gives the event loop its turns too', async () => {
    const clock = new FakeClock();
    const exporter = deliver(new FakeServer(), {
      clock,
      timeoutMillis: 1e9,
      format: () => {
        clock.millis += 0.1;
        return ['x'.repeat(101)];
      },
    });
    await exportTo(exporter, many(10_000));
    expect(clock.turns).toBeGreaterThan(100);
    expect(exporter.stats().droppedBy).toEqual({ oversize: { points: 10_000, amount: 10_000 } });
  });
});

describe('what can not be exported', () => {
  const { CUMULATIVE } = AggregationTemporality;

  it('is counted by cause, said once for each, and does not fail the rest', async () => {
    const server = new FakeServer();
    const exporter = deliver(server);
    const metrics = resourceMetrics([
      sumData('good', 2),
      sumData('total', 5, { temporality: CUMULATIVE }),
      gaugeData('nan', Number.NaN),
      gaugeData('infinite', Infinity),
      sumData('x'.repeat(101), 4),
    ]);
    expect(await exportTo(exporter, metrics)).toEqual({ code: SUCCESS });
    expect(await exportTo(exporter, metrics)).toEqual({ code: SUCCESS });
    expect(server.payloads).toEqual(['good:2', 'good:2']);
    expect(exporter.stats().droppedBy).toEqual({
      cumulative: { points: 2, amount: 0 },
      notFinite: { points: 4, amount: 0 },
      oversize: { points: 2, amount: 8 },
    });
    expectIdentity(exporter.stats());
    expect(said.warn.map((text) => text.slice(0, 60))).toEqual([
      'TestExporter: dropped a point of total (cumulative): it is a',
      'TestExporter: dropped a point of nan (notFinite): its value ',
      expect.stringMatching(/^TestExporter: dropped 1 points of x+/),
    ]);
  });

  it('fails an export that has nothing else', async () => {
    const result = await exportTo(deliver(new FakeServer()), resourceMetrics([gaugeData('nan', Number.NaN)]));
    expect(result).toMatchObject({
      code: FAILED,
      error: { message: expect.stringMatching(/^TestExporter: its value/) },
    });
  });

  it('includes points that break the translation or the format', async () => {
    const server = new FakeServer();
    const exporter = deliver(server, {
      translator: () => (point) => {
        if (point.name === 'a') throw new Error('translate');
        return { ...point, tags: '' };
      },
      format: ({ name }) => {
        if (name === 'b') throw new Error('format');
        return [name];
      },
    });
    const result = await exportTo(
      exporter,
      resourceMetrics([sumData('a', 1), sumData('b', 2), sumData('c', 4)]),
    );
    expect(result.code).toBe(FAILED);
    expect(server.payloads).toEqual(['c']);
    expect(exporter.stats()).toMatchObject({
      exported: { points: 1, amount: 4 },
      droppedBy: { error: { points: 2, amount: 3 } },
    });
    expectIdentity(exporter.stats());
  });

  it('includes data that no SDK makes', async () => {
    const exporter = deliver(new FakeServer());
    const broken = resourceMetrics([sumData('a', 1)]);
    expect(await exportTo(exporter, {} as ResourceMetrics)).toMatchObject({ code: FAILED });
    expect(await exportTo(exporter, null as unknown as ResourceMetrics)).toMatchObject({ code: FAILED });
    broken.scopeMetrics[0]!.metrics[0]!.dataPoints[0] = null as never;
    expect(await exportTo(exporter, broken)).toMatchObject({ code: FAILED });
    const nameless = resourceMetrics([sumData('a', 1), sumData('b', Number.NaN), sumData('c', 2)]);
    Object.assign(nameless.scopeMetrics[0]!.metrics[1]!, { descriptor: undefined });
    expect(await exportTo(exporter, nameless)).toMatchObject({ code: SUCCESS });
    expect(exporter.stats()).toMatchObject({
      exported: { points: 1, amount: 1 },
      pending: { points: 0, amount: 0 },
      droppedBy: { error: { points: 2, amount: 2 } },
    });
    const throwing = deliver(new FakeServer(), {
      translator: () => {
        throw new Error('resource');
      },
    });
    expect(await exportTo(throwing, many(3))).toMatchObject({ code: FAILED });
    expect(throwing.stats().droppedBy).toEqual({ error: { points: 3, amount: 3 } });
    expectIdentity(exporter.stats());
  });
});

describe('a transport that fails', () => {
  it.each([
    ['not-accepted', 'notAccepted'],
    ['unknown', 'unknown'],
    ['refused', 'refused'],
  ] as const)('with the outcome %s makes drops of that cause', async (type, cause) => {
    const server = new FakeServer();
    server.answer = () => ({ type, reason: 'because' });
    const exporter = deliver(server);
    expect(await exportTo(exporter, many(3))).toMatchObject({
      code: FAILED,
      error: { message: 'TestExporter: because' },
    });
    expect(exporter.stats()).toMatchObject({
      droppedBy: { [cause]: { points: 3, amount: 3 } },
      pending: { points: 0 },
    });
    expectIdentity(exporter.stats());
  });

  it('by throwing or rejecting drops as unknown', async () => {
    const server = new FakeServer();
    server.answer = () => {
      throw new Error('boom');
    };
    const exporter = deliver(server);
    expect(await exportTo(exporter, many(1))).toMatchObject({ code: FAILED });
    expect(exporter.stats().droppedBy).toEqual({ unknown: { points: 1, amount: 1 } });
  });

  it('for some payloads loses those only', async () => {
    const server = new FakeServer();
    server.answer = (payload) => (payload === 'n1:1' ? NOT_ACCEPTED : DELIVERED);
    const exporter = deliver(server, { maxPayloadBytes: 6, pacing: ONE_BY_ONE_PACING });
    await exportTo(exporter, many(3));
    // One payload at a time: the refused one is a whole slice, and what follows is not tried.
    expect(server.payloads).toEqual(['n0:1', 'n1:1']);
    expect(exporter.stats()).toMatchObject({
      exported: { points: 1 },
      droppedBy: { notAccepted: { points: 2 } },
    });

    const together = deliver(server, { maxPayloadBytes: 6 });
    await exportTo(together, many(3));
    expect(together.stats()).toMatchObject({
      exported: { points: 2 },
      droppedBy: { notAccepted: { points: 1 } },
    });
  });

  it('for a part of a series loses the series', async () => {
    const server = new FakeServer();
    server.answer = (payload) => (payload.startsWith('b') ? { type: 'unknown', reason: 'x' } : DELIVERED);
    const format = () => ['a-text', 'b-text', 'c-text'];
    for (const payloadsAtOnce of [1, 2, 32]) {
      const exporter = deliver(server, {
        maxPayloadBytes: 6,
        format,
        pacing: { payloadsAtOnce, gapMillis: 0 },
      });
      await exportTo(exporter, many(1));
      expect(exporter.stats()).toMatchObject({
        exported: { points: 0 },
        droppedBy: { unknown: { points: 1 } },
      });
      expectIdentity(exporter.stats());
    }
  });

  it('is not knocked at for every payload when nobody is there', async () => {
    const server = new FakeServer();
    server.answer = () => NOT_ACCEPTED;
    const exporter = deliver(server, { maxPayloadBytes: 8 });
    await exportTo(exporter, many(1000));
    expect(server.payloads).toHaveLength(32);
    expect(exporter.stats().droppedBy).toEqual({ notAccepted: { points: 1000, amount: 1000 } });
    expectIdentity(exporter.stats());
  });

  it('is said once, with the remedy, and once more when it works again', async () => {
    const server = new FakeServer();
    const clock = new FakeClock();
    const exporter = deliver(server, { clock });
    server.answer = () => NOT_ACCEPTED;
    await exportTo(exporter, many(2));
    clock.millis += 1000;
    await exportTo(exporter, many(3));
    server.answer = () => DELIVERED;
    clock.millis += 1500;
    await exportTo(exporter, many(1));
    await exportTo(exporter, many(1));
    expect(said.warn).toEqual([
      "TestExporter: can't deliver to test://server: connection refused. Dropped 2 points so far. Start the server. " +
        'Said once, and again when it works.',
      'TestExporter: delivering to test://server again after 2.5 s; dropped 5 points meanwhile.',
    ]);
  });
});

describe('exports that overlap', () => {
  it('are merged and sent when the one before is through, each answered once', async () => {
    const server = new FakeServer();
    const release = server.hold();
    const exporter = deliver(server);
    const answers: string[] = [];
    exporter.export(resourceMetrics([sumData('a', 1)]), () => answers.push('first'));
    await settle();
    exporter.export(resourceMetrics([sumData('a', 2), gaugeData('g', 1)]), () => answers.push('second'));
    exporter.export(resourceMetrics([sumData('a', 4), gaugeData('g', 7)]), () => answers.push('third'));
    await settle();
    expect([server.payloads, answers]).toEqual([['a:1'], []]);
    release();
    await settle();
    expect(server.payloads).toEqual(['a:1', 'a:6\ng:7']);
    expect(answers).toEqual(['first', 'second', 'third']);
    expect(exporter.stats().exported).toEqual({ points: 5, amount: 7 });
    // The same gauge an interval later is no collision.
    expect(said.warn).toEqual([]);
  });

  it('are never more than one at the transport', async () => {
    const server = new FakeServer();
    server.answer = async () => {
      await settle();
      return DELIVERED;
    };
    const exporter = deliver(server, { pacing: ONE_BY_ONE_PACING, maxPayloadBytes: 8 });
    await Promise.all(Array.from({ length: 5 }, () => exportTo(exporter, many(3))));
    expect(server.mostAtOnce).toBe(1);
    expect(exporter.stats().exported).toEqual({ points: 15, amount: 15 });
  });
});

describe('a callback', () => {
  it('that throws breaks nothing', async () => {
    const exporter = deliver(new FakeServer());
    exporter.export(many(1), () => {
      throw new Error('from the reader');
    });
    expect(await exportTo(exporter, many(1))).toEqual({ code: SUCCESS });
    expect(said.error).toEqual(['TestExporter: the callback of an export threw: from the reader']);
  });

  it('is called even if whoever listens to `diag` throws', async () => {
    said.stop();
    const fail = () => {
      throw new Error('from the logger');
    };
    diag.setLogger({ warn: fail, error: fail, info: fail, debug: fail, verbose: fail }, DiagLogLevel.WARN);
    const exporter = deliver(new FakeServer());
    const result = await exportTo(exporter, resourceMetrics([gaugeData('nan', Number.NaN), sumData('a', 1)]));
    expect(result).toEqual({ code: SUCCESS });
    expectIdentity(exporter.stats());
  });

  it('is never called before `export` returns', () => {
    let called = false;
    deliver(new FakeServer()).export(resourceMetrics([]), () => (called = true));
    expect(called).toBe(false);
  });
});

describe('the deadline', () => {
  it('ends an export whose transport hangs; what was being sent is unknown, the rest timed out', async () => {
    const server = new FakeServer();
    const clock = new FakeClock();
    server.hold();
    const exporter = deliver(server, { clock, maxPayloadBytes: 8, timeoutMillis: 1000 });
    let answers = 0;
    exporter.export(many(40), () => (answers += 1));
    await clock.advance(999);
    expect(answers).toBe(0);
    await clock.advance(1);
    expect(answers).toBe(1);
    expect(exporter.stats().droppedBy).toEqual({
      unknown: { points: 32, amount: 32 },
      timeout: { points: 8, amount: 8 },
    });
    expectIdentity(exporter.stats());
    expect(clock.timers).toBe(0);
  });

  it('believes a transport that heard the signal', async () => {
    const server = new FakeServer();
    const clock = new FakeClock();
    server.answer = (_, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(NOT_ACCEPTED), { once: true }));
    const exporter = deliver(server, { clock });
    void exportTo(exporter, many(1));
    await clock.advance(1000);
    expect(exporter.stats().droppedBy).toEqual({ notAccepted: { points: 1, amount: 1 } });
  });

  it('does not fall between slices unnoticed', async () => {
    const clock = new FakeClock();
    const server = new FakeServer();
    const exporter = deliver(server, {
      clock,
      pacing: DATAGRAM_PACING,
      maxPayloadBytes: 8,
      timeoutMillis: 50,
    });
    void exportTo(exporter, many(200));
    await clock.advance(200);
    expect(server.payloads).toHaveLength(72);
    expect(exporter.stats()).toMatchObject({
      exported: { points: 72 },
      droppedBy: { timeout: { points: 128 } },
    });
    expectIdentity(exporter.stats());
  });
});

describe('flush', () => {
  it('reports what happened since the last report, and what is pending when the time is up', async () => {
    const server = new FakeServer();
    const clock = new FakeClock();
    const exporter = deliver(server, { clock });
    await exportTo(exporter, many(2));
    server.answer = () => NOT_ACCEPTED;
    await exportTo(exporter, many(1));
    const report = await exporter.flush();
    expect(report).toEqual({
      exported: 2,
      pending: 0,
      dropped: 1,
      errors: [new Error('TestExporter: connection refused')],
    });
    expect(await exporter.flush()).toEqual({ exported: 0, pending: 0, dropped: 0, errors: [] });

    const release = server.hold();
    const result = exportTo(exporter, many(4));
    const impatient = exporter.flush({ timeoutMillis: 10 });
    await clock.advance(10);
    expect(await impatient).toMatchObject({ exported: 0, pending: 4 });
    release();
    await result;
    expect(await exporter.flush()).toMatchObject({ exported: 4, pending: 0 });
  });
});

describe('forceFlush', () => {
  it('resolves when sending fails, and when the transport hangs', async () => {
    const server = new FakeServer();
    const clock = new FakeClock();
    const exporter = deliver(server, { clock });
    server.answer = () => NOT_ACCEPTED;
    void exportTo(exporter, many(1));
    await expect(exporter.forceFlush()).resolves.toBeUndefined();
    server.hold();
    void exportTo(exporter, many(1));
    const flushed = exporter.forceFlush();
    await clock.advance(1000);
    await expect(flushed).resolves.toBeUndefined();
  });
});

describe('shutdown', () => {
  it('waits for the export under way, closes the transport once, and fails what comes later', async () => {
    const server = new FakeServer();
    const release = server.hold();
    const exporter = deliver(server);
    const result = exportTo(exporter, many(2));
    await settle();
    const both = [exporter.shutdown(), exporter.shutdown()];
    const late = await exportTo(exporter, many(3));
    expect(late).toMatchObject({
      code: FAILED,
      error: { message: 'TestExporter: the exporter has been shut down' },
    });
    expect(server.closed).toBe(0);
    release();
    await Promise.all(both);
    expect(await result).toEqual({ code: SUCCESS });
    expect(server.closed).toBe(1);
    expect(await exportTo(exporter, many(1))).toMatchObject({ code: FAILED });
    expect(exporter.stats()).toMatchObject({
      exported: { points: 2 },
      droppedBy: { shutdown: { points: 4, amount: 4 } },
    });
    expectIdentity(exporter.stats());
    await expect(exporter.forceFlush()).resolves.toBeUndefined();
  });

  it('cuts off at its deadline what began later', async () => {
    const server = new FakeServer();
    const clock = new FakeClock();
    server.hold();
    const exporter = deliver(server, { clock, timeoutMillis: 1000 });
    void exportTo(exporter, many(1));
    await clock.advance(500);
    void exportTo(exporter, many(2));
    let isDown = false;
    void exporter.shutdown().then(() => (isDown = true));
    // The first export ends at 1000, the second would at 2000.
    await clock.advance(999);
    expect([server.payloads.length, isDown]).toEqual([2, false]);
    await clock.advance(1);
    expect([exporter.stats().pending.points, isDown]).toEqual([0, true]);
  });

  it('ends at its deadline with everything counted and answered, even if the transport never lets go', async () => {
    const server = new FakeServer();
    const clock = new FakeClock();
    server.hold();
    server.close = () => new Promise(() => undefined);
    const exporter = deliver(server, { clock, timeoutMillis: 1000 });
    const results = [exportTo(exporter, many(1)), exportTo(exporter, many(2))];
    await clock.advance(500);
    results.push(exportTo(exporter, many(4)));
    const down = exporter.shutdown();
    await clock.advance(3000);
    await down;
    expect((await Promise.all(results)).map(({ code }) => code)).toEqual([FAILED, FAILED, FAILED]);
    expect(exporter.stats().pending.points).toBe(0);
    expectIdentity(exporter.stats());
    expect(clock.timers).toBe(0);
  });
});

describe('own traffic', () => {
  class AsyncContext implements ContextManager {
    readonly #storage = new AsyncLocalStorage<Context>();
    active = () => this.#storage.getStore() ?? ROOT_CONTEXT;
    with: ContextManager['with'] = (active, work, thisArgument, ...values) =>
      this.#storage.run(active, () => work.apply(thisArgument, values));
    bind: ContextManager['bind'] = (_, target) => target;
    enable = () => this;
    disable = () => this;
  }
  afterEach(() => context.disable());

  it('is not traced, in the first slice and in later ones', async () => {
    context.setGlobalContextManager(new AsyncContext());
    const server = new FakeServer();
    const suppressed: boolean[] = [];
    server.answer = async () => {
      await settle();
      suppressed.push(isTracingSuppressed(context.active()));
      return DELIVERED;
    };
    server.close = async () => void suppressed.push(isTracingSuppressed(context.active()));
    const exporter = deliver(server, { pacing: ONE_BY_ONE_PACING, maxPayloadBytes: 8 });
    await Promise.all([exportTo(exporter, many(2)), exportTo(exporter, many(2))]);
    await exporter.shutdown();
    expect(suppressed).toEqual(suppressed.map(() => true));
    expect(suppressed.length).toBeGreaterThan(2);
  });
});

describe('the identity received = exported + pending + dropped', () => {
  const outcome = fc.constantFrom<Outcome>(
    DELIVERED,
    DELIVERED,
    NOT_ACCEPTED,
    { type: 'unknown', reason: 'u' },
    { type: 'refused', reason: 'r' },
  );
  const point = fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd', 'much-too-long'.repeat(9)),
    value: fc.constantFrom(0, 1, 2, 1024, Number.NaN),
  });

  it('holds at every moment, whatever the transport answers, and nothing is pending in the end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(point, { maxLength: 12 }), { minLength: 1, maxLength: 6 }),
        fc.array(outcome, { minLength: 1, maxLength: 20 }),
        async (exports, outcomes) => {
          const server = new FakeServer();
          let sent = 0;
          const exporter = deliver(server, {
            maxPayloadBytes: 12,
            pacing: { payloadsAtOnce: 2, gapMillis: 0 },
          });
          server.answer = async () => {
            expectIdentity(exporter.stats());
            await Promise.resolve();
            return outcomes[sent++ % outcomes.length]!;
          };
          let answers = 0;
          for (const points of exports) {
            exporter.export(
              resourceMetrics(points.map(({ name, value }) => sumData(name, value))),
              () => (answers += 1),
            );
            expectIdentity(exporter.stats());
            await Promise.resolve();
          }
          await exporter.shutdown();
          expectIdentity(exporter.stats());
          expect(answers).toBe(exports.length);
          expect(exporter.stats().pending).toEqual({ points: 0, amount: 0 });
          expect(exporter.stats().received.points).toBe(exports.flat().length);
        },
      ),
      { numRuns: 200 },
    );
  });
});
