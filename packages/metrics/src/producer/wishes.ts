import type {
  AggregationOption,
  AggregationTemporality,
  InstrumentType,
  PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import type { Kind } from '../registry.ts';
import { boundsFor } from '../time-unit.ts';
import { ExplicitBuckets } from './explicit-buckets.ts';
import { ExponentialBuckets } from './exponential-buckets.ts';
import { HistogramSum } from './histogram-sum.ts';
import type { ReaderHistogram } from './histogram.ts';

// The numbers of OpenTelemetry's enums, which are the same in all lines of the SDK. Importing them would need the SDK here.
export const DELTA = 0 as AggregationTemporality.DELTA;
export const CUMULATIVE = 1 as AggregationTemporality.CUMULATIVE;
const DEFAULT_AGGREGATION = 0;
const DROP = 1;
const SUM = 2;
const LAST_VALUE = 3;
const EXPLICIT = 4;
const EXPONENTIAL = 5;

/** What a reader wants of each kind of metric. */
export interface ReaderWishes {
  readonly temporality: Readonly<Record<Kind, AggregationTemporality>>;
  /** Kinds that the reader doesn't want at all. */
  readonly dropped: ReadonlySet<Kind>;
  /** Makes a histogram for a series of a metric with this unit. */
  readonly createHistogram: (unit: string) => ReaderHistogram;
}

/** What tells a reader's wishes: any exporter, and any reader. */
export type AggregationSelectors = Pick<
  PushMetricExporter,
  'selectAggregation' | 'selectAggregationTemporality'
>;

/** How a reader wants its histograms: exponential with at most so many buckets, or with these upper bounds of its buckets. */
export type HistogramOptions =
  | { readonly maxSize: number; readonly boundaries?: undefined }
  | { readonly boundaries: readonly number[]; readonly maxSize?: undefined };

/**
 * What points stand for, in the words of `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`:
 * https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/otlp/
 */
export type TemporalityPreference = 'cumulative' | 'delta' | 'lowmemory';

export const TEMPORALITIES = [
  'cumulative',
  'delta',
  'lowmemory',
] as const satisfies readonly TemporalityPreference[];

const INSTRUMENTS = {
  counter: 'COUNTER',
  upDown: 'UP_DOWN_COUNTER',
  gauge: 'GAUGE',
  histogram: 'HISTOGRAM',
  observable: 'OBSERVABLE_GAUGE',
} as const satisfies Record<Kind, `${InstrumentType}`>;

/** What an exporter may name, beside the default and nothing. */
const AGGREGATIONS: Readonly<Record<Kind, readonly number[]>> = {
  counter: [SUM],
  upDown: [SUM],
  gauge: [LAST_VALUE],
  observable: [LAST_VALUE],
  histogram: [SUM, EXPLICIT, EXPONENTIAL],
};

const KINDS = Object.keys(INSTRUMENTS) as Kind[];

const DELTA_KINDS: Readonly<Record<TemporalityPreference, readonly Kind[]>> = {
  cumulative: [],
  delta: ['counter', 'gauge', 'histogram', 'observable'],
  lowmemory: ['counter', 'histogram'],
};

/** OpenTelemetry's default: https://opentelemetry.io/docs/specs/otel/metrics/sdk/#exponential-bucket-histogram-aggregation */
const DEFAULT_MAX_SIZE = 160;
const MIN_MAX_SIZE = 2;

/** OpenTelemetry's default: https://opentelemetry.io/docs/specs/otel/metrics/sdk/#explicit-bucket-histogram-aggregation */
const DEFAULT_BOUNDARIES = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];

export function wishesOf(
  preference: TemporalityPreference,
  histograms: HistogramOptions | undefined,
): ReaderWishes {
  return {
    temporality: byKind((kind) => (DELTA_KINDS[preference].includes(kind) ? DELTA : CUMULATIVE)),
    dropped: new Set(),
    createHistogram: histogramsOf(histograms, true),
  };
}

/**
 * What an exporter asks for.
 *
 * @throws TypeError for an aggregation that producers don't have
 */
export function wishesOfExporter(exporter: AggregationSelectors): ReaderWishes {
  const aggregations = byKind<AggregationOption>(
    (kind) =>
      exporter.selectAggregation?.(INSTRUMENTS[kind] as InstrumentType) ?? { type: DEFAULT_AGGREGATION },
  );
  const dropped = KINDS.filter((kind) => (aggregations[kind].type as number) === DROP);
  for (const kind of KINDS) checkAggregation(kind, aggregations[kind].type);
  const { type, options } = aggregations.histogram as { type: number; options?: AggregationSettings };
  const hasMinMax = options?.recordMinMax ?? true;
  return {
    temporality: byKind(
      (kind) => exporter.selectAggregationTemporality?.(INSTRUMENTS[kind] as InstrumentType) ?? CUMULATIVE,
    ),
    dropped: new Set(dropped),
    createHistogram:
      type === SUM
        ? () => new HistogramSum()
        : histogramsOf(
            type === EXPONENTIAL
              ? { maxSize: options?.maxSize ?? DEFAULT_MAX_SIZE }
              : type === EXPLICIT && options?.boundaries !== undefined
                ? { boundaries: options.boundaries }
                : undefined,
            hasMinMax,
          ),
  };
}

interface AggregationSettings {
  readonly recordMinMax?: boolean | undefined;
  readonly maxSize?: number | undefined;
  readonly boundaries?: readonly number[] | undefined;
}

function checkAggregation(kind: Kind, type: number): void {
  if ([DEFAULT_AGGREGATION, DROP, ...AGGREGATIONS[kind]].includes(type)) return;
  throw new TypeError(
    `createMetricProducer: \`exporter\` selects the aggregation ${type} for ${INSTRUMENTS[kind]}, which producers don't ` +
      'have: hand the MeterProvider to createMetrics as `meterProvider`, without producers',
  );
}

function histogramsOf(
  options: HistogramOptions | undefined,
  hasMinMax: boolean,
): (unit: string) => ReaderHistogram {
  if (options?.maxSize !== undefined) {
    const maxSize = Math.max(options.maxSize, MIN_MAX_SIZE);
    return () => new ExponentialBuckets(maxSize, hasMinMax);
  }
  if (options?.boundaries !== undefined) {
    const boundaries = options.boundaries.filter(Number.isFinite).sort((first, second) => first - second);
    return () => new ExplicitBuckets(boundaries, hasMinMax);
  }
  return (unit) => new ExplicitBuckets(boundsFor(unit) ?? DEFAULT_BOUNDARIES, hasMinMax);
}

function byKind<T>(valueOf: (kind: Kind) => T): Record<Kind, T> {
  return Object.fromEntries(KINDS.map((kind) => [kind, valueOf(kind)])) as Record<Kind, T>;
}
