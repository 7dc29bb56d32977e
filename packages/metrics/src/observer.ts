import * as timers from 'node:timers';
import type { ObservableResult } from '@opentelemetry/api';
import { reasonOf } from './describe.ts';
import { logOnce } from './log-once.ts';
import { refuse } from './refuse.ts';
import { isWaiting } from './registry.ts';
import type { Cell, SeriesObserver } from './registry.ts';
import { forget } from './series.ts';
import { shared } from './shared.ts';

// Taken from Node when the module is loaded: under a fake clock a collection would wait for ever.
const { clearTimeout, setTimeout } = timers;

/** What a collection takes observed values with. */
export interface TimedObservableResult extends ObservableResult {
  /** How long the collection waits for a promise; 0 if it can't wait. Left out, `observeTimeoutMillis` decides alone. */
  readonly timeoutMillis?: number;
}

/** Where an observer belongs, at the present MeterProvider. */
export interface ObserverTarget {
  /** `undefined` if the series can't be there. */
  readonly cell: Cell | undefined;
  readonly timeoutMillis: number;
}

/** Reads the gauge of a call of `observe` at every collection of the MeterProvider, also when that is replaced. */
export class Observer implements SeriesObserver {
  readonly #read: () => number | Promise<number>;
  readonly #find: () => ObserverTarget;
  /** The series that is read. */
  #cell: Cell | undefined;
  /** The series for the next MeterProvider, while there is none and the former one is still read. */
  #next: Cell | undefined;
  #timeoutMillis = 0;
  /** The promise of a callback that has not settled. Readers that collect at the same time wait for the same one. */
  #reading: Promise<number> | undefined;
  /** Whether a collection waited for it in vain. */
  #isLate = false;
  /** Each ends the waiting of a collection. */
  readonly #waits = new Set<() => void>();
  readonly #follow = (): void => this.attach();
  readonly #observe = (result: TimedObservableResult): Promise<void> | void => this.#observeInto(result);

  constructor(read: () => number | Promise<number>, find: () => ObserverTarget) {
    this.#read = read;
    this.#find = find;
  }

  /** Adds the callback to the instrument of the present MeterProvider, and does so again in each new generation. */
  attach(): void {
    shared.followers.add(this.#follow);
    const { cell, timeoutMillis } = this.#find();
    this.#timeoutMillis = timeoutMillis;
    if (cell === this.#cell) return;
    if (this.#cell !== undefined && cell !== undefined && isWaiting(cell.metric.meter.registry)) {
      // There is no MeterProvider at the moment. The former one is still read: its shutdown collects once more.
      if (this.#next !== cell) this.#leaveNext();
      this.#next = cell;
      return;
    }
    this.#leave();
    this.#enter(cell);
  }

  /** Ends the reading, and gives the place of the series in the budget of its metric back. No collection waits for it any more. */
  remove(): void {
    shared.followers.delete(this.#follow);
    this.#leave();
    for (const end of this.#waits) end();
  }

  replaced(): void {
    shared.followers.delete(this.#follow);
    this.#cell?.metric.observable?.removeCallback(this.#observe);
    this.#cell = undefined;
  }

  #enter(cell: Cell | undefined): void {
    this.#cell = cell;
    if (cell === undefined) return;
    const { metric } = cell;
    if (cell !== metric.overflow) {
      const former = metric.observers.get(cell);
      if (former !== undefined) {
        former.replaced();
        logOnce(
          'observe',
          metric.name,
          `observe('${metric.name}') was called again with the same tags: the new callback takes the place of the former`,
        );
      }
      metric.observers.set(cell, this);
    }
    try {
      metric.observable?.addCallback(this.#observe);
    } catch (error) {
      metric.meter.registry.recorded += 1;
      refuse(
        metric.meter.registry,
        'error',
        metric.name,
        `the MeterProvider refused observe('${metric.name}'): ${reasonOf(error)}`,
      );
    }
  }

  #leave(): void {
    const cell = this.#cell;
    this.#cell = undefined;
    cell?.metric.observable?.removeCallback(this.#observe);
    if (cell?.metric.observers.get(cell) === this) free(cell);
    this.#leaveNext();
  }

  #leaveNext(): void {
    const next = this.#next;
    this.#next = undefined;
    if (next !== undefined && !next.metric.observers.has(next)) free(next);
  }

  #observeInto(result: TimedObservableResult): Promise<void> | void {
    const cell = this.#cell;
    if (cell === undefined) return;
    if (this.#isLate) {
      this.#refuseLate(cell, this.#timeoutMillis);
      return;
    }
    try {
      const value = this.#reading ?? this.#read();
      if (typeof value === 'number') return take(result, cell, value);
      return this.#takeInTime(result, cell, this.#remember(value));
    } catch (error) {
      refuseThrown(cell, error);
    }
  }

  #remember(value: number | Promise<number>): Promise<number> {
    if (this.#reading !== undefined) return this.#reading;
    const reading = Promise.resolve(value);
    const end = (): void => {
      this.#reading = undefined;
      this.#isLate = false;
    };
    reading.then(end, end);
    this.#reading = reading;
    return reading;
  }

  /** Takes the value that a promise becomes. After the time limit the collection goes on without it. */
  #takeInTime(result: TimedObservableResult, cell: Cell, reading: Promise<number>): Promise<void> | void {
    const timeoutMillis = Math.min(this.#timeoutMillis, result.timeoutMillis ?? Infinity);
    if (timeoutMillis <= 0) {
      this.#refuseLate(cell, 0);
      return;
    }
    return new Promise((resolve) => {
      let isOver = false;
      const end = (settle: () => void): void => {
        if (isOver) return;
        isOver = true;
        clearTimeout(timer);
        this.#waits.delete(leave);
        settle();
        resolve();
      };
      const leave = (): void => end(() => undefined);
      this.#waits.add(leave);
      // It keeps the process alive, because the last collection of a process waits for it.
      const timer = setTimeout(
        () =>
          end(() => {
            this.#isLate = this.#reading === reading;
            this.#refuseLate(cell, timeoutMillis);
          }),
        timeoutMillis,
      );
      reading.then(
        (value) => end(() => take(result, cell, value)),
        (error: unknown) => end(() => refuseThrown(cell, error)),
      );
    });
  }

  #refuseLate({ metric }: Cell, waitedMillis: number): void {
    const { name, meter } = metric;
    meter.registry.recorded += 1;
    refuse(
      meter.registry,
      'timeout',
      name,
      `the callback of observe('${name}') has not settled after ${waitedMillis} ms; collections leave it out ` +
        'until it has. Let it end sooner, or raise observeTimeoutMillis.',
    );
  }
}

/** Gives the place of a series back. */
function free(cell: Cell): void {
  cell.metric.observers.delete(cell);
  forget(cell);
}

function take(result: ObservableResult, { metric, attributes }: Cell, value: number): void {
  const { name, meter } = metric;
  meter.registry.recorded += 1;
  if (!Number.isFinite(value)) {
    const cause = typeof value === 'number' ? 'not-finite' : 'not-a-number';
    refuse(meter.registry, cause, name, `the callback of observe('${name}') must return a finite number`);
    return;
  }
  result.observe(value, attributes);
  meter.registry.handed += 1;
}

function refuseThrown({ metric }: Cell, error: unknown): void {
  const { name, meter } = metric;
  meter.registry.recorded += 1;
  refuse(
    meter.registry,
    'error',
    `observe ${name}`,
    `the callback of observe('${name}') threw: ${reasonOf(error)}`,
  );
}
