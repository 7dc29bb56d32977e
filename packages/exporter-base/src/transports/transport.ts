import { reasonOf } from '../support/reason-of.ts';

/**
 * What became of a payload. `reason` is a short text for people, without the component's name. `retryAfterMillis` is how long
 * the server wants to be left alone, where it says so.
 */
export type Outcome =
  | { readonly type: 'delivered' }
  /** It can't have arrived, so sending it again can't count anything twice. */
  | { readonly type: 'not-accepted'; readonly reason: string; readonly retryAfterMillis?: number | undefined }
  /** Sent, and nobody knows whether it arrived. */
  | { readonly type: 'unknown'; readonly reason: string; readonly retryAfterMillis?: number | undefined }
  /**
   * It will never be taken as it is. With `isOutage`, the payload is not what is wrong, but something that may be mended, such
   * as a key: that is logged like an outage, and what has not been sent yet is kept.
   */
  | { readonly type: 'refused'; readonly reason: string; readonly isOutage?: boolean | undefined }
  /** Not taken because of its size. Its halves may be taken. */
  | { readonly type: 'too-large'; readonly reason: string };

/**
 * Sends payloads to one server. Retries, pacing, deadlines and counting are done by its caller.
 */
export interface Transport {
  /**
   * Sends one payload. Never rejects. Resolves soon after `signal` aborts; what was under way then is `unknown`.
   */
  send(payload: string, signal: AbortSignal): Promise<Outcome>;
  /**
   * Hands one payload to the kernel within the turn, for the end of a process. `delivered`: the kernel has taken all of it.
   * `unknown`: it was handed over, and whether all of it was taken is not known within the turn.
   *
   * @default nothing is accepted within the turn
   */
  sendSync?(payload: string): Outcome;
  /**
   * What has become of a payload whose `send` has not resolved, for the end of a process; what that `send` resolves to later is
   * not looked at any more. What waits for a socket is handed to the kernel now, as by `sendSync`, if it can be.
   *
   * @returns `undefined` when it is not known within the turn
   * @default nothing is known within the turn
   */
  settleSync?(payload: string): Outcome | undefined;
  /**
   * Opens what `sendSync` needs to be open, ahead of the first payload. Never throws: a failure shows at the first payload.
   *
   * @default there is nothing to open
   */
  open?(): void;
  /** Frees what it holds. Nothing is sent afterwards. */
  close(): Promise<void>;
}

/** A transport that can hand payloads over within the turn. */
export type SyncTransport = Transport & Required<Pick<Transport, 'sendSync'>>;

/** Hands one payload to the kernel within the turn. Never throws. */
export function sendSync(transport: Transport, payload: string): Outcome {
  try {
    return transport.sendSync?.(payload) ?? NEVER_WITHIN_A_TURN;
  } catch (error) {
    return { type: 'unknown', reason: reasonOf(error) };
  }
}

/** One kind of payload, and its way to the server. */
export interface Route {
  /** Sends the payloads of the route. */
  readonly transport: Transport;
  /** How many bytes one payload may have, `open` and `close` included. */
  readonly maxPayloadBytes: number;
  /**
   * How many texts one payload may have, at least 1.
   *
   * @default no limit
   */
  readonly maxTexts?: number | undefined;
  /**
   * Between two texts.
   *
   * @default a newline
   */
  readonly separator?: string | undefined;
  /** Before the first text. */
  readonly open?: string | undefined;
  /** After the last text. */
  readonly close?: string | undefined;
  /**
   * `latin1` for texts whose characters are bytes.
   *
   * @default 'utf8'
   */
  readonly encoding?: 'utf8' | 'latin1' | undefined;
  /**
   * Whether the server takes a second copy of a payload as the same one. Then a payload of which nobody knows whether it
   * arrived is sent again as it is. Otherwise it is counted as dropped.
   *
   * @default false
   */
  readonly isIdempotent?: boolean | undefined;
}

/** The outcome of a payload that the server, or the kernel, took. */
export const DELIVERED: Outcome = { type: 'delivered' };

const NEVER_WITHIN_A_TURN: Outcome = {
  type: 'not-accepted',
  reason: 'it takes more than one turn to send it',
};
