import { describe, expect, it } from 'vitest';
import { DATAGRAM_PACING, linePacing, linesAtOnce, STREAM_PACING } from '../src/index.ts';
import { Pacing } from '../src/transports/pacing.ts';
import { FakeClock, settle } from './fake-clock.ts';

describe('Pacing', () => {
  function begin(timeoutMillis = 60_000, ...intervals: number[]) {
    const clock = new FakeClock();
    const pacing = new Pacing(DATAGRAM_PACING, clock);
    for (const interval of [0, ...intervals]) {
      clock.millis += interval;
      pacing.begin(timeoutMillis, true);
    }
    return { clock, pacing };
  }

  /** How long it takes until the next slice may be sent. */
  async function gapOf(pacing: Pacing, clock: FakeClock, inHurry = false): Promise<number> {
    const begun = clock.millis;
    const waiting = { isOver: false };
    void pacing.ready(inHurry).then(() => (waiting.isOver = true));
    await settle();
    while (!waiting.isOver) await clock.advance(1);
    return clock.millis - begun;
  }

  /** The gaps between the slices of an export of so many payloads, each slice taking so long to send. */
  async function gapsOf(payloads: number, { clock, pacing }: ReturnType<typeof begin>, millisEach = 0) {
    const gaps: number[] = [];
    for (let made = 0; made < payloads;) {
      const size = Math.min(pacing.payloadsAtOnce, payloads - made);
      made += size;
      pacing.sliceMade(size, made / payloads);
      if (made > size) gaps.push(await gapOf(pacing, clock));
      clock.millis += millisEach;
      pacing.sliceSent();
    }
    return gaps;
  }

  it('sends the first slice at once, and others 80 ms apart when there are few', async () => {
    const { clock, pacing } = begin();
    pacing.sliceMade(32, 0.5);
    expect(await gapOf(pacing, clock)).toBe(0);
    expect(await gapsOf(100, begin())).toEqual([80, 80, 80]);
  });

  it('keeps slices 20 ms apart in a hurry, counted from the end of the one before', async () => {
    const { clock, pacing } = begin();
    pacing.sliceMade(32, 0.5);
    clock.millis = 7;
    pacing.sliceSent();
    clock.millis = 10;
    expect(await gapOf(pacing, clock, true)).toBe(17);
  });

  it('spreads a larger export evenly over half of the interval, 10 s until it is known', async () => {
    for (const intervals of [[], [10_000, 10_000]]) {
      // 125 slices: 5 s are 40 ms for each.
      const gaps = await gapsOf(4000, begin(60_000, ...intervals));
      expect(new Set(gaps)).toEqual(new Set([40]));
    }
  });

  it('sends a very large one 32 every 20 ms, not more', async () => {
    const gaps = await gapsOf(10_000, begin(60_000, 1000, 1000));
    expect(new Set(gaps)).toEqual(new Set([20]));
  });

  it('does not catch up when slices take longer than planned', async () => {
    const gaps = await gapsOf(4000, begin(), 60);
    expect(new Set(gaps)).toEqual(new Set([40]));
  });

  it('goes by the deadline when that is shorter than the interval, and hurries when half of it is over', async () => {
    // 12.5 slices in 500 ms.
    const gaps = await gapsOf(400, begin(1000));
    expect(gaps.slice(0, 3)).toEqual([40, 40, 40]);
    const late = begin(1000);
    expect((await gapsOf(400, late, 100)).slice(5)).toEqual([20, 20, 20, 20, 20, 20, 20]);
  });

  it('stays slow for one export that follows soon, and hurries when they all do', async () => {
    expect(new Set(await gapsOf(1000, begin(60_000, 10_000, 100)))).toEqual(new Set([80]));
    expect(new Set(await gapsOf(1000, begin(60_000, 10_000, 100, 100)))).toEqual(new Set([20]));
  });

  it('learns nothing from what is sent between exports', async () => {
    const paced = begin(60_000, 10_000, 10_000);
    for (let time = 0; time < 5; time += 1) {
      paced.clock.millis += 10;
      paced.pacing.begin(60_000, false);
    }
    expect(new Set(await gapsOf(1000, paced))).toEqual(new Set([80]));
  });

  it('waits after a slice for as long as its lines take, also in a hurry and at the next export', async () => {
    const clock = new FakeClock();
    const pacing = new Pacing(linePacing(1000), clock);
    expect(pacing.linesAtOnce).toBe(100);
    expect(pacing.linesOf('a:1|c\nb:0|g\nb:-1|g')).toBe(3);
    pacing.begin(60_000, true);
    expect(await gapOf(pacing, clock)).toBe(0);
    pacing.sliceSent(100);
    expect(await gapOf(pacing, clock)).toBe(100);
    pacing.sliceSent(37);
    pacing.begin(60_000, true);
    clock.millis += 7;
    expect(await gapOf(pacing, clock, true)).toBe(30);
    pacing.sliceSent(100);
    clock.millis += 100;
    expect(await gapOf(pacing, clock)).toBe(0);
  });

  it.each([
    [10, 1],
    [999, 99],
    [1_000_000, 100_000],
  ])('of %i lines a second sends %i at once', (linesPerSecond, lines) => {
    expect(linesAtOnce(linesPerSecond)).toBe(lines);
  });

  it('counts no lines where they are not limited', () => {
    const pacing = new Pacing(STREAM_PACING, new FakeClock());
    expect([pacing.linesAtOnce, pacing.linesOf('a\nb')]).toEqual([Infinity, 0]);
  });

  it('has no gaps in a stream, which says when it is full', async () => {
    const clock = new FakeClock();
    const pacing = new Pacing(STREAM_PACING, clock);
    pacing.sliceSent();
    await pacing.ready(false);
    expect([clock.turns, clock.timers]).toEqual([0, 0]);
  });

  it('leaves 2 ms between slices at the end of a process, more for lines, and none after the deadline', () => {
    const clock = new FakeClock();
    const pacing = new Pacing({ ...linePacing(1000), gapMillis: 20 }, clock);
    expect(pacing.readySync(1)).toBe(true);
    pacing.sliceSent(1);
    clock.millis += 0.5;
    expect(pacing.readySync(10)).toBe(true);
    expect(clock.sleeps).toEqual([1.5]);
    pacing.sliceSent(100);
    expect(pacing.readySync(102)).toBe(false);
    expect(pacing.readySync(103)).toBe(true);
    expect(clock.sleeps).toEqual([1.5, 100]);
    expect(pacing.readySync(clock.millis)).toBe(false);
  });
});
