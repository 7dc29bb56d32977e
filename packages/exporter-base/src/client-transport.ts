import { DELIVERED, reasonOf, type Outcome, type Transport } from './transport.ts';

/** The one method of a `hot-shots` client that is needed: it sends a text as it is, past prefix, tags and buffer. */
export interface PayloadSender {
  sendMessage(message: string, callback: (error?: Error | null) => void): void;
}

/** Errors after which some of the payload may have left. */
const MAY_HAVE_LEFT: ReadonlySet<unknown> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ERR_STREAM_DESTROYED',
  'ETIMEDOUT',
]);

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
  const type = 'code' in error && MAY_HAVE_LEFT.has(error.code) ? 'unknown' : 'not-accepted';
  return { type, reason: error.message };
}
