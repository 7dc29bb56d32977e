import { backendOf, optionsOf, type BackendName, type BackendOptions } from './backend-names.ts';
import type { Variables } from './options.ts';
import type { Takes } from './routes.ts';
import { sentryPrefix } from './sentry-settings.ts';
import type { Setting } from './setting.ts';

/** A backend that is to be started. */
export interface Destination {
  /** Its name in reports and statistics. */
  readonly key: string;
  readonly backend: BackendName;
  /** Options of its exporter. */
  readonly options: BackendOptions;
  /** The setting that the options come from, for messages. */
  readonly settingName: string;
  /** Which names it gets; all of them when there are no routes. */
  readonly takes?: Takes;
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
  readonly variables: Variables;
}

/** The backends whose exporters have an option `prefix`, as Sentry's have. */
const PREFIXED: readonly BackendName[] = ['statsd', 'dogstatsd', 'datadog'];

/**
 * One backend with its options.
 *
 * @param key its name in reports; by default that of the backend
 * @param given its options, of which later ones win
 * @throws OptionError for an unknown name, and for two names of the same option
 */
export function destinationOf(
  nameSetting: Setting<string>,
  key: string | undefined,
  given: readonly Setting<BackendOptions>[],
  { hasPrefix, variables }: DestinationContext,
): { readonly destination: Destination; readonly isSentry: boolean } {
  const { backend, options: ofName, isSentry } = backendOf(nameSetting);
  const hasSentryPrefix = isSentry && !hasPrefix && PREFIXED.includes(backend);
  const prefix = hasSentryPrefix ? { prefix: sentryPrefix(variables) } : {};
  const options = given.map((setting) => optionsOf(backend, setting));
  const destination = {
    key: key ?? backend,
    backend,
    options: Object.assign({ ...ofName, ...prefix }, ...options) as BackendOptions,
    settingName: given.at(-1)?.name ?? nameSetting.name,
  };
  return { destination, isSentry };
}
