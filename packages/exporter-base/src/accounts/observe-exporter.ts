import type { Attributes, MeterProvider } from '@opentelemetry/api';
import type { Account } from './ledger.ts';

// Names, units and kinds: OpenTelemetry's semantic conventions for SDK metrics, https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/

/** What became of everything that came in, at one moment: finished, failed, or still open. */
export interface Flow {
  /** How many are finished. */
  readonly finished: number;
  /** By cause. */
  readonly failed: Readonly<Partial<Record<string, number>>>;
  /** How many are open. */
  readonly open: number;
}

/** The names of the two metrics that show a {@link Flow}. */
export interface FlowNames {
  /** The name of the instrumentation scope. */
  readonly scope: string;
  /** The unit of both metrics, in UCUM: `{data_point}`. */
  readonly unit: string;
  /** A counter of what is finished. What has failed is counted with `error.type`. */
  readonly finished: { readonly name: string; readonly description: string };
  /** A counter that goes up and down: what is open. */
  readonly open: { readonly name: string; readonly description: string };
}

/**
 * Records a {@link Flow} as two metrics. It is read once at each collection.
 *
 * @param read returns `undefined` while there is nothing to record
 * @returns a function that ends it
 */
export function observeFlow(
  meterProvider: MeterProvider,
  { scope, unit, finished, open }: FlowNames,
  attributes: Attributes,
  read: () => Flow | undefined,
): () => void {
  const meter = meterProvider.getMeter(scope);
  const counter = meter.createObservableCounter(finished.name, { unit, description: finished.description });
  const upDown = meter.createObservableUpDownCounter(open.name, { unit, description: open.description });
  const instruments = [counter, upDown];
  const observe: Parameters<typeof meter.addBatchObservableCallback>[0] = (result) => {
    const flow = read();
    if (flow === undefined) return;
    result.observe(counter, flow.finished, attributes);
    for (const [cause, count] of Object.entries(flow.failed)) {
      if (count !== undefined) result.observe(counter, count, { ...attributes, 'error.type': cause });
    }
    result.observe(upDown, flow.open, attributes);
  };
  meter.addBatchObservableCallback(observe, instruments);
  return () => meter.removeBatchObservableCallback(observe, instruments);
}

/** Where the figures of an exporter are recorded, and under which name. */
export interface ObserveExporterOptions {
  /**
   * Records the figures. Its readers may send them through the same exporter that they are about: then each export has a
   * few more points, the same number each time.
   */
  readonly meterProvider: MeterProvider;
  /** `otel.component.name`: a name that no other exporter of the MeterProvider has. It should be the same at each start. */
  readonly name: string;
  /**
   * `otel.component.type`: a word of the conventions, or the class.
   *
   * @default the name of the exporter's class
   */
  readonly type?: string | undefined;
}

const SCOPE = '@tallykit/exporter-base';

const POINTS: FlowNames = {
  scope: SCOPE,
  unit: '{data_point}',
  finished: {
    name: 'otel.sdk.exporter.metric_data_point.exported',
    description:
      'The number of metric data points for which the export has finished, either successful or failed.',
  },
  open: {
    name: 'otel.sdk.exporter.metric_data_point.inflight',
    description: 'The number of metric data points which were passed to the exporter, but not exported yet.',
  },
};

/** The conventions have no names for events. */
const EVENTS: FlowNames = {
  scope: SCOPE,
  unit: '{event}',
  finished: {
    name: 'tallykit.exporter.event.exported',
    description:
      'The number of events and checks for which sending has finished, either successful or failed.',
  },
  open: {
    name: 'tallykit.exporter.event.inflight',
    description: 'The number of events and checks which were handed to the exporter, but not sent yet.',
  },
};

/**
 * Records what an exporter's `stats()` says as metrics under the names of OpenTelemetry's conventions:
 * `otel.sdk.exporter.metric_data_point.exported` (drops have their cause as `error.type`) and
 * `otel.sdk.exporter.metric_data_point.inflight`; from the first event on, `tallykit.exporter.event.exported` and
 * `.inflight`. They are read at each collection, before what was collected is exported; nothing else is done meanwhile.
 *
 * @returns a function that ends it
 * @example
 * const stop = observeExporter(exporter, { meterProvider, name: 'statsd' });
 */
export function observeExporter(
  exporter: { stats(): Account & { readonly events?: Account } },
  { meterProvider, name, type = exporter.constructor.name }: ObserveExporterOptions,
): () => void {
  const attributes = { 'otel.component.name': name, 'otel.component.type': type };
  const stopPoints = observeFlow(meterProvider, POINTS, attributes, () => flowOf(exporter.stats()));
  const stopEvents = observeFlow(meterProvider, EVENTS, attributes, () => {
    const { events } = exporter.stats();
    return events === undefined || events.received.points === 0 ? undefined : flowOf(events);
  });
  return () => {
    stopPoints();
    stopEvents();
  };
}

function flowOf({ exported, droppedBy, pending }: Account): Flow {
  const failed = Object.entries(droppedBy).map(([cause, { points }]) => [cause, points] as const);
  return { finished: exported.points, failed: Object.fromEntries(failed), open: pending.points };
}
