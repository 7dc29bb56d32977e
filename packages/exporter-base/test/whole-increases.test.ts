import { resourceMetrics, sumData } from '@tallykit/testkit';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DELIVERED, Remainders, type Outcome } from '../src/index.ts';
import { listenToDiag } from './diag-messages.ts';
import { FakeClock } from './fake-clock.ts';
import {
  deliver,
  expectIdentity,
  exportTo,
  FakeServer,
  NOT_ACCEPTED,
  UNKNOWN,
  type TestExporter,
} from './fake-server.ts';
import { runs } from '../../../test/runs.ts';

let said: ReturnType<typeof listenToDiag>;
beforeEach(() => {
  said = listenToDiag();
});
afterEach(() => said.stop());

/** An exporter of whole numbers, whose lines are those of increases only. */
function deliverWhole(server: FakeServer): { exporter: TestExporter; clock: FakeClock } {
  const clock = new FakeClock();
  const exporter = deliver(server, {
    clock,
    remainders: new Remainders(),
    format: ({ name, value }) => (value === 0 ? [] : `${name}:${Number(value)}`),
  });
  return { exporter, clock };
}

const amountIn = (payloads: readonly string[]) =>
  payloads
    .flatMap((payload) => payload.split('\n'))
    .reduce((sum, line) => sum + Number(line.split(':')[1]), 0);

describe('whole increases', () => {
  it('leave the rest pending, as an amount without points', async () => {
    const server = new FakeServer();
    const { exporter } = deliverWhole(server);
    for (const value of [0.75, 0.75, 2.25]) await exportTo(exporter, resourceMetrics([sumData('n', value)]));
    expect(server.payloads).toEqual(['n:1', 'n:2']);
    expect(exporter.stats()).toMatchObject({
      received: { points: 3, amount: 3.75 },
      exported: { points: 3, amount: 3 },
      pending: { points: 0, amount: 0.75 },
      dropped: { points: 0, amount: 0 },
    });
    expect(await exporter.flush()).toMatchObject({ exported: 3, pending: 0, dropped: 0, errors: [] });
  });

  it('drop the rest at a shutdown, and warn nobody of it', async () => {
    const { exporter } = deliverWhole(new FakeServer());
    await exportTo(exporter, resourceMetrics([sumData('a', 1.25), sumData('b', 0.5)]));
    await exporter.shutdown();
    expect(exporter.stats()).toMatchObject({
      exported: { points: 2, amount: 1 },
      pending: { points: 0, amount: 0 },
      droppedBy: { rounded: { points: 0, amount: 0.75 } },
    });
    expect(said.warn).toEqual([]);
    expect(said.debug).toContainEqual(
      expect.stringMatching(/^TestExporter: dropped the remainders of 2 series/),
    );
  });

  it('add the rest once when what was held goes with the next export', async () => {
    const server = new FakeServer();
    const { exporter } = deliverWhole(server);
    const record = (value: number) => exportTo(exporter, resourceMetrics([sumData('n', value)]));
    await record(0.75);
    server.answer = () => NOT_ACCEPTED;
    await record(3.5);
    expect(exporter.stats().pending).toEqual({ points: 1, amount: 4.25 });
    await record(0.5);
    expect(exporter.stats().pending).toEqual({ points: 2, amount: 4.75 });
    server.answer = () => DELIVERED;
    server.take();
    await exporter.flush();
    expect(server.take()).toEqual(['n:4']);
    expect(exporter.stats().pending).toEqual({ points: 0, amount: 0.75 });
    await record(0.25);
    expect(server.take()).toEqual(['n:1']);
    expect(exporter.stats().pending).toEqual({ points: 0, amount: 0 });
  });

  it('lose only whole numbers with a payload that is lost', async () => {
    const server = new FakeServer();
    const { exporter } = deliverWhole(server);
    server.answer = () => UNKNOWN;
    await exportTo(exporter, resourceMetrics([sumData('n', 3.5)]));
    expect(exporter.stats()).toMatchObject({
      pending: { points: 0, amount: 0.5 },
      droppedBy: { unknown: { points: 1, amount: 3 } },
    });
  });

  it('remember the rest of a series that is not exported for long', async () => {
    const server = new FakeServer();
    const { exporter } = deliverWhole(server);
    const tagged = (value: number) => sumData('n', value, { attributes: { shop: 'rare' } });
    await exportTo(exporter, resourceMetrics([tagged(0.5)]));
    // So many others that everything else which is known of the series is forgotten.
    for (let round = 0; round < 5; round += 1) {
      const others = Array.from({ length: 50 }, (_, index) =>
        sumData(`m${round}`, 1, { attributes: { shop: index } }),
      );
      await exportTo(exporter, resourceMetrics(others));
    }
    server.take();
    await exportTo(exporter, resourceMetrics([tagged(0.5)]));
    expect(server.take()).toEqual(['n:1']);
  });

  it('warn of the remainders of too many series, and count them', async () => {
    const { exporter } = deliverWhole(new FakeServer());
    // A series counts by its texts, too: 128 of these are remembered in each of two places.
    const length = 2 ** 16;
    const series = Array.from({ length: 300 }, (_, index) =>
      sumData(String(index).padStart(length, 'n'), 0.5),
    );
    await exportTo(exporter, resourceMetrics(series));
    expectIdentity(exporter.stats());
    expect(exporter.stats()).toMatchObject({
      exported: { points: 300, amount: 0 },
      pending: { points: 0, amount: 86 },
      droppedBy: { rounded: { points: 0, amount: 64 } },
    });
    expect(said.warn).toEqual([
      expect.stringMatching(/^TestExporter: dropped the remainders of 128 series \(rounded\).*Logged once/),
    ]);
  });

  it('send what is whole within the turn, and leave the rest pending', () => {
    const server = new FakeServer();
    const { exporter } = deliverWhole(server);
    exporter.flushSync(resourceMetrics([sumData('n', 2.75)]));
    expect(server.take()).toEqual(['n:2']);
    exporter.flushSync(resourceMetrics([sumData('n', 0.5)]));
    expect(server.take()).toEqual(['n:1']);
    expect(exporter.stats().pending).toEqual({ points: 0, amount: 0.25 });
  });

  it('keep received = exported + pending + dropped at every moment, whatever the server does', async () => {
    // In steps of an eighth, which add up exactly.
    const eighths = fc.integer({ min: -40, max: 400 }).map((count) => count / 8);
    const record = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), eighths), { maxLength: 6 });
    const act = fc.oneof(
      { weight: 4, arbitrary: fc.record({ export: record }) },
      { weight: 2, arbitrary: fc.record({ wait: fc.constantFrom(0, 999, 5000, 70_000) }) },
      { weight: 1, arbitrary: fc.record({ flushSync: record }) },
    );
    const outcome = fc.constantFrom<Outcome>(
      DELIVERED,
      DELIVERED,
      NOT_ACCEPTED,
      UNKNOWN,
      { type: 'too-large', reason: 'too large' },
      { type: 'refused', reason: 'no' },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(act, { minLength: 1, maxLength: 14 }),
        fc.array(outcome, { minLength: 1, maxLength: 12 }),
        async (acts, outcomes) => {
          const server = new FakeServer();
          const { exporter, clock } = deliverWhole(server);
          let answered = 0;
          const delivered: string[] = [];
          const openAmounts: number[] = [];
          const answer = (payload: string) => {
            // An error that is thrown here would count as one of the transport.
            const { received, exported, pending, dropped } = exporter.stats();
            openAmounts.push(received.amount - exported.amount - pending.amount - dropped.amount);
            const next = outcomes[answered++ % outcomes.length]!;
            if (next === DELIVERED) delivered.push(payload);
            return next;
          };
          server.answer = answer;
          server.answerSync = answer;
          const metrics = (points: readonly (readonly [string, number])[]) =>
            resourceMetrics(points.map(([name, value]) => sumData(name, value)));
          for (const each of acts) {
            if ('export' in each) exporter.export(metrics(each.export), () => undefined);
            else if ('flushSync' in each) exporter.flushSync(metrics(each.flushSync));
            else await clock.advance(each.wait);
            expectIdentity(exporter.stats());
          }
          await clock.advance(1000);
          expect(openAmounts.every((amount) => amount === 0)).toBe(true);
          expect(server.payloads.every((payload) => /^(\w:-?\d+\n?)+$/.test(payload))).toBe(true);
          expect(exporter.stats().exported.amount).toBe(amountIn(delivered));
          const down = exporter.shutdown();
          await clock.advance(10_000);
          await down;
          const stats = exporter.stats();
          expectIdentity(stats);
          expect(stats.pending).toEqual({ points: 0, amount: 0 });
          expect(Math.abs(stats.droppedBy.rounded?.amount ?? 0)).toBeLessThan(3);
          expect(stats.droppedBy.error).toBeUndefined();
        },
      ),
      { numRuns: runs(300) },
    );
  });
});
