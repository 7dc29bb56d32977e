import {
  createNoopMeter,
  type BatchObservableCallback,
  type Meter,
  type MetricOptions,
  type Observable,
  type ObservableCallback,
} from '@opentelemetry/api';
import { log } from '@tallykit/exporter-base';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { COMPONENT } from './options.ts';

type Callback = (result: never) => unknown;

const CREATORS = ['createCounter', 'createUpDownCounter', 'createHistogram', 'createGauge'] as const;
const OBSERVABLE_CREATORS = [
  'createObservableCounter',
  'createObservableGauge',
  'createObservableUpDownCounter',
] as const;

/**
 * Watches the instruments of a MeterProvider, of whichever library they are. It tells when one is made, for which the SDK has
 * no event, and it knows which callbacks of observable ones have not come back: the SDK waits for them at a collection, and
 * doesn't say which one it was that held it up.
 */
export class InstrumentWatch {
  /** Wait for the next instrument. */
  readonly #listeners: (() => void)[] = [];
  /** What each call observes, from its begin until it has come back. */
  readonly #open = new Map<object, string>();
  readonly #watched = new WeakMap<Callback, Callback>();
  readonly #meters = new WeakSet<Meter>();
  readonly #said = new Set<string>();

  /** A MeterProvider whose instruments are watched. */
  createProvider(options: ConstructorParameters<typeof MeterProvider>[0]): MeterProvider {
    const watch = (meter: Meter, name: string): void => this.#watchMeter(meter, name);
    class WatchedMeterProvider extends MeterProvider {
      override getMeter(...parameters: Parameters<MeterProvider['getMeter']>): Meter {
        const meter = super.getMeter(...parameters);
        watch(meter, parameters[0]);
        return meter;
      }
    }
    return new WatchedMeterProvider(options);
  }

  /** Calls the listener once, when the next instrument is made. */
  onNextInstrument(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** A collection waited in vain. Says for which callbacks, each of them once. */
  tellOfLate(timeoutMillis: number): void {
    for (const what of new Set(this.#open.values())) {
      if (this.#said.has(what)) continue;
      this.#said.add(what);
      log(
        'warn',
        `${COMPONENT}: the callback of ${what} has not come back within ${timeoutMillis} ms: its values are left out. ` +
          'Logged once.',
      );
    }
  }

  #watchMeter(meter: Meter, meterName: string): void {
    // After a shutdown it is the one that everybody shares.
    if (meter === createNoopMeter() || this.#meters.has(meter)) return;
    this.#meters.add(meter);
    for (const name of CREATORS) this.#watchCreator(meter, name, (instrument) => instrument);
    for (const name of OBSERVABLE_CREATORS) {
      this.#watchCreator(meter, name, (instrument, instrumentName) =>
        this.#watchInstrument(instrument as Observable, `'${instrumentName}' of the meter '${meterName}'`),
      );
    }
    const add = meter.addBatchObservableCallback.bind(meter);
    const remove = meter.removeBatchObservableCallback.bind(meter);
    meter.addBatchObservableCallback = (callback: BatchObservableCallback, observables: Observable[]) =>
      add(this.#watch(callback, `several instruments of the meter '${meterName}'`), observables);
    meter.removeBatchObservableCallback = (callback: BatchObservableCallback, observables: Observable[]) =>
      remove(this.#watchedOf(callback), observables);
  }

  #watchCreator(
    meter: Meter,
    creator: (typeof CREATORS | typeof OBSERVABLE_CREATORS)[number],
    watched: (instrument: unknown, name: string) => unknown,
  ): void {
    const create: (name: string, options?: MetricOptions) => unknown = meter[creator].bind(meter);
    Object.assign(meter, {
      [creator]: (name: string, options?: MetricOptions) => {
        for (const listener of this.#listeners.splice(0)) listener();
        return watched(create(name, options), name);
      },
    });
  }

  #watchInstrument(instrument: Observable, what: string): Observable {
    const add = instrument.addCallback.bind(instrument);
    const remove = instrument.removeCallback.bind(instrument);
    instrument.addCallback = (callback: ObservableCallback) => add(this.#watch(callback, what));
    instrument.removeCallback = (callback: ObservableCallback) => remove(this.#watchedOf(callback));
    return instrument;
  }

  #watchedOf<Watched extends Callback>(callback: Watched): Watched {
    return (this.#watched.get(callback) ?? callback) as Watched;
  }

  /** The same callback is always the same watched one, as the SDK finds it by identity. */
  #watch<Watched extends Callback>(callback: Watched, what: string): Watched {
    const known = this.#watched.get(callback);
    if (known !== undefined) return known as Watched;
    const watched = ((result: never) => {
      const returned = callback(result);
      if (returned instanceof Promise) {
        const call = {};
        this.#open.set(call, what);
        const end = (): void => void this.#open.delete(call);
        returned.then(end, end);
      }
      return returned;
    }) as Watched;
    this.#watched.set(callback, watched);
    return watched;
  }
}
