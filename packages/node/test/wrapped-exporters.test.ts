import { AggregationTemporality, AggregationType, InstrumentType } from '@opentelemetry/sdk-metrics';
import type { PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { describe, expect, it } from 'vitest';
import { DelegatingExporter } from '../src/delegating-exporter.ts';
import { FilteringExporter } from '../src/filtering-exporter.ts';
import { SilentExporter } from '../src/silent-exporter.ts';

type Callback = Parameters<PushMetricExporter['export']>[1];
type Exported = { readonly metrics: ResourceMetrics; readonly answer: Callback };

/** Remembers what it was handed, and is frozen: nobody can change its methods. */
function exporterWith(methods: Partial<PushMetricExporter> = {}) {
  const exports: Exported[] = [];
  const calls: string[] = [];
  const exporter: PushMetricExporter = Object.freeze({
    export: (metrics: ResourceMetrics, answer: Callback) => void exports.push({ metrics, answer }),
    forceFlush: async () => void calls.push('forceFlush'),
    shutdown: async () => void calls.push('shutdown'),
    ...methods,
  });
  return { exporter, exports, calls };
}

const metricsOf = (...names: string[]) =>
  ({ resource: {}, scopeMetrics: names.map((name) => ({ name })) }) as unknown as ResourceMetrics;

describe('DelegatingExporter', () => {
  it('hands everything on', async () => {
    const { exporter, exports, calls } = exporterWith({
      selectAggregationTemporality: () => AggregationTemporality.DELTA,
      selectAggregation: () => ({ type: AggregationType.DROP }),
    });
    const delegating = new DelegatingExporter(exporter);
    expect(delegating.selectAggregationTemporality(InstrumentType.COUNTER)).toBe(
      AggregationTemporality.DELTA,
    );
    expect(delegating.selectAggregation(InstrumentType.COUNTER)).toEqual({ type: AggregationType.DROP });
    const answer = () => undefined;
    delegating.export(metricsOf('a'), answer);
    expect(exports).toEqual([{ metrics: metricsOf('a'), answer }]);
    await delegating.forceFlush();
    await delegating.shutdown();
    expect(calls).toEqual(['forceFlush', 'shutdown']);
  });

  it("has the SDK's defaults for an exporter without wishes", () => {
    const delegating = new DelegatingExporter(exporterWith().exporter);
    expect(delegating.selectAggregationTemporality(InstrumentType.COUNTER)).toBe(
      AggregationTemporality.CUMULATIVE,
    );
    expect(delegating.selectAggregation(InstrumentType.COUNTER)).toEqual({ type: AggregationType.DEFAULT });
  });
});

describe('SilentExporter', () => {
  it('answers at once, and once, whatever the exporter answers later', () => {
    const { exporter, exports } = exporterWith();
    const answers: unknown[] = [];
    let ended = 0;
    new SilentExporter(exporter, () => (ended += 1)).export(metricsOf('a'), (result) => answers.push(result));
    expect([answers, ended]).toEqual([[{ code: 0 }], 0]);
    exports[0]!.answer({ code: 1, error: new Error('refused') });
    expect([answers, ended]).toEqual([[{ code: 0 }], 1]);
  });

  it('stays open when its reader is shut down', async () => {
    const { exporter, calls } = exporterWith();
    await new SilentExporter(exporter, () => undefined).shutdown();
    expect(calls).toEqual([]);
  });
});

describe('FilteringExporter', () => {
  it('hands on what is taken, and nothing where that is nothing', () => {
    const { exporter, exports } = exporterWith();
    const answers: unknown[] = [];
    const filtering = new FilteringExporter(exporter, ({ resource, scopeMetrics }) => ({
      resource,
      scopeMetrics: scopeMetrics.slice(1),
    }));
    filtering.export(metricsOf('a', 'b'), (result) => answers.push(result));
    expect(exports.map(({ metrics }) => metrics)).toEqual([metricsOf('b')]);
    expect(answers).toEqual([]);
    filtering.export(metricsOf('a'), (result) => answers.push(result));
    expect(exports).toHaveLength(1);
    expect(answers).toEqual([{ code: 0 }]);
  });
});
