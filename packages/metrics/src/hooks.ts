import { defaultOptions } from './default-options.ts';
import { describe, reasonOf } from './describe.ts';
import type { EventOptions, EventSink, MetricEvent } from './event.ts';
import { logOnce } from './log-once.ts';
import { operationTags, type Operation, type OperationListener } from './operation.ts';
import type { ResolvedOptions } from './options.ts';
import { refuse } from './refuse.ts';
import { isWaiting } from './registry.ts';
import type { Registry } from './registry.ts';
import { shared } from './shared.ts';
import { copyText } from './tags.ts';

/** How many events are kept while no backend for them is named. */
const MAX_EVENTS = 1_000;

const REMEDY = 'start metrics with a backend that takes events, or hand one to configureMetrics({ events })';

/** The functions of the program that a `Metrics` calls. What they throw is counted and does not reach the caller. */
export class Hooks {
  readonly #registry: Registry;
  /** `undefined` where a backend may be named later. */
  readonly #sinks: readonly EventSink[] | undefined;
  readonly #operations: OperationListener | undefined;

  constructor(options: ResolvedOptions, registry: Registry) {
    this.#registry = registry;
    this.#sinks = options.events === undefined ? undefined : [options.events].flat();
    this.#operations = options.operations;
  }

  /** Hands an event to the backends, or keeps it until there is one. */
  send(event: MetricEvent): void {
    const sinks = this.#sinks;
    if (sinks === undefined) {
      this.#keep(event);
    } else if (sinks.length === 0) {
      refuse(
        this.#registry,
        'no-event-backend',
        '',
        `event ${describe(event.title)} goes nowhere: no backend takes events; ${REMEDY}`,
      );
    } else {
      this.#registry.handed += 1;
      for (const sink of sinks) this.#call(() => sink.event(event));
    }
  }

  /** The same, after the listener for operations was told of it. */
  sendAndReport(event: MetricEvent, options: EventOptions | undefined): void {
    const { title, text, tags } = event;
    this.report({
      kind: 'event',
      name: title,
      value: text,
      unit: undefined,
      ...operationTags(tags, options),
    });
    this.send(event);
  }

  report(operation: Operation): void {
    this.#call(() => this.#operations?.(operation));
  }

  #keep(event: MetricEvent): void {
    const registry = this.#registry;
    if (shared.events.length >= MAX_EVENTS) {
      refuse(
        registry,
        'no-event-backend',
        'full',
        `${MAX_EVENTS} events wait for a backend, and further ones are lost until there is one: ${REMEDY}`,
      );
      return;
    }
    shared.events.push({
      registry,
      event: { ...event, title: copyText(event.title), text: copyText(event.text) },
    });
    if (!isWaiting(registry)) {
      logOnce('events', '', `event ${describe(event.title)} waits: no backend takes events yet; ${REMEDY}`);
    }
  }

  #call(hook: () => void): void {
    try {
      hook();
    } catch (error) {
      countHookError(this.#registry, error);
    }
  }
}

/** Counts that a function of the program threw. */
export function countHookError(registry: Registry, error: unknown): void {
  registry.hookErrors += 1;
  logOnce(
    'hook',
    '',
    `an event backend, an operation listener or a function of the tag rules threw: ${reasonOf(error)}`,
  );
}

/** Hands the events that wait to the backends of the default options, once these say where events go. */
export function sendWaitingEvents(): void {
  const options = defaultOptions();
  if (options.events === undefined) return;
  const waiting = shared.events;
  shared.events = [];
  for (const { registry, event } of waiting) new Hooks(options, registry).send(event);
}
