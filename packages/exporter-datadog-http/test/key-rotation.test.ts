import { inspect } from 'node:util';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { startDatadogIntake } from '@tallykit/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatadogHttpMetricExporter, type DatadogHttpMetricExporterOptions } from '../src/index.ts';

const OLD = '0123456789abcdef0123456789abcdef';
const NEW = 'fedcba9876543210fedcba9876543210';

const cleanups: (() => unknown)[] = [];
/** All that is logged, and the warnings among it. */
const logged: string[] = [];
const warnings: string[] = [];
beforeEach(() => {
  const keep = (text: string) => void logged.push(text);
  const warn = (text: string) => {
    keep(text);
    warnings.push(text);
  };
  diag.setLogger(
    { warn, error: keep, info: keep, debug: keep, verbose: keep },
    { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true },
  );
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  diag.disable();
  logged.length = 0;
  warnings.length = 0;
});

/** An intake that takes one key, and an exporter whose key the test gives. `asks` counts how often it was asked for. */
async function setUp(give: () => unknown, options: DatadogHttpMetricExporterOptions = {}) {
  const intake = await startDatadogIntake({ apiKey: OLD });
  cleanups.push(() => intake.close());
  const seen = { asks: 0 };
  const exporter = new DatadogHttpMetricExporter({
    apiKey: (() => {
      seen.asks += 1;
      return give();
    }) as () => string,
    url: intake.url,
    processTag: false,
    ...options,
  });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  cleanups.push(() => provider.shutdown());
  const meter = provider.getMeter('test');
  const [orders, latency] = [meter.createCounter('orders'), meter.createHistogram('latency')];
  return { intake, exporter, seen, orders, latency, export: () => provider.forceFlush() };
}

function expectNoKey(exporter: DatadogHttpMetricExporter, ...others: unknown[]): void {
  const shown = [
    ...logged,
    inspect(exporter, { depth: 20, showHidden: true, getters: true }),
    JSON.stringify(exporter),
    JSON.stringify(exporter.stats()),
    ...others.map((other) => inspect(other, { depth: 20 }) + JSON.stringify(other)),
  ].join('\n');
  for (const key of [OLD, NEW]) {
    expect(shown).not.toContain(key.slice(0, 8));
    expect(shown).not.toContain(key.slice(-8));
  }
}

const keysOf = (intake: Awaited<ReturnType<typeof startDatadogIntake>>) =>
  intake.payloads.map(({ headers, status }) => [headers['dd-api-key'], status]);

describe('a key from a function', () => {
  it.each([() => OLD, () => Promise.resolve(OLD)])('is asked for once and kept', async (give) => {
    const { intake, exporter, seen, orders, latency, export: exportNow } = await setUp(give);
    expect(seen.asks).toBe(0);
    for (const amount of [1, 2, 4]) {
      orders.add(amount);
      latency.record(amount);
      await exportNow();
    }
    exporter.event({ title: 'Deploy', text: '' });
    await exporter.flush();
    expect(await exporter.validate()).toEqual({ valid: true });
    expect(seen.asks).toBe(1);
    expect(intake.count('orders')).toBe(7);
    expect(intake.distribution('latency').count).toBe(3);
    expect(exporter.stats().events).toMatchObject({ exported: { points: 1 } });
    expect(warnings).toEqual([]);
    expectNoKey(exporter);
  });

  it('is asked for again when it is refused: the payload goes with the new one, and nobody hears of it', async () => {
    const keys = [OLD, NEW];
    const { intake, exporter, seen, orders, latency, export: exportNow } = await setUp(() => keys.shift());
    orders.add(1);
    await exportNow();
    intake.apiKey = NEW;
    orders.add(2);
    latency.record(5);
    await exportNow();
    exporter.event({ title: 'Deploy', text: '' });
    await exporter.flush();
    expect(seen.asks).toBe(2);
    expect(intake.count('orders')).toBe(3);
    expect(intake.distribution('latency').count).toBe(1);
    expect(keysOf(intake)).toEqual([
      [OLD, 202],
      [OLD, 403],
      [NEW, 202],
      [NEW, 202],
      [NEW, 202],
    ]);
    expect(exporter.stats()).toMatchObject({ dropped: { points: 0 }, pending: { points: 0 } });
    expect(warnings).toEqual([]);
    expectNoKey(exporter);
  });

  it('is refused when the new one is refused as well: an outage of two lines, whatever fails in between', async () => {
    const { intake, exporter, seen, orders, export: exportNow } = await setUp(() => OLD);
    intake.apiKey = NEW;
    for (const amount of [1, 2, 4]) {
      orders.add(amount);
      await exportNow();
    }
    // Each export with the key that is there, and with the one that is asked for then.
    expect(keysOf(intake)).toEqual(new Array(6).fill([OLD, 403]));
    expect(seen.asks).toBe(4);
    expect(exporter.stats()).toMatchObject({
      pending: { points: 0 },
      droppedBy: { refused: { points: 3, amount: 7 } },
    });
    const report = await exporter.flush();
    expect(report).toMatchObject({ dropped: 3, pending: 0 });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /can't deliver to http.*API key was refused by .*, and so was the one that was asked for then: the answer was 403 .*`apiKey`/,
    );
    intake.apiKey = OLD;
    orders.add(8);
    await exportNow();
    expect(intake.count('orders')).toBe(8);
    expect(warnings.slice(1)).toEqual([
      expect.stringMatching(/delivering to .* again .*dropped 3 meanwhile/),
    ]);
    expect(exporter.health().state).toBe('up');
    expectNoKey(exporter, report);
  });

  it('that is refused costs one payload, not those behind it', async () => {
    const options = { maxPayloadBytes: 1000 };
    const { intake, exporter, orders, export: exportNow } = await setUp(() => OLD, options);
    intake.apiKey = NEW;
    for (let index = 0; index < 50; index += 1) orders.add(1, { index });
    await exportNow();
    const { pending, droppedBy } = exporter.stats();
    expect(droppedBy.refused!.points).toBeGreaterThan(0);
    expect(pending.points).toBe(50 - droppedBy.refused!.points);
    expect(pending.points).toBeGreaterThan(30);
    intake.apiKey = OLD;
    await exporter.forceFlush();
    expect(intake.count('orders')).toBe(pending.points);
  });

  it.each<[string, unknown, RegExp]>([
    [
      'fails',
      () => Promise.reject(Object.assign(new Error(`secret ${OLD}`), { name: 'AccessDeniedException' })),
      /`apiKey` failed with AccessDeniedException/,
    ],
    ['gives an empty text', () => '', /`apiKey` must give a key, not an empty string/],
    ['gives no text', () => ({ key: OLD }), /`apiKey` must give a key, not an object/],
    ['gives what no header takes', () => `${OLD}\n${OLD}`, /`apiKey` must give a key, not a text with/],
  ])('whose function %s costs nothing: all is pending until it works', async (_, give, reason) => {
    let current = give as () => unknown;
    const { intake, exporter, orders, latency, export: exportNow } = await setUp(() => current());
    for (const amount of [1, 2]) {
      orders.add(amount);
      latency.record(amount);
      await exportNow();
      const { pending, dropped } = exporter.stats();
      expect([pending.points, dropped.points]).toEqual([2 * amount, 0]);
    }
    const { errors } = await exporter.flush();
    const validation = await exporter.validate();
    expect(validation).toMatchObject({ valid: false, reason: expect.stringMatching(reason) });
    expect(intake.payloads).toEqual([]);
    const ofOutage = warnings.filter((text) => text.includes("can't deliver"));
    expect(ofOutage).toEqual([expect.stringMatching(reason)]);

    current = () => OLD;
    await exporter.forceFlush();
    expect(intake.count('orders')).toBe(3);
    expect(intake.distribution('latency').count).toBe(2);
    expect(exporter.stats()).toMatchObject({ pending: { points: 0 }, dropped: { points: 0 } });
    expect(warnings.at(-1)).toMatch(/delivering to .* again/);
    expect(warnings.filter((text) => /deliver/.test(text))).toHaveLength(2);
    expectNoKey(exporter, errors, validation);
  });

  it('whose function hangs is waited for as long as an export may take; then all is pending', async () => {
    let current: () => unknown = () => new Promise(() => undefined);
    const options = { timeoutMillis: 300 };
    const { intake, exporter, orders, export: exportNow } = await setUp(() => current(), options);
    orders.add(5);
    await exportNow();
    expect(exporter.stats()).toMatchObject({ pending: { points: 1 }, dropped: { points: 0 } });
    expect((await exporter.validate()).reason).toMatch(/`apiKey` gave no key in time/);
    expect(intake.payloads).toEqual([]);
    expect(warnings[0]).toMatch(/can't deliver .*`apiKey` gave no key in time/);
    current = () => OLD;
    // A request that takes longer than the deadline is repeated.
    while (exporter.stats().pending.points > 0) await exporter.forceFlush();
    expect(intake.count('orders')).toBe(5);
    expect(exporter.stats()).toMatchObject({ exported: { points: 1 }, dropped: { points: 0 } });
  });

  it('whose function fails after a refusal keeps the payload', async () => {
    const fail = () => Promise.reject(new Error('down'));
    let later: () => unknown = fail;
    const answers: (() => unknown)[] = [() => OLD];
    const { intake, exporter, orders, export: exportNow } = await setUp(() => (answers.shift() ?? later)());
    intake.apiKey = NEW;
    orders.add(5);
    await exportNow();
    expect(exporter.stats()).toMatchObject({ pending: { points: 1 }, dropped: { points: 0 } });
    expect(warnings).toEqual([
      expect.stringMatching(
        /can't deliver.*the API key was refused, and the function in the option `apiKey` failed/,
      ),
    ]);
    later = () => NEW;
    await exporter.forceFlush();
    expect(intake.count('orders')).toBe(5);
    expect(keysOf(intake)).toEqual([
      [OLD, 403],
      [NEW, 202],
    ]);
  });

  it('is asked for by a shutdown that finds none, within its deadline', async () => {
    const {
      intake,
      exporter,
      orders,
      seen,
      export: exportNow,
    } = await setUp(() => (seen.asks < 3 ? Promise.reject(new Error('down')) : OLD));
    orders.add(5);
    await exportNow();
    await exporter.shutdown({ timeoutMillis: 60_000 });
    expect(intake.count('orders')).toBe(5);
  });

  it('does not show, nor the one before, when a server repeats them', async () => {
    const keys = [OLD, NEW];
    const { intake, exporter, orders, export: exportNow } = await setUp(() => keys.shift() ?? NEW);
    intake.script(
      { status: 403, body: `{"errors":["no: ${OLD}"]}` },
      { status: 403, body: `neither ${OLD.slice(0, 16)} ${OLD.slice(16)} nor ${NEW}` },
      { status: 400, body: `<p>${OLD} &amp; ${NEW.toUpperCase()}</p>` },
    );
    for (const amount of [1, 2]) {
      orders.add(amount);
      await exportNow();
    }
    const report = await exporter.flush();
    expect(report.errors.map(String).join('\n')).toMatch(/neither \(the API key\)\S* nor \(the API key\)/);
    expect(exporter.stats()).toMatchObject({ droppedBy: { refused: { points: 2 } } });
    expectNoKey(exporter, report, report.errors);
  });
});

describe('validate', () => {
  it('asks for another key when the one that is there is refused', async () => {
    const keys = [OLD, NEW];
    const { intake, exporter, seen } = await setUp(() => keys.shift() ?? NEW);
    intake.apiKey = NEW;
    expect(await exporter.validate()).toEqual({ valid: true });
    expect(seen.asks).toBe(2);
    intake.apiKey = OLD;
    const { valid, reason } = await exporter.validate();
    expect(valid).toBe(false);
    expect(reason).toMatch(
      /refused by .*, and so was the one that was asked for then.*the function in the option `apiKey`/,
    );
    expectNoKey(exporter, reason);
  });

  it('and an export at the same time ask once', async () => {
    let give: (key: string) => void = () => undefined;
    const {
      intake,
      exporter,
      seen,
      orders,
      export: exportNow,
    } = await setUp(() => new Promise<string>((resolve) => (give = resolve)));
    orders.add(5);
    const both = [exporter.validate(), exportNow()];
    while (seen.asks === 0) await new Promise((resolve) => setImmediate(resolve));
    give(OLD);
    await Promise.all(both);
    expect(seen.asks).toBe(1);
    expect(intake.count('orders')).toBe(5);
  });
});

describe('a key that is a text', () => {
  it('is refused at once, as ever', async () => {
    const { intake, exporter, orders, export: exportNow } = await setUp(() => '', { apiKey: OLD });
    intake.apiKey = NEW;
    orders.add(5);
    await exportNow();
    expect(keysOf(intake)).toEqual([[OLD, 403]]);
    expect(exporter.stats()).toMatchObject({ droppedBy: { refused: { points: 1, amount: 5 } } });
    expect(warnings).toEqual([
      expect.stringMatching(/dropped .* \(refused\): the API key was refused by .*`apiKey` \(DD_API_KEY\)/),
    ]);
    expectNoKey(exporter);
  });
});
