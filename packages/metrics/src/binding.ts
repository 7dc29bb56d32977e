import { meterOf } from './drain.ts';
import type { EventSink, Operation, OperationListener } from './hooks.ts';
import { METRICS_DEFAULTS } from './options.ts';
import type { MetricsOptions } from './options.ts';
import { globalRegistry, registryOf } from './provider.ts';
import { describe, reason, refuse, sayOnce } from './refusals.ts';
import { metricOf } from './registry.ts';
import type { Cell, Kind, MetricRecord, Registry } from './registry.ts';
import { cellOf, PathNode, tagText } from './series.ts';
import type { Tags, TagValue } from './series.ts';
import { shared } from './shared.ts';
import { compileTagRules, TagRuleError } from './tag-rules.ts';
import type { DeniedTags } from './tag-rules.ts';

/** Options of one recording call. */
export interface RecordOptions {
  readonly tags?: Tags;
  /** Becomes the tag `instance`; wins over a tag of that name. */
  readonly instance?: TagValue;
  /** The metric's unit in UCUM, as OpenTelemetry wants it: `By`, `s`, `{request}`. The first call decides. */
  readonly unit?: string;
  /** What the metric means. The first call decides. */
  readonly description?: string;
  /**
   * Share of the operations, 0 to 1, that the listener `operations` gets. What is recorded stays exact: it is added
   * up before it is sent, so there is nothing to save by sampling.
   * @default 1
   */
  readonly sampleRate?: number;
  /**
   * Keeps the metric in an internal store as well, if there is one: all its series, from now on. See `isInternal`.
   * @default false
   */
  readonly internal?: boolean;
}

/** The longest name of an OpenTelemetry instrument. */
const MAX_NAME_LENGTH = 255;

/** Ways are remembered for so many times the series of a metric: several orders of the same tags. */
const PATHS_PER_SERIES = 4;

/** A call may have so many tags, OpenTelemetry's own limit of attributes elsewhere; further ones are left out. */
const MAX_TAGS = 128;

/** OpenTelemetry's advice for durations in seconds. */
const SECOND_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** A metric as one `Metrics` finds it. */
interface Entry {
  readonly metric: MetricRecord;
  root: PathNode;
  /** Series to which a way is remembered. */
  paths: number;
}

/** A `Metrics` bound to its MeterProvider: its options resolved, its series found. Never outlives a generation. */
export class Binding {
  readonly generation = shared.generation;
  readonly registry: Registry;
  readonly timingUnit: 'ms' | 's';
  readonly sinks: readonly EventSink[];
  /** Whether somebody listens to the operations. */
  readonly reports: boolean;
  readonly #operations: OperationListener | undefined;
  readonly #scope: string;
  readonly #prefix: string;
  readonly #tags: ReadonlyMap<string, string>;
  readonly #maxSeries: number;
  readonly #maxMetrics: number;
  readonly #hold: boolean;
  readonly #deniedTags: DeniedTags | undefined;
  readonly #throws: boolean;
  readonly #entries = new Map<string, Entry>();

  constructor(options: MetricsOptions, registry: Registry) {
    this.registry = registry;
    this.timingUnit = options.timingUnit ?? METRICS_DEFAULTS.timingUnit;
    this.sinks = options.events === undefined ? [] : [options.events].flat();
    this.reports = options.operations !== undefined;
    this.#operations = options.operations;
    this.#scope = options.scope ?? METRICS_DEFAULTS.scope;
    this.#prefix = options.prefix ?? METRICS_DEFAULTS.prefix;
    this.#maxSeries = options.maxSeriesPerMetric ?? METRICS_DEFAULTS.maxSeriesPerMetric;
    this.#maxMetrics = options.maxMetrics ?? METRICS_DEFAULTS.maxMetrics;
    this.#hold = options.hold ?? METRICS_DEFAULTS.hold;
    this.#deniedTags = options.tagRules && compileTagRules(options.tagRules);
    this.#throws = options.tagRules?.onViolation === 'throw';
    const tags = new Map<string, string>();
    for (const [tag, value] of Object.entries(options.tags ?? {})) {
      const text = tagText(value);
      if (text !== undefined) tags.set(tag, text);
    }
    this.#tags = tags;
  }

  static of(options: MetricsOptions): Binding {
    // The global registry first: finding a new MeterProvider begins a new generation.
    const registry = options.meterProvider ? registryOf(options.meterProvider) : globalRegistry();
    return new Binding(options, registry);
  }

  /** The cell of a series, or `undefined` when it can't be recorded, which is then counted. */
  find(kind: Kind, name: string, options: RecordOptions | undefined, unit: string): Cell | undefined {
    const entry = this.#entries.get(name);
    if (entry !== undefined && entry.metric.kind === kind) {
      const cell = walk(entry.root, options)?.cell;
      if (cell !== undefined && !cell.gone && isKnown(entry.metric, options)) return cell;
    }
    return this.#resolve(kind, name, options ?? undefined, unit);
  }

  /** Tags of a call as text: those of this `Metrics`, of `withTags`, of the call, and the instance. */
  tagsOf(options: RecordOptions | undefined): Record<string, string> {
    return Object.fromEntries(this.#gather(undefined, options).tags);
  }

  report(operation: Operation): void {
    this.call(() => this.#operations?.(operation));
  }

  /** Calls a hook: what it throws is counted and goes no further. */
  call(hook: () => void): void {
    try {
      hook();
    } catch (error) {
      this.registry.hookErrors += 1;
      sayOnce('hook', `an event backend or an operation listener threw: ${reason(error)}`);
    }
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
      sayOnce(
        `unit ${metric.name}`,
        `'${metric.name}' has the unit '${metric.unit}' since its first call; ${wanted} is ignored`,
      );
    }
    const { path, tags } = this.#gather(name, options);
    const cell = cellOf(metric, tags);
    // Ways to the overflow series have no end.
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

  /** The tags of a call in the order in which `walk` meets them, and as the text that they become. */
  #gather(
    metric: string | undefined,
    options: RecordOptions | undefined,
  ): { path: unknown[] | undefined; tags: Map<string, string> } {
    const path: unknown[] = [...(shared.scopes?.getStore() ?? [])];
    const given = options?.tags;
    if (typeof given === 'object') {
      for (const tag in given) {
        const value = given[tag];
        if (value === undefined || value === null) continue;
        if (path.length >= 2 * MAX_TAGS) {
          this.registry.droppedTags += 1;
          sayOnce('tags', `a call has more than ${MAX_TAGS} tags; the others are left out`);
          break;
        }
        // `walk` sees inherited names too; they are no tags, but part of the way.
        path.push(tag, Object.hasOwn(given, tag) ? value : INHERITED);
      }
    }
    const called = new Map<string, string>();
    let isUsual = path.length < 2 * MAX_TAGS && !path.includes(INHERITED);
    for (let index = 0; index < path.length; index += 2) {
      isUsual = this.#put(called, path[index] as string, path[index + 1]) && isUsual;
    }
    if (metric !== undefined) this.#applyTagRules(metric, called);
    const tags = new Map([...this.#tags, ...called]);
    const instance = options?.instance;
    if (instance !== undefined && instance !== null) {
      path.push('instance', instance);
      isUsual = this.#put(tags, 'instance', instance) && isUsual;
    }
    return { path: isUsual ? path : undefined, tags };
  }

  /** Whether the tag is such that its way may be remembered. */
  #put(tags: Map<string, string>, tag: string, value: unknown): boolean {
    if (value === INHERITED) return false;
    const name = tagText(tag);
    const text = name === '' ? undefined : tagText(value);
    if (name !== undefined && text !== undefined) {
      tags.set(name, text);
      return name === tag && (typeof value !== 'string' || text === value);
    }
    this.registry.droppedTags += 1;
    sayOnce(
      'tag',
      `tag ${describe(tag)} is left out: a tag needs a name, and a string, number or boolean, not ${describe(value)}`,
    );
    return false;
  }

  #applyTagRules(metric: string, tags: Map<string, string>): void {
    const denied = this.#deniedTags?.(metric, tags.keys()) ?? [];
    if (denied.length === 0) return;
    if (this.#throws) throw new TagRuleError(metric, denied.sort());
    for (const tag of denied) tags.delete(tag);
    this.registry.droppedTags += denied.length;
    sayOnce(`tag rule ${metric}`, `tag rules leave out ${denied.map(describe).join(', ')} of '${metric}'`);
  }

  #remember(entry: Entry, path: readonly unknown[], cell: Cell): void {
    if (entry.paths >= PATHS_PER_SERIES * this.#maxSeries) {
      entry.root = new PathNode();
      entry.paths = 0;
    }
    let node = entry.root;
    for (let index = 0; index < path.length; index += 2) {
      node = node.grow(path[index] as string, path[index + 1]);
    }
    if (node.cell === undefined) entry.paths += 1;
    node.cell = cell;
  }
}

const INHERITED = Symbol('inherited');

/** Whether the metric is already what a call says that it is. */
function isKnown(metric: MetricRecord, options: RecordOptions | undefined): boolean {
  if (options === undefined || options === null) return true;
  const { unit, internal } = options;
  return (unit === undefined || unit === metric.unit) && (!internal || metric.isInternal);
}

/** Where the tags of a call lead, as far as it is known. The hot path: it makes nothing. */
function walk(root: PathNode, options: RecordOptions | undefined): PathNode | undefined {
  let node: PathNode | undefined = root;
  const scope = shared.scopes?.getStore();
  if (scope !== undefined) {
    for (let index = 0; index < scope.length; index += 2) {
      node = node.next(scope[index] as string, scope[index + 1]);
      if (node === undefined) return undefined;
    }
  }
  if (options === undefined || options === null) return node;
  const { tags, instance } = options;
  for (const tag in tags) {
    const value = tags[tag];
    if (value === undefined || value === null) continue;
    node = node.next(tag, value);
    if (node === undefined) return undefined;
  }
  return instance === undefined || instance === null ? node : node.next('instance', instance);
}
