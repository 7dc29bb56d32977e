import { AsyncLocalStorage } from 'node:async_hooks';
import { Binding } from './binding.ts';
import { BoundCounter } from './bound-counter.ts';
import { readChildOptions } from './check-options.ts';
import { describe, reasonOf } from './describe.ts';
import { createEvent } from './event.ts';
import type { EventOptions } from './event.ts';
import { Metrics } from './metrics.ts';
import { Observer } from './observer.ts';
import type { ChildOptions, MetricsOptions, RecordOptions } from './options.ts';
import { record } from './record.ts';
import { refuse } from './refuse.ts';
import type { Cell } from './registry.ts';
import { shared } from './shared.ts';
import { statsOf } from './stats.ts';
import type { MetricsStats } from './stats.ts';
import { isTagRuleError } from './tag-rules.ts';
import { tagText } from './tags.ts';
import type { Tags } from './tags.ts';
import { Timer } from './timer.ts';
import { convertMillis, DISTRIBUTION, GAUGE, INCR, refuseValue, TIMING, UP_DOWN } from './verb.ts';
import type { Verb } from './verb.ts';

/** The `Metrics` that records through OpenTelemetry. */
export class RecordingMetrics extends Metrics {
  readonly #options: () => MetricsOptions;
  #binding: Binding | undefined;

  /** @param options is asked anew at each generation, because the options of the default `metrics` can change */
  constructor(options: () => MetricsOptions) {
    super();
    this.#options = options;
  }

  incr(name: string, value = 1, options?: RecordOptions): void {
    this.#record(INCR, name, value, options);
  }

  upDown(name: string, value: number, options?: RecordOptions): void {
    this.#record(UP_DOWN, name, value, options);
  }

  gauge(name: string, value: number, options?: RecordOptions): void {
    this.#record(GAUGE, name, value, options);
  }

  timing(name: string, milliseconds: number, options?: RecordOptions): void {
    this.#record(TIMING, name, milliseconds, options);
  }

  distribution(name: string, value: number, options?: RecordOptions): void {
    this.#record(DISTRIBUTION, name, value, options);
  }

  observe(name: string, read: () => number | Promise<number>, options?: RecordOptions): () => void {
    const fixed = copyOptions(options);
    const observer = new Observer(read, () => this.#bind().find('observable', name, fixed, ''));
    this.#guard(() => observer.attach());
    return () => this.#guard(() => observer.remove());
  }

  time<T>(name: string, work: () => T, options?: RecordOptions): T {
    return this.timer(name, options).run(work);
  }

  wrap<This, Arguments extends unknown[], Result>(
    name: string,
    work: (this: This, ...args: Arguments) => Result,
    options?: RecordOptions,
  ): (this: This, ...args: Arguments) => Result {
    if (typeof work !== 'function') return work;
    const fixed = copyOptions(options);
    const start = (): Timer => this.timer(name, fixed);
    function wrapped(this: This, ...args: Arguments): Result {
      return start().run(() => work.apply(this, args));
    }
    for (const property of ['name', 'length'] as const) {
      Object.defineProperty(wrapped, property, { value: work[property], configurable: true });
    }
    return wrapped;
  }

  timer(name: string, options?: RecordOptions): Timer {
    const { tags = {}, ...others } = copyOptions(options);
    return new Timer((milliseconds, ownTags, result) => {
      this.#guard(() => this.timing(name, milliseconds, { ...others, tags: { ...ownTags, result } }));
    }, tags);
  }

  event(title: string, text: string, options?: EventOptions): void {
    this.#guard(() => {
      const { registry, hooks, tags: collector } = this.#bind();
      if (typeof title !== 'string' || title === '' || typeof text !== 'string') {
        const got = `${describe(title)} and ${describe(text)}`;
        refuse(registry, 'bad-name', `an event needs a title and a text, got ${got}`);
        return;
      }
      const tags = collector.ofCall(options);
      const event = createEvent(title, text, tags, options);
      hooks.report({
        kind: 'event',
        name: title,
        value: text,
        unit: undefined,
        instance: tags['instance'],
        tags,
      });
      if (hooks.takesEvents) {
        registry.handed += 1;
        hooks.send(event);
      } else {
        refuse(
          registry,
          'no-event-backend',
          `event ${describe(title)} goes nowhere: no backend knows events; hand one to createMetrics({ events })`,
        );
      }
    });
  }

  counter(name: string, tags?: Tags, options?: Omit<RecordOptions, 'tags'>): BoundCounter {
    const fixed = copyOptions(options, tags);
    return new BoundCounter(
      (value) => outsideOfScopes(() => this.incr(name, value, fixed)),
      () => this.#boundCell(name, fixed),
    );
  }

  withTags<T>(tags: Tags, work: () => T): T {
    shared.scopes ??= new AsyncLocalStorage();
    const scope = [...(shared.scopes.getStore() ?? [])];
    this.#guard(() => {
      for (const [tag, value] of Object.entries(copyObject(tags))) {
        // Made to text here, once, because many calls may follow this path.
        if (value !== undefined && value !== null) scope.push(tag, tagText(value) ?? value);
      }
    });
    return shared.scopes.run(scope, work);
  }

  child(options: ChildOptions): Metrics {
    const { prefix = '', tags } = readChildOptions(options);
    return new RecordingMetrics(() => {
      const parent = this.#options();
      return { ...parent, prefix: (parent.prefix ?? '') + prefix, tags: { ...parent.tags, ...tags } };
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

  #record(verb: Verb, name: string, value: number, options: RecordOptions | undefined): void {
    try {
      const binding = this.#bind();
      if (!(typeof value === 'number' && value >= verb.least && value <= Number.MAX_VALUE)) {
        refuseValue(binding.registry, verb, name, value);
        return;
      }
      const cell = binding.find(verb.kind, name, options, verb === TIMING ? binding.timingUnit : '');
      if (cell === undefined) return;
      if (cell.canHold) {
        cell.held += value;
        cell.calls += 1;
      } else {
        record(cell, verb === TIMING ? convertMillis(value, cell.metric.unit) : value);
      }
      if (binding.reports) report(binding, verb, name, value, options);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The cell in which a bound counter may hold its values. There is none if each call must be reported. */
  #boundCell(name: string, options: RecordOptions): Cell | undefined {
    const binding = this.#bind();
    if (binding.reports) return undefined;
    return outsideOfScopes(() => binding.find('counter', name, options, ''));
  }

  /** Runs what may throw because of what a caller passed. */
  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (isTagRuleError(error)) throw error;
    const registry = this.#binding?.registry ?? shared.current;
    refuse(registry, 'error', `a call could not be recorded: ${reasonOf(error)}`);
  }
}

/** A copy that the caller can't change, or no options if they can't be read. */
function copyOptions(options: RecordOptions | undefined, tags?: Tags): RecordOptions {
  try {
    return { ...copyObject(options), tags: copyObject(tags ?? options?.tags) };
  } catch {
    return {};
  }
}

/** Checks the type, because to spread a string would make a property of each character. */
function copyObject<T extends object>(object: T | undefined): Partial<T> {
  return typeof object === 'object' ? { ...object } : {};
}

function outsideOfScopes<T>(action: () => T): T {
  return shared.scopes === undefined ? action() : shared.scopes.run([], action);
}

function report(
  { tags: collector, hooks }: Binding,
  verb: Verb,
  name: string,
  value: number,
  options: RecordOptions | undefined,
): void {
  const sampleRate = options?.sampleRate ?? 1;
  if (sampleRate < 1 && Math.random() >= sampleRate) return;
  const tags = collector.ofCall(options);
  const unit = options?.unit ?? (verb === TIMING ? 'ms' : undefined);
  hooks.report({ kind: verb.name, name, value, unit, instance: tags['instance'], tags });
}
