import { EnvironmentOptions } from '@tallykit/exporter-base';
import { backendOf, SENTRY_DUAL_WRITE, type BackendOptions } from './backend-names.ts';
import { destinationOf, handedIn, type DestinationContext, type Destinations } from './destination.ts';
import { readDualWrite } from './dual-write.ts';
import { parseJsonSetting } from './json-setting.ts';
import type { ExporterSource } from './backend-settings.ts';
import { COMPONENT, START_DEFAULTS, type Variables } from './options.ts';
import { sentryDualWrite } from './sentry-settings.ts';
import { isObject, settingError, unknownKeyError, type Setting } from './setting.ts';

/** What the code says about backends. */
export interface GivenDestinations {
  readonly backend: unknown;
  readonly options: BackendOptions | undefined;
  /** What was handed in, by the names that choose it. */
  readonly exporters: ReadonlyMap<string, ExporterSource>;
  /** Whether the code gives names a prefix, which then stands in place of Sentry's. */
  readonly hasPrefix: boolean;
}

/**
 * The backends with their options: code before environment before default. Exporters that were handed in are the default, and
 * their names come before ours. A variable is read only when it matters: the options of the environment belong to the backend
 * of the environment, if that names one, and discarding takes no options.
 *
 * @throws OptionError for names, options and texts that are wrong
 */
export function readDestinations(given: GivenDestinations, variables: Variables): Destinations {
  const environment = new EnvironmentOptions(COMPONENT, variables);
  const ofEnvironment = readBackendVariables(environment);
  const ofCode = { name: 'backend', value: given.backend ?? START_DEFAULTS.backend };
  const backend: Setting<unknown> = given.backend === undefined ? (ofEnvironment.backend ?? ofCode) : ofCode;
  const readOptions = (): Setting<BackendOptions>[] => {
    const name = ofEnvironment.optionsVariable;
    const text = environment.text(name);
    const isForThisBackend =
      ofEnvironment.backend === undefined || ofEnvironment.backend.value === backend.value;
    const ofVariable =
      text !== undefined && isForThisBackend
        ? [{ name, value: parseJsonSetting({ name, value: text }) }]
        : [];
    return given.options === undefined
      ? ofVariable
      : [...ofVariable, { name: 'options', value: given.options }];
  };
  const { exporters, hasPrefix } = given;
  if (backend === ofCode && given.backend === undefined && exporters.size > 0) {
    return { list: [...exporters].map(([name, source]) => handedIn(name, source)), isSentry: false };
  }
  return readBackends(backend, readOptions, { hasPrefix, exporters, variables });
}

/** The variables that choose the backend, ours first, each with the variable that has the options of that backend. */
const BACKEND_VARIABLES = [
  ['METRICS_BACKEND', 'METRICS_OPTIONS'],
  ['SENTRY_METRICS_BACKEND', 'SENTRY_METRICS_OPTIONS'],
  ['OTEL_METRICS_EXPORTER', 'METRICS_OPTIONS'],
] as const;

function readBackendVariables(environment: EnvironmentOptions): {
  readonly backend: Setting<string> | undefined;
  readonly optionsVariable: string;
} {
  // OpenTelemetry's switch for everything (environment variable specification, "General SDK configuration").
  if (/^true$/i.test(environment.text('OTEL_SDK_DISABLED') ?? '')) {
    return { backend: { name: 'OTEL_SDK_DISABLED', value: 'noop' }, optionsVariable: '' };
  }
  for (const [name, optionsVariable] of BACKEND_VARIABLES) {
    const value = environment.text(name);
    if (value !== undefined) return { backend: { name, value }, optionsVariable };
  }
  return { backend: undefined, optionsVariable: 'METRICS_OPTIONS' };
}

/** Options are read late, because a backend that discards must not fail for options that are wrong. */
type ReadOptions = () => readonly Setting<BackendOptions>[];

function readBackends(
  { name, value }: Setting<unknown>,
  readOptions: ReadOptions,
  context: DestinationContext,
): Destinations {
  if (isObject(value)) return readOnlyDualWrite({ name, value }, readOptions, context);
  if (typeof value !== 'string') {
    throw settingError({ name, value }, 'the name of a backend, or { primary, secondary, routes }');
  }
  if (value.trim().startsWith('{')) {
    return readOnlyDualWrite({ name, value: parseJsonSetting({ name, value }) }, readOptions, context);
  }
  const names = value.split(',').map((one) => one.trim());
  if (names.length === 1 && names[0] === SENTRY_DUAL_WRITE) {
    const given = readOptions();
    const setting = {
      name: given.at(-1)?.name ?? name,
      value: Object.assign({}, ...given.map((one) => one.value)) as BackendOptions,
    };
    return readDualWrite({ name: setting.name, value: sentryDualWrite(setting) }, context);
  }
  return readList({ name, value: names }, readOptions, context);
}

/** A primary and a secondary backend have their options beside their names, so there are no others. */
function readOnlyDualWrite(
  setting: Setting<unknown>,
  readOptions: ReadOptions,
  context: DestinationContext,
): Destinations {
  const [options] = readOptions();
  if (options === undefined) return readDualWrite(setting, context);
  throw settingError(options, 'left out: each of several backends has its own options');
}

/** One backend, or several that all get everything. */
function readList(
  { name, value: names }: Setting<readonly string[]>,
  readOptions: ReadOptions,
  context: DestinationContext,
): Destinations {
  const keys = names.map((value) =>
    context.exporters.has(value) ? value : backendOf({ name, value }, context.exporters.keys()).backend,
  );
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) {
    const mustBe = `a list that names ${twice} once; two of a kind need { primary, secondary, routes }`;
    throw settingError({ name, value: undefined }, mustBe);
  }
  const given = keys.every((key) => key === 'noop') ? [] : readOptions();
  if (keys.length > 1) given.forEach((setting) => checkKeys(setting, keys));
  const backends = names.map((value, index) => {
    const own = keys.length === 1 ? given : given.flatMap((setting) => partOf(setting, keys[index]!));
    return destinationOf({ name, value }, undefined, own, context);
  });
  return {
    list: backends.map(({ destination }) => destination),
    isSentry: backends.some(({ isSentry }) => isSentry),
  };
}

/** Of several backends, each has its options under its name. */
function checkKeys({ name, value }: Setting<BackendOptions>, keys: readonly string[]): void {
  for (const [key, options] of Object.entries(value)) {
    if (!keys.includes(key)) {
      throw unknownKeyError(name, key, keys, 'each of several backends has its options under its name');
    }
    if (!isObject(options)) throw settingError({ name: `${name}.${key}`, value: options }, 'an object');
  }
}

function partOf({ name, value }: Setting<BackendOptions>, key: string): Setting<BackendOptions>[] {
  const part = value[key] as BackendOptions | undefined;
  return part === undefined ? [] : [{ name: `${name}.${key}`, value: part }];
}
