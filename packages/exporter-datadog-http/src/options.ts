// Over 300 lines, because a newcomer finds all options, their defaults and how they are read in one place.
import { hostname } from 'node:os';
import {
  EnvironmentOptions,
  GivenOptions,
  readProcessFacts,
  type OptionTags,
  type ProcessFacts,
  type TagSource,
} from '@tallykit/exporter-base';
import { readDatadogTags } from '@tallykit/exporter-base/datadog';
import { ApiKey, parseKey, type ApiKeyFunction } from './api-key.ts';

/** The part of a response of `fetch` that the exporter uses. */
export interface DatadogResponse {
  /** The HTTP status. */
  readonly status: number;
  /** The value of a header by its name in small letters, `null` when it is missing. */
  readonly headers: { get(name: string): string | null };
  /** The chunks of the body, `null` when there is none. */
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** The part of the platform's `fetch` that the exporter uses. Rejects when there is no answer. */
export type DatadogFetch = (
  url: string,
  request: {
    readonly method: 'GET' | 'POST';
    readonly headers: Readonly<Record<string, string>>;
    // A `Uint8Array<ArrayBuffer>`, which TypeScript before 5.7 doesn't know.
    readonly body?: ReturnType<typeof Uint8Array.of>;
    readonly signal: AbortSignal;
    readonly redirect: 'manual';
  },
) => Promise<DatadogResponse>;

/** The totals of a histogram that `histograms: 'aggregates'` sends. What is left out here is sent. */
export interface DatadogAggregates {
  /**
   * `.count`: how many values.
   *
   * @default true
   */
  readonly count?: boolean | undefined;
  /**
   * `.sum`: their sum, which Datadog's own clients and agents don't send unless somebody asks for it.
   *
   * @default true
   */
  readonly sum?: boolean | undefined;
  /**
   * `.avg`: their mean.
   *
   * @default true
   */
  readonly avg?: boolean | undefined;
  /**
   * `.min`: the lowest of them.
   *
   * @default true
   */
  readonly min?: boolean | undefined;
  /**
   * `.max`: the highest of them.
   *
   * @default true
   */
  readonly max?: boolean | undefined;
}

/** Options of {@link DatadogHttpMetricExporter}. */
export interface DatadogHttpMetricExporterOptions<T extends OptionTags<T> = OptionTags> {
  /**
   * The API key, or a function that gives it. Environment: `DD_API_KEY`, `DATADOG_API_KEY`. It is sent in a header only,
   * and never shown. Blanks and line ends around it are taken away. Without a key the constructor throws.
   *
   * For keys that are replaced while the program runs: a function that gives the key, or a promise of it. It is called
   * before the first request, and again when Datadog refuses the key (403). Then the request is sent once more; if that
   * is refused as well, its payload is dropped and counted as `refused`. While the function fails, gives no key, or takes
   * longer than `timeoutMillis`, nothing is dropped: everything stays pending.
   *
   * @default none: it has to be given
   */
  readonly apiKey?: string | (() => string | Promise<string>) | undefined;
  /**
   * An application key, which is accepted and never sent. Environment: `DD_APP_KEY`, `DATADOG_APP_KEY`. Datadog's own
   * clients take one; sending metrics takes the API key only.
   *
   * @default none
   */
  readonly appKey?: string | undefined;
  /**
   * The Datadog site that the key belongs to, one of {@link DATADOG_SITES}. Environment: `DD_SITE`.
   *
   * @default 'datadoghq.com'
   */
  readonly site?: DatadogSite | undefined;
  /**
   * The address to send to instead of `https://api.SITE`: a proxy, or another receiver of Datadog's protocol. Environment:
   * `DD_URL`, `DATADOG_HOST`. It may have a path. Its port must be one that `fetch` takes. `DATADOG_HOST`, as Datadog's
   * library for Python calls it, counts where neither `site` nor `DD_SITE` is set.
   *
   * @default `https://api.${site}`
   */
  readonly url?: string | undefined;
  /**
   * The version of the endpoint for counts and gauges; `v1` is for receivers that know no other, and has no units.
   *
   * @default 'v2'
   */
  readonly apiVersion?: 'v1' | 'v2' | undefined;
  /**
   * The name of the host that series and events belong to. Environment: `DD_HOSTNAME`. An empty text leaves it out.
   *
   * @default the resource's `datadog.host.name` or `host.name`, or else the machine's host name
   */
  readonly hostname?: string | undefined;
  /**
   * Tags of every point and event. Environment: `DD_ENV`, `DD_SERVICE`, `DD_VERSION`, `DD_TAGS`, `DATADOG_TAGS`. The first
   * three are the tags `env`, `service` and `version`.
   *
   * They win over resource attributes, a point's own attributes over all. `DD_TAGS` (`key:value,word`) and `DATADOG_TAGS`
   * are for others, and weaker than resource attributes; there, a tag may have several values.
   *
   * @default {}
   */
  readonly tags?: T | undefined;
  /**
   * A text in front of every metric's name, as it is: end it with a dot.
   *
   * @default ''
   */
  readonly prefix?: string | undefined;
  /**
   * What an increase is at Datadog: a `count`, which is the increase itself, or a `rate`, which is the increase for each
   * second. Datadog's library for Python, Sentry's backend `datadog` and the Agent send rates.
   *
   * It holds for counters and for `.count` of `aggregates`. A metric should have one of the two for good: a monitor on it
   * reads other numbers after a change.
   *
   * @default 'count'
   */
  readonly countersAs?: 'count' | 'rate' | undefined;
  /**
   * What a histogram becomes: `sketches`, `aggregates` or `points`. With `sketches` it becomes a distribution with exact
   * count, sum, minimum and maximum, sent as Datadog's own agents do. With `aggregates` it becomes the series `.count`,
   * `.sum`, `.avg`, `.min`, `.max` and one for each of `percentiles`. With `points` a histogram of at most 100 values is
   * sent as values of a distribution, larger ones as sketches.
   *
   * @default 'sketches'
   */
  readonly histograms?: 'sketches' | 'aggregates' | 'points' | undefined;
  /**
   * Which totals `histograms: 'aggregates'` sends, for fewer custom metrics: `{ sum: false }` leaves out `.sum`. An error
   * without `histograms: 'aggregates'`, and where nothing is left to send.
   *
   * @default { count: true, sum: true, avg: true, min: true, max: true }
   */
  readonly aggregates?: DatadogAggregates | undefined;
  /**
   * The percentiles of `histograms: 'aggregates'`, each above 0 and below 100. An error without
   * `histograms: 'aggregates'`.
   *
   * @default [50, 75, 95, 99]
   */
  readonly percentiles?: readonly number[] | undefined;
  /**
   * How requests are compressed. Sketches, distribution points and events don't take `gzip` and get `deflate` then.
   *
   * @default 'deflate'
   */
  readonly compression?: 'deflate' | 'gzip' | 'none' | undefined;
  /**
   * Whether a tag `process` tells the counts and gauges of this process from those of others. Datadog keeps one value of a
   * series for each second, the last one.
   *
   * Its value is the resource's `service.instance.id`, the pod's name, or else host name and process id (exporter-base,
   * `docs/several-processes.md`). Distributions add up by themselves and don't get it.
   *
   * @default true
   */
  readonly processTag?: boolean | undefined;
  /**
   * Names of resource attributes that become tags, under Datadog's name for them where there is one (`service.name`
   * becomes `service`).
   *
   * @default ['deployment.environment.name', 'service.name', 'service.version']
   */
  readonly resourceTags?: readonly string[] | undefined;
  /**
   * How many milliseconds one export, a `forceFlush`, a `flush`, a `shutdown` or a `validate` may take. What is not sent
   * by then is kept and merged with what comes later; after a `shutdown` it is dropped and counted.
   *
   * @default 20_000
   */
  readonly timeoutMillis?: number | undefined;
  /**
   * How many bytes a request may have before compression, 1,000 to 5,242,880. After compression it is never more than
   * 512,000.
   *
   * @default 1_048_576
   */
  readonly maxPayloadBytes?: number | undefined;
  /**
   * A function that sends the requests, for proxies and tests.
   *
   * The exporter sees whether a request began when `fetch` uses undici, as the platform's does. With any other, a request
   * that fails after a connection was made counts as one that may have arrived.
   *
   * @default the platform's `fetch`
   */
  readonly fetch?: DatadogFetch | undefined;
}

/** All sites of Datadog (datadog-api-client, `servers`). */
export const DATADOG_SITES = [
  'datadoghq.com',
  'us3.datadoghq.com',
  'us5.datadoghq.com',
  'datadoghq.eu',
  'ap1.datadoghq.com',
  'ap2.datadoghq.com',
  'uk1.datadoghq.com',
  'ddog-gov.com',
  'us2.ddog-gov.com',
] as const;

/** One of {@link DATADOG_SITES}. */
export type DatadogSite = (typeof DATADOG_SITES)[number];

/** What an exporter without options does. */
export const DATADOG_HTTP_DEFAULTS = {
  site: 'datadoghq.com',
  apiVersion: 'v2',
  tags: {},
  prefix: '',
  countersAs: 'count',
  histograms: 'sketches',
  aggregates: { count: true, sum: true, avg: true, min: true, max: true },
  percentiles: [50, 75, 95, 99],
  compression: 'deflate',
  processTag: true,
  /** What Datadog calls unified service tagging. */
  resourceTags: ['deployment.environment.name', 'service.name', 'service.version'],
  timeoutMillis: 20_000,
  /** Well below what Datadog takes, so that no payload holds up the event loop. */
  maxPayloadBytes: 1_048_576,
} as const satisfies DatadogHttpMetricExporterOptions;

/** What Datadog takes at most, before compression and after (Datadog API, "Submit metrics"). */
const MAX_INFLATED_BYTES = 5_242_880;
export const MAX_SENT_BYTES = 512_000;

/** Every option with its value. */
export interface DatadogHttpSettings {
  readonly apiKey: ApiKey;
  /** The site or the host that `apiKey` must be a key of. For messages. */
  readonly keyHolder: string;
  /** Without a slash at its end. */
  readonly url: string;
  readonly apiVersion: 'v1' | 'v2';
  /** `undefined` leaves it to the resource. */
  readonly hostname: string | undefined;
  readonly machineName: string;
  readonly ownProcess: ProcessFacts;
  /** The resource wins over these. */
  readonly weakTags: TagSource;
  /** Tags without a value. */
  readonly bareTags: readonly string[];
  readonly tags: Readonly<Record<string, string | number | boolean>>;
  readonly prefix: string;
  readonly countersAs: 'count' | 'rate';
  readonly histograms: 'sketches' | 'aggregates' | 'points';
  readonly aggregates: Readonly<Record<keyof DatadogAggregates, boolean>>;
  readonly percentiles: readonly number[];
  readonly compression: 'deflate' | 'gzip' | 'none';
  readonly processTag: boolean;
  readonly resourceTags: readonly string[];
  readonly timeoutMillis: number;
  readonly maxPayloadBytes: number;
  readonly fetch: DatadogFetch;
}

export const COMPONENT = 'DatadogHttpMetricExporter';

const NAMES = [
  'apiKey',
  'appKey',
  'site',
  'url',
  'apiVersion',
  'hostname',
  'tags',
  'prefix',
  'countersAs',
  'histograms',
  'aggregates',
  'percentiles',
  'compression',
  'processTag',
  'resourceTags',
  'timeoutMillis',
  'maxPayloadBytes',
  'fetch',
] as const satisfies readonly (keyof DatadogHttpMetricExporterOptions)[];

type Given = GivenOptions<(typeof NAMES)[number]>;

/**
 * Code before environment before default.
 *
 * @throws for options that are wrong, for a missing API key, and for an unknown site: there is no safe guess in whose data
 * centre the metrics belong
 */
export function readOptions(
  options: DatadogHttpMetricExporterOptions,
  variables = process.env,
): DatadogHttpSettings {
  const given = new GivenOptions(COMPONENT, options, NAMES);
  const environment = new EnvironmentOptions(COMPONENT, variables);
  const defaults = DATADOG_HTTP_DEFAULTS;
  const apiKey = readApiKey(given, environment);
  const { pairs, bare, unified } = readDatadogTags(environment);
  const url = readUrl(given, environment);
  const site = url === undefined ? readSite(given, environment) : undefined;
  return {
    apiKey,
    keyHolder: site ?? new URL(url!).host,
    url: url ?? `https://api.${site}`,
    apiVersion: given.oneOf('apiVersion', ['v2', 'v1']) ?? defaults.apiVersion,
    hostname: given.text('hostname', { mayBeEmpty: true }) ?? environment.text('DD_HOSTNAME'),
    machineName: hostname(),
    ownProcess: readProcessFacts(variables),
    weakTags: pairs,
    bareTags: bare,
    tags: { ...unified, ...(given.tags('tags') ?? defaults.tags) },
    prefix: given.text('prefix', { mayBeEmpty: true }) ?? defaults.prefix,
    countersAs: given.oneOf('countersAs', ['count', 'rate']) ?? defaults.countersAs,
    ...readHistograms(given),
    compression: given.oneOf('compression', ['deflate', 'gzip', 'none']) ?? defaults.compression,
    processTag: given.oneOf('processTag', [true, false]) ?? defaults.processTag,
    resourceTags: given.texts('resourceTags') ?? defaults.resourceTags,
    timeoutMillis: given.integer('timeoutMillis', { min: 1, max: 2 ** 31 - 1 }) ?? defaults.timeoutMillis,
    maxPayloadBytes:
      given.integer('maxPayloadBytes', { min: 1000, max: MAX_INFLATED_BYTES }) ?? defaults.maxPayloadBytes,
    fetch:
      given.parse('fetch', "a function like the platform's `fetch`", parseFetch) ??
      ((address, request) => fetch(address, request)),
  };
}

const AGGREGATES = ['count', 'sum', 'avg', 'min', 'max'] as const;

function readHistograms(
  given: Given,
): Pick<DatadogHttpSettings, 'histograms' | 'aggregates' | 'percentiles'> {
  const defaults = DATADOG_HTTP_DEFAULTS;
  const histograms = given.oneOf('histograms', ['sketches', 'aggregates', 'points']) ?? defaults.histograms;
  const percentiles =
    given.parse('percentiles', 'an array of numbers above 0 and below 100', parsePercentiles) ??
    defaults.percentiles;
  const chosen = new GivenOptions(COMPONENT, given.object('aggregates') ?? {}, AGGREGATES, 'aggregates');
  const aggregates = { ...defaults.aggregates } as Record<keyof DatadogAggregates, boolean>;
  for (const name of AGGREGATES) aggregates[name] = chosen.oneOf(name, [true, false]) ?? aggregates[name];
  for (const name of ['aggregates', 'percentiles'] as const) {
    // Who spreads the exported defaults says nothing about aggregates.
    const isGiven = given.has(name) && given.raw(name) !== defaults[name];
    if (isGiven && histograms !== 'aggregates')
      throw given.error(name, "left out without `histograms: 'aggregates'`");
  }
  if (percentiles.length === 0 && !AGGREGATES.some((name) => aggregates[name]))
    throw given.error('aggregates', 'an object that leaves something to send, or `percentiles` not be empty');
  return { histograms, aggregates, percentiles };
}

const A_KEY = 'a string, or a function that returns one or a promise of one';

function readApiKey(given: Given, environment: EnvironmentOptions): ApiKey {
  const appKey =
    given.text('appKey', { mayBeEmpty: true }) ??
    environment.text('DD_APP_KEY') ??
    environment.text('DATADOG_APP_KEY');
  const key =
    given.parse('apiKey', A_KEY, parseGivenKey) ??
    environment.text('DD_API_KEY') ??
    environment.text('DATADOG_API_KEY');
  if (typeof key === 'function') return new ApiKey(key);
  if (!key?.trim()) {
    const advice = appKey === undefined ? undefined : 'an application key is not enough to send metrics';
    throw given.error('apiKey', 'given, or the variable DD_API_KEY or DATADOG_API_KEY be set', advice);
  }
  const parsed = parseKey(key);
  if (parsed === undefined) {
    const mustBe =
      'made of characters that can be sent in a header, and so must DD_API_KEY and DATADOG_API_KEY';
    throw given.error('apiKey', mustBe, 'copy it again from Organization Settings, API Keys');
  }
  return new ApiKey(parsed);
}

function parseGivenKey(value: unknown): string | ApiKeyFunction | undefined {
  return typeof value === 'string' || typeof value === 'function'
    ? (value as string | ApiKeyFunction)
    : undefined;
}

function readSite(given: Given, environment: EnvironmentOptions): DatadogSite {
  const site = given.oneOf('site', DATADOG_SITES);
  if (site !== undefined) return site;
  const find = (text: string) => DATADOG_SITES.find((one) => one === text.toLowerCase());
  const mustBe = `one of ${DATADOG_SITES.join(', ')}, or for other addresses the option \`url\` (DD_URL) be set`;
  return environment.parse('DD_SITE', mustBe, find, 'throw') ?? DATADOG_HTTP_DEFAULTS.site;
}

const A_URL = 'an address that begins with http:// or https://, without user name, query and fragment';

const A_PORT_FOR_FETCH =
  'an address with a port that `fetch` takes, which refuses the well-known ports of other protocols ' +
  '(https://fetch.spec.whatwg.org/#port-blocking)';
const OTHER_PORT = 'let the receiver listen at another port';

/** A wrong address is never ignored, because data and key must not go to another host than was meant. */
function readUrl(given: Given, environment: EnvironmentOptions): string | undefined {
  const variable = urlVariable(given, environment);
  const url = given.parse('url', A_URL, parseUrl) ?? environment.parse(variable, A_URL, parseUrl, 'throw');
  // What ports a `fetch` of the program takes isn't known.
  if (url === undefined || given.has('fetch') || !REFUSED_PORTS.has(Number(new URL(url).port))) return url;
  throw given.has('url')
    ? given.error('url', A_PORT_FOR_FETCH, OTHER_PORT)
    : environment.error(variable, A_PORT_FOR_FETCH, OTHER_PORT);
}

/**
 * `DATADOG_HOST` is the address to Datadog's library for Python (datadogpy, `datadog/__init__.py`), which knows no site.
 * It is often set for other programs, so whatever else says where to send wins over it.
 */
function urlVariable(given: Given, environment: EnvironmentOptions): string {
  const isSaid =
    given.has('site') || ['DD_URL', 'DD_SITE'].some((name) => environment.text(name) !== undefined);
  return isSaid ? 'DD_URL' : 'DATADOG_HOST';
}

/** "Bad ports" of the Fetch standard, "Port blocking": `fetch` fails before it connects. */
const REFUSED_PORTS: ReadonlySet<number> = new Set([
  1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
  109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515,
  526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
  3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);

function parseUrl(text: unknown): string | undefined {
  if (typeof text !== 'string' || !URL.canParse(text)) return undefined;
  const { protocol, username, password, search, hash, href } = new URL(text);
  const isPlain = username === '' && password === '' && search === '' && hash === '';
  return isPlain && /^https?:$/.test(protocol) ? href.replace(/\/+$/, '') : undefined;
}

function parsePercentiles(value: unknown): readonly number[] | undefined {
  const isPercentile = (one: unknown) => typeof one === 'number' && one > 0 && one < 100;
  return Array.isArray(value) && value.every(isPercentile) ? [...new Set<number>(value)] : undefined;
}

function parseFetch(value: unknown): DatadogFetch | undefined {
  return typeof value === 'function' ? (value as DatadogFetch) : undefined;
}
