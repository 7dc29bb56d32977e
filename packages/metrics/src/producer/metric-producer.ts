import type {
  CollectionResult,
  MetricProducer as OpenTelemetryProducer,
  ResourceMetrics,
  ScopeMetrics,
} from '@opentelemetry/sdk-metrics';
import { logOnce } from '../log-once.ts';
import { PRODUCER } from '../producers.ts';
import type { ProducerHandle } from '../producers.ts';
import { nextTurn } from '../slices.ts';
import { Collection } from './collection.ts';
import type { Reader } from './reader.ts';

/** The share of a collection's time that may pass before it goes on without yielding: the rest is for the export. */
const YIELDING_SHARE = 0.5;

/** A reader takes the resource of its MeterProvider in place of this one. */
const NO_RESOURCE: ResourceMetrics['resource'] = {
  attributes: {},
  merge: (other) => other ?? NO_RESOURCE,
  getRawAttributes: () => [],
};

/** When a producer is thrown away, so was its reader. Nobody says so otherwise. */
const lost = new FinalizationRegistry<Reader>((reader) => {
  // One that nobody named had nothing to collect.
  if (reader.hasLeft || reader.joined === undefined) return;
  logOnce(
    'lost producer',
    '',
    'a producer is gone, with its reader, and what it had not collected: call detach() when a reader is shut down',
  );
  reader.joined.leave(reader);
});

/** Collects for one reader what `Metrics` hold. `createMetricProducer` makes it. */
export class MetricProducer implements OpenTelemetryProducer, ProducerHandle {
  readonly #reader: Reader;
  /** Settles when the collections so far have ended. */
  #last: Promise<void> = Promise.resolve();
  /** The one that is under way. */
  #current: Collection | undefined;
  /** How many collections were begun in this turn of the event loop and have not ended. */
  #begunInTurn = 0;

  /** @internal */
  constructor(reader: Reader) {
    this.#reader = reader;
    lost.register(this, reader);
  }

  /** @internal */
  get [PRODUCER](): Reader {
    return this.#reader;
  }

  /**
   * Collects in slices of at most 8 ms; the reader calls it. It never rejects. Collections that overlap come after each other.
   *
   * @param options `timeoutMillis`: after half of it, the rest is collected at once
   */
  collect(options?: { readonly timeoutMillis?: number }): Promise<CollectionResult> {
    this.#warnOfMisuse();
    const yieldUntil = Date.now() + (options?.timeoutMillis ?? Infinity) * YIELDING_SHARE;
    const collected = this.#last.then(() => this.#collect(yieldUntil));
    const end = (): void => {
      this.#begunInTurn = Math.max(0, this.#begunInTurn - 1);
    };
    this.#last = collected.then(end, end);
    return collected;
  }

  /**
   * Collects at once, for the end of a process, when nothing can be awaited any more. What a collection that is under way has
   * collected comes first; that one returns nothing then. Observed gauges that are promises are left out.
   */
  collectSync(): CollectionResult {
    const unfinished = this.#current;
    this.#current = undefined;
    unfinished?.takeRest();
    const collection = this.#begin(0);
    collection?.takeRest();
    if (collection !== undefined) unfinished?.leaveOut(collection);
    return resultOf([...(unfinished?.result() ?? []), ...(collection?.result() ?? [])]);
  }

  /**
   * Ends the collecting, for a reader that is shut down; flush it before. What is recorded later stays with the other producers
   * of the same set. If there is no other one, it is refused, and counted in `stats()` of the `Metrics`.
   */
  detach(): void {
    this.#reader.joined?.leave(this.#reader);
    this.#reader.hasLeft = true;
    lost.unregister(this);
  }

  async #collect(yieldUntil: number): Promise<CollectionResult> {
    let collection: Collection | undefined;
    try {
      collection = this.#begin(Math.max(0, yieldUntil - Date.now()));
      if (collection === undefined) return resultOf([]);
      this.#current = collection;
      while (!collection.takeSlice()) {
        if (Date.now() < yieldUntil) await nextTurn();
        if (this.#current !== collection) return resultOf([]);
      }
      await collection.observed;
      if (this.#current !== collection) return resultOf([]);
      this.#current = undefined;
      return resultOf(collection.result());
    } catch (error) {
      // The reader would lose what the SDK has collected, too. What was not taken yet stays in the cells.
      this.#current = undefined;
      return { ...resultOf(collection?.result() ?? []), errors: [error] };
    }
  }

  #begin(timeoutMillis: number): Collection | undefined {
    const { joined, hasLeft } = this.#reader;
    return joined === undefined || hasLeft ? undefined : new Collection(this.#reader, timeoutMillis);
  }

  #warnOfMisuse(): void {
    const { joined, hasLeft } = this.#reader;
    if (hasLeft) {
      logOnce(
        'detached',
        '',
        'a producer is collected after detach(), and has nothing: take it from its reader',
      );
    } else if (joined === undefined) {
      logOnce(
        'unnamed producer',
        '',
        'a producer of createMetricProducer is collected that is not named in `producers` of configureMetrics or createMetrics',
      );
    } else if (this.#begunInTurn > 0) {
      logOnce(
        'two readers',
        '',
        'a producer is collected twice at the same time. If two readers have it, each of them gets a part: make one producer ' +
          'for each reader, and name all of them in `producers`',
      );
    }
    this.#begunInTurn += 1;
    void nextTurn().then(() => {
      this.#begunInTurn = 0;
    });
  }
}

function resultOf(scopeMetrics: ScopeMetrics[]): CollectionResult {
  return { resourceMetrics: { resource: NO_RESOURCE, scopeMetrics }, errors: [] };
}
