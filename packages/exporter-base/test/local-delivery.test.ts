import { resourceMetrics, sumData } from '@tallykit/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Series } from '../src/series/series.ts';
import { LocalDelivery, TagWriter, type SeriesAccount } from '../src/index.ts';
import { listenToDiag } from './diag-messages.ts';
import { FakeClock, settle } from './fake-clock.ts';

const tags = new TagWriter({ key: (text) => text, value: (text) => text, join: (all) => all.join() });

/** Something that can be made to wait, until it is let go. */
class Gate {
  isShut = false;
  #open: (() => void)[] = [];

  async pass(): Promise<void> {
    if (this.isShut) await new Promise<void>((resolve) => this.#open.push(resolve));
  }

  open(): void {
    this.isShut = false;
    for (const open of this.#open.splice(0)) open();
  }
}

/** Delivers into a list, and hangs wherever a test says so. */
class ListExporter extends LocalDelivery {
  readonly list: string[] = [];
  readonly preparing = new Gate();
  readonly delivering = new Gate();
  readonly arriving = new Gate();
  /** What `arrive` was called with. */
  readonly arrivals: (readonly [timeoutMillis: number, isLast: boolean])[] = [];

  constructor(clock: FakeClock) {
    super({
      component: 'ListExporter',
      translator: () => (metric) => ({ name: metric.name, tags, filter: () => undefined }),
      timeoutMillis: 10_000,
      clock,
    });
  }

  protected override prepare(): Promise<void> {
    return this.preparing.pass();
  }

  protected override async deliver(allSeries: Iterable<Series>, account: SeriesAccount): Promise<undefined> {
    for (const series of allSeries) {
      await this.delivering.pass();
      this.list.push(series.name);
      account.taken(series);
    }
  }

  protected override async arrive(timeoutMillis: number, isLast: boolean): Promise<readonly Error[]> {
    this.arrivals.push([timeoutMillis, isLast]);
    await this.arriving.pass();
    return [];
  }
}

describe('LocalDelivery', () => {
  let messages: ReturnType<typeof listenToDiag>;
  let clock: FakeClock;
  let exporter: ListExporter;
  beforeEach(() => {
    messages = listenToDiag();
    clock = new FakeClock();
    exporter = new ListExporter(clock);
  });
  afterEach(() => messages.stop());

  /** Hands in counters of 1, and says later how it was answered. */
  const hand = (...names: string[]) => {
    const answers: number[] = [];
    exporter.export(resourceMetrics(names.map((name) => sumData(name, 1))), ({ code }) => answers.push(code));
    return answers;
  };

  /** How many milliseconds something takes. */
  const millisOf = async (work: Promise<unknown>): Promise<number> => {
    const start = clock.millis;
    let isDone = false;
    const done = work.then(() => {
      isDone = true;
    });
    for (let waited = 0; waited < 20_000; waited += 50) {
      await settle();
      if (isDone) break;
      await clock.advance(50);
    }
    await done;
    return clock.millis - start;
  };

  const gates = ['preparing', 'delivering', 'arriving'] as const;

  it.each(gates)('ends a shutdown, a flush and a forceFlush in time while it hangs %s', async (gate) => {
    exporter[gate].isShut = true;
    hand('a', 'b');
    expect(await millisOf(exporter.flush({ timeoutMillis: 300 }))).toBe(300);
    expect(await millisOf(exporter.forceFlush())).toBe(1900);
    expect(await millisOf(exporter.shutdown({ timeoutMillis: 100 }))).toBe(100);
    expect(await millisOf(exporter.shutdown())).toBe(0);
    expect(clock.timers).toBe(0);
  });

  it.each(gates)('ends a shutdown without a deadline within two seconds while it hangs %s', async (gate) => {
    exporter[gate].isShut = true;
    hand('a');
    expect(await millisOf(exporter.shutdown())).toBe(1900);
  });

  it('shares these two seconds with the forceFlush of a reader that shuts down', async () => {
    exporter.preparing.isShut = true;
    hand('a');
    const asReaders = async (): Promise<void> => {
      await exporter.forceFlush();
      await exporter.shutdown();
    };
    expect(await millisOf(asReaders())).toBe(1900);
  });

  it('has them for itself when that forceFlush was long ago', async () => {
    exporter.preparing.isShut = true;
    hand('a');
    await millisOf(exporter.forceFlush());
    await clock.advance(1000);
    expect(await millisOf(exporter.shutdown())).toBe(1900);
  });

  it('drops and counts what was not delivered in time, answers its exports, and counts nothing twice', async () => {
    const first = hand('a', 'b', 'c');
    await settle();
    expect(first).toEqual([0]);
    exporter.delivering.isShut = true;
    const second = hand('d', 'e');
    const third = hand('f');
    await millisOf(exporter.shutdown({ timeoutMillis: 100 }));
    expect([...second, ...third]).toEqual([1, 1]);
    const end = {
      received: { points: 6, amount: 6 },
      exported: { points: 3, amount: 3 },
      pending: { points: 0, amount: 0 },
      dropped: { points: 3, amount: 3 },
      droppedBy: { shutdown: { points: 3, amount: 3 } },
    };
    expect(exporter.stats()).toMatchObject(end);
    exporter.delivering.open();
    await settle();
    // The series that was being delivered goes on, and no further one.
    expect(exporter.list).toEqual(['a', 'b', 'c', 'd']);
    expect(exporter.stats()).toMatchObject(end);
    expect([...second, ...third]).toEqual([1, 1]);
    expect(messages.warn).toHaveLength(1);
    expect(messages.warn[0]).toContain('the time for the shutdown was up');
  });

  it('delivers what was handed in before a shutdown, and drops what comes while it waits', async () => {
    exporter.preparing.isShut = true;
    const before = [hand('a'), hand('b')];
    const shutdown = exporter.shutdown({ timeoutMillis: 100 });
    const meanwhile = hand('c');
    await settle();
    exporter.preparing.open();
    expect(await millisOf(shutdown)).toBe(0);
    expect(before).toEqual([[0], [0]]);
    expect(meanwhile).toEqual([1]);
    expect(exporter.list).toEqual(['a', 'b']);
    expect(exporter.stats()).toMatchObject({
      exported: { points: 2 },
      droppedBy: { shutdown: { points: 1, amount: 1 } },
    });
  });

  it.each(gates)('takes the least patience of several shutdowns while it hangs %s', async (gate) => {
    exporter[gate].isShut = true;
    hand('a');
    const patient = exporter.shutdown({ timeoutMillis: 5000 });
    expect(await millisOf(exporter.shutdown({ timeoutMillis: 100 }))).toBe(100);
    expect(await millisOf(patient)).toBe(0);
  });

  it('waits with what is left of the time for what it delivered to arrive, and says when it is the last time', async () => {
    exporter.preparing.isShut = true;
    hand('a');
    const flush = exporter.flush({ timeoutMillis: 300 });
    await clock.advance(100);
    exporter.preparing.open();
    await flush;
    await exporter.shutdown({ timeoutMillis: 50 });
    expect(exporter.arrivals).toEqual([
      [200, false],
      [50, true],
    ]);
  });
});
