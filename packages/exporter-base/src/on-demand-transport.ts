import type { PayloadSender } from './given-client.ts';
import type { StreamTransportOptions } from './stream-transport.ts';
import { reasonOf, type Outcome, type Transport } from './transport.ts';
import type { UdpTransportOptions } from './udp-transport.ts';
import type { UnixgramTransportOptions } from './unixgram-transport.ts';

/** A transport that is loaded with its first payload, so that nobody carries code that only others run. */
export class OnDemandTransport implements Transport {
  readonly #load: () => Promise<Transport>;
  #loading: Promise<Transport> | undefined;
  #transport: Transport | undefined;

  /** @param load for example `async () => new (await import('./rare-transport.ts')).RareTransport(options)` */
  constructor(load: () => Promise<Transport>) {
    this.#load = load;
  }

  send(payload: string, signal: AbortSignal): Promise<Outcome> {
    return this.#transport?.send(payload, signal) ?? this.#loadAndSend(payload, signal);
  }

  async close(): Promise<void> {
    const transport = await this.#loading?.catch(() => undefined);
    await transport?.close();
  }

  async #loadAndSend(payload: string, signal: AbortSignal): Promise<Outcome> {
    this.#loading ??= this.#load();
    try {
      this.#transport = await this.#loading;
    } catch (error) {
      // The next payload tries again.
      this.#loading = undefined;
      return { type: 'not-accepted', reason: reasonOf(error) };
    }
    if (signal.aborted) return { type: 'not-accepted', reason: 'there was no time left to send it' };
    return this.#transport.send(payload, signal);
  }
}

/**
 * Datagrams over a *connected* UDP socket: only a connected one hears of a closed port. "Delivered" means handed to the
 * kernel, with no refusal heard in the same turns of the event loop. The socket doesn't keep the process alive.
 */
export function udpTransport(options: UdpTransportOptions): Transport {
  return new OnDemandTransport(async () => {
    const { UdpTransport } = await import('./udp-transport.ts');
    return new UdpTransport(options);
  });
}

/**
 * Payloads over a stream socket (TCP, unix stream, named pipe), as UTF-8. A payload is delivered when the kernel has
 * taken all of it, which is where back-pressure comes from: the other end's full buffer. A broken connection is made
 * anew by the next `send`. The socket doesn't keep the process alive.
 */
export function streamTransport(options: StreamTransportOptions): Transport {
  return new OnDemandTransport(async () => {
    const { StreamTransport } = await import('./stream-transport.ts');
    return new StreamTransport(options);
  });
}

/** Datagrams over a unix socket, carried by `hot-shots`. */
export function unixgramTransport(options: UnixgramTransportOptions): Transport {
  return new OnDemandTransport(async () => {
    const { UnixgramTransport } = await import('./unixgram-transport.ts');
    return new UnixgramTransport(options);
  });
}

/** Payloads through a client that belongs to somebody else, and is therefore never closed. */
export function clientTransport(client: PayloadSender): Transport {
  return new OnDemandTransport(async () => {
    const { ClientTransport } = await import('./client-transport.ts');
    return new ClientTransport(client);
  });
}
