import type { DescribedPlace } from '../support/described-exporter.ts';
import type { GivenOptions } from '../support/options.ts';
import { DATAGRAM_PACING, ONE_BY_ONE_PACING, type PacingOptions } from './pacing.ts';

/** The one method of a `hot-shots` client that is needed. It sends a text as it is, without the client's prefix, tags and buffer. */
export interface PayloadSender {
  /** Sends a text, and calls back when it is gone, or with the error. */
  sendMessage(message: string, callback: (error?: Error | null) => void): void;
}

/**
 * A client of `hot-shots`, or anything else with its method `sendMessage(message, callback)`, which `hot-shots` has but
 * doesn't mention in its types. The client's prefix, tags and buffer are not used.
 */
export type GivenClient =
  | (PayloadSender & { readonly protocol?: string | undefined })
  | { readonly socket: object; increment(name: string, value: number): void };

/** Reads the option `client`. @throws when it is no client */
export function readClient(given: GivenOptions<'client'>): {
  readonly client: PayloadSender;
  readonly protocol: string | undefined;
} {
  const client = given.raw('client');
  if (
    typeof client !== 'object' ||
    client === null ||
    !('sendMessage' in client) ||
    typeof client.sendMessage !== 'function'
  ) {
    throw given.error('client', 'a hot-shots client or another object with sendMessage(message, callback)');
  }
  const protocol = 'protocol' in client && typeof client.protocol === 'string' ? client.protocol : undefined;
  return { client: client as PayloadSender, protocol };
}

/** The pauses that a client needs. Streams tell when they are full, so they need none. */
export function clientPacing(protocol: string | undefined): PacingOptions {
  return ['tcp', 'uds', 'stream'].includes(protocol ?? 'udp') ? ONE_BY_ONE_PACING : DATAGRAM_PACING;
}

/** Where a client sends to is its own matter. */
export function clientPlace(protocol: string | undefined): DescribedPlace {
  return {
    destination: `the given client${protocol ? ` (${protocol})` : ''}`,
    remedy: 'Check how the client was made.',
  };
}
