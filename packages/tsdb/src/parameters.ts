import { MAX_NAMES } from './limits.ts';
import { SERIES_TYPES, type SeriesType } from './identity.ts';
import { looksLikeMillis, type RangeQuery } from './range.ts';
import { formatResolution, parseResolution, type Rollup } from './rollups.ts';

/** A request that can't be answered. The message is the answer's text. */
export class BadRequest extends Error {}

const DAY_SECONDS = 86_400;
const MAX_LIMIT = 100;
const DEFAULT_LIMIT = 12;
const LAST_FORM = 'last must be a number of seconds, 0 or more';

/** The parameters that each address takes. */
export const PARAMETERS = {
  '/api/names': [],
  '/api/series': ['name', 'type'],
  '/api/range': ['name', 'type', 'since', 'until', 'last', 'resolution', 'tag', 'by', 'limit'],
  '/api/events': ['since', 'until'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type ApiPath = keyof typeof PARAMETERS;

export function isApiPath(path: string): path is ApiPath {
  return Object.hasOwn(PARAMETERS, path);
}

/** Those that may stand in a request several times. */
const REPEATABLE: readonly string[] = ['name', 'tag'];

/** @throws BadRequest for a parameter that the address doesn't take, or takes once */
export function checkParameters(path: ApiPath, query: URLSearchParams): void {
  const accepted: readonly string[] = PARAMETERS[path];
  const unknown = [...query.keys()].find((name) => !accepted.includes(name));
  if (unknown !== undefined) {
    const which = accepted.length === 0 ? 'takes none' : `takes ${accepted.join(', ')}`;
    throw new BadRequest(`There is no parameter ${JSON.stringify(unknown.slice(0, 100))}: ${path} ${which}`);
  }
  const repeated = accepted.find((name) => !REPEATABLE.includes(name) && query.getAll(name).length > 1);
  if (repeated !== undefined) throw new BadRequest(`${repeated} may be given once`);
}

/**
 * The parameters, windows and error texts are those of Sentry's `api/base.py` (`StatsMixin`), with what is accepted added.
 *
 * @param now seconds since 1970
 * @throws BadRequest for a parameter that is wrong
 */
export function rangeQueryOf(
  query: URLSearchParams,
  rollups: readonly Rollup[],
  now: number,
): RangeQuery & { readonly start: number; readonly end: number } {
  const names = namesOf(query);
  const last = numberOf(query, 'last', LAST_FORM);
  const { since, until } = momentsOf(query);
  const end = until ?? now;
  if (since !== undefined && last !== undefined) throw new BadRequest('Give either since or last, not both');
  const start = since ?? end - (last ?? DAY_SECONDS - 1);
  if (last !== undefined && (last < 0 || looksLikeMillis(start))) throw new BadRequest(LAST_FORM);
  if (start > end) {
    throw new BadRequest(
      'start must be before or equal to end: since at most until, which is now unless it is given',
    );
  }
  const by = query.get('by') ?? undefined;
  if (by === '') throw new BadRequest('by must be the key of a tag');
  return {
    names,
    type: typeOf(query),
    start,
    end,
    rollupSeconds: resolutionOf(query, rollups),
    tags: tagsOf(query),
    by,
    limit: limitOf(query) ?? (by === undefined ? undefined : DEFAULT_LIMIT),
  };
}

/** `since` and `until`. */
export function momentsOf(query: URLSearchParams): {
  readonly since: number | undefined;
  readonly until: number | undefined;
} {
  const until = numberOf(query, 'until', 'until must be a numeric timestamp: seconds since 1970');
  const since = numberOf(query, 'since', 'since must be a numeric timestamp: seconds since 1970');
  for (const [name, seconds] of Object.entries({ since, until })) {
    if (seconds !== undefined && looksLikeMillis(seconds)) {
      throw new BadRequest(`${name} must be in seconds since 1970; ${seconds} looks like milliseconds`);
    }
  }
  return { since, until };
}

/** The names, each once. */
export function namesOf(query: URLSearchParams): readonly string[] {
  const names = [...new Set(query.getAll('name'))];
  if (names.length === 0) throw new BadRequest('name is missing');
  if (names.includes('')) throw new BadRequest('name must not be empty');
  if (names.length > MAX_NAMES) throw new BadRequest(`At most ${MAX_NAMES} names can be asked for at once`);
  return names;
}

export function typeOf(query: URLSearchParams): SeriesType | undefined {
  const text = query.get('type');
  if (text === null) return undefined;
  const type = SERIES_TYPES.find((each) => each === text);
  if (type === undefined) throw new BadRequest(`type must be one of ${SERIES_TYPES.join(', ')}`);
  return type;
}

function resolutionOf(query: URLSearchParams, rollups: readonly Rollup[]): number | undefined {
  const text = query.get('resolution');
  if (text === null) return undefined;
  const seconds = parseResolution(text);
  if (rollups.some(([each]) => each === seconds)) return seconds;
  const known = rollups.map(([each]) => formatResolution(each)).join(', ');
  throw new BadRequest(`Invalid resolution: it must be one of ${known}`);
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
  const tags = new Map<string, string>();
  for (const text of query.getAll('tag')) {
    const colon = text.indexOf(':');
    if (colon < 1) throw new BadRequest('tag must be key:value');
    const key = text.slice(0, colon);
    if (tags.has(key))
      throw new BadRequest(`tag may be given once for each key: ${key.slice(0, 100)} has two`);
    tags.set(key, text.slice(colon + 1));
  }
  return Object.fromEntries(tags);
}

function limitOf(query: URLSearchParams): number | undefined {
  const text = query.get('limit');
  if (text === null) return undefined;
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_LIMIT) throw new BadRequest(`limit must be a number from 1 to ${MAX_LIMIT}`);
  return limit;
}
