import {
  EnvironmentOptions,
  GivenOptions,
  readProcessFacts,
  type LeftOut,
  type OptionTags,
  type ProcessFacts,
} from '@tallykit/exporter-base';
import {
  readAddress,
  readClient,
  readSocketPath,
  type AddressOptions,
  type GivenClient,
  type PayloadSender,
} from '@tallykit/exporter-base/sockets';
import { STATSD_DIALECTS, type StatsdDialect } from './dialect.ts';

/** Sends datagrams over UDP. */
export interface StatsdUdpOptions extends LeftOut<'path' | 'maxLinesPerSecond' | 'client'> {
  /**
   * How to send: `udp`, `tcp`, or `unixgram` for datagrams to a unix socket file.
   *
   * @default 'udp'
   */
  readonly protocol?: 'udp' | undefined;
  /**
   * The server's name, or its IPv4 or IPv6 address. Environment: `STATSD_HOST`.
   *
   * @default '127.0.0.1'
   */
  readonly host?: string | undefined;
  /**
   * The server's port. Environment: `STATSD_PORT`.
   *
   * @default 8125
   */
  readonly port?: number | undefined;
}

/** Sends lines over TCP. */
export interface StatsdTcpOptions
  extends Pick<StatsdUdpOptions, 'host' | 'port'>, LeftOut<'path' | 'client'> {
  /** `tcp` sends lines over TCP, of which the reference server reads ASCII only. */
  readonly protocol: 'tcp';
  /**
   * How many lines may be sent in a second, 10 to 1,000,000. It is for a server that throws away what comes faster than
   * it works: Telegraf queues 10,000 lines (`allowed_pending_messages`). What can't be sent in time is kept and merged
   * with what comes later.
   *
   * @default no limit
   */
  readonly maxLinesPerSecond?: number | undefined;
}

/** Sends datagrams to a unix socket file. */
export interface StatsdUnixgramOptions extends LeftOut<'host' | 'port' | 'maxLinesPerSecond' | 'client'> {
  /** `unixgram` sends datagrams to a unix socket file, and needs the package `hot-shots` with its native part. */
  readonly protocol: 'unixgram';
  /** The path of the server's socket file. */
  readonly path: string;
}

/** Sends through a client that was handed in. */
export interface StatsdClientOptions extends LeftOut<
  'protocol' | 'host' | 'port' | 'path' | 'maxLinesPerSecond'
> {
  /**
   * A client of `hot-shots`, or an object with its `sendMessage`, to send through. It is never closed.
   *
   * @default a socket of the exporter's own
   */
  readonly client?: GivenClient | undefined;
}

/** Where to send: one of four ways. */
export type StatsdEndpointOptions =
  | StatsdUdpOptions
  | StatsdTcpOptions
  | StatsdUnixgramOptions
  | StatsdClientOptions;

/** What is sent, the same for all ways. */
export interface StatsdFormatOptions<T extends OptionTags<T> = OptionTags> {
  /**
   * A text in front of every name, as it is: end it with a dot. Environment: `STATSD_PREFIX`.
   *
   * @default ''
   */
  readonly prefix?: string | undefined;
  /**
   * Tags of every point. A resource attribute with the same key wins over one of these, a point's own attribute over both.
   *
   * @default {}
   */
  readonly tags?: T | undefined;
  /**
   * How tags are written, as the server understands them: `dogstatsd`, `graphite`, `influx`, `signalfx`, `librato` or
   * `none`. With `none` they are left out, and series that differ in tags only are merged; `tags` and `resourceTags`
   * beside it are an error.
   *
   * @default 'dogstatsd'
   */
  readonly dialect?: StatsdDialect | undefined;
  /**
   * What a histogram becomes: `samples` or `aggregates`. With `samples` it becomes timings (`ms`), from which the server
   * computes count, mean and percentiles. With `aggregates` it becomes a counter `.count` and the gauges `.sum`, `.min`,
   * `.max`, `.mean`, `.p50`, `.p90`, `.p95` and `.p99`, all exact or computed here.
   *
   * @default 'samples'
   */
  readonly histograms?: 'samples' | 'aggregates' | undefined;
  /**
   * How many timings a histogram may become in one export, 50 to 10,000. Count and mean are exact with any limit;
   * percentiles are best where the remainder by 100 is 50: 250, 650. An error beside `histograms: 'aggregates'`.
   *
   * @default 250
   */
  readonly sampleLimit?: number | undefined;
  /**
   * Whether counters are sent as whole numbers, for servers that cut each line to one. Telegraf, gostatsd, veneur and
   * netdata do, and OpenTelemetry's Collector by default. What is less than one is added to the next increase of its
   * series.
   *
   * Until then it is pending in `stats()`, as an amount without points; a `shutdown` drops it as `rounded`. An increase
   * of 2 ** 63 or more is dropped as `notRepresentable`.
   *
   * @default false
   */
  readonly wholeCounters?: boolean | undefined;
  /**
   * Whether a tag `process` tells the values of this process from those of others. With the same tags they would overwrite
   * each other. `true`: on up-down counters, and on `histograms: 'aggregates'`. `'gauges'`: on gauges as well.
   *
   * Its value is the resource's `service.instance.id`, the pod's name, or else host name and process id
   * (exporter-base, `docs/several-processes.md`).
   *
   * @default true
   */
  readonly processTag?: boolean | 'gauges' | undefined;
  /**
   * Names of resource attributes that become tags, for example `['service.name']`.
   *
   * @default []
   */
  readonly resourceTags?: readonly string[] | undefined;
  /**
   * How many bytes a datagram may have, and over `tcp` a line, 64 to 65,467. A longer line is dropped and counted.
   *
   * @default 1432 for `udp` and `client`, 8192 for `unixgram` and `tcp`
   */
  readonly maxPayloadBytes?: number | undefined;
  /**
   * How many milliseconds one export, a `forceFlush`, a `flush` or a `shutdown` may take. What is not sent by then is
   * kept and merged with what comes later; after a `shutdown` it is dropped and counted.
   *
   * @default 20_000
   */
  readonly timeoutMillis?: number | undefined;
}

/**
 * Options of {@link StatsdMetricExporter}. They can be added to: `StatsdMetricExporterOptions & { region: string }`, or an
 * interface that extends one of the ways and {@link StatsdFormatOptions}.
 */
export type StatsdMetricExporterOptions<T extends OptionTags<T> = OptionTags> = StatsdFormatOptions<T> &
  StatsdEndpointOptions;

/** What an exporter without options does. */
export const STATSD_DEFAULTS = {
  host: '127.0.0.1',
  port: 8125,
  protocol: 'udp',
  prefix: '',
  tags: {},
  dialect: 'dogstatsd',
  histograms: 'samples',
  sampleLimit: 250,
  wholeCounters: false,
  processTag: true,
  resourceTags: [],
  /** Ethernet's 1,500 bytes less the headers; a unix socket and a stream have no such limit (statsd `docs/metric_types.md`). */
  maxPayloadBytes: { udp: 1432, client: 1432, unixgram: 8192, tcp: 8192 },
  timeoutMillis: 20_000,
} as const satisfies Partial<Record<keyof StatsdMetricExporterOptions, unknown>>;

/** Where payloads go. */
export type StatsdTarget =
  | { readonly type: 'udp' | 'tcp'; readonly host: string; readonly port: number }
  | { readonly type: 'unixgram'; readonly path: string }
  | { readonly type: 'client'; readonly client: PayloadSender; readonly protocol: string | undefined };

/** Every option with its value. */
export interface StatsdSettings {
  readonly target: StatsdTarget;
  readonly prefix: string;
  readonly tags: Readonly<Record<string, string | number | boolean>>;
  readonly dialect: StatsdDialect;
  readonly histograms: 'samples' | 'aggregates';
  readonly sampleLimit: number;
  readonly wholeCounters: boolean;
  readonly processTag: boolean | 'gauges';
  readonly ownProcess: ProcessFacts;
  readonly resourceTags: readonly string[];
  readonly maxPayloadBytes: number;
  readonly maxLinesPerSecond: number | undefined;
  readonly timeoutMillis: number;
}

export const COMPONENT = 'StatsdMetricExporter';

const NAMES = [
  'host',
  'port',
  'protocol',
  'path',
  'prefix',
  'tags',
  'dialect',
  'histograms',
  'sampleLimit',
  'wholeCounters',
  'processTag',
  'resourceTags',
  'maxPayloadBytes',
  'maxLinesPerSecond',
  'timeoutMillis',
  'client',
] as const satisfies readonly (keyof StatsdMetricExporterOptions)[];

const ADDRESS: AddressOptions = {
  variables: { host: 'STATSD_HOST', port: 'STATSD_PORT' },
  defaults: STATSD_DEFAULTS,
  advice: {
    code: {
      url: 'instead of a URL give `host` and `port`',
      path: "for a socket file use `path` with `protocol: 'unixgram'`",
    },
    environment: {
      url: 'instead of a URL set STATSD_HOST and STATSD_PORT',
      path: 'a socket file is an option in code only',
    },
  },
};

/**
 * Code before environment before default.
 *
 * @throws for options that are wrong or contradict each other
 */
export function readOptions(options: StatsdMetricExporterOptions, variables = process.env): StatsdSettings {
  const given = new GivenOptions(COMPONENT, options, NAMES);
  const environment = new EnvironmentOptions(COMPONENT, variables);
  const defaults = STATSD_DEFAULTS;
  const target = readTarget(given, environment);
  const { dialect, tags, resourceTags } = readTags(given);
  return {
    target,
    prefix:
      given.text('prefix', { mayBeEmpty: true }) ?? environment.text('STATSD_PREFIX') ?? defaults.prefix,
    tags,
    dialect,
    ...readHistograms(given),
    wholeCounters: given.oneOf('wholeCounters', [true, false]) ?? defaults.wholeCounters,
    processTag: given.oneOf('processTag', [true, false, 'gauges']) ?? defaults.processTag,
    ownProcess: readProcessFacts(variables),
    resourceTags,
    maxPayloadBytes:
      given.integer('maxPayloadBytes', { min: 64, max: 65_467 }) ?? defaults.maxPayloadBytes[target.type],
    maxLinesPerSecond: readMaxLines(given, target),
    timeoutMillis: given.integer('timeoutMillis', { min: 1, max: 2 ** 31 - 1 }) ?? defaults.timeoutMillis,
  };
}

type Given = GivenOptions<(typeof NAMES)[number]>;

function readTags(given: Given): Pick<StatsdSettings, 'dialect' | 'tags' | 'resourceTags'> {
  const defaults = STATSD_DEFAULTS;
  const dialect = given.oneOf('dialect', STATSD_DIALECTS) ?? defaults.dialect;
  const tags = given.tags('tags') ?? defaults.tags;
  const resourceTags = given.texts('resourceTags') ?? defaults.resourceTags;
  const mustBe = "left out or empty beside `dialect: 'none'`, which sends no tags";
  if (dialect === 'none' && Object.keys(tags).length > 0) throw given.error('tags', mustBe);
  if (dialect === 'none' && resourceTags.length > 0) throw given.error('resourceTags', mustBe);
  return { dialect, tags, resourceTags };
}

function readHistograms(given: Given): Pick<StatsdSettings, 'histograms' | 'sampleLimit'> {
  const defaults = STATSD_DEFAULTS;
  const histograms = given.oneOf('histograms', ['samples', 'aggregates']) ?? defaults.histograms;
  const sampleLimit = given.integer('sampleLimit', { min: 50, max: 10_000 }) ?? defaults.sampleLimit;
  // Who spreads the exported defaults says nothing about samples.
  if (histograms === 'aggregates' && sampleLimit !== defaults.sampleLimit)
    throw given.error('sampleLimit', "left out beside `histograms: 'aggregates'`, which sends no samples");
  return { histograms, sampleLimit };
}

function readMaxLines(given: Given, { type }: StatsdTarget): number | undefined {
  if (given.has('maxLinesPerSecond') && type !== 'tcp')
    throw given.error('maxLinesPerSecond', "left out unless `protocol` is 'tcp'");
  return given.integer('maxLinesPerSecond', { min: 10, max: 1_000_000 });
}

function readTarget(given: Given, environment: EnvironmentOptions): StatsdTarget {
  const protocol = given.oneOf('protocol', ['udp', 'tcp', 'unixgram']) ?? STATSD_DEFAULTS.protocol;
  const path = readSocketPath(given, 'without `unix://`');
  if (given.has('client')) {
    for (const name of ['host', 'port', 'protocol', 'path'] as const) {
      if (given.has(name)) throw given.error(name, 'left out beside `client`, which knows its own server');
    }
    return { type: 'client', ...readClient(given) };
  }
  if (protocol === 'unixgram') {
    if (path === undefined)
      throw given.error('path', "the server's socket file when `protocol` is 'unixgram'");
    for (const name of ['host', 'port'] as const) {
      if (given.has(name)) throw given.error(name, "left out when `protocol` is 'unixgram'");
    }
    return { type: protocol, path };
  }
  if (path !== undefined) throw given.error('path', "left out unless `protocol` is 'unixgram'");
  return { type: protocol, ...readAddress(given, environment, ADDRESS) };
}
