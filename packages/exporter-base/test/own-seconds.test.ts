import { gaugeData, resourceMetrics, sumData } from '@tallykit/testkit';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SeriesSeconds } from '../src/datadog.ts';
import { DELIVERED, type Outcome } from '../src/index.ts';
import { listenToDiag } from './diag-messages.ts';
import { FakeClock } from './fake-clock.ts';
import {
  deliver,
  expectIdentity,
  exportTo,
  FakeServer,
  NOT_ACCEPTED,
  SUCCESS,
  UNKNOWN,
} from './fake-server.ts';
import { runs } from '../../../test/runs.ts';

let said: ReturnType<typeof listenToDiag>;
beforeEach(() => {
  said = listenToDiag();
});
afterEach(() => said.stop());

/** When the tests begin, in seconds since 1970. */
const START = 1_700_000_000;

/** An exporter whose lines are `name:value@second`, counted from the start, and its two clocks. */
function start(options: Parameters<typeof deliver>[1] = {}) {
  const server = new FakeServer();
  const clock = new FakeClock();
  /** How wrong the wall clock is. */
  const wall = { aheadMillis: 0 };
  const now = () => START * 1000 + clock.millis + wall.aheadMillis;
  const exporter = deliver(server, {
    clock,
    wallClock: now,
    seconds: new SeriesSeconds('TestExporter', () => true),
    format: ({ name, value }, second) => `${name}:${value as number}@${second! - START}`,
    ...options,
  });
  const send = (name: string, value: number, endSeconds = Math.floor(now() / 1000)) =>
    exportTo(exporter, resourceMetrics([sumData(name, value, { endSeconds })]));
  return { server, clock, wall, now, exporter, send };
}

describe('a series that needs a second for each of its points', () => {
  it('gets the one in which its point ended, and the next when that is taken', async () => {
    const { server, send, exporter } = start();
    for (const value of [1, 2]) expect(await send('a', value)).toEqual({ code: SUCCESS });
    expect(server.payloads).toEqual(['a:1@0', 'a:2@1']);
    expectIdentity(exporter.stats());
  });

  it('has its time back after the clock was an hour ahead, and it is logged once', async () => {
    const { server, clock, wall, send, exporter } = start();
    wall.aheadMillis = 3_600_000;
    await send('a', 1);
    wall.aheadMillis = 0;
    for (let count = 0; count < 3; count += 1) {
      await clock.advance(10_000);
      await send('a', 2);
    }
    expect(server.payloads).toEqual(['a:1@3600', 'a:2@10', 'a:2@20', 'a:2@30']);
    expect(said.warn).toHaveLength(1);
    expect(said.warn[0]).toMatch(/^TestExporter: points were sent with times that are 3590 s ahead/);
    // When the clock comes to what was used, that is left out.
    await clock.advance(3_570_000);
    await send('a', 4);
    expect(server.payloads.at(-1)).toBe('a:4@3601');
    expectIdentity(exporter.stats());
  });

  it('waits while the clock is less than a minute behind, merges, and goes by itself', async () => {
    const { server, clock, wall, send, exporter } = start();
    wall.aheadMillis = 40_000;
    await send('a', 1);
    wall.aheadMillis = 0;
    await clock.advance(10_000);
    for (const value of [2, 4]) expect(await send('a', value)).toEqual({ code: SUCCESS });
    await send('b', 8);
    expect(server.take()).toEqual(['a:1@40', 'b:8@10']);
    expect(exporter.stats()).toMatchObject({
      pending: { points: 2, amount: 6 },
      exported: { points: 2, amount: 9 },
    });
    expectIdentity(exporter.stats());
    await clock.advance(30_999);
    expect(server.payloads).toEqual([]);
    await clock.advance(1);
    expect(server.payloads).toEqual(['a:6@41']);
    expect(exporter.stats()).toMatchObject({ pending: { points: 0 }, dropped: { points: 0 } });
    expectIdentity(exporter.stats());
    // It was no outage.
    expect(said.warn).toEqual([]);
    const { errors, exported } = await exporter.flush();
    expect([errors, exported]).toEqual([[], 4]);
    expect(clock.due).toEqual([]);
  });

  it('holds up no event while it waits', async () => {
    const { server, clock, send, wall, exporter } = start();
    await send('a', 1);
    wall.aheadMillis = -20_000;
    await send('a', 2);
    expect(server.take()).toEqual(['a:1@0']);
    exporter.event('deploy', { transport: server, maxPayloadBytes: 100 });
    await clock.advance(0);
    expect(server.take()).toEqual(['deploy']);
    await clock.advance(21_000);
    expect(server.take()).toEqual(['a:2@1']);
  });

  it('is sent with the next free second when somebody flushes or shuts down', async () => {
    const flushed = start();
    await flushed.send('a', 1);
    flushed.wall.aheadMillis = -20_000;
    await flushed.send('a', 2);
    expect(flushed.server.payloads).toEqual(['a:1@0']);
    await flushed.exporter.forceFlush();
    expect(flushed.server.payloads).toEqual(['a:1@0', 'a:2@1']);

    const ended = start();
    ended.wall.aheadMillis = 45_000;
    await ended.send('a', 1);
    ended.wall.aheadMillis = 0;
    await ended.send('a', 2);
    await ended.exporter.forceFlush();
    expect(ended.exporter.stats().pending.points).toBe(1);
    await ended.exporter.shutdown();
    expect(ended.server.payloads).toEqual(['a:1@45', 'a:2@46']);
    expect(ended.exporter.stats()).toMatchObject({ exported: { points: 2 }, dropped: { points: 0 } });
  });

  it('keeps its second through attempts that fail', async () => {
    const { server, send, exporter } = start();
    server.answer = () => NOT_ACCEPTED;
    await send('a', 1);
    for (let attempt = 0; attempt < 50; attempt += 1) await exporter.forceFlush();
    server.answer = () => DELIVERED;
    server.take();
    await exporter.forceFlush();
    expect(server.payloads).toEqual(['a:1@0']);
  });
});

describe('a point that waits while the clock is set', () => {
  it('is not too old because the clock was set forward', async () => {
    const { server, clock, wall, send, exporter } = start({ maxAgeMillis: 3_600_000 });
    server.answer = () => NOT_ACCEPTED;
    await send('a', 1);
    wall.aheadMillis = 50 * 365 * 86_400_000;
    server.answer = () => DELIVERED;
    server.take();
    await clock.advance(1000);
    expect(server.payloads).toEqual([`a:1@${wall.aheadMillis / 1000}`]);
    expect(exporter.stats().dropped.points).toBe(0);
  });

  it('still becomes too old', async () => {
    const { server, clock, wall, send, exporter } = start({ maxAgeMillis: 3_600_000 });
    server.answer = () => NOT_ACCEPTED;
    await send('a', 1);
    wall.aheadMillis = 7_200_000;
    await clock.advance(3_700_000);
    server.answer = () => DELIVERED;
    await exporter.forceFlush();
    expect(exporter.stats().droppedBy).toEqual({ expired: { points: 1, amount: 1 } });
  });

  it('becomes too old in time when the clock was set forward by mistake, and back', async () => {
    const { server, clock, wall, send, exporter } = start({ maxAgeMillis: 3_600_000 });
    server.answer = () => NOT_ACCEPTED;
    await send('a', 1);
    for (const aheadMillis of [7_200_000, 0]) {
      wall.aheadMillis = aheadMillis;
      await exporter.forceFlush();
    }
    expect(exporter.stats().pending.points).toBe(1);
    await clock.advance(3_700_000);
    expect(exporter.stats().droppedBy).toEqual({ expired: { points: 1, amount: 1 } });
  });

  it('has the time of the clock when that was set back', async () => {
    const { server, clock, wall, send } = start({ maxAgeMillis: 3_600_000 });
    wall.aheadMillis = 7_200_000;
    server.answer = () => NOT_ACCEPTED;
    await send('a', 1);
    wall.aheadMillis = 0;
    server.answer = () => DELIVERED;
    server.take();
    await clock.advance(1000);
    expect(server.payloads).toHaveLength(1);
    expect(Number(server.payloads[0]!.split('@')[1])).toBeLessThan(60);
  });
});

describe('any exports and any clock', () => {
  it('bring no second of a series twice, none a minute ahead, and all points are accounted for', async () => {
    const step = fc.record({
      name: fc.constantFrom('a', 'b'),
      passes: fc.constantFrom(0, 300, 1000, 10_000),
      aheadMillis: fc.oneof(
        { weight: 4, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: -90_000, max: 90_000 }) },
        { weight: 1, arbitrary: fc.constantFrom(-7_200_000, 90_000, 3_600_000) },
      ),
      outcome: fc.constantFrom<Outcome>(DELIVERED, DELIVERED, DELIVERED, NOT_ACCEPTED, UNKNOWN),
      end: fc.constantFrom('', '', 'flush'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 40 }),
        fc.boolean(),
        async (steps, isIdempotent) => {
          const violations: string[] = [];
          const taken = new Map<string, string>();
          const { server, clock, wall, now, exporter, send } = start({ route: { isIdempotent } });
          let outcome: Outcome = DELIVERED;
          server.answer = (payload) => {
            // Not accepted is what never arrived.
            if (outcome === NOT_ACCEPTED) return outcome;
            for (const line of payload.split('\n')) {
              const [, name, , second] = /^(\w):(\d+)@(-?\d+)$/.exec(line)!;
              const key = `${name}@${second}`;
              const before = taken.get(key);
              if (before !== undefined && !(isIdempotent && before === payload))
                violations.push(`${key}: ${before}, then ${payload}`);
              else if (before === undefined && Number(second) * 1000 + START * 1000 - now() >= 60_000)
                violations.push(`${key} is ahead of ${now() / 1000 - START}`);
              taken.set(key, payload);
            }
            return outcome;
          };
          for (const { name, passes, aheadMillis, end, ...rest } of steps) {
            outcome = rest.outcome;
            wall.aheadMillis = aheadMillis;
            await send(name, 1);
            await clock.advance(passes);
            if (end === 'flush') await exporter.forceFlush();
            expectIdentity(exporter.stats());
          }
          outcome = DELIVERED;
          const shutDown = exporter.shutdown();
          // What has to wait for the clock by now is tried again for two seconds.
          await clock.advance(2000);
          await shutDown;
          expectIdentity(exporter.stats());
          expect(violations).toEqual([]);
          expect(exporter.stats()).toMatchObject({
            received: { points: steps.length },
            pending: { points: 0 },
          });
        },
      ),
      { numRuns: runs(60) },
    );
  });

  it('leave gauges what they are', async () => {
    const { server, clock, wall, exporter, now } = start();
    const set = (value: number) =>
      exportTo(exporter, resourceMetrics([gaugeData('g', value, { endSeconds: Math.floor(now() / 1000) })]));
    for (const value of [1, 2]) await set(value);
    wall.aheadMillis = -20_000;
    for (const value of [3, 4]) await set(value);
    await clock.advance(22_000);
    expect(server.payloads).toEqual(['g:1@0', 'g:2@1', 'g:4@2']);
  });
});
