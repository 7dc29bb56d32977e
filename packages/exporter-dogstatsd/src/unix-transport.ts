import type { Outcome, SyncTransport } from '@tallykit/exporter-base';

/**
 * Sends payloads to a unix socket that may be one of streams or of datagrams. A connection of the wrong kind fails with
 * `EPROTOTYPE`, and then the other kind is used. Streams are tried first, because they need no native module. An Agent that
 * comes back with a socket of the other kind is found in the same way.
 */
export class UnixTransport implements SyncTransport {
  readonly #transports: readonly [SyncTransport, SyncTransport];
  #chosen: 0 | 1 = 0;

  constructor(stream: SyncTransport, datagrams: SyncTransport) {
    this.#transports = [stream, datagrams];
  }

  async send(payload: string, signal: AbortSignal): Promise<Outcome> {
    const chosen = this.#chosen;
    const outcome = await this.#transports[chosen].send(payload, signal);
    if (outcome.type !== 'not-accepted' || !outcome.reason.includes('EPROTOTYPE')) return outcome;
    this.#chosen = chosen === 0 ? 1 : 0;
    return this.#transports[this.#chosen].send(payload, signal);
  }

  /** Without a connection nobody knows the kind of the socket yet, and only datagrams can be tried within the turn. */
  sendSync(payload: string): Outcome {
    const outcome = this.#transports[this.#chosen].sendSync(payload);
    if (outcome.type !== 'not-accepted' || this.#chosen === 1) return outcome;
    const other = this.#transports[1].sendSync(payload);
    if (other.type === 'not-accepted') return outcome;
    this.#chosen = 1;
    return other;
  }

  settleSync(payload: string): Outcome | undefined {
    return this.#transports[this.#chosen].settleSync?.(payload);
  }

  open(): void {
    this.#transports[this.#chosen].open?.();
  }

  async close(): Promise<void> {
    await Promise.all(this.#transports.map((transport) => transport.close()));
  }
}
