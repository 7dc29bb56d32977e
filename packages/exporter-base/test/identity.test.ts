import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import { gaugeData, histogramData, resourceMetrics, sumData } from '@tallykit/testkit';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DELIVERED, type HistogramValue, type Outcome, type Series, type Transport } from '../src/index.ts';
import { listenToDiag } from './diag-messages.ts';
import { FakeClock } from './fake-clock.ts';
import { expectIdentity, TestExporter, wire } from './fake-server.ts';
import { runs } from '../../../test/runs.ts';

let said: ReturnType<typeof listenToDiag>;
beforeEach(() => {
  said = listenToDiag();
});
afterEach(() => said.stop());

/** What a test server does with a payload. */
type Step =
  | 'take'
  | 'refuse'
  | 'find too large'
  | 'turn away'
  | 'ask to wait'
  | 'take without an answer'
  | 'lose without an answer'
  | 'take and hang'
  | 'lose and hang'
  | 'throw';

/**
 * What stands in a text. The values of points are different powers of two, so a sum says which points are in it: `ids` are
 * the exponents.
 */
interface Line {
  readonly name: string;
  readonly part: number;
  readonly points: number;
  readonly ids: readonly number[];
}

/** A server that keeps books of its own. */
class Server implements Transport {
  readonly #isIdempotent: boolean;
  readonly #next: () => Step;
  readonly #look: () => void;
  /** Payloads that it has, by their text. */
  readonly taken = new Map<string, readonly Line[]>();
  /** Points that stood in a payload which the exporter can't know the fate of. */
  readonly uncertain = new Map<string, string>();
  /** Lines of which it said that it took them. */
  readonly confirmed: Line[] = [];
  readonly violations: string[] = [];
  isHealthy = false;

  constructor(isIdempotent: boolean, next: () => Step, look: () => void) {
    this.#isIdempotent = isIdempotent;
    this.#next = next;
    this.#look = look;
  }

  async send(payload: string, signal: AbortSignal): Promise<Outcome> {
    this.#lookAtBooks();
    await Promise.resolve();
    const { outcome, hangs } = this.#answer(payload);
    if (hangs === 'for ever') return new Promise(() => undefined);
    if (hangs === 'until the time is up') {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    }
    return outcome;
  }

  /** An answer that hangs doesn't come within the turn, so nobody knows it. */
  sendSync(payload: string): Outcome {
    this.#lookAtBooks();
    return this.#answer(payload).outcome;
  }

  async close(): Promise<void> {}

  #lookAtBooks(): void {
    try {
      this.#look();
    } catch (error) {
      this.violations.push(String(error));
    }
  }

  #answer(payload: string): {
    readonly outcome: Outcome;
    readonly hangs?: 'for ever' | 'until the time is up';
  } {
    const lines = payload.split('\n').map((text) => JSON.parse(text) as Line);
    this.#check(payload, lines);
    const step = this.isHealthy ? 'take' : this.#next();
    // Nobody refuses what he has taken.
    const mayRefuse = !this.taken.has(payload);
    if (step === 'refuse' && mayRefuse) return { outcome: { type: 'refused', reason: step } };
    if (step === 'find too large' && mayRefuse) return { outcome: { type: 'too-large', reason: step } };
    if (step === 'turn away') return { outcome: { type: 'not-accepted', reason: step } };
    if (step === 'ask to wait')
      return { outcome: { type: 'not-accepted', reason: step, retryAfterMillis: 5000 } };
    if (step === 'throw') throw this.#lose(payload, lines);
    if (step === 'lose without an answer') return this.#silence(payload, lines);
    if (step === 'lose and hang') return { ...this.#silence(payload, lines), hangs: 'for ever' };
    this.#take(payload, lines);
    if (step === 'take without an answer') return this.#silence(payload, lines);
    if (step === 'take and hang') {
      return { ...this.#silence(payload, lines), hangs: 'until the time is up' };
    }
    this.confirmed.push(...lines);
    return { outcome: DELIVERED };
  }

  #silence(payload: string, lines: readonly Line[]): { readonly outcome: Outcome } {
    return { outcome: { type: 'unknown', reason: this.#lose(payload, lines).message } };
  }

  /** What a server that knows a payload already does with it, it does not count again. */
  #take(payload: string, lines: readonly Line[]): void {
    if (this.taken.has(payload) && !this.#isIdempotent) this.violations.push(`twice: ${payload}`);
    this.taken.set(payload, lines);
  }

  #lose(payload: string, lines: readonly Line[]): Error {
    for (const { part, ids } of lines) for (const id of ids) this.uncertain.set(`${id}/${part}`, payload);
    return new Error('no answer');
  }

  #check(payload: string, lines: readonly Line[]): void {
    for (const { part, ids } of lines) {
      for (const id of ids) {
        const before = this.uncertain.get(`${id}/${part}`);
        const isResend =
          before !== undefined && this.#isIdempotent && (before === payload || before.includes(payload));
        if (before !== undefined && !isResend)
          this.violations.push(`${id} was in ${before}, now in ${payload}`);
      }
    }
  }
}

function exponentsOf(sum: number): number[] {
  const ids: number[] = [];
  for (let id = 0, rest = sum; rest > 0; id += 1, rest = Math.floor(rest / 2))
    if (rest % 2 === 1) ids.push(id);
  return ids;
}

/** Fails when a histogram is not exactly that of the powers of two that its sum says. */
function idsOfHistogram({ count, sum, min, max, ...buckets }: HistogramValue): number[] {
  const ids = exponentsOf(sum!);
  const inBuckets =
    buckets.type === 'explicit'
      ? buckets.counts
      : [...buckets.positive.bucketCounts, ...buckets.negative.bucketCounts, buckets.zeroCount];
  expect({ count, min, max, inBuckets: inBuckets.reduce((a, b) => a + b, 0) }).toEqual({
    count: ids.length,
    min: 2 ** ids[0]!,
    max: 2 ** ids.at(-1)!,
    inBuckets: ids.length,
  });
  return ids;
}

/** A point with the value `2 ** id`; gauges have no ids, as only the last of them arrives. */
function metricOf(name: string, id: number, endSeconds: number): MetricData {
  const value = 2 ** id;
  if (name.startsWith('sum') || name.startsWith('parts')) return sumData(name, value, { endSeconds });
  if (name.startsWith('gauge')) return gaugeData(name, value, { endSeconds });
  const totals = { count: 1, sum: value, min: value, max: value };
  const boundaries = [2 ** 8, 2 ** 16];
  const counts = [0, 0, 0];
  counts[boundaries.filter((boundary) => value > boundary).length] = 1;
  const metric = histogramData(name, { ...totals, buckets: { boundaries, counts } }, { endSeconds });
  if (id % 2 === 0) return metric;
  const exponential = {
    ...totals,
    scale: 0,
    zeroCount: 0,
    positive: { offset: id - 1, bucketCounts: [1] },
    negative: { offset: 0, bucketCounts: [] },
  };
  return {
    ...metric,
    dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM,
    dataPoints: [{ ...metric.dataPoints[0]!, value: exponential }],
  };
}

function textsOf({ name, type, value, points, startMillis, endMillis }: Series): string | string[] {
  const ids =
    type === 'histogram' ? idsOfHistogram(value) : type === 'sum' ? exponentsOf(value) : ([] as number[]);
  expect(type === 'gauge' ? points : ids.length).toBe(points);
  const line = { name, points, ids, value: type === 'gauge' ? value : 0, startMillis, endMillis };
  return name.startsWith('parts')
    ? [0, 1].map((part) => JSON.stringify({ ...line, part }))
    : JSON.stringify({ ...line, part: 0 });
}

/** Names that end with `i` go to the server that may be sent the same payload twice. */
const NAMES = ['sum', 'sum-i', 'histogram', 'histogram-i', 'gauge', 'gauge-i', 'parts', 'parts-i'] as const;

const step = fc.constantFrom<Step>(
  'take',
  'take',
  'take',
  'refuse',
  'find too large',
  'turn away',
  'turn away',
  'ask to wait',
  'take without an answer',
  'lose without an answer',
  'take and hang',
  'lose and hang',
  'throw',
);

const act = fc.oneof(
  { weight: 4, arbitrary: fc.record({ export: fc.array(fc.constantFrom(...NAMES), { maxLength: 6 }) }) },
  { weight: 3, arbitrary: fc.record({ wait: fc.constantFrom(0, 10, 999, 1000, 5000, 10_000, 70_000) }) },
  { weight: 1, arbitrary: fc.record({ event: fc.constant(true) }) },
  { weight: 1, arbitrary: fc.record({ flush: fc.constantFrom(0, 100, 1000) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      flushSync: fc.array(fc.constantFrom(...NAMES), { maxLength: 6 }),
      timeoutMillis: fc.constantFrom(0, 3, 1000),
    }),
  },
);

describe('received = exported + pending + dropped', () => {
  it('at every moment, whatever the server does, and as the server counts it; nothing is pending in the end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(act, { minLength: 1, maxLength: 14 }),
        fc.array(step, { minLength: 1, maxLength: 20 }),
        fc.boolean(),
        fc.constantFrom(1, 2, 32),
        async (acts, steps, recovers, payloadsAtOnce) => {
          let sent = 0;
          const next = () => steps[sent++ % steps.length]!;
          const look = () => expectIdentity(exporter.stats());
          const servers = [new Server(false, next, look), new Server(true, next, look)] as const;
          const routes = servers.map((transport, index) => ({
            transport,
            maxPayloadBytes: 300,
            isIdempotent: index === 1,
          }));
          const clock = new FakeClock();
          const exporter: TestExporter = new TestExporter({
            component: 'TestExporter',
            destination: 'test://server',
            remedy: 'Start the server.',
            translator: () => (metric) => wire(metric),
            format: textsOf,
            route: ({ name }) => routes[name.endsWith('i') ? 1 : 0]!,
            pacing: { payloadsAtOnce, gapMillis: 0 },
            timeoutMillis: 1000,
            clock,
          });

          let id = 0;
          let exports = 0;
          let answers = 0;
          let events = 0;
          let collections = 0;
          const recorded = (names: readonly (typeof NAMES)[number][]) => {
            collections += 1;
            // Further sums would lose their last digits.
            const counted = names.slice(0, 50 - id);
            return resourceMetrics(counted.map((name) => metricOf(name, id++, 1_000_000 + 10 * collections)));
          };
          for (const each of acts) {
            if ('export' in each) {
              exporter.export(recorded(each.export), () => (answers += 1));
              exports += 1;
            } else if ('flushSync' in each) {
              exporter.flushSync(recorded(each.flushSync), each);
            } else if ('event' in each) {
              // Events have ids above those of points.
              exporter.event(
                JSON.stringify({ name: 'event', part: 0, points: 1, ids: [100 + events] }),
                routes[0]!,
              );
              events += 1;
            } else if ('flush' in each) {
              void exporter.flush({ timeoutMillis: each.flush });
            } else {
              await clock.advance(each.wait);
            }
            expectIdentity(exporter.stats());
          }
          if (recovers) {
            for (const server of servers) server.isHealthy = true;
            // Longer than the longest wait, and than all that hangs.
            await clock.advance(130_000);
          }
          const { pending, events: ofEventsSoFar } = exporter.stats();
          expect(recovers ? pending.points + ofEventsSoFar.pending.points : 0).toBe(0);
          const down = exporter.shutdown();
          await clock.advance(10_000);
          await down;

          const stats = exporter.stats();
          expectIdentity(stats);
          expect(answers).toBe(exports);
          expect([stats.pending, stats.events.pending.points]).toEqual([{ points: 0, amount: 0 }, 0]);
          expect([stats.received.points, stats.events.received.points]).toEqual([id, events]);
          expect(servers.flatMap(({ violations }) => violations)).toEqual([]);
          // Of a text that is wrong.
          expect(stats.droppedBy.error).toBeUndefined();
          expect(clock.timers).toBe(0);

          // What the exporter calls exported is what the servers confirmed, and each of it once.
          const confirmed = servers.flatMap((server) => server.confirmed);
          const [first, second] = [0, 1].map((part) =>
            confirmed.filter((line) => line.part === part).flatMap(({ ids }) => ids),
          );
          expect(new Set(first).size).toBe(first!.length);
          expect(new Set(second).size).toBe(second!.length);
          const inParts = new Set(
            confirmed.filter(({ name }) => name.startsWith('parts')).flatMap(({ ids }) => ids),
          );
          const whole = first!.filter((one) => !inParts.has(one) || second!.includes(one));
          const gauges = confirmed.filter(({ name }) => name.startsWith('gauge'));
          const ofGauges = gauges.reduce((sum, { points }) => sum + points, 0);
          const ofEvents = whole.filter((one) => one >= 100).length;
          expect(stats.exported.points).toBe(whole.length - ofEvents + ofGauges);
          expect(stats.events.exported.points).toBe(ofEvents);

          // What the servers have and the exporter doesn't call exported, it calls lost.
          const taken = new Set(
            servers.flatMap((server) => [...server.taken.values()].flat()).flatMap(({ ids }) => ids),
          );
          for (const one of whole) expect(taken).toContain(one);
          const lost = stats.dropped.points + stats.events.dropped.points;
          expect([...taken].filter((one) => !whole.includes(one)).length).toBeLessThanOrEqual(lost);
        },
      ),
      { numRuns: runs(400) },
    );
  });
});
