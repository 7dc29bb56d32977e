/** What became of a payload. A reason is a short text for people, without the component's name. */
export type Outcome =
  | { readonly type: 'delivered' }
  /** Certainly not taken: sending it again can't count anything twice. */
  | { readonly type: 'not-accepted'; readonly reason: string }
  /** Sent, and nobody knows whether it arrived. */
  | { readonly type: 'unknown'; readonly reason: string }
  /** It will never be taken as it is. */
  | { readonly type: 'refused'; readonly reason: string };

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

export const DELIVERED: Outcome = { type: 'delivered' };

/** The text of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
