import {
  VariableTrace,
  type DescribedOption,
  type DescribedTransport,
  type IgnoredVariable,
} from '@tallykit/exporter-base';
import type { BackendName } from './backend-names.ts';
import { readQuietly, type Configuration } from './configuration.ts';
import { describeBackend } from './describe-backend.ts';
import { isHandedIn, type NamedDestination } from './destination.ts';
import { offSwitch } from './destinations.ts';
import type { Variables } from './options.ts';
import { namingSetting } from './setting.ts';
import { intervalOf } from './start-backend.ts';
import type { UnusedSetting } from './unused-settings.ts';

/** One setting with its value. */
export interface ReadSetting {
  /** Its name, as an option of `startMetrics` or of an exporter. */
  readonly name: string;
  /** Its value; in place of a secret, a text that says how long it is. */
  readonly value: unknown;
  /** Where the value comes from: the names of variables, or `default`. */
  readonly source: string;
}

/** One backend with its settings. */
export interface ReadBackend {
  /** Its name in reports and statistics. */
  readonly key: string;
  /** Which one it is. */
  readonly backend: BackendName;
  /** What names it: the name of a variable, or `default`. */
  readonly source: string;
  /** How it sends; what can be known of a delivery depends on it. */
  readonly transport: DescribedTransport;
  /** Where it sends to: `udp 127.0.0.1:8125`, `https://api.datadoghq.eu`. */
  readonly destination: string;
  /** What to check when nothing arrives, as whole sentences. */
  readonly remedy: string;
  /** The options of its exporter, and how often it is sent to. */
  readonly settings: readonly ReadSetting[];
}

/** What `@tallykit/node/register` understands of an environment. */
export interface ReadSettings {
  /** The variable that turns metrics off, if one does. */
  readonly off: string | undefined;
  /** Where metrics go. */
  readonly backends: readonly ReadBackend[];
  /** The settings that are not of one backend. */
  readonly settings: readonly ReadSetting[];
  /** What is set and changes nothing, and why. */
  readonly unused: readonly UnusedSetting[];
  /** Variables whose text is wrong, and that count as missing. */
  readonly ignored: readonly IgnoredVariable[];
}

/**
 * Reads the settings of an environment as `@tallykit/node/register` and `startMetrics` do, and says where each comes from.
 * Starts nothing, sends nothing, logs nothing, and shows no secret.
 *
 * @param environment by default that of the process
 * @throws OptionError (`@tallykit/exporter-base`) for a setting that is wrong, as `startMetrics`
 * @example
 * const { backends } = readSettings({ METRICS_BACKEND: 'statsd', STATSD_HOST: 'statsd.internal' });
 * backends[0].destination; // udp statsd.internal:8125
 * backends[0].settings.find(({ name }) => name === 'host'); // { name: 'host', value: 'statsd.internal', source: 'STATSD_HOST' }
 */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ReadSettings {
  const trace = new VariableTrace(environment);
  const configuration = readQuietly({}, trace.variables);
  const described = configuration.destinations.flatMap((destination) =>
    isHandedIn(destination) ? [] : [describeDestination(destination, configuration, environment, trace)],
  );
  return {
    off: offSwitch(environment),
    backends: described.map(({ backend }) => backend),
    settings: ownSettings(configuration, trace),
    unused: configuration.unused,
    ignored: [...trace.ignored, ...described.flatMap(({ ignored }) => ignored)],
  };
}

function describeDestination(
  { key, backend, chosenBy, options, optionSources, settingName }: NamedDestination,
  configuration: Configuration,
  environment: Variables,
  trace: VariableTrace,
): { readonly backend: ReadBackend; readonly ignored: readonly IgnoredVariable[] } {
  const {
    ignored,
    options: described,
    ...place
  } = namingSetting(settingName, () => describeBackend(backend, options, environment));
  const sourceOf = ({ origins }: DescribedOption): string =>
    [...new Set(origins.map((name) => optionSources[name] ?? name))].join(', ') || DEFAULT;
  const settings = described.map((option) => ({
    name: option.name,
    value: option.value,
    source: sourceOf(option),
  }));
  const interval = intervalOf(backend, configuration);
  if (interval !== undefined) {
    settings.push({ name: 'exportIntervalMillis', value: interval, source: sourceIn(trace, [INTERVAL]) });
  }
  const source = chosenBy === 'backend' ? DEFAULT : chosenBy;
  return { backend: { key, backend, source, ...place, settings }, ignored };
}

const DEFAULT = 'default';
const INTERVAL = 'OTEL_METRIC_EXPORT_INTERVAL';

function ownSettings(configuration: Configuration, trace: VariableTrace): ReadSetting[] {
  const { api, runtime, internal, exportTimeoutMillis, shutdownTimeoutMillis } = configuration;
  const sentryRules = api.tagRules && "the name of the backend, which is one of Sentry's";
  const settings = [
    { name: 'tags', value: api.tags ?? {}, source: sourceIn(trace, ['METRICS_TAGS']) },
    { name: 'runtime', value: runtime, source: sourceIn(trace, ['METRICS_RUNTIME']) },
    {
      name: 'internal',
      value: internal && {
        ...internal,
        settingName: undefined,
        redis: internal.redis && 'given, and not shown',
      },
      source: sourceIn(trace, ['METRICS_INTERNAL']),
    },
    {
      name: 'tagRules',
      value: api.tagRules,
      source: sourceIn(trace, ['SENTRY_METRICS_DISALLOW_BAD_TAGS'], sentryRules),
    },
    {
      name: 'exportTimeoutMillis',
      value: exportTimeoutMillis,
      source: sourceIn(trace, ['OTEL_METRIC_EXPORT_TIMEOUT']),
    },
    { name: 'shutdownTimeoutMillis', value: shutdownTimeoutMillis, source: DEFAULT },
  ];
  return settings.filter(({ value }) => value !== undefined);
}

function sourceIn({ used }: VariableTrace, names: readonly string[], otherwise = DEFAULT): string {
  return names.filter((name) => used.has(name)).join(', ') || otherwise;
}
