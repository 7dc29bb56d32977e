import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { clearTimeout, setTimeout } from 'node:timers';
import { log, reasonOf, settledWithin, systemClock } from '@tallykit/exporter-base';
import { COMPONENT } from './options.ts';

/** Answers a request with the metrics of the backend `prometheus`, for a server of `node:http` or one that is built on it. */
export type MetricsHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Where metrics are served. */
export interface MetricsAddress {
  /** All addresses without. */
  readonly host: string | undefined;
  readonly port: number;
  /** The path. */
  readonly endpoint: string;
  /** The settings of the host and of the port, for messages. */
  readonly settingNames: { readonly host: string; readonly port: string };
}

const RETRY_MILLIS = 5_000;

/** Serves metrics over HTTP. It keeps no program alive. */
export class MetricsServer {
  readonly #address: MetricsAddress;
  readonly #server = createServer((request, response) => this.#answer(request, response)).unref();
  readonly #handler: MetricsHandler;
  readonly #retryMillis: number;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #hasBegun = false;
  #isFailureLogged = false;

  constructor(address: MetricsAddress, handler: MetricsHandler, retryMillis = RETRY_MILLIS) {
    this.#address = address;
    this.#handler = handler;
    this.#retryMillis = retryMillis;
  }

  /** Resolves when the server listens; rejects with the setting that is wrong and the remedy. */
  async listen(): Promise<void> {
    const { host, port } = this.#address;
    this.#server.listen({ host, port });
    try {
      await once(this.#server, 'listening');
    } catch (error) {
      throw this.#explain(error as Error);
    }
  }

  /** Tries until the server listens. Logs the first failure, and that it listens after all. A second call does nothing. */
  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    void this.#try();
  }

  async #try(): Promise<void> {
    if (this.#isClosed) return;
    try {
      await this.listen();
      if (this.#isClosed) this.#server.close();
      else if (this.#isFailureLogged) log('warn', `${COMPONENT}: the backend prometheus is served now`);
    } catch (error) {
      this.#retry(error);
    }
  }

  /** Ends within the time, also while a request is answered. */
  async close({ timeoutMillis }: { readonly timeoutMillis: number }): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    await settledWithin(systemClock, timeoutMillis, closed);
    this.#server.closeAllConnections();
  }

  #retry(error: unknown): void {
    if (this.#isClosed) return;
    if (!this.#isFailureLogged) {
      log('warn', `${COMPONENT}: ${reasonOf(error)}. It is tried again every ${this.#retryMillis} ms.`);
    }
    this.#isFailureLogged = true;
    this.#timer = setTimeout(() => void this.#try(), this.#retryMillis).unref();
  }

  #explain(error: Error): Error {
    const { settingNames, port } = this.#address;
    const { code } = error as NodeJS.ErrnoException;
    const at = (name: string): string => `\`${name}\` of the backend prometheus`;
    const remedies: Readonly<Record<string, string>> = {
      EADDRINUSE: `${at(settingNames.port)}: port ${port} is taken (EADDRINUSE): give another one, or end what listens at it`,
      EACCES: `${at(settingNames.port)}: port ${port} is not allowed (EACCES): give one from 1024 to 65535`,
    };
    const otherwise = `${at(settingNames.host)} must be an address of this machine: ${reasonOf(error)}`;
    return new Error(remedies[code ?? ''] ?? otherwise, { cause: error });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (pathOf(request) === this.#address.endpoint) {
      this.#handler(request, response);
      return;
    }
    response.statusCode = 404;
    response.end();
  }
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.replace(/[?#].*$/s, '');
}

/** Where there is no backend `prometheus`, its page isn't found. */
export function metricsHandlerOf(
  backends: readonly { readonly metricsHandler?: MetricsHandler }[],
): MetricsHandler {
  const serving = backends.find(({ metricsHandler }) => metricsHandler !== undefined);
  return serving?.metricsHandler ?? answerNotFound;
}

function answerNotFound(_request: IncomingMessage, response: ServerResponse): void {
  response.statusCode = 404;
  response.end('There is no backend prometheus.\n');
}
