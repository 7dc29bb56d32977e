import type { ObservableResult } from '@opentelemetry/api';
import { reasonOf } from './describe.ts';
import { refuse } from './refuse.ts';
import type { Cell } from './registry.ts';
import { shared } from './shared.ts';

/** Reads the gauge of a call of `observe` at every collection of the MeterProvider, also when that is replaced. */
export class Observer {
  readonly #read: () => number | Promise<number>;
  readonly #find: () => Cell | undefined;
  #cell: Cell | undefined;
  readonly #follow = (): void => this.attach();
  readonly #observe = (result: ObservableResult): Promise<void> | void => this.#observeInto(result);

  constructor(read: () => number | Promise<number>, find: () => Cell | undefined) {
    this.#read = read;
    this.#find = find;
  }

  /** Adds the callback to the instrument of the present MeterProvider, and does so again in each new generation. */
  attach(): void {
    shared.followers.add(this.#follow);
    const cell = this.#find();
    if (cell === this.#cell) return;
    this.#cell?.metric.observable?.removeCallback(this.#observe);
    cell?.metric.observable?.addCallback(this.#observe);
    this.#cell = cell;
  }

  remove(): void {
    shared.followers.delete(this.#follow);
    this.#cell?.metric.observable?.removeCallback(this.#observe);
    this.#cell = undefined;
  }

  #observeInto(result: ObservableResult): Promise<void> | void {
    try {
      const value = this.#read();
      if (typeof value === 'number') return this.#take(result, value);
      return Promise.resolve(value).then(
        (settled) => this.#take(result, settled),
        (error: unknown) => this.#fail(error),
      );
    } catch (error) {
      this.#fail(error);
    }
  }

  #take(result: ObservableResult, value: number): void {
    const cell = this.#cell;
    if (cell === undefined) return;
    const { name, meter } = cell.metric;
    if (Number.isFinite(value)) {
      result.observe(value, cell.attributes);
      meter.registry.handed += 1;
    } else {
      const cause = typeof value === 'number' ? 'not-finite' : 'not-a-number';
      refuse(meter.registry, cause, `the callback of observe('${name}') must return a finite number`);
    }
  }

  #fail(error: unknown): void {
    if (this.#cell === undefined) return;
    const { name, meter } = this.#cell.metric;
    refuse(meter.registry, 'error', `the callback of observe('${name}') threw: ${reasonOf(error)}`);
  }
}
