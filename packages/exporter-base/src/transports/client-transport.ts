import { constants } from 'node:os';
import type { PayloadSender } from './given-client.ts';
import { DELIVERED, type Outcome, type Transport } from './transport.ts';
import { reasonOf } from '../support/reason-of.ts';

/** Errors after which some of the payload may have been sent. */
const MAY_HAVE_LEFT: ReadonlySet<unknown> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ERR_STREAM_DESTROYED',
  'ETIMEDOUT',
]);

/** unix-dgram knows errors by their negative numbers only. */
const TOO_LARGE: ReadonlySet<unknown> = new Set(['EMSGSIZE', -constants.errno.EMSGSIZE]);

/** Sends payloads through a client of the program. The program made it, so it is never closed here. */
export class ClientTransport implements Transport {
  readonly #client: PayloadSender;

  constructor(client: PayloadSender) {
    this.#client = client;
  }

  /** Sends one payload. Never rejects. */
  send(payload: string): Promise<Outcome> {
    return sendThrough(this.#client, payload);
  }

  /** Sends one payload within the turn, if the client does. Never throws. */
  sendSync(payload: string): Outcome {
    return sendThroughSync(this.#client, payload);
  }

  /** Frees what it holds. Nothing is sent afterwards. */
  async close(): Promise<void> {}
}

/** Sends one payload through a client. Never rejects. */
export function sendThrough(client: PayloadSender, payload: string): Promise<Outcome> {
  return new Promise((resolve) => handOver(client, payload, resolve));
}

/** Hands one payload to a client. It counts as delivered if the client says so within the turn. Never throws. */
export function sendThroughSync(client: PayloadSender, payload: string): Outcome {
  let outcome: Outcome = {
    type: 'unknown',
    reason: 'its client did not say within the turn that it is sent',
  };
  handOver(client, payload, (said) => {
    outcome = said;
  });
  return outcome;
}

function handOver(client: PayloadSender, payload: string, settle: (outcome: Outcome) => void): void {
  try {
    client.sendMessage(payload, (error) => settle(error ? failure(error) : DELIVERED));
  } catch (error) {
    settle({ type: 'unknown', reason: reasonOf(error) });
  }
}

function failure(error: Error): Outcome {
  const code = 'code' in error ? error.code : undefined;
  if (TOO_LARGE.has(code)) {
    return { type: 'too-large', reason: `${error.message}; lower the option \`maxPayloadBytes\`` };
  }
  return { type: MAY_HAVE_LEFT.has(code) ? 'unknown' : 'not-accepted', reason: error.message };
}
