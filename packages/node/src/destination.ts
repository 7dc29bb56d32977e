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
  /** The setting that names it. */
  readonly chosenBy: string;
  /** Options of its exporter. */
  readonly options: BackendOptions;
  /** The setting that each of these options comes from. */
  readonly optionSources: Readonly<Record<string, string>>;
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
  const ofSettings = given.map((setting) => ({
    name: setting.name,
    value: optionsOf({ backend, isSentry, unused }, setting),
  }));
  // Sentry's name chooses a dialect without tags by itself. Who writes both contradicts himself, which the exporter refuses.
  const isWithoutTags =
    named.options['dialect'] === 'none' && ofSettings.every(({ value }) => value['dialect'] === undefined);
  const usable = isWithoutTags ? ofSettings.map((own) => withoutTags(own, unused)) : ofSettings;
  const layers = [
    { name: nameSetting.name, value: named.options },
    ...prefixOf(named, nameSetting.name, context),
    ...usable,
  ];
  const merged: BackendOptions = Object.assign({}, ...layers.map(({ value }) => value));
  const destination = {
    key: key ?? backend,
    backend,
    chosenBy: nameSetting.name,
    options: withNamespace(merged),
    optionSources: sourcesOf(layers),
    settingName: given.at(-1)?.name ?? nameSetting.name,
  };
  return { destination, isSentry };
}

/** The setting that each option comes from: the last one that has it. */
function sourcesOf(layers: readonly Setting<BackendOptions>[]): Readonly<Record<string, string>> {
  const sources: Record<string, string> = {};
  for (const { name, value } of layers) {
    for (const option of Object.keys(value)) sources[option === NAMESPACE ? 'prefix' : option] = name;
  }
  return sources;
}

/** Sentry's prefix, where the code has none: with Sentry's names always, with ours where its variable is set. */
function prefixOf(
  { backend, isSentry }: NamedBackend,
  nameOfBackend: string,
  { hasPrefix, variables }: DestinationContext,
): readonly Setting<BackendOptions>[] {
  if (hasPrefix || !hasSentryPrefix(backend)) return [];
  const variable = variables['SENTRY_METRICS_PREFIX'];
  const prefix = {
    name: variable === undefined ? nameOfBackend : 'SENTRY_METRICS_PREFIX',
    value: { prefix: sentryPrefix(variables) },
  };
  if (isSentry) return [prefix];
  const isOwnSet = backend === 'statsd' && Boolean(variables['STATSD_PREFIX']?.trim());
  return Boolean(variable?.trim()) && !isOwnSet ? [prefix] : [];
}

/** Options for a backend that sends no tags. Those that were given are named as unused. */
function withoutTags(
  { name: settingName, value: options }: Setting<BackendOptions>,
  unused: UnusedSettings,
): Setting<BackendOptions> {
  const { tags, resourceTags, ...others } = options;
  for (const [name, value] of Object.entries({ tags, resourceTags })) {
    if (Object.keys(value ?? {}).length === 0) continue;
    unused.add(`${settingName}.${name}`, "the option `dialect` is 'none', which sends no tags");
  }
  return { name: settingName, value: others };
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
