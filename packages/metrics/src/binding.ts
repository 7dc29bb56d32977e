import { countMalformed, RECORD_OPTIONS, shapeOf } from './call-shape.ts';
import { describe } from './describe.ts';
import { meterOf } from './drain.ts';
import { Hooks } from './hooks.ts';
import { logOnce } from './log-once.ts';
import { METRICS_DEFAULTS } from './options.ts';
import type { RecordOptions, ResolvedOptions } from './options.ts';
import { followPath, PathNode, SharedRests } from './path-node.ts';
import { globalRegistry, lookForProvider } from './provider.ts';
import { refuse } from './refuse.ts';
import { metricOf } from './registry.ts';
import type { Cell, MetricRecord, Registry } from './registry.ts';
import { cellOf } from './series.ts';
import { hasOtherVersion, shared } from './shared.ts';
import { TagCollector } from './tag-collector.ts';
import { copyText } from './tags.ts';
import { timeUnitOf } from './time-unit.ts';
import { TIMING } from './verb.ts';
import type { AnyVerb } from './verb.ts';

/** The longest name of an OpenTelemetry instrument. */
const MAX_NAME_LENGTH = 255;

/**
 * So many paths are remembered for each series that a metric may have, because calls may name the same tags in several
 * orders. Beyond that all paths of the metric are forgotten, and found anew.
 */
const PATHS_PER_SERIES = 4;

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
  readonly observeTimeoutMillis: number;
  readonly #scope: string;
  readonly #prefix: string;
  readonly #maxSeries: number;
  readonly #maxMetrics: number;
  readonly #hold: boolean;
  readonly #entries = new Map<string, Entry>();
  readonly #rests = new SharedRests();

  constructor(options: ResolvedOptions) {
    if (hasOtherVersion()) warnOfOtherVersion();
    this.registry = options.registry ?? globalRegistry();
    // After the registry, because a new generation begins when that finds a new global MeterProvider.
    this.generation = shared.generation;
    this.timingUnit = options.timingUnit ?? METRICS_DEFAULTS.timingUnit;
    this.hooks = new Hooks(options, this.registry);
    this.reports = options.operations !== undefined;
    this.tags = new TagCollector(options, this.registry);
    this.observeTimeoutMillis = options.observeTimeoutMillis ?? METRICS_DEFAULTS.observeTimeoutMillis;
    this.#scope = options.scope ?? METRICS_DEFAULTS.scope;
    this.#prefix = options.prefix ?? METRICS_DEFAULTS.prefix;
    this.#maxSeries = options.maxSeriesPerMetric ?? METRICS_DEFAULTS.maxSeriesPerMetric;
    this.#maxMetrics = options.maxMetrics ?? METRICS_DEFAULTS.maxMetrics;
    this.#hold = options.hold ?? METRICS_DEFAULTS.hold;
  }

  /**
   * The cell of a series. A call that can't be recorded has none, and is counted here as refused.
   *
   * @param hasMore whether the call has more arguments than there are
   */
  find(verb: AnyVerb, name: string, options: RecordOptions | undefined, hasMore: boolean): Cell | undefined {
    const entry = this.#entries.get(name);
    if (entry !== undefined && entry.metric.kind === verb.kind && !hasMore) {
      const cell = followPath(entry.root, options);
      if (cell !== undefined && !cell.isForgotten && isKnown(entry.metric, options)) return cell;
    }
    return this.#resolve(verb, name, options, hasMore);
  }

  #resolve(
    verb: AnyVerb,
    name: string,
    given: RecordOptions | undefined,
    hasMore: boolean,
  ): Cell | undefined {
    // Another copy of the OpenTelemetry API may have disabled the MeterProvider and registered another one unseen.
    if (this.registry === shared.current) lookForProvider();
    const { fault, options } = shapeOf(given, RECORD_OPTIONS, hasMore);
    if (fault !== undefined) countMalformed(this.registry, verb.name, describe(name), fault);
    const entry = this.#entries.get(name) ?? this.#open(verb, name, options);
    if (entry === undefined) return undefined;
    const { metric } = entry;
    if (!this.#accepts(metric, verb, options)) return undefined;
    if (options?.internal) metric.isInternal = true;
    const { path, tags, dropped } = this.tags.collect(name, options);
    const seriesBefore = metric.cells.size;
    const cell = cellOf(metric, tags);
    if (metric.cells.size > seriesBefore) this.registry.droppedTags += dropped;
    // There is no end to the number of paths that lead to the overflow series. The path of a call with a fault is not that of
    // the same call without it.
    if (path !== undefined && fault === undefined && cell !== metric.overflow)
      this.#remember(entry, path, cell);
    return cell;
  }

  /** Whether a metric takes values of a verb. If it doesn't, the call is counted as refused. */
  #accepts(metric: MetricRecord, verb: AnyVerb, options: RecordOptions | undefined): boolean {
    const { name, kind, unit } = metric;
    if (kind !== verb.kind) {
      refuse(
        this.registry,
        'kind-conflict',
        name,
        `'${name}' is a ${kind} since its first call and can't be a ${verb.kind} too: give one of them another name`,
      );
      return false;
    }
    const wanted = options?.unit;
    if (wanted === undefined || wanted === null || wanted === unit) return true;
    if (!this.#acceptsUnit(verb, wanted, name)) return false;
    logOnce(
      'unit',
      name,
      `'${name}' has the unit '${unit}' since its first call; ${describe(wanted)} is ignored`,
    );
    return true;
  }

  #acceptsUnit(verb: AnyVerb, unit: string, name: string): boolean {
    if (verb !== TIMING || timeUnitOf(unit) !== undefined) return true;
    refuse(
      this.registry,
      'bad-unit',
      name,
      `timing('${name}') takes one of UCUM's units of time (ns, us, ms, s, min, h, d, …), not ${describe(unit)}`,
    );
    return false;
  }

  /** Finds or makes the metric of a name that this `Metrics` has not used yet. */
  #open(verb: AnyVerb, name: string, options: RecordOptions | undefined): Entry | undefined {
    if (typeof name !== 'string' || name === '' || this.#prefix.length + name.length > MAX_NAME_LENGTH) {
      const wanted = `a name must be a text of 1 to ${MAX_NAME_LENGTH} characters with its prefix`;
      refuse(this.registry, 'bad-name', '', `${wanted}, got ${describe(name)}`);
      return undefined;
    }
    const fullName = this.#prefix + name;
    const meter = meterOf(this.registry, this.#scope);
    if (!meter.metrics.has(fullName) && this.registry.metricCount >= this.#maxMetrics) {
      refuse(
        this.registry,
        'too-many-metrics',
        '',
        `there are ${this.registry.metricCount} metric names already, so ${describe(fullName)} and further new names ` +
          `are refused: put what varies into tags, or raise maxMetrics`,
      );
      return undefined;
    }
    const unit = options?.unit ?? (verb === TIMING ? this.timingUnit : '');
    if (!meter.metrics.has(fullName) && !this.#acceptsUnit(verb, unit, fullName)) return undefined;
    const metric = metricOf(meter, {
      name: copyText(fullName),
      kind: verb.kind,
      unit: copyText(unit),
      description: copyText(options?.description ?? ''),
      hold: this.#hold,
      maxSeries: this.#maxSeries,
    });
    const entry: Entry = { metric, root: new PathNode(), paths: 0 };
    this.#entries.set(copyText(name), entry);
    return entry;
  }

  #remember(entry: Entry, path: readonly unknown[], cell: Cell): void {
    if (entry.paths >= PATHS_PER_SERIES * this.#maxSeries) {
      entry.root = new PathNode();
      entry.paths = 0;
    }
    const copies = path.map((item) => (typeof item === 'string' ? ownText(item, cell) : item));
    if (entry.root.lead(copies, cell, this.#rests)) entry.paths += 1;
  }
}

function warnOfOtherVersion(): void {
  logOnce(
    'version',
    '',
    'two versions of this package are loaded that share nothing: what one of them configures, the other does not know. ' +
      'Install one version (`npm ls @tallykit/metrics` shows who asks for which)',
  );
}

/** A text of a path with memory of its own: that of the cell's attributes, if these have it. */
function ownText(text: string, { attributes }: Cell): string {
  for (const tag in attributes) {
    if (tag === text) return tag;
    const { [tag]: value } = attributes;
    if (value === text) return value;
  }
  return copyText(text);
}

/** Whether the metric has the unit that a call names, and is internal if the call has that option. */
function isKnown(metric: MetricRecord, options: RecordOptions | undefined): boolean {
  if (options === undefined || options === null) return true;
  const { unit, internal } = options;
  return (unit === undefined || unit === metric.unit) && (!internal || metric.isInternal);
}
