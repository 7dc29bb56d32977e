import type { MeterProvider as ApiMeterProvider } from '@opentelemetry/api';
import { log, settledWithin, systemClock, type ExporterStats, type Health } from '@tallykit/exporter-base';
import type { TimeseriesStore } from '@tallykit/tsdb';
import { createMetrics, metrics, type Metrics, type MetricsStats } from '@tallykit/metrics';
import { connectProducers } from '@tallykit/metrics/producer';
import { InstrumentWatch } from './instrument-watch.ts';
import type { Configuration } from './configuration.ts';
import { collectFor, deadlineIn, reportsOf, shutDownAll, type FlushReports } from './flush-backends.ts';
import { flushSync } from './flush-sync.ts';
import type { RunningExporters } from './handed-in-exporters.ts';
import { startStore } from './internal-store.ts';
import { metricsHandlerOf, type MetricsHandler } from './metrics-server.ts';
import { createProvider, flushProvider, register } from './meter-provider.ts';
import { COMPONENT, type InternalOptions } from './options.ts';
import { endWithProcess } from './process-end.ts';
import { loadRuntimeMetrics } from './runtime-metrics.ts';
import { observeAll } from './self-metrics.ts';
import { startBackend } from './start-backend.ts';

/**
 * What `startMetrics` returns.
 *
 * @typeParam Internal its option `internal`
 */
export interface StartedMetrics<Internal = InternalOptions | undefined> {
  /** The default `metrics`, configured. */
  readonly metrics: Metrics;
  /** The MeterProvider that was made, or the one of the option `meterProvider`. */
  readonly meterProvider: ApiMeterProvider;
  /**
   * The store of the option `internal`, with the page that shows what it keeps. A store that was made for that option is shut
   * down with the backends.
   */
  readonly store: Internal extends InternalOptions ? TimeseriesStore : undefined;
  /**
   * Collects, sends, and reports what became of everything. Never rejects, and never lasts longer than its timeout.
   *
   * @param options `timeoutMillis`: 10,000 by default
   */
  readonly flush: (options?: { readonly timeoutMillis?: number }) => Promise<FlushReports>;
  /**
   * Flushes for the last time, and gives everything back: sockets, timers, hooks, the global MeterProvider. A second call
   * returns the result of the first one. Never rejects.
   *
   * @param options `timeoutMillis`: by default that of the option `shutdownTimeoutMillis`
   */
  readonly shutdown: (options?: { readonly timeoutMillis?: number }) => Promise<FlushReports>;
  /**
   * Answers a request with the metrics of the backend `prometheus`, to serve them on the program's own server:
   * `app.get('/metrics', metricsHandler)`. Without that backend it answers with 404.
   */
  readonly metricsHandler: MetricsHandler;
  /** Where everything that was recorded has gone: in the recording API, and at each backend by its name. */
  readonly stats: () => {
    readonly metrics: MetricsStats;
    readonly backends: Readonly<Record<string, BackendStats>>;
  };
}

/** Where everything has gone that a backend was handed, and whether it takes what it gets, for health checks. */
export interface BackendStats extends ExporterStats {
  /** Whether it takes what it gets, as the last attempt has shown. */
  readonly health: Health;
}

const FLUSH_TIMEOUT_MILLIS = 10_000;

const RUNNING = Symbol.for('@tallykit/node/1');
/** One start at a time in the whole process, also when both builds of this package are loaded. */
const shared = globalThis as { [RUNNING]?: Pick<StartedMetrics, 'shutdown'> | undefined };

/**
 * Starts everything, without waiting for anything. `ready` rejects when the server of a backend turns out not to start.
 *
 * @throws OptionError for options of a backend that are wrong, and an error for a package that is missing; nothing has been
 *   started then
 */
export function launch(
  configuration: Configuration,
  exporters: RunningExporters = new Map(),
): StartedMetrics & { readonly ready: Promise<unknown> } {
  const { internal, meterProvider: given, shutdownTimeoutMillis } = configuration;
  // Not the default `metrics`, which leaves the provider before the last collection.
  let recorded: Metrics | undefined;
  const recordedCalls = (): number => {
    const { handed = 0, held = 0 } = recorded?.stats() ?? {};
    return handed + held;
  };
  const instruments = new InstrumentWatch();
  const context = { configuration, recordedCalls, instruments };
  const chosen = configuration.destinations.map((destination) =>
    startBackend(destination, exporters, context),
  );
  const isInternal = (name: string): boolean => recorded?.isInternal(name) ?? false;
  const kept = internal && startStore(internal, context, isInternal);
  const backends = kept === undefined ? chosen : [...chosen, kept];
  const startRuntime = configuration.runtime ? loadRuntimeMetrics() : undefined;
  shutDownFormer();
  const own = given === undefined ? createProvider(configuration, backends, instruments) : undefined;
  const meterProvider = own?.provider ?? given!;
  const producers = backends.flatMap(({ producer }) => (producer === undefined ? [] : [producer]));
  if (producers.length > 0) connectProducers(meterProvider, producers);
  recorded = createMetrics({ meterProvider });
  const api = recorded;
  const unregister = register(configuration, meterProvider, chosen, kept);
  const stopRuntime = startRuntime?.(meterProvider);
  const stopObserving = configuration.selfMetrics ? observeAll(backends, meterProvider) : undefined;
  // After the instruments of the program's own metrics were made, which don't count as a recording.
  for (const { begin } of backends) if (begin !== undefined) instruments.onNextInstrument(begin);

  const flush: StartedMetrics['flush'] = async ({ timeoutMillis = FLUSH_TIMEOUT_MILLIS } = {}) => {
    const deadline = deadlineIn(timeoutMillis);
    if (given !== undefined) await settledWithin(systemClock, timeoutMillis, flushProvider(given));
    const late = await collectFor(backends, deadline);
    return reportsOf(backends, late, deadline);
  };

  let ending: Promise<FlushReports> | undefined;
  const shutdown: StartedMetrics['shutdown'] = ({ timeoutMillis = shutdownTimeoutMillis } = {}) => {
    ending ??= end(timeoutMillis);
    return ending;
  };

  async function end(timeoutMillis: number): Promise<FlushReports> {
    removeHooks();
    stopRuntime?.();
    // Before everything else: what is recorded from now on waits for the next start, and is not lost in a closed provider.
    unregister();
    if (shared[RUNNING] === handle) shared[RUNNING] = undefined;
    const deadline = deadlineIn(timeoutMillis);
    if (given !== undefined) await settledWithin(systemClock, timeoutMillis, flushProvider(given));
    const late = await shutDownAll(backends, deadline);
    stopObserving?.();
    for (const producer of producers) producer.detach();
    process.off('exit', flushAtExit);
    return reportsOf(backends, late, deadline);
  }

  let isFlushedAtExit = false;
  function flushAtExit(): void {
    if (isFlushedAtExit || own === undefined) return;
    isFlushedAtExit = true;
    const losses = flushSync(backends, own.resource);
    if (losses.length > 0) log('warn', `${COMPONENT}: the process ends. ${losses.join('; ')}`);
  }

  process.on('exit', flushAtExit);
  const removeHooks = endWithProcess(configuration.shutdownOn, {
    flush: () => flush({ timeoutMillis: shutdownTimeoutMillis }),
    async finish() {
      const deadline = deadlineIn(shutdownTimeoutMillis);
      if (given !== undefined) await settledWithin(systemClock, deadline(), flushProvider(given));
      // The others get what is recorded meanwhile, too, by `flushSync`.
      const last = backends.filter((backend) => backend.flushSync === undefined);
      const others = backends.filter((backend) => backend.flushSync !== undefined);
      await Promise.all([
        shutDownAll(last, deadline),
        collectFor(others, deadline).then((late) => reportsOf(others, late, deadline)),
      ]);
    },
    flushSync: flushAtExit,
    shutdown,
    timeoutMillis: shutdownTimeoutMillis,
  });
  const handle = { shutdown };
  shared[RUNNING] = handle;

  return {
    metrics,
    meterProvider,
    store: kept?.store,
    flush,
    shutdown,
    metricsHandler: metricsHandlerOf(backends),
    stats: () => ({
      metrics: api.stats(),
      backends: Object.fromEntries(
        backends.map((backend) => [backend.key, { ...backend.stats(), health: backend.health() }]),
      ),
    }),
    ready: Promise.all(backends.map(async ({ ready }) => ready)),
  };
}

/** What the code starts replaces what an environment has started. */
function shutDownFormer(): void {
  const former = shared[RUNNING];
  if (former === undefined) return;
  log('warn', `${COMPONENT}: metrics had been started already; the former backends are shut down`);
  void former.shutdown();
}
