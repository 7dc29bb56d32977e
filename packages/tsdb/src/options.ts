import { GivenOptions, loadOptional } from '@tallykit/exporter-base';
import { loadedFrom, loadRedis } from './load-redis.cts';
import type { RedisClient } from './redis-connection.ts';
import { DEFAULT_ROLLUPS, SPARE_BUCKETS, type Rollup } from './rollups.ts';

/** Redis for a fleet: the values of all processes with the same `keyPrefix` add up. */
export interface RedisOptions {
  /**
   * `redis[s]://[[user][:password]@]host[:port][/database]`.
   *
   * @default 'redis://127.0.0.1:6379'
   */
  readonly url?: string | undefined;
  /**
   * Stands in front of every key. All keys of a batch have to lie in one slot of a cluster: give it a hash tag there,
   * `{metrics}:`.
   *
   * @default 'tallykit:'
   */
  readonly keyPrefix?: string | undefined;
  /**
   * How many milliseconds connecting, and each command, may take.
   *
   * @default 5000
   */
  readonly timeoutMillis?: number | undefined;
  /**
   * How many bytes of memory may be used for what Redis didn't take yet. Beyond it, the oldest values are merged into coarser
   * buckets. When there are no coarser ones, they are dropped and counted.
   *
   * @default 67_108_864
   */
  readonly maxPendingBytes?: number | undefined;
  /**
   * Makes a client of the package `redis` that is not connected yet, for options that a URL can't hold. Set
   * `socket.reconnectStrategy: false` and `disableOfflineQueue: true`, because the store makes a new client after each
   * failure.
   *
   * @default makes a client of `url`
   */
  readonly createClient?: (() => RedisClient) | undefined;
}

/** Options of {@link TimeseriesStore}. */
export interface TimeseriesStoreOptions {
  /**
   * How history is kept, from fine to coarse: how many seconds a bucket has, and how many buckets are kept. The seconds of
   * each rollup are a multiple of those before.
   *
   * @default [[10, 360], [60, 1440], [3600, 168], [86_400, 90]]
   */
  readonly rollups?: readonly Rollup[] | undefined;
  /**
   * How many series are kept in memory, at least 1.
   *
   * @default 10_000
   */
  readonly maxSeries?: number | undefined;
  /**
   * How much memory their history may take, in bytes.
   *
   * @default 268_435_456
   */
  readonly maxBytes?: number | undefined;
  /**
   * After how many seconds without values a series is forgotten, at least 60. A name goes with its last series. In Redis too,
   * where all processes need the same.
   *
   * @default as long as the coarsest rollup reaches
   */
  readonly idleSeconds?: number | undefined;
  /**
   * How many buckets each stored distribution has, 16 to 640. More of them make quantiles finer and take more memory.
   *
   * @default 64
   */
  readonly histogramBuckets?: number | undefined;
  /**
   * Keeps history in Redis as well, for all processes together: a URL, or more options. Needs the package `redis`.
   *
   * @default history in memory only
   */
  readonly redis?: string | RedisOptions | undefined;
  /**
   * Gives the time in milliseconds since 1970. For tests.
   *
   * @default Date.now
   */
  readonly now?: (() => number) | undefined;
}

/** What a store without options does. */
export const TIMESERIES_STORE_DEFAULTS = {
  rollups: DEFAULT_ROLLUPS,
  maxSeries: 10_000,
  maxBytes: 256 * 1024 * 1024,
  histogramBuckets: 64,
  redis: {
    url: 'redis://127.0.0.1:6379',
    keyPrefix: 'tallykit:',
    timeoutMillis: 5000,
    maxPendingBytes: 64 * 1024 * 1024,
  },
} as const satisfies Partial<Record<keyof TimeseriesStoreOptions, unknown>>;

export interface RedisSettings {
  /** Host and port. */
  readonly destination: string;
  /** The password, in the spellings in which an error may repeat it. */
  readonly secrets: readonly string[];
  readonly keyPrefix: string;
  readonly timeoutMillis: number;
  readonly maxPendingBytes: number;
  readonly createClient: () => RedisClient | Promise<RedisClient>;
}

export interface StoreSettings {
  readonly rollups: readonly Rollup[];
  readonly maxSeries: number;
  readonly maxBytes: number;
  readonly idleSeconds: number;
  readonly histogramBuckets: number;
  readonly redis: RedisSettings | undefined;
  readonly now: () => number;
}

export const COMPONENT = 'TimeseriesStore';

const LARGEST = 2 ** 31 - 1;

/** @throws for options that are wrong, naming them and what they take */
export function readOptions(options: TimeseriesStoreOptions): StoreSettings {
  const names = [
    'rollups',
    'maxSeries',
    'maxBytes',
    'idleSeconds',
    'histogramBuckets',
    'redis',
    'now',
  ] as const;
  const given = new GivenOptions(COMPONENT, options, names);
  const defaults = TIMESERIES_STORE_DEFAULTS;
  const rollups = given.raw('rollups') ?? defaults.rollups;
  if (!areRollups(rollups)) {
    throw given.error(
      'rollups',
      'a list of [seconds, samples], whole numbers from 1, each of the seconds a multiple of those before',
    );
  }
  const [coarsestSeconds, coarsestSamples] = rollups.at(-1)!;
  const now = given.raw('now') ?? Date.now;
  if (typeof now !== 'function') throw given.error('now', 'a function that returns milliseconds since 1970');
  return {
    rollups: rollups.map(([seconds, samples]) => [seconds, samples]),
    maxSeries: given.integer('maxSeries', { min: 1, max: LARGEST }) ?? defaults.maxSeries,
    maxBytes: given.integer('maxBytes', { min: 1, max: Number.MAX_SAFE_INTEGER }) ?? defaults.maxBytes,
    idleSeconds:
      given.integer('idleSeconds', { min: 60, max: LARGEST }) ??
      coarsestSeconds * (coarsestSamples + SPARE_BUCKETS),
    histogramBuckets: given.integer('histogramBuckets', { min: 16, max: 640 }) ?? defaults.histogramBuckets,
    redis: given.has('redis') ? readRedis(given.raw('redis')) : undefined,
    now: now as () => number,
  };
}

function areRollups(value: unknown): value is readonly Rollup[] {
  const isRollup = (each: unknown) =>
    Array.isArray(each) && each.length === 2 && each.every((part) => Number.isInteger(part) && part > 0);
  if (!Array.isArray(value) || value.length === 0 || !value.every(isRollup)) return false;
  const seconds = (value as readonly Rollup[]).map(([each]) => each);
  return seconds.every((each, index) => {
    const finer = seconds[index - 1];
    return finer === undefined || (each > finer && each % finer === 0);
  });
}

function readRedis(value: unknown): RedisSettings {
  const names = ['url', 'keyPrefix', 'timeoutMillis', 'maxPendingBytes', 'createClient'] as const;
  const options = typeof value === 'string' ? { url: value } : value;
  const given = new GivenOptions(COMPONENT, options, names, 'redis');
  const defaults = TIMESERIES_STORE_DEFAULTS.redis;
  const createClient = given.raw('createClient');
  if (createClient !== undefined && typeof createClient !== 'function') {
    throw given.error('createClient', 'a function that returns a client of the package `redis`');
  }
  if (createClient !== undefined && given.has('url')) {
    throw given.error('createClient', 'left out beside `url`, or the other way round');
  }
  const url = given.text('url') ?? defaults.url;
  if (!/^rediss?:\/\/./.test(url) || !URL.canParse(url)) {
    throw given.error('url', `a URL such as "${defaults.url}"`);
  }
  const timeoutMillis = given.integer('timeoutMillis', { min: 1, max: LARGEST }) ?? defaults.timeoutMillis;
  return {
    destination: createClient ? 'the server of `createClient`' : new URL(url).host,
    secrets: createClient ? [] : secretsOf(url),
    keyPrefix: given.text('keyPrefix', { mayBeEmpty: true }) ?? defaults.keyPrefix,
    timeoutMillis,
    maxPendingBytes:
      given.integer('maxPendingBytes', { min: 1, max: Number.MAX_SAFE_INTEGER }) ?? defaults.maxPendingBytes,
    createClient:
      (createClient as (() => RedisClient) | undefined) ?? (() => createRedisClient(url, timeoutMillis)),
  };
}

function secretsOf(url: string): readonly string[] {
  const { password } = new URL(url);
  if (password === '') return [];
  try {
    return [...new Set([decodeURIComponent(password), password])];
  } catch {
    // A percent sign that encodes nothing.
    return [password];
  }
}

/** Loaded only by stores that use it: who keeps history in memory needs no client. */
async function createRedisClient(url: string, timeoutMillis: number): Promise<RedisClient> {
  const { createClient } = loadRedisPackage();
  return createClient({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: timeoutMillis, reconnectStrategy: false },
  });
}

/** @throws when it can't be loaded; a later attempt may succeed */
function loadRedisPackage(): typeof import('redis') {
  return loadOptional<typeof import('redis')>({
    name: 'redis',
    load: loadRedis,
    from: loadedFrom,
    member: 'createClient',
  });
}
