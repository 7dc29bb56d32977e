import type { Outcome, Transport } from '@tallykit/exporter-base';

/**
 * Sends payloads to a unix socket that may be one of streams or of datagrams. A connection of the wrong kind fails with
 * `EPROTOTYPE`, and then the other kind is used. Streams are tried first, because they need no native module. An Agent that
 * comes back with a socket of the other kind is found in the same way.
 */
export class UnixTransport implements Transport {
  readonly #transports: readonly [Transport, Transport];
  #chosen: 0 | 1 = 0;

  constructor(stream: Transport, datagrams: Transport) {
    this.#transports = [stream, datagrams];
  }

  async send(payload: string, signal: AbortSignal): Promise<Outcome> {
    const chosen = this.#chosen;
    const outcome = await this.#transports[chosen].send(payload, signal);
    if (outcome.type !== 'not-accepted' || !outcome.reason.includes('EPROTOTYPE')) return outcome;
    this.#chosen = chosen === 0 ? 1 : 0;
    return this.#transports[this.#chosen].send(payload, signal);
  }

  async close(): Promise<void> {
    await Promise.all(this.#transports.map((transport) => transport.close()));
  }
}
