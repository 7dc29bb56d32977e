import { diag, type MeterProvider as ApiMeterProvider } from '@opentelemetry/api';
import { settledWithin, systemClock, type ExporterStats } from '@tallykit/exporter-base';
import { createMetrics, metrics, type Metrics, type MetricsStats } from '@tallykit/metrics';
import { connectProducers } from '@tallykit/metrics/producer';
import type { Configuration } from './configuration.ts';
import { packagesForBackend } from './exporter-packages.ts';
import { collectFor, deadlineIn, reportsOf, type FlushReports } from './flush-backends.ts';
import { packageForStore, startStore } from './internal-store.ts';
import { createProvider, flushProvider, register } from './meter-provider.ts';
import { COMPONENT } from './options.ts';
import type { NeededPackage, Packages } from './packages.ts';
import { RUNTIME_PACKAGE, startRuntimeMetrics } from './runtime-metrics.ts';
import { observeAll } from './self-metrics.ts';
import { shutDownOn } from './shutdown-hooks.ts';
import { startBackend } from './start-backend.ts';

/** What `startMetrics` returns. */
export interface StartedMetrics {
  /** The default `metrics`, configured. */
  readonly metrics: Metrics;
  /** The MeterProvider that was made, or the one of the option `meterProvider`. */
  readonly meterProvider: ApiMeterProvider;
  /**
   * The store of the option `internal`: a `TimeseriesStore` of `@tallykit/tsdb`, with the page that shows what it keeps. A
   * store that was made for that option is shut down with the backends.
   */
  readonly store: object | undefined;
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
  /** Where everything that was recorded has gone: in the recording API, and at each backend by its name. */
  readonly stats: () => {
    readonly metrics: MetricsStats;
    readonly backends: Readonly<Record<string, ExporterStats>>;
  };
}

const FLUSH_TIMEOUT_MILLIS = 10_000;

const RUNNING = Symbol.for('@tallykit/node/1');
/** One start at a time in the whole process, also when both builds of this package are loaded. */
const shared = globalThis as { [RUNNING]?: Pick<StartedMetrics, 'shutdown'> | undefined };

/** The packages that have to be loaded first. */
export function packagesOf(configuration: Configuration): NeededPackage[] {
  const needed = configuration.destinations.flatMap(packagesForBackend);
  if (configuration.internal !== undefined) needed.push(packageForStore(configuration.internal));
  if (configuration.runtime) needed.push(RUNTIME_PACKAGE);
  return needed;
}

/**
 * Starts everything, without waiting for anything. `ready` rejects when the server of a backend turns out not to start.
 *
 * @throws OptionError for options of a backend that are wrong; nothing has been started then
 */
export function launch(
  configuration: Configuration,
  packages: Packages,
): StartedMetrics & { readonly ready: Promise<unknown> } {
  const chosen = configuration.destinations.map((destination) =>
    startBackend(destination, packages, configuration),
  );
  const { internal } = configuration;
  const isInternal = (name: string): boolean => recorded.isInternal(name);
  const kept = internal && startStore(internal, packages, configuration, isInternal);
  const backends = kept === undefined ? chosen : [...chosen, kept];
  shutDownFormer();
  const given = configuration.meterProvider;
  const own = given === undefined ? createProvider(configuration, backends) : undefined;
  const meterProvider = own ?? given!;
  const producers = backends.flatMap(({ producer }) => (producer === undefined ? [] : [producer]));
  if (producers.length > 0) connectProducers(meterProvider, producers);
  // Not the default `metrics`, which leaves the provider before the last collection.
  const recorded = createMetrics({ meterProvider });
  const unregister = register(configuration, meterProvider, chosen);
  const stopRuntime = configuration.runtime ? startRuntimeMetrics(packages, meterProvider) : () => undefined;
  const stopObserving = configuration.selfMetrics ? observeAll(backends, meterProvider) : () => undefined;
  const { shutdownTimeoutMillis } = configuration;

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
  const removeHooks = shutDownOn(configuration.shutdownOn, {
    flush: () => flush({ timeoutMillis: shutdownTimeoutMillis }),
    shutdown,
  });
  const handle = { shutdown };
  shared[RUNNING] = handle;

  async function end(timeoutMillis: number): Promise<FlushReports> {
    removeHooks();
    stopRuntime();
    // Before everything else: what is recorded from now on waits for the next start, and is not lost in a closed provider.
    unregister();
    if (shared[RUNNING] === handle) shared[RUNNING] = undefined;
    const deadline = deadlineIn(timeoutMillis);
    if (given !== undefined) await settledWithin(systemClock, timeoutMillis, flushProvider(given));
    // Not left to the provider's shutdown, which would not tell which backend was late.
    const late = await collectFor(backends, deadline);
    stopObserving();
    if (own !== undefined) await settledWithin(systemClock, deadline(), own.shutdown());
    for (const producer of producers) producer.detach();
    const endings = backends.map(async (backend) => backend.shutdown?.({ timeoutMillis: 0 }));
    await settledWithin(systemClock, deadline(), Promise.all(endings));
    return reportsOf(backends, late, deadline);
  }

  return {
    metrics,
    meterProvider,
    store: kept?.store,
    flush,
    shutdown,
    stats: () => ({
      metrics: metrics.stats(),
      backends: Object.fromEntries(backends.map((backend) => [backend.key, backend.stats()])),
    }),
    ready: Promise.all(backends.map(async ({ ready }) => ready)),
  };
}

/** What the code starts replaces what an environment has started. */
function shutDownFormer(): void {
  const former = shared[RUNNING];
  if (former === undefined) return;
  diag.warn(`${COMPONENT}: metrics had been started already; the former backends are shut down`);
  void former.shutdown();
}
