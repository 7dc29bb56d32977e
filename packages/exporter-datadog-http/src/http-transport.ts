import { promisify } from 'node:util';
import { deflate, gzip } from 'node:zlib';
import { DELIVERED, type Outcome, type Transport } from '@tallykit/exporter-base';
import { MAX_SENT_BYTES, type DatadogHttpSettings } from './options.ts';
import { isKeyRefused, sendRequest, type DatadogAnswer, type RequestOptions } from './request.ts';
import { untilAborted } from './until-aborted.ts';

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
    // The thread pool may be busy for long after the time is up.
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

/** The outcome of a payload (Datadog API, "Submit metrics"; datadog-agent `transaction.go`). */
function outcomeOf(answer: DatadogAnswer, { apiKey, url, path, keyHolder }: HttpTransportOptions): Outcome {
  if (answer.type === 'unanswered')
    return { type: answer.mayHaveArrived ? 'unknown' : 'not-accepted', reason: answer.reason };

  const { status, complaint, retryAfterMillis } = answer;
  const answered = `the answer was ${status}${complaint && ` (${complaint})`}`;
  if (status >= 200 && status < 300) return DELIVERED;
  if (status === 429) return { type: 'not-accepted', reason: answered, retryAfterMillis };
  if (status === 408 || status >= 500) return { type: 'unknown', reason: answered, retryAfterMillis };
  if (status === 413) return { type: 'too-large', reason: answered };
  if (isKeyRefused(answer)) {
    // Another key may come, so it is an outage.
    return { type: 'refused', reason: keyRefused({ apiKey, keyHolder }, answered), isOutage: apiKey.isAsked };
  }
  if (status === 404 || (status >= 300 && status < 400)) {
    const reason = `${answered}: ${url}${path} is not where metrics are taken; check the options \`site\`, \`url\` and \`apiVersion\` (DD_SITE, DD_URL)`;
    return { type: 'refused', reason };
  }
  return { type: 'refused', reason: answered };
}

/** Names the site too: mostly the key is right and belongs to another site, which no other site knows. */
export function keyRefused(
  { apiKey, keyHolder }: Pick<HttpTransportOptions, 'apiKey' | 'keyHolder'>,
  answered: string,
): string {
  const [again, source] = apiKey.isAsked
    ? [', and so was the one that was asked for then', 'the function in the option `apiKey`']
    : ['', 'the option `apiKey` (DD_API_KEY)'];
  return (
    `the API key was refused by ${keyHolder}${again}: ${answered}; check ${source}, ` +
    'and that `site` (DD_SITE) is the site of the organization that it belongs to'
  );
}
