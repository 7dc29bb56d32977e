import { performance } from 'node:perf_hooks';
import { diag, metrics as metricsApi, type MeterProvider as ApiMeterProvider } from '@opentelemetry/api';
import { settledWithin, systemClock, type ExporterStats, type FlushReport } from '@tallykit/exporter-base';
import {
  defaultResource,
  detectResources,
  envDetector,
  hostDetector,
  processDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { configureMetrics, createMetrics, metrics, type Metrics, type MetricsStats } from '@tallykit/metrics';
import { packagesForBackend, startBackend, type Backend } from './backends.ts';
import type { Configuration } from './configuration.ts';
import { listenerOf, sinksOf } from './api-hooks.ts';
import { packageForStore, startStore } from './internal-store.ts';
import { COMPONENT } from './options.ts';
import type { NeededPackage, Packages } from './packages.ts';
import { observeAll } from './self-metrics.ts';
import { shutDownOn } from './shutdown-hooks.ts';

/** What a `flush` or a `shutdown` found out, for each backend by its name. */
export type FlushReports = Readonly<Record<string, FlushReport>>;

/** What `startMetrics` returns. */
export interface StartedMetrics {
  /** The default `metrics`, configured. */
  readonly metrics: Metrics;
  readonly meterProvider: ApiMeterProvider;
  /**
   * The store of the option `internal`: a `TimeseriesStore` of `@tallykit/tsdb`, with the page that shows what it keeps. One
   * that was made for it is shut down with the rest.
   */
  readonly store: object | undefined;
  /**
   * Collects, sends, and says what became of it. Never rejects, and never lasts longer than its timeout.
   *
   * @param options `timeoutMillis`: 10,000 by default
   */
  readonly flush: (options?: { readonly timeoutMillis?: number }) => Promise<FlushReports>;
  /**
   * The same for the last time, and gives everything back: sockets, timers, hooks, the global MeterProvider. A second call
   * gives the first one's answer. Never rejects.
   *
   * @param options `timeoutMillis`: by default as long as the option `shutdownTimeoutMillis` says
   */
  readonly shutdown: (options?: { readonly timeoutMillis?: number }) => Promise<FlushReports>;
  /** Where everything that was recorded has gone: in the recording API, and at each backend. */
  readonly stats: () => {
    readonly metrics: MetricsStats;
    readonly backends: Readonly<Record<string, ExporterStats>>;
  };
}

const FLUSH_TIMEOUT_MILLIS = 10_000;

const RUNTIME = '@opentelemetry/instrumentation-runtime-node';

const RUNNING = Symbol.for('@tallykit/node/1');
/** One at a time for the whole process, also when both builds of this package are loaded. */
const shared = globalThis as { [RUNNING]?: Pick<StartedMetrics, 'shutdown'> | undefined };

/** The packages that have to be loaded first. */
export function packagesOf(configuration: Configuration): NeededPackage[] {
  const needed = configuration.destinations.flatMap(packagesForBackend);
  if (configuration.internal !== undefined) needed.push(packageForStore(configuration.internal));
  if (configuration.runtime) needed.push({ name: RUNTIME, neededFor: '`runtime: true`' });
  return needed;
}

/**
 * Starts everything, without waiting for anything. A server of a backend may turn out later not to start: `ready` rejects.
 *
 * @throws for options of a backend that are wrong; nothing has been started then
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
  replaceRunning();
  const given = configuration.meterProvider;
  const own = given === undefined ? createProvider(configuration, backends) : undefined;
  const meterProvider = own ?? given!;
  // The default `metrics` leaves the provider before the last collection.
  const recorded = createMetrics({ meterProvider });
  const giveBack = register(configuration, meterProvider, chosen);
  const stopRuntime = configuration.runtime ? startRuntime(packages, meterProvider) : () => undefined;
  const stopObserving = configuration.selfMetrics ? observeAll(backends, meterProvider) : () => undefined;
  const { shutdownTimeoutMillis } = configuration;

  const flush: StartedMetrics['flush'] = async ({ timeoutMillis = FLUSH_TIMEOUT_MILLIS } = {}) => {
    const deadline = deadlineIn(timeoutMillis);
    if (given !== undefined) await settledWithin(systemClock, timeoutMillis, flushProvider(given));
    const late = await collect(backends, deadline);
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
    // First of all: what is recorded from now on waits for whatever comes next, and is not lost in a closed provider.
    giveBack();
    if (shared[RUNNING] === handle) shared[RUNNING] = undefined;
    const deadline = deadlineIn(timeoutMillis);
    if (given !== undefined) await settledWithin(systemClock, timeoutMillis, flushProvider(given));
    // Collected apart from the provider's shutdown, which would not say which backend was late.
    const late = await collect(backends, deadline);
    stopObserving();
    if (own !== undefined) await settledWithin(systemClock, deadline(), own.shutdown());
    const closing = backends.map(async ({ close }) => close?.());
    await settledWithin(systemClock, deadline(), Promise.all(closing));
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

/** Whatever the code says stands in place of what an environment said. */
function replaceRunning(): void {
  const former = shared[RUNNING];
  if (former === undefined) return;
  diag.warn(`${COMPONENT}: metrics had been started already; the former backends are shut down`);
  void former.shutdown();
}

function createProvider({ resource, views }: Configuration, backends: readonly Backend[]): MeterProvider {
  const detected = detectResources({
    detectors: [envDetector, hostDetector, processDetector, serviceInstanceIdDetector],
  });
  return new MeterProvider({
    resource: defaultResource().merge(detected).merge(resourceFromAttributes(resource)),
    views,
    readers: backends.flatMap(({ reader }) => (reader === undefined ? [] : [reader])),
  });
}

/** @returns undoes it */
function register(
  { api, global }: Configuration,
  meterProvider: ApiMeterProvider,
  backends: readonly Backend[],
): () => void {
  const isRegistered = () => metricsApi.getMeterProvider() === meterProvider;
  const wasRegistered = isRegistered();
  if (global && !wasRegistered && !metricsApi.setGlobalMeterProvider(meterProvider)) {
    diag.warn(
      `${COMPONENT}: the process has a global MeterProvider already, which stays. The default \`metrics\` records to the ` +
        "backends that were started; instruments of OpenTelemetry's own API don't. Start metrics before it is registered, " +
        'or say `global: false`.',
    );
  }
  const events = sinksOf(backends);
  const operations = listenerOf(backends);
  configureMetrics({
    ...api,
    ...(events.length > 0 && { events }),
    ...(operations !== undefined && { operations }),
    ...(!isRegistered() && { meterProvider }),
  });
  return () => {
    configureMetrics(api);
    if (!wasRegistered && isRegistered()) metricsApi.disable();
  };
}

function startRuntime(packages: Packages, meterProvider: ApiMeterProvider): () => void {
  const { RuntimeNodeInstrumentation } = packages.get(RUNTIME) as {
    readonly RuntimeNodeInstrumentation: new () => {
      setMeterProvider(meterProvider: ApiMeterProvider): void;
      disable(): void;
    };
  };
  const instrumentation = new RuntimeNodeInstrumentation();
  instrumentation.setMeterProvider(meterProvider);
  return () => instrumentation.disable();
}

/** How much time is left, in milliseconds. */
type Deadline = () => number;

function deadlineIn(timeoutMillis: number): Deadline {
  const end = performance.now() + timeoutMillis;
  return () => Math.max(end - performance.now(), 0);
}

/** A provider of somebody else's may not know how. */
async function flushProvider(provider: ApiMeterProvider): Promise<void> {
  await (provider as { forceFlush?: () => Promise<void> }).forceFlush?.();
}

/** @returns the backends that didn't get everything in time */
async function collect(backends: readonly Backend[], deadline: Deadline): Promise<ReadonlySet<Backend>> {
  const late = new Set<Backend>();
  const collections = backends.map(async (backend) => {
    const { reader } = backend;
    const isDone =
      reader === undefined || (await settledWithin(systemClock, deadline(), reader.forceFlush()));
    if (!isDone) late.add(backend);
  });
  await Promise.all(collections);
  return late;
}

async function reportsOf(
  backends: readonly Backend[],
  late: ReadonlySet<Backend>,
  deadline: Deadline,
): Promise<FlushReports> {
  const reports = backends.map(async (backend) => {
    const report = await backend.report(deadline());
    if (!late.has(backend)) return [backend.key, report] as const;
    const error = new Error(`${backend.key}: the time was up before everything was collected and sent`);
    return [backend.key, { ...report, errors: [...report.errors, error] }] as const;
  });
  return Object.fromEntries(await Promise.all(reports));
}
