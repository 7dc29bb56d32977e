import { createRegistry } from './registry.ts';
import type { ReaderSet, Registry } from './registry.ts';
import { shared } from './shared.ts';

/** Where a producer keeps what the API needs of it. The same in all copies of this package. */
export const PRODUCER = Symbol.for('@tallykit/metrics/producer/4');

/** A producer of `createMetricProducer` (`@tallykit/metrics/producer`). */
export interface ProducerHandle {
  /** Ends its collecting, for a reader that is shut down. */
  detach(): void;
  /** @internal */
  readonly [PRODUCER]: ProducerSide;
}

/** What the API needs of a producer. */
export interface ProducerSide {
  /**
   * Joins these producers, this one among them.
   *
   * @param registry is called later, for what their readers have to collect
   */
  join(sides: readonly ProducerSide[], registry: () => Registry): ReaderSet;
}

export function isProducer(value: unknown): value is ProducerHandle {
  return typeof value === 'object' && value !== null && PRODUCER in value;
}

/**
 * The registry of producers. The first set of producers that is named together is one registry for good.
 *
 * @param component what the message starts with
 * @throws TypeError for a set that shares a part of its producers with another set
 */
export function registryOfProducers(component: string, producers: readonly ProducerHandle[]): Registry {
  const distinct = [...new Set(producers)];
  const known = new Set(distinct.map((producer) => shared.registries.get(producer)));
  const [registry] = known;
  if (known.size === 1 && registry === undefined) return join(distinct);
  if (known.size === 1 && registry!.readers!.size === distinct.length) return registry!;
  throw new TypeError(
    `${component}: \`producers\` must be all of those that were named together before, or none of them; make a new one with ` +
      'createMetricProducer for each further reader',
  );
}

function join(producers: readonly ProducerHandle[]): Registry {
  const sides = producers.map((producer) => producer[PRODUCER]);
  const registry: Registry = createRegistry({ readers: sides[0]!.join(sides, () => registry) });
  for (const producer of producers) shared.registries.set(producer, registry);
  return registry;
}
