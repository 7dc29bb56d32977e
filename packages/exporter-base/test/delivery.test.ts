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
import { gaugeData, histogramData, resourceMetrics, sumData } from '@tallykit/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  DATAGRAM_PACING,
  DELIVERED,
  linePacing,
  linesAtOnce,
  ONE_BY_ONE_PACING,
  type Delivery,
} from '../src/index.ts';
import { listenToDiag } from './diag-messages.ts';
import { FakeClock, settle } from './fake-clock.ts';
import {
  deliver,
  expectIdentity,
  exportTo,
  FAILED,
  FakeServer,
  many,
  NO_TAGS,
  NOT_ACCEPTED,
  SUCCESS,
  TestExporter,
  UNKNOWN,
  wire,
} from './fake-server.ts';

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
      events: {
        received: { points: 0, amount: 0 },
        exported: { points: 0, amount: 0 },
        pending: { points: 0, amount: 0 },
        dropped: { points: 0, amount: 0 },
        droppedBy: {},
      },
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
    const exporter = deliver(server, { translator: () => (metric) => wire(metric, NO_TAGS) });
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
    const exporter = deliver(server, { translator: () => (metric) => wire(metric, NO_TAGS) });
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
    const exporter = deliver(server, {
      translator: () => (metric) => ({
        ...wire(metric),
        filter: (value) => (value === 0 ? 'nothing' : undefined),
      }),
    });
    expect(await exportTo(exporter, resourceMetrics([]))).toEqual({ code: SUCCESS });
    expect(await exportTo(exporter, many(2, 0))).toEqual({ code: SUCCESS });
    expect(server.payloads).toEqual([]);
    expect(exporter.stats().exported.points).toBe(2);
  });

  it('never sends more lines in a second than its pacing allows; what is too late waits and merges', async () => {
    const server = new FakeServer();
    const clock = new FakeClock();
    const times: number[] = [];
    server.answer = (payload) => {
      for (const _ of payload.split('\n')) times.push(clock.now());
      return DELIVERED;
    };
    const route = { maxPayloadBytes: 8192, maxTexts: linesAtOnce(1000) };
    const exporter = deliver(server, { clock, pacing: linePacing(1000), route, timeoutMillis: 2000 });
    const result = exportTo(exporter, many(5000));
    await clock.advance(2000);
    expect(await result).toMatchObject({ code: FAILED });
    // A slice of a tenth of a second at the beginning of each tenth.
    const secondsOf = (lines: readonly number[]) =>
      lines.map((time) => lines.filter((other) => other >= time && other < time + 1000).length);
    expect(Math.max(...secondsOf(times.filter((_, index) => index % 100 === 0)))).toBe(10);
    expect(exporter.stats()).toMatchObject({ exported: { points: 2000 }, pending: { points: 3000 } });
    const again = exportTo(exporter, many(5000));
    await clock.advance(2000);
    await again;
    // The 3,000 that waited are merged with the new ones of the same names.
    expect(times).toHaveLength(4000);
    expectIdentity(exporter.stats());
    void exporter.shutdown({ timeoutMillis: 1 });
    await clock.advance(2000);
    expectIdentity(exporter.stats());
  });

  it('sends slices no larger and no closer than the pacing allows, at full pace only in a hurry', async () => {
    for (const [inHurry, gap] of [
      [false, 80],
      [true, 20],
    ] as const) {
      const server = new FakeServer();
      const clock = new FakeClock();
      const times: number[] = [];
      server.answer = () => (times.push(clock.millis), DELIVERED);
      const exporter = deliver(server, { clock, pacing: DATAGRAM_PACING, route: { maxPayloadBytes: 8 } });
      const result = exportTo(exporter, many(72));
      if (inHurry) void exporter.forceFlush();
      await clock.advance(500);
      expect(await result).toEqual({ code: SUCCESS });
      expect(times).toEqual([
        ...new Array<number>(32).fill(0),
        ...new Array<number>(32).fill(gap),
        ...new Array<number>(8).fill(2 * gap),
      ]);
      expect(server.mostAtOnce).toBe(32);
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
    void exporter.forceFlush();
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
      route: { maxPayloadBytes: 1432 },
      translator: () => (metric) => {
        work(0.01);
        return {
          ...wire(metric),
          filter: () => {
            work(0.01);
            return undefined;
          },
        };
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

  it('gives the event loop its turn also between payloads that are sent again as they were', async () => {
    const clock = new FakeClock();
    const server = new FakeServer();
    const exporter = deliver(server, {
      clock,
      timeoutMillis: 1e9,
      pacing: { payloadsAtOnce: 2, gapMillis: 0 },
      route: { maxPayloadBytes: 7, isIdempotent: true },
    });
    // Of each two payloads one gets through, so that the others are tried as well.
    server.answer = (payload) => (/[02468]:/.test(payload) ? DELIVERED : UNKNOWN);
    await exportTo(exporter, many(200));
    expect(exporter.stats()).toMatchObject({ exported: { points: 100 }, pending: { points: 100 } });
    server.take();
    // Each takes a millisecond.
    let sinceTurn = 0;
    let most = 0;
    server.answer = () => {
      clock.millis += 1;
      sinceTurn += 1;
      most = Math.max(most, sinceTurn);
      return DELIVERED;
    };
    clock.turn = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      sinceTurn = 0;
    };
    await exporter.forceFlush();
    expect(server.payloads).toHaveLength(100);
    expect(most).toBeLessThan(20);
  });

  it.each([
    ['lines that fit nowhere', ['x'.repeat(101)]],
    ['series that have nothing to say', []],
  ])('of one name and %s gives the event loop its turns too', async (_, texts) => {
    const clock = new FakeClock();
    const exporter = deliver(new FakeServer(), {
      clock,
      timeoutMillis: 1e9,
      format: () => {
        clock.millis += 0.1;
        return texts;
      },
    });
    const one = sumData('n', 1);
    const dataPoints = Array.from({ length: 10_000 }, (__, x) => ({
      ...one.dataPoints[0]!,
      attributes: { x },
    }));
    await exportTo(exporter, resourceMetrics([{ ...one, dataPoints } as typeof one]));
    // A second of work.
    expect(clock.turns).toBeGreaterThan(100);
    expect(exporter.stats().pending.points).toBe(0);
    expectIdentity(exporter.stats());
  });
});

describe('the next slice', () => {
  it('is made while one is being sent, and no more than that', async () => {
    const server = new FakeServer();
    const release = server.hold();
    let formatted = 0;
    const exporter = deliver(server, {
      route: { maxPayloadBytes: 8 },
      pacing: { payloadsAtOnce: 4, gapMillis: 0 },
      format: ({ name }) => {
        formatted += 1;
        return `${name.padEnd(6)}:1`;
      },
    });
    const result = exportTo(exporter, many(1000));
    await settle();
    expect(server.payloads).toHaveLength(4);
    // Two slices, and the text that came after each of them.
    expect(formatted).toBe(9);
    release();
    expect(await result).toEqual({ code: SUCCESS });
    expect([server.payloads.length, server.mostAtOnce]).toEqual([1000, 4]);
  });

  it('is not sent when nothing of the one before got through', async () => {
    const server = new FakeServer();
    const release = server.hold();
    const exporter = deliver(server, {
      route: { maxPayloadBytes: 8 },
      pacing: { payloadsAtOnce: 4, gapMillis: 0 },
    });
    const result = exportTo(exporter, many(10));
    await settle();
    release(NOT_ACCEPTED);
    expect((await result).code).toBe(FAILED);
    expect(server.payloads).toHaveLength(4);
    expect(exporter.stats().pending).toEqual({ points: 10, amount: 10 });
  });
});

describe('what can not be exported', () => {
  const { CUMULATIVE } = AggregationTemporality;

  it('is counted by cause, logged once for each, and does not fail the rest', async () => {
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

  it('ends in the middle of a payload when the time is up while it is packed', async () => {
    const server = new FakeServer();
    const clock = new FakeClock();
    let formatted = 0;
    const exporter = deliver(server, {
      clock,
      route: { maxPayloadBytes: 1_000_000 },
      format({ name }) {
        formatted += 1;
        if (formatted === 100) void clock.advance(2000);
        // So that the event loop has its turns.
        clock.millis += 10;
        return name;
      },
    });
    expect(await exportTo(exporter, many(2000))).toMatchObject({ code: FAILED });
    expect(formatted).toBeLessThan(1000);
    expect(server.payloads).toEqual([]);
    expect(exporter.stats()).toMatchObject({ pending: { points: 2000 }, dropped: { points: 0 } });
  });

  it('includes points that break the translation or the format', async () => {
    const server = new FakeServer();
    const exporter = deliver(server, {
      translator: () => (metric) => {
        if (metric.name === 'a') throw new Error('translate');
        const filter = () => {
          if (metric.name === 'd') throw new Error('filter');
          return undefined;
        };
        return { ...wire(metric), filter };
      },
      format: ({ name }) => {
        if (name === 'b') throw new Error('format');
        return name === 'e' ? ['e', undefined as never] : [name];
      },
    });
    const names = ['a', 'b', 'c', 'd', 'e'];
    const result = await exportTo(
      exporter,
      resourceMetrics(names.map((name, index) => sumData(name, 2 ** index))),
    );
    expect(result.code).toBe(FAILED);
    expect(server.payloads).toEqual(['c\ne']);
    expect(exporter.stats()).toMatchObject({
      exported: { points: 1, amount: 4 },
      droppedBy: { error: { points: 4, amount: 27 } },
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
      exported: { points: 2, amount: 3 },
      pending: { points: 0, amount: 0 },
      droppedBy: { error: { points: 2, amount: 0 } },
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

describe('an export that breaks off', () => {
  class BreakingClock extends FakeClock {
    isBroken = false;

    override now(): number {
      if (this.isBroken) throw new Error('no time');
      return super.now();
    }
  }

  async function breakOff(exporter: Delivery, clock: BreakingClock) {
    clock.isBroken = true;
    const result = await exportTo(exporter, many(1));
    clock.isBroken = false;
    return result;
  }

  it('fails, and neither the process nor the next one does', async () => {
    const server = new FakeServer();
    const clock = new BreakingClock();
    const exporter = deliver(server, { clock });
    expect(await breakOff(exporter, clock)).toMatchObject({
      code: FAILED,
      error: { message: 'TestExporter: an export broke off: no time' },
    });
    expect(await exportTo(exporter, many(1))).toEqual({ code: SUCCESS });
    expect(server.payloads).toEqual(['n0:1']);
    expectIdentity(exporter.stats());
  });

  it('takes no time from the export after it', async () => {
    const server = new FakeServer();
    const clock = new BreakingClock();
    const exporter = deliver(server, { clock, timeoutMillis: 1000 });
    expect(await breakOff(exporter, clock)).toMatchObject({ code: FAILED });
    await clock.advance(900);
    const release = server.hold();
    const result = exportTo(exporter, many(1));
    await clock.advance(900);
    expect(server.sending).toBe(1);
    release(DELIVERED);
    expect(await result).toEqual({ code: SUCCESS });
    expect(exporter.stats()).toMatchObject({ exported: { points: 1 }, dropped: { points: 0 } });
  });

  it('includes sums that grow beyond all numbers by merging', async () => {
    const server = new FakeServer();
    const exporter = deliver(server, { translator: () => (metric) => wire(metric, NO_TAGS) });
    const twice = [1, 2].map((x) => sumData('a', Number.MAX_VALUE, { attributes: { x } }));
    const explicit = {
      buckets: { boundaries: [], counts: [1] },
      count: 1,
      sum: Number.MAX_VALUE,
      min: 1,
      max: 1,
    };
    const histograms = [1, 2].map((x) => histogramData('h', explicit, { attributes: { x } }));
    await exportTo(exporter, resourceMetrics([...twice, ...histograms, sumData('b', 1)]));
    expect(server.payloads).toEqual(['b:1']);
    expect(exporter.stats().droppedBy.notFinite?.points).toBe(4);
  });
});

describe('a transport that fails', () => {
  it.each([
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

  it('with the outcome not-accepted fails the export and loses nothing', async () => {
    const server = new FakeServer();
    server.answer = () => NOT_ACCEPTED;
    const exporter = deliver(server);
    expect(await exportTo(exporter, many(3))).toMatchObject({
      code: FAILED,
      error: { message: 'TestExporter: connection refused' },
    });
    expect(exporter.stats()).toMatchObject({ droppedBy: {}, pending: { points: 3, amount: 3 } });
  });

  it.each([new Error('boom'), Object.create(null)])('by throwing %o drops as unknown', async (error) => {
    const server = new FakeServer();
    server.answer = () => {
      throw error;
    };
    const exporter = deliver(server);
    expect(await exportTo(exporter, many(1))).toMatchObject({ code: FAILED });
    expect(exporter.stats().droppedBy).toEqual({ unknown: { points: 1, amount: 1 } });
  });

  it('for some payloads keeps those, and what follows a slice of which nothing got through', async () => {
    const server = new FakeServer();
    server.answer = (payload) => (payload === 'n1:1' ? NOT_ACCEPTED : DELIVERED);
    const exporter = deliver(server, { route: { maxPayloadBytes: 6 }, pacing: ONE_BY_ONE_PACING });
    await exportTo(exporter, many(3));
    // One payload at a time: the one that is not accepted is a whole slice, and what follows is not tried.
    expect(server.payloads).toEqual(['n0:1', 'n1:1']);
    expect(exporter.stats()).toMatchObject({ exported: { points: 1 }, pending: { points: 2 } });

    const together = deliver(server, { route: { maxPayloadBytes: 6 } });
    await exportTo(together, many(3));
    expect(together.stats()).toMatchObject({ exported: { points: 2 }, pending: { points: 1 } });
  });

  it.each([
    ['nothing was taken and nobody refused', 2, NOT_ACCEPTED, NOT_ACCEPTED],
    [
      'the first is refused and the others are not accepted',
      2,
      { type: 'refused', reason: 'r' },
      NOT_ACCEPTED,
    ],
    ['the first is refused and the others are unknown', 2, { type: 'refused', reason: 'r' }, UNKNOWN],
    [
      'all are refused: the server is there',
      6,
      { type: 'refused', reason: 'r' },
      { type: 'refused', reason: 'r' },
    ],
    ['one was taken', 6, DELIVERED, NOT_ACCEPTED],
    ['one was too large', 6, { type: 'too-large', reason: 't' }, NOT_ACCEPTED],
  ] as const)('goes on or not: %s', async (_, payloads, first, others) => {
    const server = new FakeServer();
    server.answer = () => (server.payloads.length % 2 === 1 ? first : others);
    const exporter = deliver(server, {
      route: { maxPayloadBytes: 6 },
      pacing: { payloadsAtOnce: 2, gapMillis: 0 },
    });
    await exportTo(exporter, many(6));
    expect(server.payloads).toHaveLength(payloads);
    expectIdentity(exporter.stats());
  });

  it('with refusals that are an outage drops what was refused, keeps the rest, and logs two lines', async () => {
    const server = new FakeServer();
    const exporter = deliver(server, {
      pacing: ONE_BY_ONE_PACING,
      route: { maxTexts: 1 },
    });
    server.answer = () => ({ type: 'refused', reason: 'wrong key', isOutage: true });
    expect(await exportTo(exporter, many(3))).toMatchObject({ code: FAILED });
    expect(server.take()).toHaveLength(1);
    expect(exporter.stats()).toMatchObject({
      pending: { points: 2 },
      droppedBy: { refused: { points: 1 } },
    });
    expect(exporter.health().state).toBe('down');
    await exporter.forceFlush();
    expect(exporter.stats()).toMatchObject({ pending: { points: 1 }, droppedBy: { refused: { points: 2 } } });
    expectIdentity(exporter.stats());
    expect(said.warn).toEqual([
      expect.stringMatching(/can't deliver to test:\/\/server: wrong key\. Dropped 1 points, kept 2/),
    ]);

    server.answer = () => DELIVERED;
    await exporter.forceFlush();
    expect(exporter.stats()).toMatchObject({ exported: { points: 1 }, pending: { points: 0 } });
    expect(said.warn.slice(1)).toEqual([
      expect.stringMatching(/again after .*sent 1 points late.*dropped 2 meanwhile/),
    ]);
    expect(exporter.health().state).toBe('up');

    // A payload that is refused for itself is logged as before.
    server.answer = () => ({ type: 'refused', reason: 'bad payload' });
    await exportTo(exporter, many(1));
    expect(said.warn.slice(2)).toEqual([expect.stringMatching(/dropped .* \(refused\): bad payload/)]);
  });

  it('for a part of a series loses the series', async () => {
    const server = new FakeServer();
    server.answer = (payload) => (payload.startsWith('b') ? UNKNOWN : DELIVERED);
    const format = () => ['a-text', 'b-text', 'c-text'];
    for (const payloadsAtOnce of [1, 2, 32]) {
      const exporter = deliver(server, {
        route: { maxPayloadBytes: 6 },
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
    for (const outcome of [NOT_ACCEPTED, UNKNOWN]) {
      const server = new FakeServer();
      server.answer = () => outcome;
      const exporter = deliver(server, { route: { maxPayloadBytes: 8 } });
      await exportTo(exporter, many(1000));
      expect(server.payloads).toHaveLength(32);
      const lost = outcome === UNKNOWN ? 32 : 0;
      expect(exporter.stats()).toMatchObject({ dropped: { points: lost }, pending: { points: 1000 - lost } });
      expectIdentity(exporter.stats());
    }
  });
});

describe('a payload that is too large for the server', () => {
  const tooLarge = { type: 'too-large', reason: 'the answer was 413' } as const;

  it('is halved until its parts are taken', async () => {
    const server = new FakeServer();
    server.answer = (payload) => (payload.split('\n').length > 2 ? tooLarge : DELIVERED);
    const exporter = deliver(server);
    expect(await exportTo(exporter, many(7))).toEqual({ code: SUCCESS });
    const taken = server.payloads.filter((payload) => payload.split('\n').length <= 2);
    expect(taken.join('\n').split('\n').toSorted()).toEqual(
      many(7).scopeMetrics[0]!.metrics.map((_, n) => `n${n}:1`),
    );
    expect(server.payloads).toHaveLength(7);
    expect(exporter.stats()).toMatchObject({ exported: { points: 7, amount: 7 }, dropped: { points: 0 } });
    expect(said.warn).toEqual([]);
  });

  it('is dropped when it has only one text', async () => {
    const server = new FakeServer();
    server.answer = (payload) => (payload.includes('n1') ? tooLarge : DELIVERED);
    const exporter = deliver(server);
    expect(await exportTo(exporter, many(3))).toEqual({ code: SUCCESS });
    expect(exporter.stats()).toMatchObject({
      exported: { points: 2, amount: 2 },
      droppedBy: { oversize: { points: 1, amount: 1 } },
    });
    expect(said.warn[0]).toMatch(/^TestExporter: dropped 1 points of n1 \(oversize\): the answer was 413/);
  });
});

describe('several routes', () => {
  it('take each series to its own place, in payloads of their own form, and are all closed once', async () => {
    const [counts, others] = [new FakeServer(), new FakeServer()];
    const routes = {
      sum: { transport: counts, maxPayloadBytes: 100, open: '[', separator: ',', close: ']' },
      gauge: { transport: others, maxPayloadBytes: 100 },
      histogram: { transport: others, maxPayloadBytes: 5 },
    };
    const exporter = new TestExporter({
      component: 'TestExporter',
      destination: 'test://server',
      remedy: 'Start the server.',
      translator: () => (metric) => wire(metric),
      format: ({ name }) => name,
      route: ({ type }) => routes[type],
      pacing: { payloadsAtOnce: 32, gapMillis: 0 },
      timeoutMillis: 1000,
      clock: new FakeClock(),
    });
    const explicit = { buckets: { boundaries: [], counts: [1] }, count: 1, sum: 1, min: 1, max: 1 };
    await exportTo(
      exporter,
      resourceMetrics([
        sumData('a', 1),
        gaugeData('b', 2),
        histogramData('long', explicit),
        histogramData('longer', explicit),
        sumData('c', 3),
        gaugeData('d', 4),
      ]),
    );
    expect(counts.payloads).toEqual(['[a,c]']);
    expect(others.payloads.toSorted()).toEqual(['b\nd', 'long']);
    expect(exporter.stats().droppedBy).toEqual({ oversize: { points: 1, amount: 0 } });
    await exporter.shutdown();
    expect([counts.closed, others.closed]).toEqual([1, 1]);
  });

  it('that can not be chosen cost the series and nothing else', async () => {
    const server = new FakeServer();
    const exporter = new TestExporter({
      component: 'TestExporter',
      destination: 'test://server',
      remedy: 'Start the server.',
      translator: () => (metric) => wire(metric),
      format: ({ name }) => name,
      route: ({ name }) => {
        if (name === 'n1') throw new Error('no route');
        return { transport: server, maxPayloadBytes: 100 };
      },
      pacing: { payloadsAtOnce: 32, gapMillis: 0 },
      timeoutMillis: 1000,
      clock: new FakeClock(),
    });
    expect(await exportTo(exporter, many(3))).toMatchObject({ code: FAILED });
    expect(exporter.stats()).toMatchObject({
      exported: { points: 2 },
      droppedBy: { error: { points: 1, amount: 1 } },
    });
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
    const exporter = deliver(server, { pacing: ONE_BY_ONE_PACING, route: { maxPayloadBytes: 8 } });
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
  it('ends an export whose transport hangs; what was being sent is unknown, the rest is kept', async () => {
    const server = new FakeServer();
    const clock = new FakeClock();
    server.hold();
    const exporter = deliver(server, { clock, route: { maxPayloadBytes: 8 }, timeoutMillis: 1000 });
    let answers = 0;
    exporter.export(many(40), () => (answers += 1));
    await clock.advance(999);
    expect(answers).toBe(0);
    await clock.advance(1);
    expect(answers).toBe(1);
    expect(exporter.stats()).toMatchObject({
      droppedBy: { unknown: { points: 32, amount: 32 } },
      pending: { points: 8, amount: 8 },
    });
    expectIdentity(exporter.stats());
  });

  it('believes a transport that heard the signal', async () => {
    const server = new FakeServer();
    const clock = new FakeClock();
    server.answer = (_, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(NOT_ACCEPTED), { once: true }));
    const exporter = deliver(server, { clock });
    void exportTo(exporter, many(1));
    await clock.advance(1000);
    expect(exporter.stats()).toMatchObject({ dropped: { points: 0 }, pending: { points: 1 } });
  });

  it('has one signal for the payloads of many exports, but not so many that what listens to it piles up', async () => {
    const server = new FakeServer();
    const signals = new Set<AbortSignal>();
    server.answer = (_, signal) => {
      signals.add(signal);
      return DELIVERED;
    };
    // A line in each payload.
    const exporter = deliver(server, { route: { maxPayloadBytes: 8 } });
    for (const [series, known] of [
      [10, 1],
      [489, 1],
      [10, 1],
      [10, 2],
      [489, 2],
    ] as const) {
      await exportTo(exporter, many(series));
      expect(signals.size).toBe(known);
    }
  });

  it('does not fall between slices unnoticed; what was not sent is kept and merged with what comes', async () => {
    const clock = new FakeClock();
    const server = new FakeServer();
    const exporter = deliver(server, {
      clock,
      pacing: DATAGRAM_PACING,
      route: { maxPayloadBytes: 8 },
      timeoutMillis: 50,
    });
    const result = exportTo(exporter, many(200));
    await clock.advance(60);
    expect(await result).toMatchObject({
      code: FAILED,
      error: { message: 'TestExporter: it could not be sent within 50 ms (option `timeoutMillis`)' },
    });
    // 32 every 20 ms.
    expect(server.payloads).toHaveLength(96);
    expect(exporter.stats()).toMatchObject({ exported: { points: 96 }, pending: { points: 104 } });
    expectIdentity(exporter.stats());
    const left = new Set(many(200).scopeMetrics[0]!.metrics.map(({ descriptor }) => descriptor.name));
    for (const payload of server.take()) left.delete(payload.split(':')[0]!);
    const last = [...left].at(-1)!;

    void exportTo(exporter, resourceMetrics([sumData(last, 5)]));
    for (let rest = 0; rest < 10; rest += 1) await clock.advance(1000);
    expect(server.payloads.filter((payload) => payload.startsWith(`${last}:`))).toEqual([`${last}:6`]);
    expect(new Set(server.payloads.map((payload) => payload.split(':')[0]))).toEqual(left);
    expect(exporter.stats()).toMatchObject({
      exported: { points: 201, amount: 205 },
      pending: { points: 0 },
    });
  });
});

describe('flush', () => {
  it('reports what happened since the last report, and what is pending when the time is up', async () => {
    const server = new FakeServer();
    const clock = new FakeClock();
    const exporter = deliver(server, { clock });
    await exportTo(exporter, many(2));
    server.answer = () => UNKNOWN;
    await exportTo(exporter, many(1));
    const report = await exporter.flush();
    expect(report).toEqual({
      exported: 2,
      pending: 0,
      dropped: 1,
      errors: [new Error('TestExporter: no answer')],
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

  it('of an exporter that has nothing to send sends nothing, and does not take it for an export', async () => {
    const server = new FakeServer();
    const clock = new FakeClock();
    const times: number[] = [];
    server.answer = () => (times.push(clock.millis), DELIVERED);
    const exporter = deliver(server, { clock, pacing: DATAGRAM_PACING, route: { maxPayloadBytes: 8 } });
    for (let flush = 0; flush < 3; flush += 1) await exporter.flush();
    void exportTo(exporter, many(64));
    await clock.advance(500);
    // Exports that follow each other that fast would go at full pace.
    expect([times.length, times.at(-1)]).toEqual([64, 80]);
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

  it('ends when the call with the least patience wants it', async () => {
    const server = new FakeServer();
    const clock = new FakeClock();
    server.hold();
    const exporter = deliver(server, { clock, timeoutMillis: 60_000 });
    const result = exportTo(exporter, many(2));
    await settle();
    const ended: string[] = [];
    const calls = [
      exporter.shutdown().then(() => ended.push('first')),
      exporter.shutdown({ timeoutMillis: 500 }).then(() => ended.push('second')),
    ];
    await clock.advance(499);
    expect([ended, server.closed]).toEqual([[], 0]);
    await clock.advance(1);
    await Promise.all(calls);
    expect((await result).code).toBe(FAILED);
    expect(ended.toSorted()).toEqual(['first', 'second']);
    expect([server.closed, exporter.stats().pending.points, clock.timers]).toEqual([1, 0, 0]);
    expectIdentity(exporter.stats());
  });

  it('tries again for two seconds to send what was kept, and counts what is left', async () => {
    const server = new FakeServer();
    const clock = new FakeClock();
    server.answer = () => NOT_ACCEPTED;
    const exporter = deliver(server, { clock, route: { maxPayloadBytes: 6 }, pacing: ONE_BY_ONE_PACING });
    await exportTo(exporter, many(3));
    server.answer = (payload) => (payload === 'n1:1' ? NOT_ACCEPTED : DELIVERED);
    const ended = exporter.shutdown();
    await settle();
    server.answer = () => NOT_ACCEPTED;
    await clock.advance(2000);
    await ended;
    expect(exporter.stats()).toMatchObject({
      exported: { points: 1, amount: 1 },
      pending: { points: 0, amount: 0 },
      droppedBy: { shutdown: { points: 2, amount: 2 } },
    });
    expect(clock.timers).toBe(0);
    const attempts = server.payloads.length;
    expect(attempts).toBeGreaterThan(3);
    await clock.advance(120_000);
    expect(server.payloads).toHaveLength(attempts);
  });

  it.each([
    ['without a deadline', undefined],
    ['with a longer one', 20_000],
  ])('delivers %s to a server that comes back after half a second', async (_, timeoutMillis) => {
    const server = new FakeServer();
    const clock = new FakeClock();
    server.answer = () => NOT_ACCEPTED;
    const exporter = deliver(server, { clock });
    await exportTo(exporter, many(3));
    const ended = exporter.shutdown(timeoutMillis === undefined ? {} : { timeoutMillis });
    await clock.advance(500);
    server.answer = () => DELIVERED;
    await clock.advance(1500);
    await ended;
    expect(exporter.stats()).toMatchObject({ exported: { points: 3 }, dropped: { points: 0 } });
    expect([clock.millis, clock.timers]).toEqual([2000, 0]);
  });

  it.each([
    [1000, undefined, 'delivers'],
    [10_000, 20_000, 'delivers'],
    [10_000, undefined, 'drops'],
    [10_000, 5000, 'drops'],
  ] as const)(
    'that is asked to wait for %d ms and has %s ms %s what it has',
    async (retryAfterMillis, timeoutMillis, what) => {
      const server = new FakeServer();
      const clock = new FakeClock();
      server.answer = () => ({ type: 'not-accepted', reason: 'the answer was 429', retryAfterMillis });
      const exporter = deliver(server, { clock });
      await exportTo(exporter, many(3));
      server.answer = () => DELIVERED;
      server.take();
      const ended = exporter.shutdown(timeoutMillis === undefined ? {} : { timeoutMillis });
      // The deadline of the first attempt isn't waited for when there is no further one.
      if (what === 'delivers') await clock.advance(retryAfterMillis);
      await ended;
      expect(server.payloads).toHaveLength(what === 'delivers' ? 1 : 0);
      expect(exporter.stats()).toMatchObject(
        what === 'delivers' ? { exported: { points: 3 } } : { droppedBy: { shutdown: { points: 3 } } },
      );
      expectIdentity(exporter.stats());
    },
  );

  it('makes no further attempt when the wait for it took too long', async () => {
    const server = new FakeServer();
    const clock = new FakeClock();
    server.answer = () => NOT_ACCEPTED;
    const exporter = deliver(server, { clock });
    await exportTo(exporter, many(3));
    const ended = exporter.shutdown();
    await settle();
    const attempts = server.payloads.length;
    // A busy machine: the timer of the next attempt fires after the deadline.
    clock.millis = 2001;
    await clock.advance(0);
    await ended;
    expect(server.payloads).toHaveLength(attempts);
    expect(exporter.stats().droppedBy).toEqual({ shutdown: { points: 3, amount: 3 } });
    expect(clock.timers).toBe(0);
  });

  it('keeps the process alive until its last attempt, and ends a further attempt that hangs', async () => {
    const server = new FakeServer();
    const clock = new FakeClock();
    server.answer = () => NOT_ACCEPTED;
    const exporter = deliver(server, { clock, timeoutMillis: 60_000 });
    await exportTo(exporter, many(3));
    const ended = exporter.shutdown();
    await settle();
    // What holds the process is there besides the timer of the next attempt, which doesn't.
    expect(clock.timers - clock.due.length).toBe(1);
    server.hold();
    await clock.advance(2000);
    await ended;
    expect([clock.millis, server.closed]).toEqual([2000, 1]);
    expect(exporter.stats().droppedBy).toEqual({ unknown: { points: 3, amount: 3 } });
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
    const exporter = deliver(server, { pacing: ONE_BY_ONE_PACING, route: { maxPayloadBytes: 8 } });
    await Promise.all([exportTo(exporter, many(2)), exportTo(exporter, many(2))]);
    await exporter.shutdown();
    expect(suppressed).toEqual(suppressed.map(() => true));
    expect(suppressed.length).toBeGreaterThan(2);
  });
});
