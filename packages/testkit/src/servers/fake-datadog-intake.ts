import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { isIPv6 } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import type { AgentSketch } from '../parsers/agent-sketch.ts';
import { NO_CONTENT, type DatadogContent } from '../parsers/datadog-content.ts';
import { parseDatadogPayload } from '../parsers/datadog-payload.ts';
import { DatadogStore } from './datadog-store.ts';
import { Inbox, type FakeServer, type FakeServerAddress, type FakeServerOptions } from './fake-server.ts';

/** One request as it arrived. */
export interface DatadogRequest {
  /** `POST` or `GET`, for example. */
  readonly method: string;
  /** The path of the URL, without the query. */
  readonly path: string;
  /** The headers. Their names are in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** How many bytes the body has as it was sent. */
  readonly sentBytes: number;
  /** The body after decompression; empty when that failed. */
  readonly body: Uint8Array;
  /** What is in the body. Empty when it could not be read. */
  readonly content: DatadogContent;
  /** Why it could not be read; `undefined` when it could. */
  readonly error: string | undefined;
  /** Whether the intake keeps the content. */
  readonly isStored: boolean;
  /** The status of the answer; `undefined` when there is no answer. */
  readonly status: number | undefined;
}

/**
 * What the intake does with a request in place of what Datadog does.
 *
 * - `status`: answers with it, and keeps the content when it is 2xx. `body` is the text of the answer.
 * - `hang`: never answers; the content is `stored` or `lost`.
 * - `reset`: breaks the connection. `unread`: before the body is read. `unanswered`: after the content is kept, before an answer.
 *   `answering`: after the content is kept, in the middle of the answer 202.
 */
export type DatadogScriptStep =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>> | undefined;
      readonly body?: string | undefined;
      /** How long the intake waits before it answers, in milliseconds. */
      readonly delayMillis?: number | undefined;
    }
  | { readonly hang: 'stored' | 'lost' }
  | { readonly reset: 'unread' | 'unanswered' | 'answering' };

/** Options of {@link startDatadogIntake}. */
export interface FakeDatadogIntakeOptions extends FakeServerOptions<DatadogRequest>, FakeServerAddress {
  /**
   * The only API key that it accepts at first.
   *
   * @default every key is accepted
   */
  readonly apiKey?: string | undefined;
  /**
   * How many bytes a body may have as it was sent. A larger one is answered with 413.
   *
   * @default 512_000
   */
  readonly maxSentBytes?: number | undefined;
  /**
   * How many bytes a body may have after decompression. A larger one is answered with 413.
   *
   * @default 5_242_880
   */
  readonly maxInflatedBytes?: number | undefined;
}

/** Datadog's HTTP intake for metrics and events, by default on a free port of 127.0.0.1. */
export interface FakeDatadogIntake extends FakeServer<DatadogRequest> {
  /** The URL for the exporter's option `url`, without a path. */
  readonly url: string;
  /** How many requests are waiting for an answer. */
  readonly waiting: number;
  /** Sets what happens to the next requests of the method POST, one step for each, in the order in which they begin. */
  script(...steps: readonly DatadogScriptStep[]): void;
  /** Sets what happens to all of them after that. Without a step, the intake does again what Datadog does. */
  scriptAll(step?: DatadogScriptStep): void;
  /** Accepts requests and does not read them until `resume`, or until the connection breaks. */
  pause(): void;
  /** Reads again, also the requests that came meanwhile. */
  resume(): void;
  /** The only API key that it accepts; every key when it is `undefined`. Set another one for a key that was replaced. */
  apiKey: string | undefined;
  /**
   * The sum of a count as Datadog keeps it; a rate counts for its interval. Of several points of one series in one second, it
   * keeps the last one.
   */
  count(metric: string, tags?: Readonly<Record<string, string>>): number;
  /** The last value of a gauge. */
  gauge(metric: string, tags?: Readonly<Record<string, string>>): number | undefined;
  /** A distribution: all sketches and values with that name and those tags together. */
  distribution(metric: string, tags?: Readonly<Record<string, string>>): AgentSketch;
}

/**
 * Starts a fake Datadog intake.
 *
 * It answers as Datadog does: 202, 400 for a body that can't be read, 403 for a wrong key, 404, 413. It keeps what it accepted,
 * but for points that Datadog accepts and throws away: those older than an hour or more than ten minutes ahead.
 *
 * @throws when the port is taken
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

const INFLATE = { gzip: promisify(gunzip), deflate: promisify(inflate) };

class DatadogIntake extends Inbox<DatadogRequest> implements FakeDatadogIntake {
  url = '';
  waiting = 0;
  apiKey: string | undefined;
  readonly #options: FakeDatadogIntakeOptions;
  readonly #store = new DatadogStore();
  readonly #steps: DatadogScriptStep[] = [];
  #lastStep: DatadogScriptStep | undefined;
  #server: Server | undefined;
  readonly #host: string;
  #port: number;
  #resumed: Promise<void> | undefined;
  #resume = (): void => undefined;

  constructor(options: FakeDatadogIntakeOptions) {
    super(options);
    const { host = '127.0.0.1', port = 0 } = options;
    this.#host = host;
    this.#port = port;
    this.#options = options;
    this.apiKey = options.apiKey;
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
      // A test may break the connection while a request is read or answered. That is no error of the intake.
      this.#serve(request, response).catch(() => response.destroy());
    });
    // An idle connection stays open. If it ended while a request is on its way, nobody could know whether that was read.
    server.keepAliveTimeout = 0;
    this.#server = server;
    server.listen(this.#port, this.#host);
    await once(server, 'listening');
    const address = server.address();
    if (typeof address === 'object' && address) this.#port = address.port;
    this.url = `http://${isIPv6(this.#host) ? `[${this.#host}]` : this.#host}:${this.#port}`;
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

  /** Reads a request, and finds the status with which Datadog would answer. */
  async #read(request: IncomingMessage): Promise<DatadogRequest & { readonly status: number }> {
    const { method = '', headers } = request;
    const { pathname: path } = new URL(request.url ?? '/', this.url);
    const sent = await buffer(request);
    const common = { method, path, headers, sentBytes: sent.length, isStored: false };
    const failed = (status: number, error: string, body: Uint8Array = Buffer.alloc(0)) => ({
      ...common,
      body,
      content: NO_CONTENT,
      error,
      status,
    });
    const { maxSentBytes = 512_000, maxInflatedBytes = 5_242_880 } = this.#options;
    const key = headers['dd-api-key'];
    if (!key || (this.apiKey !== undefined && key !== this.apiKey)) return failed(403, 'Forbidden');
    if (method === 'GET' && path === '/api/v1/validate')
      return { ...common, body: sent, content: NO_CONTENT, error: undefined, status: 200 };
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
  // Of the endpoints for metrics, only those for series accept gzip (Datadog API, `Content-Encoding`).
  if (encoding === 'gzip' && path.endsWith('/series')) return INFLATE.gzip(sent, { maxOutputLength });
  if (encoding !== undefined && encoding !== 'identity') throw new Error(`${path} takes no ${encoding}`);
  return sent;
}
