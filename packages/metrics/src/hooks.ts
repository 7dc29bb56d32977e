import { reasonOf } from './describe.ts';
import type { EventSink, MetricEvent } from './event.ts';
import { logOnce } from './log-once.ts';
import type { Operation, OperationListener } from './operation.ts';
import type { MetricsOptions } from './options.ts';
import type { Registry } from './registry.ts';

/** The functions of the program that a `Metrics` calls. What they throw is counted and does not reach the caller. */
export class Hooks {
  readonly #registry: Registry;
  readonly #sinks: readonly EventSink[];
  readonly #operations: OperationListener | undefined;

  constructor(options: MetricsOptions, registry: Registry) {
    this.#registry = registry;
    this.#sinks = options.events === undefined ? [] : [options.events].flat();
    this.#operations = options.operations;
  }

  get takesEvents(): boolean {
    return this.#sinks.length > 0;
  }

  send(event: MetricEvent): void {
    for (const sink of this.#sinks) this.#call(() => sink.event(event));
  }

  report(operation: Operation): void {
    this.#call(() => this.#operations?.(operation));
  }

  #call(hook: () => void): void {
    try {
      hook();
    } catch (error) {
      this.#registry.hookErrors += 1;
      logOnce('hook', `an event backend or an operation listener threw: ${reasonOf(error)}`);
    }
  }
}
