import { visible } from '@tallykit/exporter-base';
import { readTagList } from '@tallykit/exporter-base/datadog';
import type { BackendName, BackendOptions } from './backend-names.ts';
import { isObject, settingError, type Setting } from './setting.ts';
import { tagsOf } from './tag-list.ts';
import type { UnusedSettings } from './unused-settings.ts';

type Names = Readonly<Record<string, string>>;

/** Names of options in Sentry's and Datadog's own settings for which the exporters have another name. */
const OPTION_NAMES: Readonly<Partial<Record<BackendName, Names>>> = {
  statsd: { statsdHost: 'host', statsdPort: 'port' },
  dogstatsd: { statsdHost: 'host', statsdPort: 'port', statsdSocketPath: 'path' },
  datadog: { apiHost: 'url', hostName: 'hostname' },
};

/** To Sentry's backend for Datadog's API, `host` is the host name that it reports. */
const SENTRY_OPTION_NAMES: Readonly<Partial<Record<BackendName, Names>>> = {
  datadog: { host: 'hostname' },
};

const ONE_CLIENT = 'it is about the client of Python';
const ONLY_API = "only Datadog's API, the backend datadog, has use for it";
const ONLY_AGENT = 'only the backend dogstatsd has use for it';

/** Options of `initialize` of the package `datadog` of Python (datadogpy, `datadog/__init__.py`) without a counterpart. */
const PYTHON_ONLY: Names = {
  mute: ONE_CLIENT,
  returnRawResponse: ONE_CLIENT,
  statsdDisableAggregation: ONE_CLIENT,
  statsdDisableBuffering: ONE_CLIENT,
  statsdAggregationFlushInterval: 'the option `exportIntervalMillis` says how often metrics are sent',
  statsdMaxSamplesPerContext: ONE_CLIENT,
  maxTimeouts: ONE_CLIENT,
  maxRetries: ONE_CLIENT,
  backoffPeriod: ONE_CLIENT,
  hostnameFromConfig:
    'no configuration of an Agent is read: the option `hostname` or DD_HOSTNAME says the name',
  cacert: 'NODE_EXTRA_CA_CERTS names the file with the certificates',
};

const WITHOUT_EFFECT: Readonly<Partial<Record<BackendName, Names>>> = {
  statsd: { ...PYTHON_ONLY, apiKey: ONLY_API, appKey: ONLY_API, apiHost: ONLY_API, hostName: ONLY_API },
  dogstatsd: { ...PYTHON_ONLY, apiKey: ONLY_API, appKey: ONLY_API, apiHost: ONLY_API, hostName: ONLY_API },
  datadog: {
    ...PYTHON_ONLY,
    statsdHost: ONLY_AGENT,
    statsdPort: ONLY_AGENT,
    statsdSocketPath: ONLY_AGENT,
    cardinality: ONLY_AGENT,
  },
};

/** Options of `initialize` that say where data goes. Without a counterpart they must not be ignored. */
const ROUTES: Names = {
  statsdUseDefaultRoute: 'give `host`, the address of the default route',
  proxies: 'set HTTPS_PROXY with NODE_USE_ENV_PROXY=1, or give `fetch`',
};

/** Options that are numbers. A text of digits is one too: `{"port": "8125"}`. */
const NUMBERS: ReadonlySet<string> = new Set([
  'port',
  'sampleLimit',
  'maxPayloadBytes',
  'maxLinesPerSecond',
  'timeoutMillis',
  'concurrencyLimit',
]);

/** Datadog's name of a first part of all names, without the dot behind it. It stays until the prefix is known. */
export const NAMESPACE = 'statsdNamespace';

const CONSTANT_TAGS = 'statsdConstantTags';

/** What the reading of a backend's options depends on. */
export interface OptionsContext {
  readonly backend: BackendName;
  /** Whether Sentry's name of the backend was used. */
  readonly isSentry: boolean;
  readonly unused: UnusedSettings;
}

/**
 * Options as an exporter takes them: `api_key` becomes `apiKey`, `statsd_host` becomes `host`. What is inside of an option,
 * such as the names of tags, stays as it is. Options of Datadog's and Sentry's own settings that have no counterpart are
 * left out and named.
 *
 * @throws OptionError when two of them are the same option, and for one that says where data goes and can't be followed
 */
export function optionsOf(
  { backend, isSentry, unused }: OptionsContext,
  { name: settingName, value: given }: Setting<BackendOptions>,
): BackendOptions {
  const options: Record<string, unknown> = {};
  const givenAs = new Map<string, string>();
  const names = { ...OPTION_NAMES[backend], ...(isSentry && SENTRY_OPTION_NAMES[backend]) };
  let constantTags: BackendOptions | undefined;
  for (const [name, value] of Object.entries(given)) {
    const setting = { name: `${settingName}.${name}`, value };
    const option = camelCase(name);
    const reason = WITHOUT_EFFECT[backend]?.[option];
    if (reason !== undefined) unused.add(setting.name, reason);
    else if (isRoute(backend, option)) refuseRoute(option, setting);
    else if (option === CONSTANT_TAGS && backend in OPTION_NAMES)
      constantTags = readConstantTags(setting, unused);
    else {
      const known = names[option] ?? option;
      const other = givenAs.get(known);
      if (other !== undefined)
        throw settingError(setting, `left out beside \`${visible(other)}\`, which is the same option`);
      givenAs.set(known, name);
      options[known] = NUMBERS.has(known) ? numberOf(value) : value;
    }
  }
  if (constantTags !== undefined)
    options['tags'] = { ...constantTags, ...(options['tags'] as BackendOptions) };
  if (camelCase(givenAs.get('path') ?? '') === 'statsdSocketPath')
    leaveOutAddress(options, settingName, unused);
  return options;
}

function camelCase(name: string): string {
  return name.replaceAll(/(?<=[^_])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function numberOf(value: unknown): unknown {
  return typeof value === 'string' && /^\d+$/.test(value.trim()) ? Number(value) : value;
}

function isRoute(backend: BackendName, option: string): boolean {
  return backend in OPTION_NAMES && Object.hasOwn(ROUTES, option);
}

function refuseRoute(option: string, setting: Setting<unknown>): void {
  const { value } = setting;
  const isEmpty = isObject(value) && Object.keys(value).length === 0;
  if (value === false || value === null || isEmpty) return;
  throw settingError(setting, 'left out', ROUTES[option]);
}

/** Datadog's are a list of texts `key:value`. */
function readConstantTags(setting: Setting<unknown>, unused: UnusedSettings): BackendOptions {
  const { name, value } = setting;
  if (isObject(value)) return value;
  if (!Array.isArray(value) || !value.every((tag) => typeof tag === 'string')) {
    throw settingError(setting, 'an array of strings `key:value`, or an object');
  }
  return tagsOf(readTagList(value), name, unused);
}

/** To Datadog's client, the socket wins over the address. */
function leaveOutAddress(
  options: Record<string, unknown>,
  settingName: string,
  unused: UnusedSettings,
): void {
  for (const name of ['host', 'port']) {
    if (options[name] === undefined) continue;
    delete options[name];
    unused.add(`${settingName}.${name}`, '`statsd_socket_path` says where to send');
  }
}
