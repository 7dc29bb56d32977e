import { getSystemErrorName } from 'node:util';
import { sendThrough, sendThroughSync } from './client-transport.ts';
import { systemClock, type Clock } from '../support/clock.ts';
import type { PayloadSender } from './given-client.ts';
import { MissingPackageError } from '../support/load-optional.ts';
import { reasonOf } from '../support/reason-of.ts';
import type { Outcome, Transport } from './transport.ts';

/** The part of `hot-shots` that is used. It brings a native module for unix datagram sockets, which Node doesn't have. */
export interface UnixgramModule {
  /** The class whose instances own a socket. */
  readonly StatsD: new (options: {
    protocol: 'uds';
    path: string;
    maxBufferSize: number;
    udsGracefulErrorHandling: boolean;
    udsRetryOptions: { retries: number; retryDelayMs: number; maxRetryDelayMs: number };
    errorHandler: (error: Error) => void;
  }) => object;
}

/** Where the datagrams go. */
export interface UnixgramTransportOptions {
  /** The server's socket file. */
  readonly path: string;
  /** Loads `hot-shots`, and throws when it can't. Called until it succeeds, so a failure must not be remembered. */
  readonly load: () => UnixgramModule;
  /** What to do where the native module can't be compiled, as the end of a sentence: `choose protocol 'udp'`. */
  readonly alternatives: string;
  /**
   * Measures time and waits, in milliseconds; for tests.
   *
   * @default the machine's
   */
  readonly clock?: Clock | undefined;
}

/** The native socket keeps the process alive, and that can't be turned off. So it is closed when nothing is sent. */
const IDLE_MILLIS = 1000;

/** When the receiver's buffer is full, sending is tried again until the deadline of the export. */
const CONGESTION = { retries: 100, retryDelayMs: 2, maxRetryDelayMs: 100 };

type Client = PayloadSender & { readonly socket: object | null; close(callback: () => void): void };

/** Sends datagrams over a unix socket, through `hot-shots`. */
export class UnixgramTransport implements Transport {
  readonly #options: UnixgramTransportOptions;
  readonly #clock: Clock;
  #client: Client | undefined;
  #failure: Error | undefined;
  #cancelIdle: () => void = () => undefined;

  constructor(options: UnixgramTransportOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Sends one datagram. Never rejects. */
  async send(payload: string): Promise<Outcome> {
    const client = this.#opened();
    if (!('socket' in client)) return client;
    const outcome = await sendThrough(client, payload);
    if (outcome.type === 'delivered') {
      this.#closeWhenIdle();
      return outcome;
    }
    // The next payload finds out whether a new server has bound the path.
    await this.close();
    return { ...outcome, reason: this.#explain(outcome.reason) };
  }

  /** Sends one datagram within the turn. While the server's buffer is full, nobody knows whether it is sent. Never throws. */
  sendSync(payload: string): Outcome {
    const client = this.#opened();
    if (!('socket' in client)) return client;
    const outcome = sendThroughSync(client, payload);
    // Of what is unknown, `hot-shots` may be trying again.
    if (outcome.type === 'delivered' || outcome.type === 'unknown') this.#closeWhenIdle();
    else void this.close();
    return outcome.type === 'delivered' ? outcome : { ...outcome, reason: this.#explain(outcome.reason) };
  }

  /** Frees what it holds. Nothing is sent afterwards. */
  async close(): Promise<void> {
    this.#cancelIdle();
    const client = this.#client;
    this.#client = undefined;
    if (client) await new Promise<void>((resolve) => client.close(resolve));
  }

  #opened(): Client | Outcome {
    this.#cancelIdle();
    try {
      this.#client ??= this.#open();
      return this.#client;
    } catch (error) {
      return { type: 'not-accepted', reason: this.#explain(error) };
    }
  }

  #closeWhenIdle(): void {
    this.#cancelIdle = this.#clock.schedule(IDLE_MILLIS, () => void this.close());
  }

  #open(): Client {
    const { path, load } = this.#options;
    const { StatsD } = load();
    this.#failure = undefined;
    const client = new StatsD({
      protocol: 'uds',
      path,
      maxBufferSize: 0,
      udsGracefulErrorHandling: false,
      udsRetryOptions: CONGESTION,
      errorHandler: (error) => {
        this.#failure = error;
      },
    }) as Client;
    if (!client.socket) throw this.#failure ?? new Error('hot-shots made no socket');
    return client;
  }

  #explain(error: unknown): string {
    const text = typeof error === 'string' ? error : reasonOf(error);
    if (error instanceof MissingPackageError) {
      return `unix datagrams need ${text}; or ${this.#options.alternatives}`;
    }
    if (text.includes('unix_dgram') && text.includes('not installed')) {
      return (
        'unix datagrams need the native module unix-dgram: run `npm install unix-dgram` (which takes Python and a C++ ' +
        `compiler), or ${this.#options.alternatives}`
      );
    }
    // unix-dgram knows errors by their negative numbers only.
    const named = text.replace(/(?:connect|send) (-\d+)/, (whole, code: string) => {
      return `${whole.split(' ')[0]} ${getSystemErrorName(Number(code))}`;
    });
    return `${named} (${this.#options.path})`;
  }
}
