import type { Outcome, Transport } from '@tallykit/exporter-base';

/**
 * Payloads to a unix socket of which nobody said whether it is one of streams or of datagrams. The kernel says: to connect
 * the wrong way fails with `EPROTOTYPE`. Streams come first, because they need no native module. Asked again whenever the
 * Agent comes back as the other kind.
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
