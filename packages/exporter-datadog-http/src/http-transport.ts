import { promisify } from 'node:util';
import { deflate, gzip } from 'node:zlib';
import { DELIVERED, type Outcome, type Transport } from '@tallykit/exporter-base';
import { MAX_SENT_BYTES, type DatadogHttpSettings } from './options.ts';
import { sendRequest, type DatadogAnswer, type RequestOptions } from './request.ts';

/** What the transport of one endpoint needs. */
export type HttpTransportOptions = RequestOptions &
  Pick<DatadogHttpSettings, 'keyHolder' | 'compression'> & {
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    /** How a payload's text becomes bytes. */
    readonly encoding: 'utf8' | 'latin1';
  };

// These work in the thread pool, not on the event loop. Datadog's `deflate` has zlib's header (RFC 1950).
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

/** The result, or `undefined` as soon as the signal is aborted, because the thread pool may be busy for long after that. */
function untilAborted<Result>(working: Promise<Result>, signal: AbortSignal): Promise<Result | undefined> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => resolve(undefined);
    signal.addEventListener('abort', giveUp, { once: true });
    working.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}

/** The outcome of a payload (Datadog API, "Submit metrics"; datadog-agent `transaction.go`). */
function outcomeOf(
  answer: DatadogAnswer,
  { url, path, keyHolder }: Pick<HttpTransportOptions, 'url' | 'path' | 'keyHolder'>,
): Outcome {
  if (answer.type === 'unanswered')
    return { type: answer.mayHaveArrived ? 'unknown' : 'not-accepted', reason: answer.reason };

  const { status, complaint, retryAfterMillis } = answer;
  const answered = `the answer was ${status}${complaint && ` (${complaint})`}`;
  if (status >= 200 && status < 300) return DELIVERED;
  if (status === 429) return { type: 'not-accepted', reason: answered, retryAfterMillis };
  if (status === 408 || status >= 500) return { type: 'unknown', reason: answered, retryAfterMillis };
  if (status === 413) return { type: 'too-large', reason: answered };
  return { type: 'refused', reason: refusal(status, answered, { url, path, keyHolder }) };
}

function refusal(
  status: number,
  answered: string,
  { url, path, keyHolder }: Pick<HttpTransportOptions, 'url' | 'path' | 'keyHolder'>,
): string {
  if (status === 401 || status === 403) return keyRefused(keyHolder, answered);
  if (status === 404 || (status >= 300 && status < 400)) {
    return `${answered}: ${url}${path} is not where metrics are taken; check the options \`site\`, \`url\` and \`apiVersion\` (DD_SITE, DD_URL)`;
  }
  return answered;
}

/** Names the site too: mostly the key is right and belongs to another site, which no other site knows. */
export function keyRefused(keyHolder: string, answered: string): string {
  return (
    `the API key was refused by ${keyHolder}: ${answered}; check the option \`apiKey\` (DD_API_KEY), ` +
    'and that `site` (DD_SITE) is the site of the organization that it belongs to'
  );
}
