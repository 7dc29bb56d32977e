import type { Socket } from 'node:net';
import { systemClock, type Clock } from './clock.ts';
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
  /** @default the machine's */
  readonly clock?: Clock;
}

/** How long a new connection listens before its first write, at least, and how many times the time that connecting took. */
const LISTEN_MILLIS = 20;
const LISTEN_CONNECT_TIMES = 2;

/** How long after its first write a connection is on trial. */
const TRIAL_MILLIS = 1000;

/**
 * Payloads over a stream socket (TCP, unix stream, named pipe), as UTF-8. A payload is delivered when the kernel has
 * taken all of it, which is where back-pressure comes from: the other end's full buffer. A broken connection is made
 * anew by the next `send`. The socket doesn't keep the process alive, but for the first second of a connection.
 *
 * A proxy or a balancer with no server behind it accepts connections and ends them. So a new connection listens before its
 * first write: after an end by then, nothing was sent. What is written in its first second is delivered when that second is
 * over, and unknown when the other end closes within it.
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
    if (this.#connection === undefined || this.#connection.isOver) {
      const { connect, clock = systemClock } = this.#options;
      this.#connection = new Connection(connect(), clock);
    }
    const connection = this.#connection;
    try {
      await connection.isReady;
    } catch (error) {
      return { type: 'not-accepted', reason: signal.aborted ? 'no connection in time' : reasonOf(error) };
    }
    return connection.write(this.#options.frame(payload));
  }

  /** Resolves when everything that was written has left. */
  async close(): Promise<void> {
    await this.#connection?.close();
  }

  #hear(signal: AbortSignal): void {
    if (this.#heard.has(signal)) return;
    this.#heard.add(signal);
    signal.addEventListener('abort', () => this.#connection?.cutOff(), { once: true });
  }
}

/** What became of the payloads that were written while a connection is on trial. */
interface Trial {
  readonly outcome: Promise<Outcome>;
  readonly end: (outcome: Outcome) => void;
}

/** One connection, from its beginning to its end. */
class Connection {
  /** Resolves when there can be a first write, and rejects when the connection is over before. */
  readonly isReady: Promise<void>;
  /** Takes nothing more. */
  isOver = false;
  readonly #socket: Socket;
  readonly #clock: Clock;
  #refuse: (error: Error) => void = () => undefined;
  /** Begins with the first write. */
  #trial: Trial | undefined;
  #isTrusted = false;
  /** How many frames the kernel has not taken as a whole. */
  #writing = 0;
  #cancelTimer = (): void => undefined;

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket.unref();
    this.#clock = clock;
    const begunMillis = clock.now();
    this.isReady = new Promise((resolve, reject) => {
      this.#refuse = reject;
      socket.once('connect', () => {
        const connectMillis = clock.now() - begunMillis;
        this.#after(Math.max(LISTEN_MILLIS, LISTEN_CONNECT_TIMES * connectMillis), resolve);
      });
    });
    // Nothing of these protocols is answered, and only a stream that is read says that its other end is closed.
    socket.resume();
    socket.once('end', () => this.#end(new Error('the server closed the connection')));
    socket.once('close', () => this.#end(new Error('the connection was closed')));
    socket.on('error', (error) => this.#end(error));
  }

  async write(frame: string | Uint8Array): Promise<Outcome> {
    if (this.isOver) return { type: 'not-accepted', reason: 'the server closed the connection' };
    const trial = (this.#trial ??= this.#begin());
    this.#writing += 1;
    const error = await new Promise<Error | null | undefined>((resolve) => {
      this.#socket.write(frame, resolve);
    });
    this.#writing -= 1;
    // Some of it may have left before the connection broke. Node says nothing of an error to writes that were under way when
    // the socket was destroyed.
    if (error) return { type: 'unknown', reason: error.message };
    if (this.#socket.destroyed) return { type: 'unknown', reason: 'the connection broke off' };
    return trial.outcome;
  }

  /** The time of what is being sent is up. What the kernel has taken, and no end was heard after, counts as delivered. */
  cutOff(): void {
    this.#trial?.end(DELIVERED);
    if (this.#trial !== undefined && this.#writing === 0) {
      // What is written next is on trial for the rest of the second.
      if (!this.#isTrusted) this.#trial = newTrial();
      return;
    }
    // Half a frame may have left, so the next one can't use this connection.
    const error = new Error('the time was up');
    this.#end(error);
    this.#socket.destroy(error);
  }

  async close(): Promise<void> {
    this.#trial?.end(DELIVERED);
    this.#cancelTimer();
    const socket = this.#socket;
    if (socket.destroyed) return;
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.end(() => socket.destroy());
    });
  }

  #begin(): Trial {
    this.#after(TRIAL_MILLIS, () => {
      this.#isTrusted = true;
      this.#trial?.end(DELIVERED);
    });
    return newTrial();
  }

  #end(error: Error): void {
    this.isOver = true;
    this.#cancelTimer();
    this.#refuse(error);
    this.#trial?.end({ type: 'unknown', reason: `${error.message} right after the first write` });
  }

  /** Keeps the process alive: whoever waits for an export waits for this. */
  #after(millis: number, callback: () => void): void {
    this.#cancelTimer = this.#clock.schedule(millis, () => void this.#callAfterTurn(callback), true);
  }

  /** A busy process hears of the time before it hears of an end that came long ago. */
  async #callAfterTurn(callback: () => void): Promise<void> {
    await this.#clock.turn();
    if (!this.isOver) callback();
  }
}

function newTrial(): Trial {
  let end: Trial['end'] = () => undefined;
  const outcome = new Promise<Outcome>((resolve) => {
    end = resolve;
  });
  return { outcome, end };
}
