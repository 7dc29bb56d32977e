/**
 * What became of a payload. A reason is a short text for people, without the component's name. Where the server says
 * when to come again, `retryAfterMillis` says it.
 */
export type Outcome =
  | { readonly type: 'delivered' }
  /** Certainly not taken: sending it again can't count anything twice. */
  | { readonly type: 'not-accepted'; readonly reason: string; readonly retryAfterMillis?: number | undefined }
  /** Sent, and nobody knows whether it arrived. */
  | { readonly type: 'unknown'; readonly reason: string; readonly retryAfterMillis?: number | undefined }
  /** It will never be taken as it is. */
  | { readonly type: 'refused'; readonly reason: string }
  /** Not taken because of its size: its halves may be. */
  | { readonly type: 'too-large'; readonly reason: string };

/**
 * The way to a server. Retry, pacing, deadlines and counting are wrapped around it.
 */
export interface Transport {
  /**
   * Sends one payload. Never rejects. Resolves soon after `signal` aborts; what was under way then is `unknown`.
   */
  send(payload: string, signal: AbortSignal): Promise<Outcome>;
  /** Frees what it holds. Nothing is sent afterwards. */
  close(): Promise<void>;
}

/** One kind of payload, and its way to the server. */
export interface Route {
  readonly transport: Transport;
  /** How many bytes one payload may have, `open` and `close` included. */
  readonly maxPayloadBytes: number;
  /**
   * How many texts one payload may have, at least 1.
   *
   * @default no limit
   */
  readonly maxTexts?: number;
  /**
   * Between two texts.
   *
   * @default a newline
   */
  readonly separator?: string;
  /** Before the first text. */
  readonly open?: string;
  /** After the last text. */
  readonly close?: string;
  /**
   * `latin1` for texts whose characters are bytes.
   *
   * @default 'utf8'
   */
  readonly encoding?: 'utf8' | 'latin1';
  /**
   * Whether the server takes a payload that it has seen already as the same one. Then a payload whose fate is unknown is
   * sent again as it is; otherwise it is counted as dropped.
   *
   * @default false
   */
  readonly isIdempotent?: boolean;
}

export const DELIVERED: Outcome = { type: 'delivered' };
