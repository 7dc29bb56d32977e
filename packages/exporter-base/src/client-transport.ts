import { constants } from 'node:os';
import type { GivenOptions } from './options.ts';
import { DATAGRAM_PACING, ONE_BY_ONE_PACING, type PacingOptions } from './pacing.ts';
import { DELIVERED, reasonOf, type Outcome, type Transport } from './transport.ts';

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

/** Errors after which some of the payload may have left. */
const MAY_HAVE_LEFT: ReadonlySet<unknown> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ERR_STREAM_DESTROYED',
  'ETIMEDOUT',
]);

/** unix-dgram knows errors by their negative numbers only. */
const TOO_LARGE: ReadonlySet<unknown> = new Set(['EMSGSIZE', -constants.errno.EMSGSIZE]);

/** Payloads through a client that belongs to somebody else, and is therefore never closed. */
export class ClientTransport implements Transport {
  readonly #client: PayloadSender;

  constructor(client: PayloadSender) {
    this.#client = client;
  }

  send(payload: string): Promise<Outcome> {
    return sendThrough(this.#client, payload);
  }

  async close(): Promise<void> {}
}

/** One payload through a client; never rejects. */
export function sendThrough(client: PayloadSender, payload: string): Promise<Outcome> {
  return new Promise((resolve) => {
    try {
      client.sendMessage(payload, (error) => resolve(error ? failure(error) : DELIVERED));
    } catch (error) {
      resolve({ type: 'unknown', reason: reasonOf(error) });
    }
  });
}

function failure(error: Error): Outcome {
  const code = 'code' in error ? error.code : undefined;
  if (TOO_LARGE.has(code)) {
    return { type: 'too-large', reason: `${error.message}; lower the option \`maxPayloadBytes\`` };
  }
  return { type: MAY_HAVE_LEFT.has(code) ? 'unknown' : 'not-accepted', reason: error.message };
}
