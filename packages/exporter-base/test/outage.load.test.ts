import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import { gaugeData, histogramData, resourceMetrics, sumData } from '@tallykit/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DELIVERED, type Series } from '../src/index.ts';
import { listenToDiag } from './diag-messages.ts';
import { FakeClock } from './fake-clock.ts';
import { deliver, expectIdentity, exportTo, FakeServer, NOT_ACCEPTED } from './fake-server.ts';
import { record } from './record.ts';

const INTERVAL_MILLIS = 10_000;
/** 30 minutes. */
const INTERVALS = 180;
const COUNTERS = 30;
const GAUGES = 10;
const HISTOGRAMS = 10;
const METRICS = COUNTERS + GAUGES + HISTOGRAMS;
const SERIES_PER_METRIC = 100;
const TIMINGS = [0.4, 3, 3.5, 12, 95, 410];

/** What came in of one series. */
interface Books {
  sum: number;
  last: number;
  count: number;
  min: number;
  max: number;
  texts: number;
}

let said: ReturnType<typeof listenToDiag>;
beforeEach(() => {
  said = listenToDiag();
});
afterEach(() => said.stop());

function format({ name, tags, type, value }: Series): string {
  if (type !== 'histogram') return JSON.stringify([name, tags, type, value]);
  const { count, sum, min, max } = value;
  return JSON.stringify([name, tags, type, sum, count, min, max]);
}

/** A program with 5,000 series, its exporter, and a server that keeps books. */
async function start() {
  const server = new FakeServer();
  const clock = new FakeClock();
  const exporter = deliver(server, {
    clock,
    format,
    route: { maxPayloadBytes: 1432 },
    timeoutMillis: 20_000,
  });
  const books = new Map<string, Books>();
  const histograms = await Promise.all(
    Array.from({ length: SERIES_PER_METRIC }, (_, series) =>
      record(TIMINGS.map((timing) => timing * (series + 1))),
    ),
  );

  /** A metric whose series have those values. */
  function metricOf(empty: MetricData, endSeconds: number, value: (series: number) => unknown): MetricData {
    const dataPoints = Array.from({ length: SERIES_PER_METRIC }, (_, series) => ({
      attributes: { route: `/products/${series}`, region: 'eu' },
      startTime: [endSeconds - 10, 0],
      endTime: [endSeconds, 0],
      value: value(series),
    }));
    return { ...empty, dataPoints } as unknown as MetricData;
  }

  function metricsOf(interval: number): MetricData[] {
    const end = 1_000_000 + 10 * interval;
    return Array.from({ length: METRICS }, (_, index) => {
      if (index < COUNTERS) {
        return metricOf(sumData(`counter${index}`, 0), end, (series) => increaseOf(interval, series));
      }
      if (index < COUNTERS + GAUGES) {
        return metricOf(gaugeData(`gauge${index}`, 0), end, (series) => interval * 1000 + series);
      }
      const explicit = histogramData(`histogram${index}`, {} as never);
      const empty = {
        ...explicit,
        dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM,
        dataPoints: [],
      } as MetricData;
      // Of their own, as the SDK makes them.
      return metricOf(empty, end, (series) => structuredClone(histograms[series]));
    });
  }

  function take(payload: string) {
    for (const line of payload.split('\n')) {
      const [name, tags, type, sum, count = 0, min = Infinity, max = -Infinity] = JSON.parse(line) as [
        string,
        string,
        string,
        number,
        number?,
        number?,
        number?,
      ];
      const key = `${name}{${tags}}`;
      const book = books.get(key) ?? { sum: 0, last: 0, count: 0, min: Infinity, max: -Infinity, texts: 0 };
      if (type === 'gauge') book.last = sum;
      else book.sum += sum;
      book.count += count;
      book.min = Math.min(book.min, min);
      book.max = Math.max(book.max, max);
      book.texts += 1;
      books.set(key, book);
    }
    return DELIVERED;
  }

  server.answer = take;
  let intervals = 0;
  return {
    clock,
    exporter,
    books,
    begin: () => (server.answer = () => NOT_ACCEPTED),
    end: () => (server.answer = take),
    /** Exports points of every series, and lets ten seconds pass. */
    async interval(): Promise<void> {
      await exportTo(exporter, resourceMetrics(metricsOf(intervals)));
      intervals += 1;
      server.take();
      await clock.advance(INTERVAL_MILLIS);
    },
  };
}

function increaseOf(interval: number, series: number): number {
  return 1 + ((interval + series) % 7);
}

/** The server's totals are what was recorded in so many intervals. */
function expectTotals(books: ReadonlyMap<string, Books>, intervals: number): void {
  expect(books.size).toBe(METRICS * SERIES_PER_METRIC);
  for (const [key, { texts, ...book }] of books) {
    expect(book).toEqual(expectedOf(key, Number(/products\/(\d+)/.exec(key)?.[1]), intervals));
    expect(texts).toBeGreaterThan(0);
  }
}

function expectedOf(key: string, series: number, intervals: number): Omit<Books, 'texts'> {
  const expected = { sum: 0, last: 0, count: 0, min: Infinity, max: -Infinity };
  if (key.startsWith('gauge')) return { ...expected, last: (intervals - 1) * 1000 + series };
  if (key.startsWith('counter')) {
    for (let interval = 0; interval < intervals; interval += 1) expected.sum += increaseOf(interval, series);
    return expected;
  }
  const each = TIMINGS.map((timing) => timing * (series + 1));
  const sum = intervals * each.reduce((a, b) => a + b, 0);
  return {
    last: 0,
    // Fractions that were added in another order.
    sum: expect.closeTo(sum, 3) as number,
    count: TIMINGS.length * intervals,
    min: Math.min(...each),
    max: Math.max(...each),
  };
}

describe('30 minutes of an outage', () => {
  it('lose nothing, also when nothing is recorded afterwards, and cost memory by the number of series', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const heapUsed = () => {
      for (let time = 0; time < 3; time += 1) collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const program = await start();
    for (let interval = 0; interval < 3; interval += 1) await program.interval();
    const before = heapUsed();
    program.begin();
    await program.interval();
    const atFirst = heapUsed();
    for (let interval = 1; interval < INTERVALS; interval += 1) await program.interval();
    const atLast = heapUsed();
    expect(program.exporter.stats().pending.points).toBe(INTERVALS * METRICS * SERIES_PER_METRIC);
    expect(program.exporter.stats().dropped.points).toBe(0);

    const texts = () => [...program.books.values()].reduce((sum, book) => sum + book.texts, 0);
    const earlier = texts();
    program.end();
    await program.clock.advance(60_000);
    expect(texts() - earlier).toBe(METRICS * SERIES_PER_METRIC);
    // What the engine itself holds differs between two moments; what waits is what is more than at either.
    const withoutWaiting = Math.min(before, heapUsed());
    expect((atLast - withoutWaiting) / (atFirst - withoutWaiting)).toBeLessThan(1.1);
    expectTotals(program.books, INTERVALS + 3);
    const { received, exported, pending } = program.exporter.stats();
    expect([exported, pending]).toEqual([received, { points: 0, amount: 0 }]);
    expect(program.clock.timers).toBe(0);
    expect(said.warn).toHaveLength(2);
    expect(said.warn[1]).toContain(
      `sent ${INTERVALS * METRICS * SERIES_PER_METRIC} points late, merged, and dropped 0`,
    );
  }, 180_000);

  it('are made up for by the next export, with its points in the same series', async () => {
    const program = await start();
    program.begin();
    for (let interval = 0; interval < 20; interval += 1) await program.interval();
    program.end();
    await program.interval();
    expect([...program.books.values()].every(({ texts }) => texts === 1)).toBe(true);
    expectTotals(program.books, 21);
    expectIdentity(program.exporter.stats());
    expect(program.exporter.stats().exported.points).toBe(21 * METRICS * SERIES_PER_METRIC);
  });
});
