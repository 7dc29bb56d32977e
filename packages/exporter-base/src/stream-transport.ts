import type { Socket } from 'node:net';
import { DELIVERED, reasonOf, type Outcome, type Transport } from './transport.ts';

/** A stream and how payloads stand in it. */
export interface StreamTransportOptions {
  /**
   * Begins a connection, for example `() => connect({ host, port })` of `node:net`. Called when there is something to
   * send and no connection.
   */
  readonly connect: () => Socket;
  /** What is written for a payload, for example the payload and a newline. */
  readonly frame: (payload: string) => string | Uint8Array;
}

/**
 * Payloads over a stream socket (TCP, unix stream, named pipe), as UTF-8. A payload is delivered when the kernel has
 * taken all of it, which is where back-pressure comes from: the other end's full buffer. A broken connection is made
 * anew by the next `send`. The socket doesn't keep the process alive.
 */
export class StreamTransport implements Transport {
  readonly #options: StreamTransportOptions;
  #connection: Connection | undefined;
  readonly #heard = new WeakSet<AbortSignal>();

  constructor(options: StreamTransportOptions) {
    this.#options = options;
  }

  async send(payload: string, signal: AbortSignal): Promise<Outcome> {
    this.#hear(signal);
    this.#connection ??= this.#connect();
    const { socket, isOpen } = this.#connection;
    try {
      await isOpen;
    } catch (error) {
      return { type: 'not-accepted', reason: signal.aborted ? 'no connection in time' : reasonOf(error) };
    }
    return new Promise((resolve) => {
      socket.write(this.#options.frame(payload), (error) => {
        // Some of it may have left before the connection broke.
        resolve(error ? { type: 'unknown', reason: error.message } : DELIVERED);
      });
    });
  }

  /** Resolves when everything that was written has left. */
  async close(): Promise<void> {
    const socket = this.#connection?.socket;
    if (!socket || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.end(() => socket.destroy());
    });
  }

  #connect(): Connection {
    const socket = this.#options.connect().unref();
    // Nothing of these protocols is answered, and only a stream that is read says that its other end is closed.
    socket.resume();
    const isOpen = new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('end', () => this.#forget(socket));
      socket.on('error', (error) => {
        this.#forget(socket);
        reject(error);
      });
      socket.once('close', () => {
        this.#forget(socket);
        reject(new Error('the connection was closed'));
      });
    });
    return { socket, isOpen };
  }

  /** The next payload gets a new connection. */
  #forget(socket: Socket): void {
    if (this.#connection?.socket === socket) this.#connection = undefined;
  }

  /** Cuts off the connection with the signal: half a frame may have left, so the next one can't use it. */
  #hear(signal: AbortSignal): void {
    if (this.#heard.has(signal)) return;
    this.#heard.add(signal);
    const cutOff = (): void => {
      const socket = this.#connection?.socket;
      if (!socket) return;
      this.#forget(socket);
      // With an error, which is heard in this turn of the event loop: that a socket is closed is heard too late to say that
      // what waits for its connection was certainly not sent.
      socket.destroy(new Error('the time was up'));
    };
    signal.addEventListener('abort', cutOff, { once: true });
  }
}

interface Connection {
  readonly socket: Socket;
  readonly isOpen: Promise<void>;
}
