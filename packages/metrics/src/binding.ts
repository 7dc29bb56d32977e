import { describe } from './describe.ts';
import { meterOf } from './drain.ts';
import { Hooks } from './hooks.ts';
import { logOnce } from './log-once.ts';
import { METRICS_DEFAULTS } from './options.ts';
import type { MetricsOptions, RecordOptions } from './options.ts';
import { followPath, PathNode } from './path-node.ts';
import { globalRegistry, registryOf } from './provider.ts';
import { refuse } from './refuse.ts';
import { metricOf } from './registry.ts';
import type { Cell, Kind, MetricRecord, Registry } from './registry.ts';
import { cellOf } from './series.ts';
import { shared } from './shared.ts';
import { TagCollector } from './tag-collector.ts';

/** The longest name of an OpenTelemetry instrument. */
const MAX_NAME_LENGTH = 255;

/**
 * So many paths are remembered for each series that a metric may have, because calls may name the same tags in several
 * orders. Beyond that all paths of the metric are forgotten, and found anew.
 */
const PATHS_PER_SERIES = 4;

/** OpenTelemetry's advice for durations in seconds. */
const SECOND_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** A metric, and the paths on which calls of one `Metrics` find its cells. */
interface Entry {
  readonly metric: MetricRecord;
  root: PathNode;
  /** How many paths are remembered. */
  paths: number;
}

/**
 * A `Metrics` with its options resolved and its MeterProvider found. When the default options or the global MeterProvider
 * change, a new generation begins, and the `Metrics` makes itself a new binding.
 */
export class Binding {
  readonly generation: number;
  readonly registry: Registry;
  readonly timingUnit: 'ms' | 's';
  readonly hooks: Hooks;
  /** Whether there is a listener for operations. A field of its own, because every call reads it. */
  readonly reports: boolean;
  readonly tags: TagCollector;
  readonly #scope: string;
  readonly #prefix: string;
  readonly #maxSeries: number;
  readonly #maxMetrics: number;
  readonly #hold: boolean;
  readonly #entries = new Map<string, Entry>();

  constructor(options: MetricsOptions) {
    this.registry = options.meterProvider ? registryOf(options.meterProvider) : globalRegistry();
    // After the registry, because a new generation begins when that finds a new global MeterProvider.
    this.generation = shared.generation;
    this.timingUnit = options.timingUnit ?? METRICS_DEFAULTS.timingUnit;
    this.hooks = new Hooks(options, this.registry);
    this.reports = options.operations !== undefined;
    this.tags = new TagCollector(options, this.registry);
    this.#scope = options.scope ?? METRICS_DEFAULTS.scope;
    this.#prefix = options.prefix ?? METRICS_DEFAULTS.prefix;
    this.#maxSeries = options.maxSeriesPerMetric ?? METRICS_DEFAULTS.maxSeriesPerMetric;
    this.#maxMetrics = options.maxMetrics ?? METRICS_DEFAULTS.maxMetrics;
    this.#hold = options.hold ?? METRICS_DEFAULTS.hold;
  }

  /**
   * The cell of a series. A call that can't be recorded has none, and is counted here.
   *
   * @param unit the metric's unit where the options name none
   */
  find(kind: Kind, name: string, options: RecordOptions | undefined, unit: string): Cell | undefined {
    const entry = this.#entries.get(name);
    if (entry !== undefined && entry.metric.kind === kind) {
      const cell = followPath(entry.root, options)?.cell;
      if (cell !== undefined && !cell.isForgotten && isKnown(entry.metric, options)) return cell;
    }
    return this.#resolve(kind, name, options ?? undefined, unit);
  }

  #resolve(kind: Kind, name: string, options: RecordOptions | undefined, unit: string): Cell | undefined {
    const entry = this.#entries.get(name) ?? this.#open(kind, name, options, unit);
    if (entry === undefined) return undefined;
    const { metric } = entry;
    if (metric.kind !== kind) {
      refuse(
        this.registry,
        'kind-conflict',
        `'${metric.name}' is a ${metric.kind} since its first call and can't be a ${kind} too: give one of them another name`,
        { about: metric.name },
      );
      return undefined;
    }
    if (options?.internal) metric.isInternal = true;
    if (!isKnown(metric, options)) {
      const wanted = describe(options?.unit);
      logOnce(
        `unit ${metric.name}`,
        `'${metric.name}' has the unit '${metric.unit}' since its first call; ${wanted} is ignored`,
      );
    }
    const { path, tags } = this.tags.ofSeries(name, options);
    const cell = cellOf(metric, tags);
    // There is no end to the number of paths that lead to the overflow series.
    if (path !== undefined && cell !== metric.overflow) this.#remember(entry, path, cell);
    return cell;
  }

  /** Finds or makes the metric of a name that this `Metrics` has not used yet. */
  #open(kind: Kind, name: string, options: RecordOptions | undefined, unit: string): Entry | undefined {
    if (typeof name !== 'string' || name === '' || this.#prefix.length + name.length > MAX_NAME_LENGTH) {
      const wanted = `a name must be a text of 1 to ${MAX_NAME_LENGTH} characters with its prefix`;
      refuse(this.registry, 'bad-name', `${wanted}, got ${describe(name)}`);
      return undefined;
    }
    const fullName = this.#prefix + name;
    const meter = meterOf(this.registry, this.#scope);
    if (!meter.metrics.has(fullName) && this.registry.metricCount >= this.#maxMetrics) {
      refuse(
        this.registry,
        'too-many-metrics',
        `there are ${this.registry.metricCount} metric names already, so ${describe(fullName)} and further new names ` +
          `are refused: put what varies into tags, or raise maxMetrics`,
      );
      return undefined;
    }
    const metric = metricOf(meter, {
      name: fullName,
      kind,
      unit: typeof options?.unit === 'string' ? options.unit : unit,
      description: typeof options?.description === 'string' ? options.description : '',
      bounds: kind === 'histogram' && unit === 's' ? SECOND_BOUNDS : undefined,
      hold: this.#hold,
      maxSeries: this.#maxSeries,
    });
    const entry: Entry = { metric, root: new PathNode(), paths: 0 };
    this.#entries.set(name, entry);
    return entry;
  }

  #remember(entry: Entry, path: readonly unknown[], cell: Cell): void {
    if (entry.paths >= PATHS_PER_SERIES * this.#maxSeries) {
      entry.root = new PathNode();
      entry.paths = 0;
    }
    let node = entry.root;
    for (let index = 0; index < path.length; index += 2) {
      node = node.nextOrNew(path[index] as string, path[index + 1]);
    }
    if (node.cell === undefined) entry.paths += 1;
    node.cell = cell;
  }
}

/** Whether the metric has the unit that a call names, and is internal if the call has that option. */
function isKnown(metric: MetricRecord, options: RecordOptions | undefined): boolean {
  if (options === undefined || options === null) return true;
  const { unit, internal } = options;
  return (unit === undefined || unit === metric.unit) && (!internal || metric.isInternal);
}
