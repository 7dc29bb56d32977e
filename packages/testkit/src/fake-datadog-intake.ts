import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { AgentSketch } from './agent-sketch.ts';
import { parseDatadogPayload, type DatadogContent } from './datadog-payload.ts';
import { Inbox, type FakeServer, type FakeServerOptions } from './fake-server.ts';

/** One request as it arrived. */
export interface DatadogRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Bytes of the body as they were sent. */
  readonly sentBytes: number;
  /** The body after decompression; empty when that failed. */
  readonly body: Uint8Array;
  /** What the body says, if it could be read. */
  readonly content: DatadogContent;
  /** Why it could not be read. */
  readonly error: string | undefined;
  /** Whether the intake keeps what it says. */
  readonly isStored: boolean;
  /** What it was answered with; `undefined` for no answer at all. */
  readonly status: number | undefined;
}

/**
 * What the intake does with a request instead of what is right.
 *
 * - `status`: answers with it, and keeps the content when it is 2xx. `body` is the answer's, broken or not.
 * - `hang`: never answers; the content is `stored` or `lost`.
 * - `reset`: breaks the connection: `unread`, before the body is read; `unanswered`, after the content is kept and before an
 *   answer; `answering`, in the middle of an answer 202 to a content that is kept.
 */
export type DatadogScriptStep =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      /** How long it waits with the answer, in milliseconds. */
      readonly delayMillis?: number;
    }
  | { readonly hang: 'stored' | 'lost' }
  | { readonly reset: 'unread' | 'unanswered' | 'answering' };

/** Options of {@link startDatadogIntake}. */
export interface FakeDatadogIntakeOptions extends FakeServerOptions<DatadogRequest> {
  /** The only key that it takes. Without one it takes all. */
  readonly apiKey?: string;
  /**
   * A larger body is answered with 413.
   *
   * @default 512_000
   */
  readonly maxSentBytes?: number;
  /**
   * The same after decompression.
   *
   * @default 5_242_880
   */
  readonly maxInflatedBytes?: number;
}

/** Datadog's HTTP intake, as far as metrics and events go, on a free port of 127.0.0.1. */
export interface FakeDatadogIntake extends FakeServer<DatadogRequest> {
  /** For the exporter's option `url`. */
  readonly url: string;
  /** How many requests are waiting for an answer. */
  readonly waiting: number;
  /** What happens to the next requests with a body, one step for each, in the order in which they begin. */
  script(...steps: readonly DatadogScriptStep[]): void;
  /** What happens to all of them after that; without a step, what is right. */
  scriptAll(step?: DatadogScriptStep): void;
  /** Takes requests and leaves them unread until `resume`, or until they break. */
  pause(): void;
  resume(): void;
  /** The sum of a count, as Datadog keeps it: of several points of one series in one second, the last one. */
  count(metric: string, tags?: Readonly<Record<string, string>>): number;
  /** The last value of a gauge. */
  gauge(metric: string, tags?: Readonly<Record<string, string>>): number | undefined;
  /** A distribution, merged of all sketches and values. */
  distribution(metric: string, tags?: Readonly<Record<string, string>>): AgentSketch;
}

/**
 * Starts a fake Datadog intake.
 *
 * It answers as Datadog does: 202, 400 for a body that can't be read, 403 for a wrong key, 404, 413. It keeps what it
 * accepted, without points that Datadog would accept and throw away: those of more than an hour ago or ten minutes ahead.
 *
 * @example
 * const intake = await startDatadogIntake();
 * const exporter = new DatadogHttpMetricExporter({ apiKey: 'any', url: intake.url });
 * …
 * intake.script({ status: 429, headers: { 'X-RateLimit-Reset': '1' } });
 * …
 * expect(intake.count('orders', { plan: 'pro' })).toBe(3);
 * await intake.close();
 */
export async function startDatadogIntake(options: FakeDatadogIntakeOptions = {}): Promise<FakeDatadogIntake> {
  const intake = new DatadogIntake(options);
  await intake.restart();
  return intake;
}

const NOTHING: DatadogContent = { series: [], sketches: [], distributions: [], events: [] };

/** How old and how far ahead a point may be, in seconds (Datadog API, "Submit metrics"). */
const MAX_AGE_SECONDS = 3600;
const MAX_AHEAD_SECONDS = 600;

const INFLATE = { gzip: promisify(gunzip), deflate: promisify(inflate) };

class DatadogIntake extends Inbox<DatadogRequest> implements FakeDatadogIntake {
  url = '';
  waiting = 0;
  readonly #options: FakeDatadogIntakeOptions;
  readonly #store = new DatadogStore();
  readonly #steps: DatadogScriptStep[] = [];
  #lastStep: DatadogScriptStep | undefined;
  #server: Server | undefined;
  #port = 0;
  #resumed: Promise<void> | undefined;
  #resume = (): void => undefined;

  constructor(options: FakeDatadogIntakeOptions) {
    super(options.onPayload);
    this.#options = options;
  }

  script(...steps: readonly DatadogScriptStep[]): void {
    this.#steps.push(...steps);
  }

  scriptAll(step?: DatadogScriptStep): void {
    this.#lastStep = step;
  }

  pause(): void {
    this.#resumed ??= new Promise((resolve) => (this.#resume = resolve));
  }

  resume(): void {
    this.#resume();
    this.#resumed = undefined;
  }

  count(metric: string, tags?: Readonly<Record<string, string>>): number {
    return this.#store.count(metric, tags);
  }

  gauge(metric: string, tags?: Readonly<Record<string, string>>): number | undefined {
    return this.#store.gauge(metric, tags);
  }

  distribution(metric: string, tags?: Readonly<Record<string, string>>): AgentSketch {
    return this.#store.distribution(metric, tags);
  }

  async restart(): Promise<void> {
    await this.close();
    this.#resumed = undefined;
    const server = createServer((request, response) => {
      this.waiting += 1;
      response.once('close', () => (this.waiting -= 1));
      // A connection that breaks while a request is read, or its answer is written, is part of the game.
      this.#serve(request, response).catch(() => response.destroy());
    });
    this.#server = server;
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address === 'object' && address) this.#port = address.port;
    this.url = `http://127.0.0.1:${this.#port}`;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.#resumed;
    const step = request.method === 'POST' ? (this.#steps.shift() ?? this.#lastStep) : undefined;
    if (step && 'reset' in step && step.reset === 'unread') {
      request.socket.resetAndDestroy();
      return;
    }
    const arrived = await this.#read(request);
    if (step === undefined) {
      this.#keep(arrived, arrived.status === 202);
      this.#answer(response, arrived.status, arrived.error);
    } else if ('status' in step) {
      if (step.delayMillis !== undefined) await delay(step.delayMillis);
      this.#keep({ ...arrived, status: step.status }, step.status >= 200 && step.status < 300);
      response.writeHead(step.status, step.headers).end(step.body ?? '{"errors":[]}');
    } else if ('hang' in step) {
      this.#keep({ ...arrived, status: undefined }, step.hang === 'stored');
    } else {
      this.#keep({ ...arrived, status: step.reset === 'answering' ? 202 : undefined }, true);
      if (step.reset === 'answering') {
        response.writeHead(202, { 'Content-Length': 1000 });
        await new Promise((resolve) => response.write('{"errors":', resolve));
      }
      request.socket.resetAndDestroy();
    }
  }

  /** The request, with the status that is right for it. */
  async #read(request: IncomingMessage): Promise<DatadogRequest & { readonly status: number }> {
    const { method = '', headers } = request;
    const { pathname: path } = new URL(request.url ?? '/', this.url);
    const sent = await buffer(request);
    const common = { method, path, headers, sentBytes: sent.length, isStored: false };
    const failed = (status: number, error: string, body: Uint8Array = Buffer.alloc(0)) => ({
      ...common,
      body,
      content: NOTHING,
      error,
      status,
    });
    const { apiKey, maxSentBytes = 512_000, maxInflatedBytes = 5_242_880 } = this.#options;
    const key = headers['dd-api-key'];
    if (!key || (apiKey !== undefined && key !== apiKey)) return failed(403, 'Forbidden');
    if (method === 'GET' && path === '/api/v1/validate')
      return { ...common, body: sent, content: NOTHING, error: undefined, status: 200 };
    if (method !== 'POST') return failed(404, 'Not Found');
    if (sent.length > maxSentBytes) return failed(413, 'Payload too large');
    let body: Uint8Array = Buffer.alloc(0);
    try {
      body = await inflated(sent, headers['content-encoding'], path, maxInflatedBytes);
      const content = parseDatadogPayload(path, body);
      if (content === undefined) return failed(404, 'Not Found', body);
      return { ...common, body, content, error: undefined, status: 202 };
    } catch (error) {
      const isTooLarge = (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE';
      return failed(isTooLarge ? 413 : 400, error instanceof Error ? error.message : String(error), body);
    }
  }

  #keep(request: DatadogRequest, isStored: boolean): void {
    if (isStored) this.#store.add(request.content, Date.now() / 1000);
    this.add({ ...request, isStored });
  }

  #answer(response: ServerResponse, status: number, error: string | undefined): void {
    const body = status === 200 ? { valid: true } : { errors: error === undefined ? [] : [error] };
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  }
}

async function inflated(
  sent: Uint8Array,
  encoding: string | undefined,
  path: string,
  maxOutputLength: number,
): Promise<Uint8Array> {
  if (encoding === 'deflate') return INFLATE.deflate(sent, { maxOutputLength });
  // Of the endpoints for metrics, only those for series take it (Datadog API, `Content-Encoding`).
  if (encoding === 'gzip' && path.endsWith('/series')) return INFLATE.gzip(sent, { maxOutputLength });
  if (encoding !== undefined && encoding !== 'identity') throw new Error(`${path} takes no ${encoding}`);
  return sent;
}

interface StoredPoint {
  readonly metric: string;
  readonly tags: readonly string[];
  readonly type: string;
  readonly value: number;
  readonly timestamp: number;
}

/** What Datadog keeps of what it accepts. */
class DatadogStore {
  /** By series and second: the last point wins. */
  readonly #points = new Map<string, StoredPoint>();
  readonly #distributions = new Map<
    string,
    { tags: readonly string[]; metric: string; sketch: AgentSketch }
  >();

  add({ series, sketches, distributions }: DatadogContent, nowSeconds: number): void {
    const isInTime = ({ timestamp }: { readonly timestamp: number }) =>
      timestamp >= nowSeconds - MAX_AGE_SECONDS && timestamp <= nowSeconds + MAX_AHEAD_SECONDS;
    for (const { metric, type, host, tags, points } of series) {
      for (const { timestamp, value } of points.filter(isInTime)) {
        const key = JSON.stringify([metric, host, tags.toSorted(), timestamp]);
        this.#points.set(key, { metric, tags, type, value, timestamp });
      }
    }
    for (const sketch of sketches.filter(isInTime)) this.#sketchOf(sketch).addBins(sketch);
    for (const one of distributions) {
      for (const { values } of one.points.filter(isInTime))
        for (const value of values) this.#sketchOf(one).insert(value);
    }
  }

  count(metric: string, tags: Readonly<Record<string, string>> = {}): number {
    const points = this.#matching(metric, tags).filter(({ type }) => type === 'count');
    return points.reduce((sum, { value }) => sum + value, 0);
  }

  gauge(metric: string, tags: Readonly<Record<string, string>> = {}): number | undefined {
    const points = this.#matching(metric, tags).filter(({ type }) => type === 'gauge');
    return points.toSorted((first, second) => first.timestamp - second.timestamp).at(-1)?.value;
  }

  distribution(metric: string, tags: Readonly<Record<string, string>> = {}): AgentSketch {
    const merged = new AgentSketch();
    for (const one of this.#distributions.values())
      if (one.metric === metric && hasTags(one.tags, tags)) merged.merge(one.sketch);
    return merged;
  }

  #matching(metric: string, tags: Readonly<Record<string, string>>): StoredPoint[] {
    return [...this.#points.values()].filter((one) => one.metric === metric && hasTags(one.tags, tags));
  }

  #sketchOf({
    metric,
    host,
    tags,
  }: {
    readonly metric: string;
    readonly host: string;
    readonly tags: readonly string[];
  }): AgentSketch {
    const key = JSON.stringify([metric, host, tags.toSorted()]);
    const known = this.#distributions.get(key);
    if (known !== undefined) return known.sketch;
    const sketch = new AgentSketch();
    this.#distributions.set(key, { metric, tags, sketch });
    return sketch;
  }
}

function hasTags(tags: readonly string[], wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => tags.includes(`${key}:${value}`));
}
