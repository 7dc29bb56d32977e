import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { StatsdMetricExporter } from '@tallykit/exporter-statsd';
import { createMetrics } from '@tallykit/metrics';
import { parseStatsdPayload, type ParsedStatsdLine } from '@tallykit/testkit';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { seededRandom } from '../random.ts';

const CALLS = 1_000_000;
const SEED = 20_261;

/** Texts made of what means something to a StatsD server, of whatever else there is, and of plain letters. */
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      ':',
      '|',
      '@',
      '#',
      ',',
      ';',
      '=',
      '\n',
      '\r',
      '\0',
      ' ',
      '\u2028',
      '\ud800',
      '\udc00',
      '😀',
    ),
    fc.constantFrom('a', 'B', '7', '.', '-', '_', '/', '~', '[', ']'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 40,
});
const injection = fc.constantFrom(
  'x:1|c\ninjected:1|c',
  'x|#a:b\ninjected:1|c',
  'x,injected=1',
  'x;injected=1',
  'x|@0.001',
  'x'.repeat(300),
  '__proto__',
  '',
);
const name = fc.oneof(text, injection);
const tagValue = fc.oneof(
  name,
  fc.double(),
  fc.boolean(),
  fc.bigInt(),
  fc.constantFrom(null, undefined, Symbol('s'), {}, [1], () => 1, 'y'.repeat(100_000)),
);
const options = fc.oneof(
  fc.record(
    { tags: fc.dictionary(name, tagValue, { maxKeys: 5 }), instance: tagValue },
    { requiredKeys: [] },
  ),
  fc.anything(),
);
const value = fc.oneof(
  fc.integer({ min: 0, max: 1_000 }),
  fc.double({ min: 0, max: 1e6, noNaN: true }),
  fc.constantFrom<unknown>(
    -1,
    -0,
    Number.NaN,
    Infinity,
    1e21,
    1e-7,
    Number.MIN_VALUE,
    '5',
    5n,
    null,
    {},
    Symbol('s'),
  ),
);

const VERBS = ['incr', 'upDown', 'gauge', 'timing', 'distribution'] as const;

test('a million hostile calls: nothing throws, nothing is injected, nothing is missing', async () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', onUnhandled);
  onTestFinished(() => void process.off('unhandledRejection', onUnhandled));

  const lines: ParsedStatsdLine[] = [];
  const client = {
    // Takes payloads as fast as they come.
    protocol: 'stream',
    sendMessage(payload: string, callback: (error?: Error | null) => void): void {
      lines.push(...parseStatsdPayload(payload, 'dogstatsd'));
      callback();
    },
  };
  const exporter = new StatsdMetricExporter({ client, prefix: 'hostile.', maxPayloadBytes: 60_000 });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 600_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const metrics = createMetrics({ meterProvider });

  const pool = <T>(arbitrary: fc.Arbitrary<T>, size: number): T[] =>
    fc.sample(arbitrary, { numRuns: size, seed: SEED });
  const names = pool(name, 20);
  const values = pool(value, 1_000);
  const allOptions = pool(options, 100);
  const random = seededRandom(SEED);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;

  const noNames = values.filter((odd) => typeof odd !== 'string');
  let increments = 0;
  let timings = 0;
  let acceptable = 0;
  for (let call = 0; call < CALLS; call += 1) {
    const verb = VERBS[call % VERBS.length] ?? 'incr';
    // One name in a hundred is none at all; the others tell the verb, and so the type that their lines must have.
    const called = random() < 0.01 ? pick(noNames) : `${verb}.${pick(names)}`;
    const amount = pick(values);
    metrics[verb](called as string, amount as number, pick(allOptions) as object);

    if (typeof called !== 'string' || called.length > 255 || !Number.isFinite(amount)) continue;
    if ((amount as number) < 0 && verb !== 'upDown' && verb !== 'gauge') continue;
    acceptable += 1;
    if (verb === 'incr') increments += amount as number;
    if (verb === 'timing' || verb === 'distribution') timings += 1;
  }
  await meterProvider.shutdown();
  await new Promise(setImmediate);

  const { recorded, handed, held, refused } = metrics.stats();
  const refusedCalls = Object.values(refused).reduce((sum, count) => sum + count, 0);
  expect({ recorded, held, sum: handed + refusedCalls }).toEqual({ recorded: CALLS, held: 0, sum: CALLS });
  expect(handed).toBe(acceptable);
  expect(acceptable).toBeGreaterThan(CALLS / 2);
  expect(unhandled).toEqual([]);

  const { received, exported, pending, dropped } = exporter.stats();
  expect(received.points).toBe(exported.points + pending.points + dropped.points);
  expect(dropped.points).toBe(0);

  // Every line is one that was meant: its name tells the verb, and the verb the type.
  const typeOf = { incr: 'c', upDown: 'g', gauge: 'g', timing: 'ms', distribution: 'ms' } as const;
  const strangers = lines.filter((line) => {
    const [prefix, verb] = line.name.split('.');
    return prefix !== 'hostile' || typeOf[verb as keyof typeof typeOf] !== line.type;
  });
  expect(strangers).toEqual([]);
  expect(lines.some((line) => line.name.includes('injected') && line.value !== 0)).toBe(true);

  // And none is missing: one line for each counter and gauge, and the weights of the timings add up to the calls.
  const ofType = (type: ParsedStatsdLine['type']): ParsedStatsdLine[] =>
    lines.filter((line) => line.type === type);
  for (const type of ['c', 'g'] as const) {
    const series = ofType(type).map((line) => JSON.stringify([line.name, line.tags]));
    expect(new Set(series).size).toBe(series.length);
  }
  const counted = ofType('c').reduce((sum, line) => sum + line.value, 0);
  expect(counted / increments).toBeCloseTo(1, 9);
  const timed = ofType('ms').reduce((sum, line) => sum + Math.round(1 / line.rate), 0);
  expect(timed).toBe(timings);
});
