import type { GivenOptions } from '../support/options.ts';
import { DATAGRAM_PACING, ONE_BY_ONE_PACING, type PacingOptions } from './pacing.ts';

/** The one method of a `hot-shots` client that is needed: it sends a text as it is, past prefix, tags and buffer. */
export interface PayloadSender {
  sendMessage(message: string, callback: (error?: Error | null) => void): void;
}

/**
 * A client of `hot-shots`, or anything else with its method `sendMessage(message, callback)`, which `hot-shots` has but
 * doesn't mention in its types. Its prefix, tags and buffer play no part.
 */
export type GivenClient =
  | (PayloadSender & { readonly protocol?: string })
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

/** A client with a protocol of its own that says when it is full needs no pauses. */
export function clientPacing(protocol: string | undefined): PacingOptions {
  return ['tcp', 'uds', 'stream'].includes(protocol ?? 'udp') ? ONE_BY_ONE_PACING : DATAGRAM_PACING;
}
