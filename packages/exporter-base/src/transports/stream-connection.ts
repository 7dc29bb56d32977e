import type { Socket } from 'node:net';
import type { Clock } from '../support/clock.ts';
import { DELIVERED, type Outcome } from './transport.ts';

/** How long a new connection is listened to before its first write, at least and at most. */
const SHORTEST_LISTENING_MILLIS = 20;
const LONGEST_LISTENING_MILLIS = 1000;

/** How long after its first write a connection is on trial. */
const TRIAL_MILLIS = 1000;

/** Nothing can be written within the turn. */
export const NOT_CONNECTED: Outcome = { type: 'not-accepted', reason: 'there is no connection yet' };

const FULL = {
  type: 'not-accepted',
  reason: 'the kernel has no room for it before the server has read more',
} as const;

/** What one connection of a stream needs. */
export interface StreamConnectionOptions {
  readonly socket: Socket;
  readonly clock: Clock;
  /** Called once, when nothing more may be sent on it. */
  readonly onOver: () => void;
  /** Called once, when the socket is closed. */
  readonly onClosed: () => void;
}

interface Frame {
  readonly payload: string;
  readonly bytes: string | Uint8Array;
  readonly settle: (outcome: Outcome) => void;
}

/**
 * One connection, from the call of `connect` to its end. A service mesh or a load balancer may accept a connection although
 * no server is behind it, and end it soon. So a new connection is listened to before the first write. After that write it
 * is on trial for a second: what is written during the trial counts as delivered when the trial is over.
 */
export class StreamConnection {
  readonly #options: StreamConnectionOptions;
  #state: 'connecting' | 'listening' | 'open' | 'over' = 'connecting';
  /** Why it is over. */
  #reason = '';
  /** What waits for the first write. */
  readonly #waiting: Frame[] = [];
  /** Frames that were written, and whose result is not known yet. */
  readonly #written = new Set<Frame>();
  /** How many frames the kernel has not taken yet. */
  #unwritten = 0;
  #trial: 'before' | 'under way' | 'passed' = 'before';
  /** What the kernel took during the trial. */
  readonly #onTrial: Frame[] = [];
  /** Cancels the end of listening, or that of the trial. */
  #cancelTimer: () => void = () => undefined;

  constructor(options: StreamConnectionOptions) {
    this.#options = options;
    const { socket, clock, onClosed } = options;
    const begunMillis = clock.now();
    // Nothing of these protocols is answered, and only a stream that is read says that its other end is closed.
    socket.unref().resume();
    socket.once('connect', () => this.#listen(clock.now() - begunMillis));
    socket.once('end', () => this.#end('the server closed the connection right after it was opened'));
    socket.on('error', ({ message }) => {
      this.#end(
        this.#state === 'connecting' ? message : `the connection broke right after it was opened: ${message}`,
      );
    });
    socket.once('close', () => {
      this.#end('the connection was closed');
      onClosed();
    });
  }

  /** Never rejects. */
  send(payload: string, bytes: string | Uint8Array): Promise<Outcome> {
    return new Promise((settle) => {
      const frame: Frame = {
        payload,
        bytes,
        settle: (outcome) => {
          this.#written.delete(frame);
          settle(outcome);
        },
      };
      if (this.#state === 'open') this.#write(frame);
      else this.#waiting.push(frame);
    });
  }

  /**
   * Writes a frame within the turn, and before it those that wait for the first write: at the end of a process there is no
   * time to listen to a new connection. `delivered` means that the kernel has taken all of it.
   */
  sendSync(payload: string, bytes: string | Uint8Array): Outcome {
    const { socket } = this.#options;
    if (this.#state === 'connecting' || this.#state === 'over') return NOT_CONNECTED;
    if (this.#state === 'listening') this.#open();
    if (socket.writableLength > 0) return FULL;
    this.#write({ payload, bytes, settle: () => undefined });
    // The first bytes may have left, and nobody knows of the others.
    return socket.writableLength === 0 ? DELIVERED : { ...FULL, type: 'unknown' };
  }

  /** What waits for the first write is written, if it can be; what the kernel took is delivered. */
  settleSync(payload: string): Outcome | undefined {
    const waiting = this.#waiting.findIndex((frame) => frame.payload === payload);
    if (waiting >= 0) {
      if (this.#state === 'connecting') {
        this.#waiting.splice(waiting, 1);
        return NOT_CONNECTED;
      }
      this.#open();
    }
    if (this.#options.socket.writableLength > 0) return undefined;
    for (const frame of this.#written) {
      if (frame.payload === payload) {
        this.#written.delete(frame);
        return DELIVERED;
      }
    }
    return undefined;
  }

  /** The time is up for everything that was handed in. */
  cutOff(): void {
    const isConnecting = this.#state === 'connecting';
    this.#giveBack(
      isConnecting ? 'no connection in time' : 'the connection was too new to be written to in time',
    );
    this.#deliver();
    // A part of a frame may have been sent, so nothing can follow it. Otherwise the connection can be used again.
    if (isConnecting || this.#unwritten > 0) this.#destroy('the time was up');
  }

  /** Resolves when the kernel has taken everything that was written. */
  async close(): Promise<void> {
    const { socket } = this.#options;
    if (socket.destroyed) return;
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      if (this.#trial === 'before') this.#destroy('the connection was closed');
      else socket.end(() => socket.destroy());
      this.#deliver();
    });
  }

  #listen(connectMillis: number): void {
    if (this.#state === 'over') return;
    this.#state = 'listening';
    const millis = Math.max(2 * connectMillis, SHORTEST_LISTENING_MILLIS);
    this.#schedule(Math.min(millis, LONGEST_LISTENING_MILLIS), () => this.#open());
  }

  #open(): void {
    this.#cancelTimer();
    this.#state = 'open';
    for (const frame of this.#waiting.splice(0)) this.#write(frame);
  }

  #write(frame: Frame): void {
    if (this.#trial === 'before') {
      this.#trial = 'under way';
      this.#schedule(TRIAL_MILLIS, () => {
        this.#trial = 'passed';
        this.#deliver();
      });
    }
    this.#unwritten += 1;
    this.#written.add(frame);
    this.#options.socket.write(frame.bytes, (error) => {
      this.#unwritten -= 1;
      // Some of it may have been sent before the connection broke.
      if (error) frame.settle({ type: 'unknown', reason: error.message });
      // Node gives no error to a write that was not finished when the socket was destroyed.
      else if (this.#options.socket.destroyed) frame.settle({ type: 'unknown', reason: this.#reason });
      else if (this.#trial === 'passed') frame.settle(DELIVERED);
      else this.#onTrial.push(frame);
    });
  }

  /** Nothing more may be sent on it. */
  #end(reason: string): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#reason = reason;
    this.#cancelTimer();
    this.#options.onOver();
    this.#giveBack(reason);
    for (const frame of this.#onTrial.splice(0)) frame.settle({ type: 'unknown', reason });
    // After the trial: a peer that has closed its side may still be reading.
    if (this.#trial !== 'passed') this.#destroy(reason);
  }

  #destroy(reason: string): void {
    this.#end(reason);
    this.#options.socket.destroy(new Error(reason));
  }

  /** Gives back what waits: nothing of it was written. */
  #giveBack(reason: string): void {
    for (const frame of this.#waiting.splice(0)) frame.settle({ type: 'not-accepted', reason });
  }

  /** What the kernel took during the trial counts as delivered: no end came. */
  #deliver(): void {
    for (const frame of this.#onTrial.splice(0)) frame.settle(DELIVERED);
  }

  /** Calls back after so many milliseconds unless it is over by then. */
  #schedule(millis: number, callback: () => void): void {
    const { clock } = this.#options;
    const isOver = async (): Promise<void> => {
      // While this process was busy, the connection may have ended without anybody noticing. In this turn it is noticed.
      await clock.turn();
      if (this.#state !== 'over') callback();
    };
    // It holds the process: a program whose last statement awaits an export must not end before its answer.
    this.#cancelTimer = clock.schedule(millis, () => void isOver(), true);
  }
}
