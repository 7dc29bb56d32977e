import { Active } from './active.ts';
import { Binding } from './binding.ts';
import {
  BoundCounter,
  BoundDistribution,
  BoundGauge,
  BoundSeries,
  BoundTiming,
  BoundUpDown,
} from './bound-handles.ts';
import {
  countMalformed,
  EVENT_OPTIONS,
  faultOfTags,
  readChildOptions,
  readBoundOptions,
  readOptions,
  shapeOf,
} from './call-shape.ts';
import type { CallName } from './call-shape.ts';
import { describe, reasonOf } from './describe.ts';
import { createEvent } from './event.ts';
import type { EventOptions } from './event.ts';
import { Metrics } from './metrics.ts';
import { Observer } from './observer.ts';
import type { ObserverTarget } from './observer.ts';
import type { BoundOptions, ChildOptions, RecordOptions, ResolvedOptions } from './options.ts';
import { record, recordTiming } from './record.ts';
import { presentRegistry, refuse } from './refuse.ts';
import type { Cell, Registry } from './registry.ts';
import { reportOperation } from './report.ts';
import { currentScope, inScope, scopeWith } from './scope.ts';
import { presentCell } from './series.ts';
import { shared } from './shared.ts';
import { statsOf } from './stats.ts';
import type { MetricsStats } from './stats.ts';
import { isTagRuleError } from './tag-rules.ts';
import type { Scope, Tags } from './tags.ts';
import { timeConstruction, timeWork } from './timing/follow.ts';
import { Timer } from './timing/timer.ts';
import { DISTRIBUTION, GAUGE, INCR, OBSERVE, refuseValue, TIMING, UP_DOWN } from './verb.ts';
import type { Verb } from './verb.ts';

/** Members that work without their `Metrics`, as in `const { incr } = metrics`. */
const BOUND = [
  'incr',
  'upDown',
  'active',
  'gauge',
  'timing',
  'distribution',
  'observe',
  'time',
  'wrap',
  'timer',
  'event',
  'counter',
  'bindUpDown',
  'bindGauge',
  'bindTiming',
  'bindDistribution',
  'withTags',
  'child',
  'isInternal',
  'stats',
] as const satisfies readonly (keyof Metrics)[];

/** The `Metrics` that records through OpenTelemetry. */
export class RecordingMetrics extends Metrics {
  readonly #options: () => ResolvedOptions;
  #binding: Binding | undefined;

  /** @param options is asked anew at each generation, because the options of the default `metrics` can change */
  constructor(options: () => ResolvedOptions) {
    super();
    this.#options = options;
    for (const member of BOUND) this[member] = this[member].bind(this) as never;
  }

  incr(name: string, value = 1, options?: RecordOptions): void {
    this.#record(INCR, name, value, options, arguments.length > 3);
  }

  upDown(name: string, value: number, options?: RecordOptions): void {
    this.#record(UP_DOWN, name, value, options, arguments.length > 3);
  }

  active(name: string, options?: RecordOptions): Active {
    const fixed = this.#fix('active', name, options, arguments.length > 2);
    const cell = this.#record(UP_DOWN, name, 1, fixed, false);
    return new Active(() => {
      if (cell !== undefined) this.#takeBack(cell, name, fixed);
    });
  }

  gauge(name: string, value: number, options?: RecordOptions): void {
    this.#record(GAUGE, name, value, options, arguments.length > 3);
  }

  timing(name: string, milliseconds: number, options?: RecordOptions): void {
    this.#record(TIMING, name, milliseconds, options, arguments.length > 3);
  }

  distribution(name: string, value: number, options?: RecordOptions): void {
    this.#record(DISTRIBUTION, name, value, options, arguments.length > 3);
  }

  observe(name: string, read: () => number | Promise<number>, options?: RecordOptions): () => void {
    const fixed = this.#fix('observe', name, options, arguments.length > 3);
    if (!this.#isFunction('observe', name, read)) return () => undefined;
    const scope = currentScope();
    const observer = new Observer(read, () => this.#targetOf(name, fixed, scope));
    observer.attach();
    return () => observer.remove();
  }

  time<T>(name: string, work: (timer: Timer) => T, options?: RecordOptions): T {
    const fixed = this.#fix('time', name, options, arguments.length > 3);
    // Many pass the promise that the function would return. The program goes on with it.
    if (!this.#isFunction('time', name, work)) return work as T;
    return timeWork(() => this.#startTimer(name, fixed), work);
  }

  wrap<Work extends object>(name: string, work: Work, options?: RecordOptions): Work {
    const fixed = this.#fix('wrap', name, options, arguments.length > 3);
    if (!this.#isFunction('wrap', name, work)) return work;
    const start = (): Timer => this.#startTimer(name, fixed);
    return new Proxy(work, {
      apply: (target, receiver, args: unknown[]): unknown =>
        timeWork(start, () => Reflect.apply(target as () => unknown, receiver, args)),
      construct: (target, args: unknown[], newTarget): object =>
        timeConstruction(start, () => Reflect.construct(target as () => unknown, args, newTarget) as object),
    });
  }

  timer(name: string, options?: RecordOptions): Timer {
    return this.#startTimer(name, this.#fix('timer', name, options, arguments.length > 2));
  }

  event(title: string, text: string, options?: EventOptions): void {
    const { registry, hooks, tags: collector } = this.#bind();
    registry.recorded += 1;
    try {
      if (typeof title !== 'string' || title === '' || typeof text !== 'string') {
        const got = `${describe(title)} and ${describe(text)}`;
        refuse(registry, 'bad-name', 'event', `an event needs a title and a text, got ${got}`);
        return;
      }
      const { fault, options: known } = shapeOf(options, EVENT_OPTIONS, arguments.length > 3);
      if (fault !== undefined) countMalformed(registry, 'event', describe(title), fault);
      const { tags, dropped } = collector.collect(title, known);
      registry.droppedTags += dropped;
      hooks.sendAndReport(createEvent(title, text, Object.fromEntries(tags), known), known);
    } catch (error) {
      this.#fail(registry, error);
    }
  }

  counter(name: string, tags?: Tags, options?: BoundOptions): BoundCounter {
    return new BoundCounter(this.#boundSeries('counter', INCR, name, tags, options, arguments.length > 3));
  }

  bindUpDown(name: string, tags?: Tags, options?: BoundOptions): BoundUpDown {
    return new BoundUpDown(
      this.#boundSeries('bindUpDown', UP_DOWN, name, tags, options, arguments.length > 3),
    );
  }

  bindGauge(name: string, tags?: Tags, options?: BoundOptions): BoundGauge {
    return new BoundGauge(this.#boundSeries('bindGauge', GAUGE, name, tags, options, arguments.length > 3));
  }

  bindTiming(name: string, tags?: Tags, options?: BoundOptions): BoundTiming {
    return new BoundTiming(
      this.#boundSeries('bindTiming', TIMING, name, tags, options, arguments.length > 3),
    );
  }

  bindDistribution(name: string, tags?: Tags, options?: BoundOptions): BoundDistribution {
    return new BoundDistribution(
      this.#boundSeries('bindDistribution', DISTRIBUTION, name, tags, options, arguments.length > 3),
    );
  }

  withTags<T>(tags: Tags, work: () => T): T {
    if (!this.#isFunction('withTags', '', work)) return work as T;
    return inScope(this.#scopeWith(tags), work);
  }

  child(options: ChildOptions): Metrics {
    const { fault, options: own } = readChildOptions(options);
    this.#countFault('child', '', fault);
    return new RecordingMetrics(() => {
      const parent = this.#options();
      return {
        ...parent,
        prefix: (parent.prefix ?? '') + (own.prefix ?? ''),
        tags: { ...parent.tags, ...own.tags },
      };
    });
  }

  isInternal(name: string): boolean {
    const { meters } = this.#bind().registry;
    return [...meters.values()].some(({ metrics }) => metrics.get(name)?.isInternal);
  }

  stats(): MetricsStats {
    return statsOf(this.#bind().registry);
  }

  #bind(): Binding {
    const binding = this.#binding;
    if (binding !== undefined && binding.generation === shared.generation) return binding;
    return (this.#binding = new Binding(this.#options()));
  }

  /** @returns the cell of the series, if the call could be recorded */
  #record(
    verb: Verb,
    name: string,
    value: number,
    options: RecordOptions | undefined,
    hasMore: boolean,
  ): Cell | undefined {
    const binding = this.#bind();
    const { registry } = binding;
    registry.recorded += 1;
    let cell: Cell | undefined;
    try {
      if (!(typeof value === 'number' && value >= verb.least && value <= Number.MAX_VALUE)) {
        refuseValue(registry, verb, name, value);
        return undefined;
      }
      cell = binding.find(verb, name, options, hasMore);
      if (binding.generation !== shared.generation) cell &&= this.#findAnew(registry, verb, name, options);
      if (cell === undefined) return undefined;
      if (cell.canHold) {
        cell.held += value;
        cell.calls += 1;
      } else if (verb !== TIMING) {
        record(cell, value);
      } else if (!recordTiming(cell, value)) {
        return undefined;
      }
    } catch (error) {
      this.#fail(registry, error);
      return undefined;
    }
    if (binding.reports) reportOperation(binding, verb, name, value, options, cell);
    return cell;
  }

  /**
   * The cell of a call during which another MeterProvider was found, or other options were set.
   *
   * @param registry where the call was counted
   */
  #findAnew(
    registry: Registry,
    verb: Verb,
    name: string,
    options: RecordOptions | undefined,
  ): Cell | undefined {
    const binding = this.#bind();
    // What waited has gone to the new one already, with what was counted.
    presentRegistry(registry).recorded -= 1;
    binding.registry.recorded += 1;
    return binding.find(verb, name, options, false);
  }

  /** Takes 1 back from the cell to which it was added, wherever its values have gone since. */
  #takeBack(from: Cell, name: string, options: RecordOptions): void {
    const cell = presentCell(from);
    const registry = presentRegistry(cell.metric.meter.registry);
    registry.recorded += 1;
    if (cell.isForgotten) {
      refuse(
        registry,
        'error',
        name,
        `'${name}' was refused by the MeterProvider, with what was added before`,
      );
      return;
    }
    record(cell, -1);
    const binding = this.#bind();
    if (binding.reports) reportOperation(binding, UP_DOWN, name, -1, options, cell);
  }

  #boundSeries(
    call: CallName,
    verb: Verb,
    name: string,
    tags: Tags | undefined,
    options: BoundOptions | undefined,
    hasMore: boolean,
  ): BoundSeries {
    const { fault, options: fixed } = readBoundOptions(tags, options, hasMore);
    this.#countFault(call, describe(name), fault);
    return new BoundSeries((value) => {
      const cell = inScope([], () => this.#record(verb, name, value, fixed, false));
      // A listener is told of each call, so no value may go straight into the cell.
      return this.#bind().reports ? undefined : cell;
    });
  }

  #startTimer(name: string, { tags: given, ...others }: RecordOptions): Timer {
    return new Timer(
      (milliseconds, timerTags, result) => {
        let tags = timerTags;
        try {
          if (result !== undefined) tags = { ...timerTags, result };
        } catch {
          // They can't be read, which is counted when they are read again.
        }
        this.#record(TIMING, name, milliseconds, { ...others, tags }, false);
      },
      { ...given },
    );
  }

  /** Where an observer belongs now. */
  #targetOf(name: string, options: RecordOptions, scope: Scope): ObserverTarget {
    const binding = this.#bind();
    const { registry, observeTimeoutMillis: timeoutMillis } = binding;
    let cell: Cell | undefined;
    let error: unknown;
    try {
      cell = inScope(scope, () => binding.find(OBSERVE, name, options, false));
    } catch (thrown) {
      error = thrown;
    }
    if (cell === undefined) {
      // It is refused, so it counts as a call. Otherwise its readings do.
      registry.recorded += 1;
      if (error !== undefined) this.#fail(registry, error);
    }
    return { cell, timeoutMillis };
  }

  #scopeWith(tags: Tags): Scope {
    try {
      const fault = faultOfTags(tags);
      this.#countFault('withTags', '', fault);
      const { scope, dropped } = scopeWith(fault === undefined ? tags : {});
      this.#bind().registry.droppedTags += dropped;
      return scope;
    } catch (error) {
      this.#countFault('withTags', '', `its tags can not be read: ${reasonOf(error)}`);
      return currentScope();
    }
  }

  /** A copy of the options of a handle. What has a wrong shape is counted and left out. */
  #fix(call: CallName, name: string, options: RecordOptions | undefined, hasMore: boolean): RecordOptions {
    const { fault, options: fixed } = readOptions(options, hasMore);
    this.#countFault(call, describe(name), fault);
    return fixed;
  }

  #countFault(call: CallName, about: string, fault: string | undefined): void {
    if (fault !== undefined) countMalformed(this.#bind().registry, call, about, fault);
  }

  #isFunction(call: CallName, name: string, value: unknown): boolean {
    if (typeof value === 'function') return true;
    this.#countFault(call, call === 'withTags' ? '' : describe(name), `${describe(value)} is no function`);
    return false;
  }

  /** Counts a call that threw because of what it was passed, or because of the MeterProvider. */
  #fail(registry: Registry, error: unknown): void {
    if (isTagRuleError(error)) {
      refuse(registry, 'tag-rule', '', reasonOf(error));
      throw error;
    }
    refuse(registry, 'error', '', `a call could not be recorded: ${reasonOf(error)}`);
  }
}
