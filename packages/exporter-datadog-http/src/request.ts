import { reasonOf, visible } from '@tallykit/exporter-base';
import type { DatadogHttpSettings } from './options.ts';
import { redact } from './redact.ts';
import { RequestWatch } from './request-watch.ts';

/** The options that requests need. */
export type RequestOptions = Pick<DatadogHttpSettings, 'apiKey' | 'fetch' | 'url'>;

/** One request to Datadog. */
export interface DatadogRequest {
  readonly method: 'GET' | 'POST';
  /** Begins with a slash. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal;
}

/** The result of a request. */
export type DatadogAnswer =
  | {
      readonly type: 'answered';
      readonly status: number;
      /** What is wrong in the words of the server; empty when it gives no reason. */
      readonly complaint: string;
      /** How long the server wants us to wait, if it gives a time. */
      readonly retryAfterMillis: number | undefined;
    }
  | {
      readonly type: 'unanswered';
      readonly reason: string;
      /** Whether the server may have read it. */
      readonly mayHaveArrived: boolean;
    };

/** How much of a body is read, how much of a text is searched for secrets, and how much is shown. */
const MAX_BODY_BYTES = 65_536;
const MAX_SEARCHED_LENGTH = 2000;
const MAX_SHOWN_LENGTH = 300;

/**
 * Sends one request with the key in its header, and reads the answer to its end. When the key is refused and can be asked for,
 * it is sent once more, with the key that is given then. Never rejects. Texts of a server or a library are passed on without
 * the key and with every character visible.
 */
export async function sendRequest(options: RequestOptions, request: DatadogRequest): Promise<DatadogAnswer> {
  const { apiKey } = options;
  const first = await apiKey.get(request.signal);
  if ('reason' in first) return unsent(first.reason);
  const answer = await sendWith(first.key, options, request);
  if (!apiKey.isAsked || !isKeyRefused(answer)) return answer;
  const second = await apiKey.get(request.signal, first.key);
  if ('reason' in second) return unsent(`the API key was refused, and ${second.reason}`);
  return sendWith(second.key, options, request);
}

/** Whether an answer says that the key is wrong. */
export function isKeyRefused(answer: DatadogAnswer): boolean {
  return answer.type === 'answered' && (answer.status === 401 || answer.status === 403);
}

function unsent(reason: string): DatadogAnswer {
  return { type: 'unanswered', reason, mayHaveArrived: false };
}

async function sendWith(
  key: string,
  { apiKey, fetch, url }: RequestOptions,
  { method, path, headers, body, signal }: DatadogRequest,
): Promise<DatadogAnswer> {
  // The key of an answer may have been replaced before it came.
  const secrets = () => [key, ...apiKey.secrets.filter((one) => one !== key)];
  const watch = new RequestWatch();
  try {
    const response = await fetch(url + path, {
      method,
      headers: {
        'User-Agent': '@tallykit/exporter-datadog-http',
        'X-Request-Id': watch.id,
        ...headers,
        'DD-API-KEY': key,
      },
      ...(body && { body }),
      signal,
      // A redirection that is followed would take the key along.
      redirect: 'manual',
    });
    watch.answered();
    return {
      type: 'answered',
      status: response.status,
      complaint: complaintIn(await readBody(response.body), secrets()),
      retryAfterMillis: retryAfterMillis(response.headers),
    };
  } catch (error) {
    const causes = causesOf(error);
    const mayHaveArrived = watch.isSent ?? !causes.every(isBeforeSending);
    const late = mayHaveArrived ? 'no answer in time' : 'no connection in time';
    return {
      type: 'unanswered',
      reason: signal.aborted ? late : shown(messageOf(causes[0]), secrets()),
      mayHaveArrived,
    };
  } finally {
    watch.stop();
  }
}

interface Body {
  readonly text: string;
  /** Whether there is more of it. */
  readonly isCut: boolean;
}

/** The beginning of a body. It is read to its end, so that the connection can be used again. Never rejects. */
async function readBody(body: AsyncIterable<Uint8Array> | null): Promise<Body> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let isCut = false;
  try {
    for await (const chunk of body ?? []) {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      isCut = bytes > MAX_BODY_BYTES;
      if (isCut) break;
    }
  } catch {
    // The status is known, and holds also when the connection breaks in the middle of the answer.
    isCut = true;
  }
  return { text: Buffer.concat(chunks).toString(), isCut };
}

/** Datadog answers `{"errors":["…"]}`; proxies answer any text. */
function complaintIn({ text, isCut }: Body, secrets: readonly string[]): string {
  let complaint = text;
  try {
    const { errors } = JSON.parse(text) as { errors?: unknown };
    complaint = Array.isArray(errors) ? errors.map(String).join('; ') : '';
  } catch {
    // It is no JSON.
  }
  return shown(complaint.replace(/\s+/g, ' ').trim(), secrets, isCut);
}

/** A text of others for people: without secrets, short, visible. Secrets first, because half a key is hard to recognize. */
function shown(text: string, secrets: readonly string[], isCut = false): string {
  const searched = text.slice(0, MAX_SEARCHED_LENGTH);
  const withoutSecrets = redact(searched, secrets, isCut || searched.length < text.length);
  return visible(withoutSecrets.slice(0, MAX_SHOWN_LENGTH));
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

/** Codes of errors before a request begins: no connection, no address, a certificate that is not trusted. */
const BEFORE_SENDING =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|UNABLE_TO_\w+|(DEPTH_ZERO_)?SELF_SIGNED_\w+|ERR_TLS_CERT\w+)$/;
/** System calls before a request begins. Their codes would not do: a host may also become unreachable later. `queryA` and so on are those of c-ares. */
const CALLS_BEFORE_SENDING = /^(connect|getaddrinfo|query[A-Z]\w*)$/;

/** Whether an error proves that nothing was sent. Needed where `RequestWatch` can't see the request. */
function isBeforeSending(cause: unknown): boolean {
  const { code, syscall } = (cause ?? {}) as { code?: unknown; syscall?: unknown };
  return (
    (typeof syscall === 'string' && CALLS_BEFORE_SENDING.test(syscall)) ||
    (typeof code === 'string' && BEFORE_SENDING.test(code))
  );
}

/** The causes of an error: `fetch` throws "fetch failed" with the reason in `cause`, which may be one error for each address. */
function causesOf(error: unknown): readonly unknown[] {
  let cause = error;
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
  return cause instanceof AggregateError && cause.errors.length > 0 ? cause.errors : [cause];
}

function messageOf(cause: unknown): string {
  return reasonOf(cause) || String((cause as { code?: unknown } | undefined)?.code);
}
