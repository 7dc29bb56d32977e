import { promisify } from 'node:util';
import { deflate, gzip } from 'node:zlib';
import { DELIVERED, type Outcome, type Transport } from '@tallykit/exporter-base';
import { MAX_SENT_BYTES, type DatadogHttpSettings } from './options.ts';
import { sendRequest, type DatadogAnswer, type RequestOptions } from './request.ts';

export type HttpTransportOptions = RequestOptions &
  Pick<DatadogHttpSettings, 'keyHolder' | 'compression'> & {
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    /** How a payload's text becomes bytes. */
    readonly encoding: 'utf8' | 'latin1';
  };

// Off the event loop, in the thread pool. Datadog's `deflate` is the one with zlib's header (RFC 1950).
const COMPRESS = { deflate: promisify(deflate), gzip: promisify(gzip) };

/** Posts payloads to one endpoint. */
export class HttpTransport implements Transport {
  readonly #options: HttpTransportOptions;

  constructor(options: HttpTransportOptions) {
    this.#options = options;
  }

  async send(payload: string, signal: AbortSignal): Promise<Outcome> {
    const { path, headers, encoding, compression } = this.#options;
    const inflated = Buffer.from(payload, encoding);
    const body =
      compression === 'none' ? inflated : await untilAborted(COMPRESS[compression](inflated), signal);
    if (body === undefined || signal.aborted) {
      return { type: 'not-accepted', reason: 'there was no time left to send it' };
    }
    if (body.length > MAX_SENT_BYTES) {
      const reason = `it has ${body.length} bytes after compression, and Datadog takes ${MAX_SENT_BYTES}`;
      return { type: 'too-large', reason };
    }
    const answer = await sendRequest(this.#options, {
      method: 'POST',
      path,
      headers: compression === 'none' ? headers : { ...headers, 'Content-Encoding': compression },
      body,
      signal,
    });
    return outcomeOf(answer, this.#options);
  }

  async close(): Promise<void> {
    // The connections belong to `fetch`.
  }
}

/** The result, or nothing as soon as the signal is aborted: the thread pool may be busy for long after that. */
function untilAborted<Result>(working: Promise<Result>, signal: AbortSignal): Promise<Result | undefined> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => resolve(undefined);
    signal.addEventListener('abort', giveUp, { once: true });
    working.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}

/** What an answer means for the payload (Datadog API, "Submit metrics"; datadog-agent `transaction.go`). */
function outcomeOf(
  answer: DatadogAnswer,
  { url, path, keyHolder }: Pick<HttpTransportOptions, 'url' | 'path' | 'keyHolder'>,
): Outcome {
  if (answer.type === 'unanswered')
    return { type: answer.mayHaveArrived ? 'unknown' : 'not-accepted', reason: answer.reason };

  const { status, complaint, retryAfterMillis } = answer;
  const said = `the answer was ${status}${complaint && ` (${complaint})`}`;
  if (status >= 200 && status < 300) return DELIVERED;
  if (status === 429) return { type: 'not-accepted', reason: said, retryAfterMillis };
  if (status === 408 || status >= 500) return { type: 'unknown', reason: said, retryAfterMillis };
  if (status === 413) return { type: 'too-large', reason: said };
  return { type: 'refused', reason: refusal(status, said, { url, path, keyHolder }) };
}

function refusal(
  status: number,
  said: string,
  { url, path, keyHolder }: Pick<HttpTransportOptions, 'url' | 'path' | 'keyHolder'>,
): string {
  if (status === 401 || status === 403) return keyRefused(keyHolder, said);
  if (status === 404 || (status >= 300 && status < 400)) {
    return `${said}: ${url}${path} is not where metrics are taken; check the options \`site\`, \`url\` and \`apiVersion\` (DD_SITE, DD_URL)`;
  }
  return said;
}

/** A key of one site is unknown at all others, which is the usual mistake. */
export function keyRefused(keyHolder: string, said: string): string {
  return (
    `the API key was refused by ${keyHolder}: ${said}; check the option \`apiKey\` (DD_API_KEY), ` +
    'and that `site` (DD_SITE) is the site of the organization that it belongs to'
  );
}
