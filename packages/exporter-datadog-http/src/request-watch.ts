import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

// The platform's `fetch` is undici too, and publishes on the same channels (undici, "Diagnostics Channel Support").
const CREATED = 'undici:request:create';
/** The second is for HTTP/2, where older versions do not publish the first. */
const BEGUN = ['undici:client:sendHeaders', 'undici:request:bodySent'] as const;

/** Becomes false when a request got an answer and was not seen to begin. Then a missing message proves nothing. */
let isSilenceProof = true;

/**
 * Watches one request from the call of `fetch` until its end, to know whether any of it was sent. An error can't tell that:
 * a reset in a TLS handshake and a reset after the request are the same ECONNRESET.
 */
export class RequestWatch {
  /**
   * Must be sent in a header, because the request is recognized by it. The asynchronous context of the call would not do,
   * because it is lost where a dispatcher lets requests wait.
   */
  readonly id: string = randomUUID();
  /** More than one when a dispatcher tries again by itself. */
  readonly #requests = new Set<object>();
  #isSent = false;

  constructor() {
    subscribe(CREATED, this.#onCreated);
    for (const channel of BEGUN) subscribe(channel, this.#onBegun);
  }

  /** Whether some of the request was sent; `undefined` where that can't be seen. */
  get isSent(): boolean | undefined {
    if (this.#isSent) return true;
    return this.#requests.size > 0 && isSilenceProof ? false : undefined;
  }

  /** Must be called when there is an answer. */
  answered(): void {
    if (this.isSent === false) isSilenceProof = false;
  }

  stop(): void {
    unsubscribe(CREATED, this.#onCreated);
    for (const channel of BEGUN) unsubscribe(channel, this.#onBegun);
  }

  // These are called for all requests of the process. They must not throw, because that would end the process.
  readonly #onCreated = (message: unknown): void => {
    const { request } = message as { request?: { headers?: unknown } | null };
    if (request && isIn(request.headers, this.id)) this.#requests.add(request);
  };

  readonly #onBegun = (message: unknown): void => {
    const { request } = message as { request?: object | null };
    if (request && this.#requests.has(request)) this.#isSent = true;
  };
}

/** Headers are an array of names and values since undici 6, and one text before. */
function isIn(headers: unknown, id: string): boolean {
  return Array.isArray(headers) ? headers.includes(id) : typeof headers === 'string' && headers.includes(id);
}
