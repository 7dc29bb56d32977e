import { resourceMetrics, sumData } from '@tallykit/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  DELIVERED,
  Delivery,
  linePacing,
  LocalDelivery,
  type DeliveryOptions,
  type Outcome,
  type Transport,
} from '../src/index.ts';
import { SocketDelivery } from '../src/sockets.ts';
import { listenToDiag } from './diag-messages.ts';
import { FakeClock, settle } from './fake-clock.ts';
import {
  deliver,
  expectIdentity,
  exportTo,
  FAILED,
  FakeServer,
  many,
  NOT_ACCEPTED,
  SUCCESS,
  UNKNOWN,
} from './fake-server.ts';

let said: ReturnType<typeof listenToDiag>;
beforeEach(() => {
  said = listenToDiag();
});
afterEach(() => said.stop());

/** Every line is a payload, and two of them are a slice. */
function start(options: Partial<Pick<DeliveryOptions, 'pacing' | 'timeoutMillis'>> = {}) {
  const server = new FakeServer();
  const clock = new FakeClock();
  const exporter = deliver(server, {
    clock,
    pacing: { payloadsAtOnce: 2, gapMillis: 20 },
    timeoutMillis: 60_000,
    route: { maxTexts: 1 },
    ...options,
  });
  const events = { transport: server, maxPayloadBytes: 100 };
  return { server, clock, exporter, events };
}

const names = (count: number, value = 1) => Array.from({ length: count }, (_, index) => `n${index}:${value}`);

describe('flushSync', () => {
  it('hands over the points it is given, merged with what is pending, and events, within the turn', async () => {
    const { server, clock, exporter, events } = start();
    server.answer = () => NOT_ACCEPTED;
    expect(await exportTo(exporter, many(3))).toMatchObject({ code: FAILED });
    exporter.event('deploy', events);
    server.take();
    const report = exporter.flushSync(many(3, 2));
    expect(server.payloads.toSorted()).toEqual(['deploy', ...names(3, 3)]);
    expect(report).toMatchObject({ exported: 7, pending: 0, dropped: 0 });
    expectIdentity(exporter.stats());
    expect(exporter.flushSync()).toEqual({ exported: 0, pending: 0, dropped: 0, errors: [] });
    // Nothing of it is sent again by a timer.
    await clock.advance(120_000);
    expect(server.payloads).toHaveLength(4);
  });

  it('takes along an export that has not begun, and answers it', async () => {
    const { server, exporter } = start();
    const answer = exportTo(exporter, many(2));
    expect(exporter.flushSync()).toMatchObject({ exported: 2, pending: 0, dropped: 0 });
    expect(await answer).toEqual({ code: SUCCESS });
    await settle();
    expect(server.payloads).toEqual(names(2));
  });

  it.each([
    ['delivered', DELIVERED, SUCCESS, { exported: { points: 10 }, pending: { points: 0 } }],
    ['kept', NOT_ACCEPTED, FAILED, { exported: { points: 8 }, pending: { points: 2 } }],
    ['lost', UNKNOWN, FAILED, { exported: { points: 8 }, dropped: { points: 2 } }],
  ] as const)(
    'sends what is left of an export, but not again what is on its way and will be %s',
    async (_, outcome, code, stats) => {
      const { server, exporter } = start();
      const release = server.hold();
      const answer = exportTo(exporter, many(10));
      await settle();
      expect(server.take()).toEqual(names(2));
      expect(exporter.flushSync()).toMatchObject({ exported: 8, pending: 2, dropped: 0 });
      expect(server.take()).toEqual(names(10).slice(2));
      expectIdentity(exporter.stats());
      release(outcome);
      expect(await answer).toMatchObject({ code });
      expect(exporter.stats()).toMatchObject(stats);
      expectIdentity(exporter.stats());
      expect(server.payloads).toEqual([]);
    },
  );

  it.each([
    ['was delivered', DELIVERED, { exported: 10, pending: 0, dropped: 0 }],
    // It is sent with what is left.
    ['was not accepted', NOT_ACCEPTED, { exported: 10, pending: 0, dropped: 0 }],
    ['may have arrived', UNKNOWN, { exported: 8, pending: 0, dropped: 2 }],
  ] as const)(
    'counts what is on its way of which the transport knows that it %s, once',
    async (_, known, report) => {
      const { server, exporter } = start();
      const release = server.hold();
      const answer = exportTo(exporter, many(10));
      await settle();
      server.knownSync = () => known;
      expect(exporter.flushSync()).toMatchObject(report);
      expectIdentity(exporter.stats());
      const stats = exporter.stats();
      release(known === DELIVERED ? NOT_ACCEPTED : DELIVERED);
      await answer;
      await settle();
      // What is heard later is not counted again.
      expect(exporter.stats()).toEqual(stats);
    },
  );

  it('sends what waits for its turn in an export, and the exports behind it, and each is answered by its own points', async () => {
    const { server, clock, exporter } = start();
    const first = exportTo(exporter, many(6));
    await settle();
    const second = exportTo(exporter, resourceMetrics([sumData('x'.repeat(101), 1)]));
    const third = exportTo(exporter, many(1, 5));
    expect(server.take()).toEqual(names(2));
    expect(exporter.flushSync(many(1, 7))).toMatchObject({ exported: 8, pending: 0, dropped: 1 });
    expect(server.take()).toEqual([...names(6).slice(2), 'n0:12']);
    // The first one still waits for its pace, and finds nothing left.
    await clock.advance(1000);
    expect(await first).toEqual({ code: SUCCESS });
    expect(await Promise.all([second, third])).toEqual([{ code: SUCCESS }, { code: SUCCESS }]);
    expect(server.payloads).toEqual([]);
    expectIdentity(exporter.stats());
  });

  it('does not answer an export by what became of other points meanwhile', async () => {
    const { server, exporter } = start();
    const release = server.hold();
    const answer = exportTo(exporter, many(2));
    await settle();
    server.answerSync = () => UNKNOWN;
    expect(exporter.flushSync(many(1))).toMatchObject({ exported: 0, pending: 2, dropped: 1 });
    release();
    expect(await answer).toEqual({ code: SUCCESS });
  });

  it('gives points a second as a shutdown does, and exports afterwards as before', async () => {
    const { server, clock } = start();
    const urgencies: string[] = [];
    const exporter = deliver(server, {
      clock,
      seconds: {
        needsOwnSecond: () => true,
        next(_owner, _endMillis, _nowMillis, urgency) {
          urgencies.push(urgency);
          return 1;
        },
      },
    });
    exporter.flushSync(many(1));
    await exportTo(exporter, many(1));
    expect(urgencies).toEqual(['shutdown', 'export']);
  });

  it('leaves 2 ms between slices, and keeps what there is no time for', async () => {
    const { server, clock, exporter } = start();
    const report = exporter.flushSync(many(10), { timeoutMillis: 5 });
    expect(server.take()).toEqual(names(6));
    expect(clock.sleeps).toEqual([2, 2]);
    expect(report).toMatchObject({ exported: 6, pending: 4, dropped: 0 });
    expect(report.errors.map(String)).toEqual([
      'Error: TestExporter: it could not be sent within the 5 ms of `flushSync`',
    ]);
    expectIdentity(exporter.stats());
    // If the process lives on, the rest is sent like everything that is kept.
    await clock.advance(2000);
    expect(server.payloads.toSorted()).toEqual(names(10).slice(6));
    expect(await exporter.flush()).toMatchObject({ exported: 4, pending: 0 });
  });

  it('may take one second', () => {
    const { server, clock, exporter } = start();
    expect(exporter.flushSync(many(2000))).toMatchObject({ exported: 1000, pending: 1000, dropped: 0 });
    expect([server.payloads.length, clock.millis]).toEqual([1000, 998]);
  });

  it('makes nothing more when making it took the time', () => {
    const server = new FakeServer();
    const clock = new FakeClock();
    let formatted = 0;
    const exporter = deliver(server, {
      clock,
      format: ({ name }) => {
        clock.millis += 1;
        formatted += 1;
        return name;
      },
    });
    expect(exporter.flushSync(many(2000), { timeoutMillis: 100 })).toMatchObject({
      exported: 0,
      pending: 2000,
    });
    expect(formatted).toBeLessThan(250);
    expectIdentity(exporter.stats());
  });

  it('keeps to a pace of lines', () => {
    const { server, clock, exporter } = start({ pacing: linePacing(100) });
    expect(exporter.flushSync(many(50), { timeoutMillis: 250 })).toMatchObject({ exported: 30, pending: 20 });
    expect([server.payloads.length, clock.sleeps]).toEqual([30, [100, 100]]);
  });

  it('keeps everything when nobody takes the first slice', async () => {
    const { server, clock, exporter } = start();
    server.answerSync = () => NOT_ACCEPTED;
    const report = exporter.flushSync(many(10));
    expect(server.take()).toEqual(names(2));
    expect(report).toMatchObject({ exported: 0, pending: 10, dropped: 0 });
    expect(report.errors.map(String)).toEqual(['Error: TestExporter: connection refused']);
    expect(exporter.flushSync(many(10, 2))).toMatchObject({ exported: 0, pending: 20, dropped: 0 });
    server.take();
    await clock.advance(2000);
    expect(server.payloads.toSorted()).toEqual(names(10, 3));
    expectIdentity(exporter.stats());
  });

  it('counts what the kernel took, what it may have taken in part, and what it did not take', () => {
    const { server, exporter } = start({ pacing: { payloadsAtOnce: 4, gapMillis: 0 } });
    const outcomes: Outcome[] = [DELIVERED, UNKNOWN];
    server.answerSync = () => outcomes.shift() ?? NOT_ACCEPTED;
    expect(exporter.flushSync(many(10))).toMatchObject({ exported: 1, pending: 8, dropped: 1 });
    expect(exporter.stats().droppedBy).toEqual({ unknown: { points: 1, amount: 1 } });
    // The slice, and the first one after it.
    expect(server.payloads).toEqual(names(8));
    expectIdentity(exporter.stats());
  });

  it('hands over everything to somebody who does not say what becomes of it, and counts it as lost', () => {
    const { server, exporter } = start();
    server.answerSync = () => UNKNOWN;
    expect(exporter.flushSync(many(10))).toMatchObject({ exported: 0, pending: 0, dropped: 10 });
    expect(server.payloads).toEqual(names(10));
    expectIdentity(exporter.stats());
  });

  it('halves what is too large', () => {
    const server = new FakeServer();
    const exporter = deliver(server);
    server.answerSync = (payload) =>
      payload.includes('\n') ? { type: 'too-large', reason: 'too long' } : DELIVERED;
    expect(exporter.flushSync(many(4))).toMatchObject({ exported: 4, pending: 0, dropped: 0 });
    expect(server.payloads.filter((payload) => !payload.includes('\n'))).toEqual(names(4));
  });

  it('keeps what a transport can not send within the turn, and what throws is lost', async () => {
    const asynchronous: Transport = { send: async () => DELIVERED, close: async () => undefined };
    const exporter = deliver(asynchronous);
    expect(exporter.flushSync(many(2))).toMatchObject({ exported: 0, pending: 2, dropped: 0 });
    expect(await exporter.flush()).toMatchObject({ exported: 2, pending: 0, dropped: 0 });
    const { server, exporter: other } = start();
    server.answerSync = () => {
      throw new Error('no socket');
    };
    expect(other.flushSync(many(2))).toMatchObject({ exported: 0, pending: 0, dropped: 2 });
    expectIdentity(other.stats());
  });

  it('sends what is handed in during a shutdown, and drops it afterwards', async () => {
    const { server, exporter, events } = start();
    const release = server.hold();
    void exportTo(exporter, many(2));
    await settle();
    const down = exporter.shutdown();
    expect(exporter.flushSync(many(1, 5))).toMatchObject({ exported: 1, pending: 2, dropped: 0 });
    expect(server.take()).toEqual([...names(2), 'n0:5']);
    release();
    await down;
    exporter.event('late', events);
    expect(exporter.flushSync(many(3))).toMatchObject({ exported: 2, pending: 0, dropped: 4 });
    expect(exporter.stats().droppedBy).toEqual({ shutdown: { points: 3, amount: 3 } });
    expect(server.payloads).toEqual([]);
    expectIdentity(exporter.stats());
  });

  it('never throws, whatever it is given', () => {
    const { exporter } = start();
    const wrong = { resource: undefined, scopeMetrics: 7 } as never;
    expect(exporter.flushSync(wrong)).toMatchObject({ exported: 0, pending: 0, dropped: 0 });
    expect(said.error).toHaveLength(1);
  });

  it('that is called while an export is being made leaves that alone', async () => {
    const server = new FakeServer();
    const reports: unknown[] = [];
    const exporter = deliver(server, {
      format({ name }) {
        if (name === 'n1') reports.push(exporter.flushSync());
        return name;
      },
    });
    expect(await exportTo(exporter, many(3))).toEqual({ code: SUCCESS });
    expect(reports).toMatchObject([{ exported: 0, pending: 3, dropped: 0 }]);
    expect(server.payloads).toEqual(['n0\nn1\nn2']);
    expectIdentity(exporter.stats());
  });

  it('is a method of exporters over sockets only', () => {
    const withIt = [Delivery, LocalDelivery, SocketDelivery].filter((type) => 'flushSync' in type.prototype);
    expect(withIt).toEqual([SocketDelivery]);
  });
});
