import type { ExporterStats, FlushReport, Health } from '@tallykit/exporter-base';
import type { MetricReader, PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { EventSink, OperationListener } from '@tallykit/metrics';
import type { MetricProducer } from '@tallykit/metrics/producer';
import type { CallCount } from './call-count.ts';
import type { MetricsHandler } from './metrics-server.ts';
import type { Takes } from './routes.ts';

/** A backend that has been started. */
export interface Backend {
  /** Its name in reports and statistics. */
  readonly key: string;
  /** `otel.component.type` of the exporter, if there is one that gets points. */
  readonly componentType?: string;
  /** Which names it gets; all of them without. */
  readonly takes?: Takes | undefined;
  /** Collects for it. An operation log and the backend that discards have none. */
  readonly reader?: MetricReader;
  /** Collects for the reader what the recording API holds, where that doesn't go to instruments. */
  readonly producer?: MetricProducer | undefined;
  /** How many calls it has not got yet. A backend that asks for its metrics, or keeps nothing beyond the process, has none. */
  readonly calls?: CallCount;
  /** Takes events, if the backend has events. */
  readonly sink?: EventSink;
  /** Takes operations as they happen. */
  readonly operations?: OperationListener;
  /** Answers a request with the metrics, if the backend is one that asks for them. */
  readonly metricsHandler?: MetricsHandler;
  /** Begins to serve, where that waits for the first recording. */
  readonly begin?: (() => void) | undefined;
  /** Resolves when the backend can be reached; rejects when it never will. */
  readonly ready?: Promise<unknown>;
  /** Waits for what is on its way, and reports what became of everything that was handed to the backend. */
  flush(options: { readonly timeoutMillis: number }): Promise<FlushReport>;
  /** Hands over what is left within the time, and frees what is held, after the shutdown of the reader. */
  shutdown?(options: { readonly timeoutMillis: number }): Promise<void>;
  /** Hands over at once what it is given and what waits, when the process ends and nothing can be awaited any more. */
  flushSync?: FlushSync | undefined;
  stats(): ExporterStats;
  health(): Health;
}

/** @returns points and events, as in `FlushReport` */
export type FlushSync = (
  metrics: ResourceMetrics,
  options: { readonly timeoutMillis: number },
) => Omit<FlushReport, 'errors'>;

/** An exporter of ours: it does more than what OpenTelemetry asks of one. */
export type CountingExporter = PushMetricExporter &
  Partial<EventSink> & {
    readonly flushSync?: FlushSync | undefined;
    /** Opens its socket ahead of the first export, for `flushSync`. */
    open?(): void;
    flush(options: { readonly timeoutMillis: number }): Promise<FlushReport>;
    stats(): ExporterStats;
    health(): Health;
    shutdown(options?: { readonly timeoutMillis?: number }): Promise<void>;
  };
