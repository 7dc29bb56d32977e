// Over 300 lines, because a newcomer finds all options, their defaults and how they are read in one place.
import {
  EnvironmentOptions,
  GivenOptions,
  readProcessFacts,
  type LeftOut,
  type OptionTags,
  type ProcessFacts,
  type TagSource,
} from '@tallykit/exporter-base';
import { readDatadogTags } from '@tallykit/exporter-base/datadog';
import {
  parseAddress,
  readAddress,
  readClient,
  readSocketPath,
  type AddressOptions,
  type GivenClient,
  type PayloadSender,
} from '@tallykit/exporter-base/sockets';
import { findContainer } from './container-id.ts';

/** How many tags about its origin the Agent adds to a metric: `low` for those of the host, `high` for those of the container. */
export type DogStatsdCardinality = 'none' | 'low' | 'orchestrator' | 'high';

/** Sends to an address that is written as a URL. */
export interface DogStatsdUrlOptions extends LeftOut<'host' | 'port' | 'path' | 'client'> {
  /**
   * Where the Agent listens: `udp://HOST:PORT`, `unixstream:///PATH`, `unixgram:///PATH`, or `unix:///PATH`, which finds
   * out what kind of socket that is. An IPv6 address stands in brackets. Environment: `DD_DOGSTATSD_URL`.
   *
   * @default `host` and `port`
   */
  readonly url?: string | undefined;
}

/** Sends datagrams over UDP. */
export interface DogStatsdUdpOptions extends LeftOut<'url' | 'path' | 'client'> {
  /**
   * The Agent's name, or its IPv4 or IPv6 address, for UDP. Environment: `DD_AGENT_HOST`. The variable may be a `unix://`
   * URL as well.
   *
   * @default '127.0.0.1'
   */
  readonly host?: string | undefined;
  /**
   * The Agent's port, for UDP. Environment: `DD_DOGSTATSD_PORT`.
   *
   * @default 8125
   */
  readonly port?: number | undefined;
}

/** Sends to a unix socket file. */
export interface DogStatsdPathOptions extends LeftOut<'url' | 'host' | 'port' | 'client'> {
  /**
   * The path of the Agent's socket file, of streams or datagrams: the same as `url: 'unix://PATH'`. Environment:
   * `DD_DOGSTATSD_SOCKET`.
   *
   * @default `host` and `port`
   */
  readonly path?: string | undefined;
}

/** Sends through a client that was handed in. */
export interface DogStatsdClientOptions extends LeftOut<'url' | 'host' | 'port' | 'path'> {
  /**
   * A client of `hot-shots`, or an object with its `sendMessage`, to send through. It is never closed.
   *
   * @default a socket of the exporter's own
   */
  readonly client?: GivenClient | undefined;
}

/** Where to send: one of four ways, or by default what the environment says. */
export type DogStatsdEndpointOptions =
  | DogStatsdUdpOptions
  | DogStatsdUrlOptions
  | DogStatsdPathOptions
  | DogStatsdClientOptions;

/** What is sent, the same for all ways. */
export interface DogStatsdFormatOptions<T extends OptionTags<T> = OptionTags> {
  /**
   * A text in front of every name, as it is: end it with a dot. Names of service checks don't get it.
   *
   * @default ''
   */
  readonly prefix?: string | undefined;
  /**
   * Tags of everything: points, events, service checks. Environment: `DD_ENV`, `DD_SERVICE`, `DD_VERSION`, `DD_TAGS`,
   * `DATADOG_TAGS`, `DD_ENTITY_ID`. The first three are the tags `env`, `service` and `version`; `DD_TAGS` and
   * `DATADOG_TAGS` are for others, and may give a tag several values. A point's own attribute wins over all of these.
   *
   * @default {}
   */
  readonly tags?: T | undefined;
  /**
   * What a histogram becomes: `distribution` (`d`, percentiles over all hosts), `histogram` (`h`, percentiles of each
   * host) or `timing` (`ms`, the same in milliseconds).
   *
   * @default 'distribution'
   */
  readonly histograms?: 'distribution' | 'histogram' | 'timing' | undefined;
  /**
   * Whether counters and gauges carry their time (Agent 7.40). The Agent then doesn't aggregate them, and of points of
   * one series with the same second only the last one counts.
   *
   * @default false
   */
  readonly timestamps?: boolean | undefined;
  /**
   * Whether samples of equal weight share a line, as Agents from 6.25 and 7.25 on, and few other servers, understand it.
   *
   * @default false
   */
  readonly valuePacking?: boolean | undefined;
  /**
   * Whether to tell the Agent from which container the data comes, by the container's id and `DD_EXTERNAL_ENV`.
   * Environment: `DD_ORIGIN_DETECTION_ENABLED`. The Agent reads that with its setting
   * `dogstatsd_origin_detection_client`; other servers refuse it.
   *
   * @default false
   */
  readonly originDetection?: boolean | undefined;
  /**
   * The container's id, sent as `c:` (Agent 7.51 for `ci-` and `in-`). It is sent with and without `originDetection`.
   *
   * @default with `originDetection` it is found, and without it there is none
   */
  readonly containerId?: string | undefined;
  /**
   * What the Agent's admission controller has written about the container, sent as `e:` (Agent 7.57). Environment:
   * `DD_EXTERNAL_ENV`. The variable is read with `originDetection` only.
   *
   * @default none
   */
  readonly externalEnv?: string | undefined;
  /**
   * How many tags of the container the Agent adds: `none`, `low`, `orchestrator` or `high`, sent as `card:` (Agent 7.64).
   * Environment: `DD_CARDINALITY`.
   *
   * @default the Agent's own setting
   */
  readonly cardinality?: DogStatsdCardinality | undefined;
  /**
   * Whether to send figures about the exporter every 10 seconds, `datadog.dogstatsd.client.*`, with the names and tags of
   * Datadog's own clients.
   *
   * @default false
   */
  readonly telemetry?: boolean | undefined;
  /**
   * Whether a tag `process` tells the values of this process from those of others. With the same tags they would overwrite
   * each other. `true`: on up-down counters, and with `timestamps` on counters and gauges. `'gauges'`: on gauges
   * as well.
   *
   * Its value is the resource's `service.instance.id`, the pod's name, or else host name and process id
   * (exporter-base, `docs/several-processes.md`).
   *
   * @default true
   */
  readonly processTag?: boolean | 'gauges' | undefined;
  /**
   * Names of further resource attributes that become tags, for example `['k8s.pod.name']`.
   *
   * @default []
   */
  readonly resourceTags?: readonly string[] | undefined;
  /**
   * How many bytes a payload may have, 256 to 65,467. A longer line is dropped and counted. Events and service checks may
   * have 8192 in any case. The Agent cuts off what is longer than its `dogstatsd_buffer_size`, 8192.
   *
   * @default 1432 for UDP and `client`, 8192 for unix sockets
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
 * Options of {@link DogStatsdMetricExporter}. They can be added to: `DogStatsdMetricExporterOptions & { region: string }`, or
 * an interface that extends one of the ways and {@link DogStatsdFormatOptions}.
 */
export type DogStatsdMetricExporterOptions<T extends OptionTags<T> = OptionTags> = DogStatsdFormatOptions<T> &
  DogStatsdEndpointOptions;

/** What an exporter without options does. */
export const DOGSTATSD_DEFAULTS = {
  host: '127.0.0.1',
  port: 8125,
  prefix: '',
  tags: {},
  histograms: 'distribution',
  timestamps: false,
  valuePacking: false,
  originDetection: false,
  telemetry: false,
  processTag: true,
  resourceTags: [],
  /** Ethernet's 1,500 bytes less the headers, and the Agent's buffer (datadog-go `statsd/options.go`). */
  maxPayloadBytes: { udp: 1432, client: 1432, unix: 8192, unixgram: 8192, unixstream: 8192 },
  timeoutMillis: 20_000,
} as const satisfies Partial<Record<keyof DogStatsdMetricExporterOptions, unknown>>;

/** Where payloads go. */
export type DogStatsdTarget =
  | { readonly type: 'udp'; readonly host: string; readonly port: number }
  | { readonly type: 'unix' | 'unixgram' | 'unixstream'; readonly path: string }
  | { readonly type: 'client'; readonly client: PayloadSender; readonly protocol: string | undefined };

type Tags = Readonly<Record<string, string | number | boolean>>;

/** Every option with its value. */
export interface DogStatsdSettings {
  readonly target: DogStatsdTarget;
  readonly prefix: string;
  /** The resource wins over these. */
  readonly weakTags: TagSource;
  /** Tags without a value. */
  readonly bareTags: readonly string[];
  readonly tags: Tags;
  readonly histograms: 'distribution' | 'histogram' | 'timing';
  readonly timestamps: boolean;
  readonly valuePacking: boolean;
  /** At the end of every message: container, external environment, cardinality. */
  readonly originFields: string;
  readonly telemetry: boolean;
  readonly processTag: boolean | 'gauges';
  readonly ownProcess: ProcessFacts;
  readonly resourceTags: readonly string[];
  readonly maxPayloadBytes: number;
  readonly timeoutMillis: number;
}

export const COMPONENT = 'DogStatsdMetricExporter';

const NAMES = [
  'url',
  'host',
  'port',
  'path',
  'prefix',
  'tags',
  'histograms',
  'timestamps',
  'valuePacking',
  'originDetection',
  'containerId',
  'externalEnv',
  'cardinality',
  'telemetry',
  'processTag',
  'resourceTags',
  'maxPayloadBytes',
  'timeoutMillis',
  'client',
] as const satisfies readonly (keyof DogStatsdMetricExporterOptions)[];

const BOOLEANS = [true, false] as const;
const HISTOGRAMS = ['distribution', 'histogram', 'timing'] as const;
const CARDINALITIES: readonly DogStatsdCardinality[] = ['none', 'low', 'orchestrator', 'high'];
const A_URL =
  'a URL udp://HOST:PORT (an IPv6 address in brackets), unixstream:///PATH, unixgram:///PATH or unix:///PATH';
const ADDRESS: AddressOptions = {
  variables: { host: 'DD_AGENT_HOST', port: 'DD_DOGSTATSD_PORT' },
  defaults: DOGSTATSD_DEFAULTS,
  advice: {
    code: { url: 'for a URL use `url`', path: 'for a socket file use `path`' },
    environment: { url: 'for a URL set DD_DOGSTATSD_URL', path: 'for a socket file set DD_DOGSTATSD_SOCKET' },
  },
};

type Given = GivenOptions<(typeof NAMES)[number]>;

/**
 * Code before environment before default.
 *
 * @throws for options that are wrong or contradict each other
 */
export function readOptions(
  options: DogStatsdMetricExporterOptions,
  variables = process.env,
): DogStatsdSettings {
  const given = new GivenOptions(COMPONENT, options, NAMES);
  const environment = new EnvironmentOptions(COMPONENT, variables);
  const defaults = DOGSTATSD_DEFAULTS;
  const target = readTarget(given, environment);
  const { pairs, bare, unified, entityId } = readDatadogTags(environment);
  return {
    target,
    prefix: given.text('prefix', { mayBeEmpty: true }) ?? defaults.prefix,
    weakTags: pairs,
    bareTags: bare,
    tags: {
      ...unified,
      // The Agent replaces this tag by those of that pod or task.
      ...(entityId !== undefined && { 'dd.internal.entity_id': entityId }),
      ...(given.tags('tags') ?? defaults.tags),
    },
    histograms: given.oneOf('histograms', HISTOGRAMS) ?? defaults.histograms,
    timestamps: given.oneOf('timestamps', BOOLEANS) ?? defaults.timestamps,
    valuePacking: given.oneOf('valuePacking', BOOLEANS) ?? defaults.valuePacking,
    originFields: readOrigin(given, environment),
    telemetry: given.oneOf('telemetry', BOOLEANS) ?? defaults.telemetry,
    processTag: given.oneOf('processTag', [true, false, 'gauges']) ?? defaults.processTag,
    ownProcess: readProcessFacts(variables),
    resourceTags: given.texts('resourceTags') ?? defaults.resourceTags,
    maxPayloadBytes:
      given.integer('maxPayloadBytes', { min: 256, max: 65_467 }) ?? defaults.maxPayloadBytes[target.type],
    timeoutMillis: given.integer('timeoutMillis', { min: 1, max: 2 ** 31 - 1 }) ?? defaults.timeoutMillis,
  };
}

/** The options that name an endpoint. Only one of these groups may be given. */
const ENDPOINTS = [['client'], ['url'], ['path'], ['host', 'port']] as const;

function readTarget(given: Given, environment: EnvironmentOptions): DogStatsdTarget {
  const chosen = ENDPOINTS.map((names) => names.find((name) => given.has(name))).filter(
    (name) => name !== undefined,
  );
  const [setting, other] = chosen;
  if (other !== undefined)
    throw given.error(other, `left out beside \`${setting}\`, which says where to send`);
  switch (setting) {
    case 'client':
      return { type: 'client', ...readClient(given) };
    case 'url':
      return given.parse('url', A_URL, parseUrl)!;
    case 'path':
      return { type: 'unix', path: readSocketPath(given, ADDRESS.advice.code.url)! };
    case 'host':
    case 'port':
      return { type: 'udp', ...readAddress(given, environment, ADDRESS) };
    default:
      return targetOfVariables(environment) ?? { type: 'udp', ...readAddress(given, environment, ADDRESS) };
  }
}

/** The endpoint that variables name, in Datadog's own order: the URL, the socket, host and port. */
function targetOfVariables(environment: EnvironmentOptions): DogStatsdTarget | undefined {
  return (
    environment.parse('DD_DOGSTATSD_URL', A_URL, parseUrl, 'throw') ??
    environment.parse('DD_DOGSTATSD_SOCKET', 'a path such as /x or unix:///x', parseSocket, 'throw') ??
    parseUnixUrl(environment.text('DD_AGENT_HOST') ?? '')
  );
}

function parseUrl(url: unknown): DogStatsdTarget | undefined {
  if (typeof url !== 'string') return undefined;
  const [, address] = /^udp:\/\/(.*?)\/?$/s.exec(url) ?? [];
  if (address === undefined) return parseUnixUrl(url);
  const target = parseAddress(address, DOGSTATSD_DEFAULTS.port);
  return target && { type: 'udp', ...target };
}

function parseUnixUrl(url: string): DogStatsdTarget | undefined {
  const [, type, path] = /^(unix|unixgram|unixstream):\/\/(\/.+)$/s.exec(url) ?? [];
  return path === undefined ? undefined : { type: type as 'unix', path };
}

function parseSocket(text: string): DogStatsdTarget | undefined {
  return text.includes('://') ? parseUnixUrl(text) : { type: 'unix', path: text };
}

/** Only fields that somebody asked for, because other servers than the Agent refuse lines with them. */
function readOrigin(given: Given, environment: EnvironmentOptions): string {
  const isDetected =
    given.oneOf('originDetection', BOOLEANS) ??
    environment.boolean('DD_ORIGIN_DETECTION_ENABLED') ??
    DOGSTATSD_DEFAULTS.originDetection;
  const container =
    given.parse('containerId', "a container's id: letters, digits, `.`, `_` and `-`", parseContainer) ??
    (isDetected ? findContainer() : undefined);
  const external =
    given.text('externalEnv') ?? (isDetected ? environment.text('DD_EXTERNAL_ENV') : undefined) ?? '';
  // Characters that can't be printed, and `|`, are left out, as the official clients do.
  const externalEnv = external.replace(/[\p{C}\p{Z}|]/gu, '');
  const cardinality =
    given.oneOf('cardinality', CARDINALITIES) ?? environment.oneOf('DD_CARDINALITY', CARDINALITIES);
  return [
    container && `|c:${container}`,
    externalEnv && `|e:${externalEnv}`,
    cardinality && `|card:${cardinality}`,
  ]
    .filter(Boolean)
    .join('');
}

function parseContainer(id: unknown): string | undefined {
  if (typeof id !== 'string' || !/^[\w.-]+$/.test(id)) return undefined;
  return /^(?:ci|in)-/.test(id) ? id : `ci-${id}`;
}
