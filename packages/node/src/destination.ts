import { backendOf, type BackendName, type BackendOptions, type NamedBackend } from './backend-names.ts';
import { NAMESPACE, optionsOf } from './backend-options.ts';
import type { ExporterSource } from './backend-settings.ts';
import type { Variables } from './options.ts';
import type { Takes } from './routes.ts';
import { hasSentryPrefix, sentryPrefix } from './sentry-settings.ts';
import { settingError, type Setting } from './setting.ts';
import type { UnusedSettings } from './unused-settings.ts';

/** A backend that is to be started. */
export type Destination = NamedDestination | HandedInDestination;

interface CommonDestination {
  /** Its name in reports and statistics. */
  readonly key: string;
  /** The setting that it comes from, or its options, for messages. */
  readonly settingName: string;
  /** Which names it gets; all of them when there are no routes. */
  readonly takes?: Takes;
}

/** A backend whose exporter is made here. */
export interface NamedDestination extends CommonDestination {
  readonly backend: BackendName;
  /** Options of its exporter. */
  readonly options: BackendOptions;
}

/** A backend whose exporter is one of the option `exporters`. */
export interface HandedInDestination extends CommonDestination {
  readonly source: ExporterSource;
}

export function isHandedIn(destination: Destination): destination is HandedInDestination {
  return 'source' in destination;
}

/** Where metrics are to go. */
export interface Destinations {
  readonly list: readonly Destination[];
  /** Whether one of Sentry's names was used, so that Sentry's settings apply. */
  readonly isSentry: boolean;
}

/** What the options of every backend depend on. */
export interface DestinationContext {
  /** Whether the code gives names a prefix, which then stands in place of Sentry's. */
  readonly hasPrefix: boolean;
  /** What was handed in, by the names that choose it. */
  readonly exporters: ReadonlyMap<string, ExporterSource>;
  readonly variables: Variables;
  readonly unused: UnusedSettings;
}

/**
 * One backend with its options.
 *
 * @param key its name in reports; by default that of the backend
 * @param given its options, of which later ones win
 * @throws OptionError for an unknown name, for two names of the same option, and for options of an exporter that was handed in
 */
export function destinationOf(
  nameSetting: Setting<string>,
  key: string | undefined,
  given: readonly Setting<BackendOptions>[],
  context: DestinationContext,
): { readonly destination: Destination; readonly isSentry: boolean } {
  const { exporters, unused } = context;
  const source = exporters.get(nameSetting.value);
  if (source !== undefined) {
    const destination = handedIn(nameSetting.value, source);
    if (given[0] !== undefined) {
      throw settingError(given[0], `left out: \`${destination.settingName}\` has its options already`);
    }
    return { destination: { ...destination, key: key ?? destination.key }, isSentry: false };
  }
  const named = backendOf(nameSetting, exporters.keys());
  const { backend, isSentry } = named;
  const options = given.map((setting) => optionsOf({ backend, isSentry, unused }, setting));
  // Sentry's name chooses a dialect without tags by itself. Who writes both contradicts himself, which the exporter refuses.
  const isWithoutTags =
    named.options['dialect'] === 'none' && options.every((own) => own['dialect'] === undefined);
  const usable = isWithoutTags
    ? options.map((own, index) => withoutTags(own, given[index]!.name, unused))
    : options;
  const merged: BackendOptions = Object.assign({ ...named.options, ...prefixOf(named, context) }, ...usable);
  const destination = {
    key: key ?? backend,
    backend,
    options: withNamespace(merged),
    settingName: given.at(-1)?.name ?? nameSetting.name,
  };
  return { destination, isSentry };
}

/** Sentry's prefix, where the code has none: with Sentry's names always, with ours where its variable is set. */
function prefixOf(
  { backend, isSentry }: NamedBackend,
  { hasPrefix, variables }: DestinationContext,
): { readonly prefix?: string } {
  if (hasPrefix || !hasSentryPrefix(backend)) return {};
  if (isSentry) return { prefix: sentryPrefix(variables) };
  const isOwnSet = backend === 'statsd' && Boolean(variables['STATSD_PREFIX']?.trim());
  const isSet = Boolean(variables['SENTRY_METRICS_PREFIX']?.trim());
  return isSet && !isOwnSet ? { prefix: sentryPrefix(variables) } : {};
}

/** Options for a backend that sends no tags. Those that were given are named as unused. */
function withoutTags(options: BackendOptions, settingName: string, unused: UnusedSettings): BackendOptions {
  const { tags, resourceTags, ...others } = options;
  for (const [name, value] of Object.entries({ tags, resourceTags })) {
    if (Object.keys(value ?? {}).length === 0) continue;
    unused.add(`${settingName}.${name}`, "the option `dialect` is 'none', which sends no tags");
  }
  return others;
}

/** What is no text is left to the exporter, which refuses it. */
function withNamespace(options: BackendOptions): BackendOptions {
  const { [NAMESPACE]: namespace, ...others } = options;
  if (namespace === undefined || namespace === null || namespace === '') return others;
  const { prefix = '' } = others;
  if (typeof namespace !== 'string' || typeof prefix !== 'string') return options;
  return { ...others, prefix: `${namespace}.${prefix}` };
}

/** An exporter that was handed in, under its own name. */
export function handedIn(name: string, source: ExporterSource): HandedInDestination {
  return { key: name, source, settingName: `exporters.${name}` };
}
