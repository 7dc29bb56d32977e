import { describe, expect, it } from 'vitest';
import { DATAGRAM_PACING, STREAM_PACING } from '../src/index.ts';
import { Pacing } from '../src/pacing.ts';
import { FakeClock, settle } from './fake-clock.ts';

describe('Pacing', () => {
  it('keeps slices 20 ms apart, counted from the end of the one before', async () => {
    const clock = new FakeClock();
    const pacing = new Pacing(DATAGRAM_PACING, clock);
    await pacing.ready();
    clock.millis = 7;
    pacing.sliceSent(1);
    let isReady = false;
    void pacing.ready().then(() => (isReady = true));
    await clock.advance(19);
    expect(isReady).toBe(false);
    await clock.advance(1);
    expect(isReady).toBe(true);
  });

  it('does not catch up after a slice that came late', async () => {
    const clock = new FakeClock();
    const pacing = new Pacing(DATAGRAM_PACING, clock);
    pacing.sliceSent(1);
    await clock.advance(500);
    await pacing.ready();
    pacing.sliceSent(1);
    let isReady = false;
    void pacing.ready().then(() => (isReady = true));
    await settle();
    expect(isReady).toBe(false);
  });

  /** The sizes of the slices of an export of so many payloads, each slice taking so long. */
  function slicesOf(
    pacing: Pacing,
    clock: FakeClock,
    payloads: number,
    millisEach = 20,
    inHurry = false,
  ): number[] {
    const sizes: number[] = [];
    for (let sent = 0; sent < payloads;) {
      const size = Math.min(pacing.sliceSize(sent / payloads, inHurry), payloads - sent);
      sizes.push(size);
      pacing.sliceSent(size);
      clock.millis += millisEach;
      sent += size;
    }
    return sizes;
  }

  function begin(timeoutMillis = 60_000, ...intervals: number[]) {
    const clock = new FakeClock();
    const pacing = new Pacing(DATAGRAM_PACING, clock);
    for (const interval of [0, ...intervals]) {
      clock.millis += interval;
      pacing.begin(timeoutMillis);
    }
    return { clock, pacing };
  }

  it('sends a small export 8 at a time, and 32 in a hurry', () => {
    const { clock, pacing } = begin();
    expect(slicesOf(pacing, clock, 40)).toEqual([8, 8, 8, 8, 8]);
    pacing.begin(60_000);
    expect(slicesOf(pacing, clock, 40, 20, true)).toEqual([32, 8]);
  });

  it('spreads a larger one evenly over half of the interval, 10 s until it is known', () => {
    for (const intervals of [[], [10_000, 10_000]]) {
      const { clock, pacing } = begin(60_000, ...intervals);
      const sizes = slicesOf(pacing, clock, 4000);
      expect(sizes.length).toBeGreaterThan(240);
      expect(sizes.length).toBeLessThanOrEqual(250);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(18);
    }
  });

  it('sends a very large one 32 at a time, not more', () => {
    const { clock, pacing } = begin(60_000, 1000, 1000);
    const sizes = slicesOf(pacing, clock, 10_000);
    expect(Math.max(...sizes)).toBe(32);
    expect(sizes.filter((size) => size === 32).length).toBeGreaterThan(300);
  });

  it('does not catch up when slices take longer than planned', () => {
    const { clock, pacing } = begin();
    expect(slicesOf(pacing, clock, 4000, 60)).toEqual(slicesOf(begin().pacing, new FakeClock(), 4000, 20));
  });

  it('goes by the deadline when that is shorter than the interval, and hurries when half of it is over', () => {
    const { clock, pacing } = begin(1000);
    expect(slicesOf(pacing, clock, 400).length).toBeLessThanOrEqual(25);
    pacing.begin(1000);
    const sizes = slicesOf(pacing, clock, 400, 100);
    expect(sizes.slice(5, -1)).toEqual(sizes.slice(5, -1).map(() => 32));
    expect(sizes[4]).toBeLessThan(32);
  });

  it('stays slow for one export that follows soon, and hurries when they all do', () => {
    const slow = begin(60_000, 10_000, 100);
    expect(Math.max(...slicesOf(slow.pacing, slow.clock, 1000))).toBe(8);
    const fast = begin(60_000, 10_000, 100, 100);
    expect(Math.max(...slicesOf(fast.pacing, fast.clock, 1000))).toBe(32);
  });

  it('lets the event loop have a turn between slices of a stream, and waits no longer', async () => {
    const clock = new FakeClock();
    const pacing = new Pacing(STREAM_PACING, clock);
    pacing.sliceSent(1);
    await pacing.ready();
    expect([clock.turns, clock.timers]).toEqual([1, 0]);
  });
});
