import { reasonOf } from '@tallykit/exporter-base';
import type { DatadogHttpSettings } from './options.ts';

/** What requests need to know of the options. */
export type RequestOptions = Pick<DatadogHttpSettings, 'apiKey' | 'fetch' | 'url'>;

/** What is asked of Datadog. */
export interface DatadogRequest {
  readonly method: 'GET' | 'POST';
  /** Begins with a slash. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal;
}

/** What came of a request. */
export type DatadogAnswer =
  | {
      readonly type: 'answered';
      readonly status: number;
      /** What the server says is wrong; empty when it doesn't say. */
      readonly complaint: string;
      /** When to come again, if it says so. */
      readonly retryAfterMillis: number | undefined;
    }
  | {
      readonly type: 'unanswered';
      readonly reason: string;
      /** Whether the server may have read it. */
      readonly mayHaveArrived: boolean;
    };

/** How much of a body is read, and how much of that is kept to be said. */
const MAX_BODY_BYTES = 65_536;
const MAX_COMPLAINT_LENGTH = 300;

/**
 * Sends one request with the key in its header, and reads the answer to its end. Never rejects. What a server or a library
 * says is passed on without the key, should it be in there.
 */
export async function sendRequest(
  { apiKey, fetch, url }: RequestOptions,
  { method, path, headers, body, signal }: DatadogRequest,
): Promise<DatadogAnswer> {
  const withoutKey = (text: string) => text.replaceAll(apiKey, '(the API key)');
  try {
    const response = await fetch(url + path, {
      method,
      headers: { 'User-Agent': '@tallykit/exporter-datadog-http', ...headers, 'DD-API-KEY': apiKey },
      ...(body && { body }),
      signal,
      // A header of one's own would go along to wherever a redirection leads.
      redirect: 'manual',
    });
    return {
      type: 'answered',
      status: response.status,
      complaint: withoutKey(complaintIn(await textOf(response.body))),
      retryAfterMillis: retryAfterMillis(response.headers),
    };
  } catch (error) {
    const cause = firstCause(error);
    return {
      type: 'unanswered',
      reason: signal.aborted ? 'no answer in time' : withoutKey(cause.message),
      mayHaveArrived: !cause.isBeforeSending,
    };
  }
}

/** The beginning of a body, which is read to its end so that the connection can be used again. The status is known without. */
async function textOf(body: AsyncIterable<Uint8Array> | null): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body ?? []) {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes > MAX_BODY_BYTES) break;
    }
  } catch {
    // A connection that breaks in the middle of an answer takes nothing back.
  }
  return Buffer.concat(chunks).toString();
}

/** Datadog says `{"errors":["…"]}`; proxies say what they like. */
function complaintIn(text: string): string {
  let complaint = text;
  try {
    const { errors } = JSON.parse(text) as { errors?: unknown };
    complaint = Array.isArray(errors) ? errors.map(String).join('; ') : '';
  } catch {
    // No JSON.
  }
  return complaint.replace(/\s+/g, ' ').trim().slice(0, MAX_COMPLAINT_LENGTH);
}

/** `X-RateLimit-Reset` is in seconds from now (Datadog API, "Rate Limits"); `Retry-After` may also be a date. */
function retryAfterMillis(headers: { get(name: string): string | null }): number | undefined {
  for (const name of ['x-ratelimit-reset', 'retry-after']) {
    const text = headers.get(name)?.trim();
    if (!text) continue;
    const millis = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
    if (Number.isFinite(millis)) return millis;
  }
  return undefined;
}

/** Whatever a failed connection or a certificate is called. Later failures may have come after the request was read. */
const BEFORE_SENDING =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|UNABLE_TO_\w+|(DEPTH_ZERO_)?SELF_SIGNED_\w+|ERR_TLS_CERT\w+|ERR_SSL_\w+)$/;

/** What really happened: `fetch` says "fetch failed", and has the rest in `cause`, which may be several errors. */
function firstCause(error: unknown): { readonly message: string; readonly isBeforeSending: boolean } {
  let cause = error;
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
  if (cause instanceof AggregateError && cause.errors.length > 0) cause = cause.errors[0];
  const { code, syscall } = (cause ?? {}) as { code?: unknown; syscall?: unknown };
  return {
    message: reasonOf(cause) || String(code),
    isBeforeSending: syscall === 'connect' || (typeof code === 'string' && BEFORE_SENDING.test(code)),
  };
}
