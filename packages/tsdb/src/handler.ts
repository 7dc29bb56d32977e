import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { GivenOptions, log } from '@tallykit/exporter-base';
import { readAuthorize, type Authorize } from './authorize.ts';
import type { StoredEvent } from './events.ts';
import type { Gate } from './gate.ts';
import type { MetricInfo, SeriesInfo, SeriesType } from './identity.ts';
import { listItems, objectWithList, seriesItems, writeParts, type JsonParts } from './json-parts.ts';
import { MAX_WAITING, TooMuchError } from './limits.ts';
import { PAGE, PAGE_SCRIPT_HASH, PAGE_STYLE_HASH } from './page.ts';
import {
  BadRequest,
  checkParameters,
  isApiPath,
  momentsOf,
  namesOf,
  rangeQueryOf,
  typeOf,
  type ApiPath,
} from './parameters.ts';
import type { RangeAnswer, RangeQuery } from './range.ts';
import { formatResolution, type Rollup } from './rollups.ts';
import type { StoreStats } from './timeseries-store.ts';
import type { Turns } from './turns.ts';

/** Options of {@link TimeseriesStore.handler}. */
export interface HandlerOptions {
  /**
   * What the paths of requests begin with, for a framework that leaves it there. Express takes it away by itself.
   *
   * @default ''
   */
  readonly basePath?: string | undefined;
  /**
   * Says whether a request is answered. One that is not gets 401; so does one for which this throws or rejects.
   *
   * @default every request is answered
   * @example (request) => request.headers.authorization === `Bearer ${token}`
   */
  readonly authorize?: Authorize | undefined;
}

/** A listener for Node's HTTP servers. It never throws, and answers every request. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** What the handler needs of a store. */
export interface ServedStore {
  readonly rollups: readonly Rollup[];
  /** How long after its end a bucket may still get values. */
  readonly flushSeconds: () => number;
  /** Seconds since 1970. */
  readonly nowSeconds: () => number;
  readonly stats: () => StoreStats;
  readonly metrics: () => Promise<readonly MetricInfo[]>;
  readonly series: (
    names: readonly string[],
    type: SeriesType | undefined,
  ) => Promise<readonly (readonly SeriesInfo[])[]>;
  readonly range: (query: RangeQuery) => Promise<RangeAnswer>;
  readonly earliest: () => Promise<number | null>;
  readonly events: () => Promise<readonly StoredEvent[]>;
  /** Whether the store was shut down. */
  readonly isShutDown: () => boolean;
  /** The requests of all handlers of a store pass it one after the other. */
  readonly gate: Gate;
  readonly turns: Turns;
}

/** How many different failures are logged. */
const MAX_LOGGED = 10;

/**
 * Answers `/` with the page, and `/api/…` with JSON.
 *
 * @throws TypeError for options that are wrong
 */
export function createHandler(store: ServedStore, options: HandlerOptions): RequestHandler {
  const given = new GivenOptions('TimeseriesStore.handler', options, ['basePath', 'authorize']);
  const basePath = (given.text('basePath', { mayBeEmpty: true }) ?? '').replace(/\/$/, '');
  const authorize = readAuthorize(given);
  const logged = new Set<string>();

  return (request, response) => {
    void respond(request, response).catch((error: unknown) => {
      logOnce(`a request failed: ${String(error)}`);
      if (!response.headersSent) sendJson(response, 500, { detail: 'Internal error' });
      else response.destroy();
    });
  };

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => response.destroy());
    if (store.isShutDown()) response.setHeader('connection', 'close');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      sendJson(response, 405, { detail: 'Only GET and HEAD are understood' });
      return;
    }
    const address = addressOf(request);
    if (address === undefined) {
      sendJson(response, 400, { detail: 'The address of the request, or its Host header, makes no sense' });
      return;
    }
    const { pathname, searchParams } = address;
    const path = pathname.startsWith(basePath) ? pathname.slice(basePath.length) : undefined;
    const isPage = path === '' || path === '/';
    if (!(await isAuthorized(request))) {
      // A browser asks for a password when it opens the page, and not for each question that an open page has.
      if (isPage) response.setHeader('www-authenticate', 'Basic realm="metrics", charset="UTF-8"');
      sendJson(response, 401, {
        detail: 'The option `authorize` of this server does not let this request in',
      });
      return;
    }
    if (isPage) sendPage(request, response);
    else if (path === undefined || !isApiPath(path)) sendJson(response, 404, { detail: 'Not found' });
    else await answer(request, response, path, searchParams);
  }

  async function isAuthorized(request: IncomingMessage): Promise<boolean> {
    if (authorize === undefined) return true;
    try {
      const isLetIn: unknown = await authorize(request);
      return isLetIn === true;
    } catch (error) {
      logOnce(`the option \`authorize\` failed, so a request was refused: ${String(error)}`);
      return false;
    }
  }

  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    path: ApiPath,
    query: URLSearchParams,
  ): Promise<void> {
    const from = request.headers['sec-fetch-site'];
    if (from === 'cross-site' || from === 'same-site') {
      // Another page could not read the answer, but it could have the store work for it.
      sendJson(response, 403, { detail: 'Pages of other addresses get no answer' });
      return;
    }
    if (store.gate.waiting >= MAX_WAITING) {
      response.setHeader('retry-after', '5');
      sendJson(response, 503, { detail: `${MAX_WAITING} requests are waiting already; ask again later` });
      return;
    }
    await store.gate.pass(async () => {
      // Its client may have gone while it waited.
      if (response.destroyed) return;
      try {
        const parts = await partsOf(store, path, query);
        writeHead(response, 200);
        if (request.method === 'HEAD') response.end();
        else await writeParts(response, parts, await store.turns.begin());
      } catch (error) {
        if (error instanceof BadRequest) {
          sendJson(response, 400, { detail: error.message });
        } else if (error instanceof TooMuchError) {
          const { advice, needed, unit, limit } = error;
          sendJson(response, 400, { detail: advice, [unit]: needed, limit });
        } else {
          throw error;
        }
      }
    });
  }

  /** Whoever sends requests must not be able to fill the log. */
  function logOnce(text: string): void {
    if (logged.has(text) || logged.size >= MAX_LOGGED) return;
    logged.add(text);
    log('warn', `TimeseriesStore: ${text}. Logged once.`);
  }
}

/** The address that is asked for; `undefined` where there is none, or where two hosts are named. */
function addressOf({ url = '/', rawHeaders }: IncomingMessage): URL | undefined {
  const hosts = rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'host');
  const text = url.startsWith('/') ? `http://localhost${url}` : url;
  return hosts.length <= 1 && URL.canParse(text) ? new URL(text) : undefined;
}

async function partsOf(store: ServedStore, path: ApiPath, query: URLSearchParams): Promise<JsonParts> {
  checkParameters(path, query);
  switch (path) {
    case '/api/names':
      return namesParts(store);
    case '/api/series': {
      const found = await store.series(namesOf(query), typeOf(query));
      return objectWithList({}, 'series', listItems(found.flat()));
    }
    case '/api/range':
      return rangeParts(store, query);
    case '/api/events': {
      const { since = -Infinity, until = Infinity } = momentsOf(query);
      const events = (await store.events()).filter(
        ({ timeSeconds }) => timeSeconds >= since && timeSeconds <= until,
      );
      return objectWithList(
        {},
        'events',
        listItems(
          events.map(({ timeSeconds: time, alertType = null, ...event }) => ({ time, ...event, alertType })),
        ),
      );
    }
  }
}

async function namesParts(store: ServedStore): Promise<JsonParts> {
  const [names, earliest] = await Promise.all([store.metrics(), store.earliest()]);
  const { series, maxSeries, bytes, maxBytes, evicted, redis } = store.stats();
  const state = redis?.isAway ? 'away' : 'connected';
  const fields = {
    resolutions: store.rollups.map(([seconds]) => formatResolution(seconds)),
    redis: redis === undefined ? null : state,
    store: { series, maxSeries, bytes, maxBytes, evicted },
    earliest,
    flushSeconds: store.flushSeconds(),
  };
  return objectWithList(fields, 'names', listItems(names));
}

async function rangeParts(store: ServedStore, parameters: URLSearchParams): Promise<JsonParts> {
  const query = rangeQueryOf(parameters, store.rollups, store.nowSeconds());
  const { buckets, source, columns, more, earliestSeconds, completeUntilSeconds } = await store.range(query);
  const [seconds] = buckets.rollup;
  const fields = {
    since: query.start,
    until: query.end,
    resolution: formatResolution(seconds),
    seconds,
    source,
    earliest: earliestSeconds,
    completeUntil: completeUntilSeconds,
    more,
  };
  return objectWithList(fields, 'series', seriesItems(columns, buckets));
}

/** Headers of every answer: no other page may embed it, guess its type or learn the address that a link was on. */
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

function sendJson(response: ServerResponse, status: number, body: object): void {
  writeHead(response, status).end(JSON.stringify(body));
}

function writeHead(response: ServerResponse, status: number): ServerResponse {
  return response.writeHead(status, {
    ...HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  });
}

/** Allows the page's own script and style, and requests to this server. Everything else is forbidden. */
const PAGE_POLICY =
  `default-src 'none'; script-src '${PAGE_SCRIPT_HASH}'; style-src '${PAGE_STYLE_HASH}'; connect-src 'self'; ` +
  "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

let encodedPage: { readonly zipped: Buffer; readonly tag: string } | undefined;

function sendPage(request: IncomingMessage, response: ServerResponse): void {
  encodedPage ??= {
    zipped: gzipSync(PAGE),
    tag: `"${createHash('sha256').update(PAGE).digest('base64url')}"`,
  };
  const { zipped, tag } = encodedPage;
  const headers = {
    ...HEADERS,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': PAGE_POLICY,
    'cache-control': 'no-cache',
    vary: 'accept-encoding',
    etag: tag,
  };
  if (request.headers['if-none-match'] === tag) {
    response.writeHead(304, headers).end();
  } else if (/\bgzip\b/.test(String(request.headers['accept-encoding']))) {
    response.writeHead(200, { ...headers, 'content-encoding': 'gzip' }).end(zipped);
  } else {
    response.writeHead(200, headers).end(PAGE);
  }
}
