import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { describe, expect, it, onTestFinished } from 'vitest';
import { countOf, readTable } from './readme-table.ts';

/** A process that sends. */
export interface MetricWriter<Options> {
  readonly options?: Options;
  readonly resource?: Record<string, string>;
}

/** Names with what else tells series apart, by the name of the metric. */
export type Identities = Readonly<Record<string, readonly string[]>>;

/** Records one value of each kind, and exports it. @param names further counters */
export async function recordEachKind(
  exporter: PushMetricExporter,
  resource: Readonly<Record<string, string>> = {},
  ...names: readonly string[]
): Promise<void> {
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader], resource: resourceFromAttributes(resource) });
  onTestFinished(() => provider.shutdown());
  const meter = provider.getMeter('test');
  meter.createCounter('counter').add(1, { plan: 'pro' });
  meter.createUpDownCounter('updown').add(1, { plan: 'pro' });
  meter.createGauge('gauge').record(1, { plan: 'pro' });
  meter.createHistogram('timing').record(1, { plan: 'pro' });
  for (const name of names) meter.createCounter(name).add(1);
  await provider.forceFlush();
}

/** Collects identities, each once, by the name of the metric. */
export class IdentityCounts {
  readonly #identities = new Map<string, Set<string>>();

  add(metric: string, ...parts: readonly string[]): void {
    const all = this.#identities.get(metric) ?? new Set();
    this.#identities.set(metric, all.add(parts.join(' ')));
  }

  sorted(): Identities {
    return Object.fromEntries(Array.from(this.#identities, ([name, all]) => [name, [...all].toSorted()]));
  }
}

const ROWS = { Counter: 'counter', UpDownCounter: 'updown', Gauge: 'gauge', Histogram: 'timing' } as const;

/** Compares the table "series of n processes" of a page with what three processes send. */
export function describeSeriesTable<Options>(
  page: URL,
  modes: Readonly<Record<string, Options>>,
  identitiesOf: (writers: readonly MetricWriter<Options>[]) => Promise<Identities>,
): void {
  describe('the number of series', () => {
    const table = readTable(page, 'series of n processes');

    it('is stated for every mode and instrument', () => {
      expect(Object.keys(table)).toEqual(Object.keys(modes));
      for (const column of Object.values(table)) expect(Object.keys(column)).toEqual(Object.keys(ROWS));
    });

    it.each(Object.entries(modes))('in the mode %s is that of the page', async (mode, options) => {
      const names = ['web-1', 'web-2', 'web-3'];
      const writers = names.map((name) => ({ options, resource: { 'service.instance.id': name } }));
      const identities = await identitiesOf(writers);
      for (const [instrument, cell] of Object.entries(table[mode]!)) {
        const name = ROWS[instrument as keyof typeof ROWS];
        expect([instrument, identities[name]?.length]).toEqual([instrument, countOf(cell, names.length)]);
      }
    });
  });
}
