import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { GivenOptions, log } from '@tallykit/exporter-base';
import { PAGE, PAGE_SCRIPT_HASH, PAGE_STYLE_HASH } from './page.ts';
import type { RangeSeries } from './range.ts';
import { formatResolution, parseResolution } from './rollups.ts';
import type { TimeseriesStore } from './timeseries-store.ts';

/** Options of {@link TimeseriesStore.handler}. */
export interface HandlerOptions {
  /**
   * What the paths of requests begin with, for a framework that leaves it there. Express takes it away by itself.
   *
   * @default ''
   */
  readonly basePath?: string | undefined;
}

/** A listener for Node's HTTP servers. It never throws, and answers every request. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** A request that can't be answered. The message is the answer's text. */
class BadRequest extends Error {}

const DAY_SECONDS = 86_400;
const MAX_NAMES = 100;
const MAX_LIMIT = 100;
const DEFAULT_LIMIT = 12;

/**
 * Answers `/` with the page, and with JSON `/api/names`, `/api/series?name=…` and `/api/range?name=…&since=…&until=…`
 * (or `&last=3600` for the last hour).
 *
 * @param nowSeconds gives the seconds since 1970
 */
export function createHandler(
  store: TimeseriesStore,
  options: HandlerOptions,
  nowSeconds: () => number,
): RequestHandler {
  const given = new GivenOptions('TimeseriesStore.handler', options, ['basePath']);
  const basePath = (given.text('basePath', { mayBeEmpty: true }) ?? '').replace(/\/$/, '');

  /** The answer of a path; `undefined` for a path that there is not. */
  async function answer(path: string, query: URLSearchParams): Promise<object | undefined> {
    switch (path) {
      case '/api/names':
        return answerNames(store);
      case '/api/series':
        return { series: (await Promise.all(namesOf(query).map((name) => store.series(name)))).flat() };
      case '/api/range':
        return answerRange(store, query, nowSeconds());
      default:
        return undefined;
    }
  }

  return (request, response) => {
    void respond(request, response).catch((error: unknown) => {
      log('warn', `TimeseriesStore: a request failed: ${String(error)}`);
      if (!response.headersSent) sendJson(response, 500, { detail: 'Internal error' });
      else response.destroy();
    });
  };

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => response.destroy());
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      sendJson(response, 405, { detail: 'Only GET and HEAD are understood' });
      return;
    }
    const path = pathname.startsWith(basePath) ? pathname.slice(basePath.length) : undefined;
    if (path === '' || path === '/') {
      sendPage(request, response);
      return;
    }
    try {
      const body = path === undefined ? undefined : await answer(path, searchParams);
      if (body === undefined) sendJson(response, 404, { detail: 'Not found' });
      else sendJson(response, 200, body);
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      sendJson(response, 400, { detail: error.message });
    }
  }
}

async function answerNames(store: TimeseriesStore): Promise<object> {
  const names = await store.metrics();
  const { series, maxSeries, bytes, maxBytes, evicted, redis } = store.stats();
  const state = redis?.isAway ? 'away' : 'connected';
  return {
    resolutions: store.rollups.map(([seconds]) => formatResolution(seconds)),
    redis: redis === undefined ? null : state,
    store: { series, maxSeries, bytes, maxBytes, evicted },
    names,
  };
}

/** The parameters, windows and error texts are those of Sentry's `api/base.py` (`StatsMixin`). */
async function answerRange(store: TimeseriesStore, query: URLSearchParams, now: number): Promise<object> {
  const names = namesOf(query);
  const resolution = query.get('resolution');
  const rollupSeconds = resolution === null ? undefined : parseResolution(resolution);
  if (resolution !== null && !store.rollups.some(([seconds]) => seconds === rollupSeconds)) {
    throw new BadRequest('Invalid resolution');
  }
  const last = numberOf(query, 'last', 'last must be a number of seconds');
  const end = numberOf(query, 'until', 'until must be a numeric timestamp.') ?? now;
  const start =
    numberOf(query, 'since', 'since must be a numeric timestamp') ?? end - (last ?? DAY_SECONDS - 1);
  if (start > end) throw new BadRequest('start must be before or equal to end');
  const by = query.get('by') || undefined;
  const limit = limitOf(query);
  const result = await store
    .getRange({
      names,
      start,
      end,
      tags: tagsOf(query),
      ...(rollupSeconds !== undefined && { rollupSeconds }),
      ...(by !== undefined && { by }),
    })
    .catch((error: unknown) => {
      throw error instanceof RangeError
        ? new BadRequest('The range has too many points at this resolution')
        : error;
    });
  const series = by === undefined ? result.series : largest(result.series, limit);
  return {
    since: start,
    until: end,
    resolution: formatResolution(result.rollupSeconds),
    seconds: result.rollupSeconds,
    source: result.source,
    series,
    more: result.series.length - series.length,
  };
}

function namesOf(query: URLSearchParams): string[] {
  const names = query.getAll('name');
  if (names.length === 0) throw new BadRequest('name is missing');
  if (names.length > MAX_NAMES) throw new BadRequest(`At most ${MAX_NAMES} names can be asked for at once`);
  return names;
}

function numberOf(query: URLSearchParams, parameter: string, message: string): number | undefined {
  const text = query.get(parameter);
  if (text === null) return undefined;
  const seconds = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(seconds)) throw new BadRequest(message);
  return seconds;
}

/** `tag=key:value`, several times; a value may have colons. */
function tagsOf(query: URLSearchParams): Record<string, string> {
  const tags = query.getAll('tag').map((text) => {
    const colon = text.indexOf(':');
    if (colon < 1) throw new BadRequest('tag must be key:value');
    return [text.slice(0, colon), text.slice(colon + 1)] as const;
  });
  return Object.fromEntries(tags);
}

function limitOf(query: URLSearchParams): number {
  const text = query.get('limit') ?? String(DEFAULT_LIMIT);
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_LIMIT) throw new BadRequest(`limit must be a number from 1 to ${MAX_LIMIT}`);
  return limit;
}

/** The series with the largest totals. */
function largest(series: readonly RangeSeries[], limit: number): readonly RangeSeries[] {
  const total = ({ points }: RangeSeries) => {
    let sum = 0;
    for (const [, value] of points) sum += typeof value === 'number' ? Math.abs(value) : (value?.count ?? 0);
    return sum;
  };
  return series
    .map((each) => ({ each, total: total(each) }))
    .sort((first, second) => second.total - first.total)
    .slice(0, limit)
    .map(({ each }) => each);
}

/** Headers of every answer: no other page may embed it, guess its type or learn the address that a link was on. */
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

function sendJson(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, {
      ...HEADERS,
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    })
    .end(JSON.stringify(body));
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
