import type { Socket } from 'node:net';
import { systemClock, type Clock } from '../support/clock.ts';
import { NOT_CONNECTED, StreamConnection } from './stream-connection.ts';
import { reasonOf } from '../support/reason-of.ts';
import type { Outcome, Transport } from './transport.ts';

/** A stream and how payloads stand in it. */
export interface StreamTransportOptions {
  /**
   * Begins a connection, for example `() => connect({ host, port })` of `node:net`. Called when there is something to
   * send and no connection.
   */
  readonly connect: () => Socket;
  /** What is written for a payload, for example the payload and a newline. */
  readonly frame: (payload: string) => string | Uint8Array;
  /**
   * Measures time and waits, in milliseconds; for tests.
   *
   * @default the machine's
   */
  readonly clock?: Clock | undefined;
}

/**
 * Sends payloads over a stream socket (TCP, unix stream, named pipe), as UTF-8. A payload is delivered when the kernel has
 * taken all of it. The kernel waits while the receiver's buffer is full. What is written in the first second of a connection
 * is delivered when that second is over and the server has not ended the connection. After a connection broke, the next
 * `send` makes a new one. The socket doesn't keep the process alive; that first second does, while a payload waits for it.
 */
export class StreamTransport implements Transport {
  readonly #options: StreamTransportOptions;
  /** Takes the next payload. */
  #connection: StreamConnection | undefined;
  /** All that are not closed yet. */
  readonly #connections = new Set<StreamConnection>();
  readonly #heard = new WeakSet<AbortSignal>();

  constructor(options: StreamTransportOptions) {
    this.#options = options;
  }

  /** Sends one payload, on a new connection if there is none. Never rejects. */
  async send(payload: string, signal: AbortSignal): Promise<Outcome> {
    if (signal.aborted) return { type: 'not-accepted', reason: 'there was no time left to send it' };
    this.#hear(signal);
    try {
      this.#connection ??= this.#connect();
    } catch (error) {
      return { type: 'not-accepted', reason: reasonOf(error) };
    }
    return this.#connection.send(payload, this.#options.frame(payload));
  }

  /** Connects. */
  open(): void {
    try {
      this.#connection ??= this.#connect();
    } catch {
      // The first payload finds the same.
    }
  }

  /** Writes what waits for the first write of a connection, if it can; what the kernel took is delivered. */
  settleSync(payload: string): Outcome | undefined {
    for (const connection of this.#connections) {
      const outcome = connection.settleSync(payload);
      if (outcome !== undefined) return outcome;
    }
    return undefined;
  }

  /** Writes one payload within the turn, if there is a connection. Never throws. */
  sendSync(payload: string): Outcome {
    return this.#connection?.sendSync(payload, this.#options.frame(payload)) ?? NOT_CONNECTED;
  }

  /** Resolves when everything that was written has left. */
  async close(): Promise<void> {
    await Promise.all([...this.#connections].map((connection) => connection.close()));
  }

  #connect(): StreamConnection {
    const { connect, clock = systemClock } = this.#options;
    const connection: StreamConnection = new StreamConnection({
      socket: connect(),
      clock,
      onOver: () => {
        if (this.#connection === connection) this.#connection = undefined;
      },
      onClosed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    return connection;
  }

  #hear(signal: AbortSignal): void {
    if (this.#heard.has(signal)) return;
    this.#heard.add(signal);
    const cutOff = (): void => {
      for (const connection of this.#connections) connection.cutOff();
    };
    signal.addEventListener('abort', cutOff, { once: true });
  }
}
