import { EnvironmentOptions, log } from '@tallykit/exporter-base';
import {
  areSameBackends,
  backendOf,
  hasSentryName,
  isOffSwitch,
  namesIn,
  SENTRY_DUAL_WRITE,
  type BackendOptions,
} from './backend-names.ts';
import { destinationOf, handedIn, type DestinationContext, type Destinations } from './destination.ts';
import { readDualWrite } from './dual-write.ts';
import { parseJsonSetting } from './json-setting.ts';
import type { ExporterSource } from './backend-settings.ts';
import { COMPONENT, START_DEFAULTS, type Variables } from './options.ts';
import { sentryDualWrite } from './sentry-settings.ts';
import { isObject, settingError, unknownKeyError, type Setting } from './setting.ts';
import type { UnusedSettings } from './unused-settings.ts';

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
 * of the environment, if that names one, and discarding takes no options. What is set and does not matter is named.
 *
 * @throws OptionError for names, options and texts that are wrong
 */
export function readDestinations(
  given: GivenDestinations,
  variables: Variables,
  unused: UnusedSettings,
): Destinations {
  const environment = new EnvironmentOptions(COMPONENT, variables);
  const { exporters, hasPrefix, options } = given;
  const context = { hasPrefix, exporters, variables, unused };
  const off = offSwitch(variables);
  if (off !== undefined) {
    log('debug', `${COMPONENT}: metrics are discarded, because of ${off}`);
    const noExporters = { ...context, exporters: new Map<string, ExporterSource>() };
    return readBackends({ name: off, value: 'noop' }, () => [], noExporters);
  }
  const backend = chooseBackend(given, environment, unused);
  const ofEnvironment = chooseOptions(backend, environment, unused);
  if (backend === undefined && exporters.size > 0) {
    return { list: [...exporters].map(([name, source]) => handedIn(name, source)), isSentry: false };
  }
  const readOptions = (): Setting<BackendOptions>[] => [
    ...ofEnvironment.map((setting) => ({ name: setting.name, value: parseJsonSetting(setting) })),
    ...(options === undefined ? [] : [{ name: 'options', value: options }]),
  ];
  return readBackends(backend ?? { name: 'backend', value: START_DEFAULTS.backend }, readOptions, context);
}

/** The variable that turns metrics off, whatever the code says. */
export function offSwitch(variables: Variables): string | undefined {
  const environment = new EnvironmentOptions(COMPONENT, variables);
  // OpenTelemetry's switch for everything (environment variable specification, "General SDK configuration").
  if (/^true$/i.test(environment.text('OTEL_SDK_DISABLED') ?? '')) return 'OTEL_SDK_DISABLED';
  return isOffSwitch(environment.text('METRICS_BACKEND') ?? '') ? 'METRICS_BACKEND' : undefined;
}

/** The variables that choose the backend, the one that wins first. */
const BACKEND_VARIABLES = ['METRICS_BACKEND', 'SENTRY_METRICS_BACKEND', 'OTEL_METRICS_EXPORTER'] as const;

/** All variables that are about backends; a MeterProvider that was handed in has its own. */
export const VARIABLES_OF_BACKENDS = [
  'METRICS_BACKEND',
  'METRICS_OPTIONS',
  'SENTRY_METRICS_BACKEND',
  'SENTRY_METRICS_OPTIONS',
  'SENTRY_METRICS_PREFIX',
] as const;

/** The backend that the code or else a variable names, if one does. */
function chooseBackend(
  { backend }: GivenDestinations,
  environment: EnvironmentOptions,
  unused: UnusedSettings,
): Setting<unknown> | undefined {
  const [first, ...others] = backendVariables(environment);
  if (backend === undefined) {
    nameOthers(others, first, unused);
    return first;
  }
  const chosen = { name: 'backend', value: backend };
  nameOthers(first === undefined ? [] : [first, ...others], chosen, unused);
  return chosen;
}

function backendVariables(environment: EnvironmentOptions): Setting<string>[] {
  return BACKEND_VARIABLES.flatMap((name) => {
    const value = environment.text(name);
    return value === undefined ? [] : [{ name, value }];
  });
}

function nameOthers(
  others: readonly Setting<string>[],
  chosen: Setting<unknown> | undefined,
  unused: UnusedSettings,
): void {
  for (const { name, value } of others) {
    if (!isSame(value, chosen)) unused.add(name, `\`${chosen?.name}\` names another backend`);
  }
}

function isSame(name: string, chosen: Setting<unknown> | undefined): boolean {
  return typeof chosen?.value === 'string' && areSameBackends(name, chosen.value);
}

/**
 * The variable with the options of the environment, if they are for the backend that was chosen: `METRICS_OPTIONS`, or
 * Sentry's. Each stands in for the other one that is missing.
 */
function chooseOptions(
  backend: Setting<unknown> | undefined,
  environment: EnvironmentOptions,
  unused: UnusedSettings,
): readonly Setting<string>[] {
  const set = optionsVariables(backend, environment).flatMap((name) => {
    const value = environment.text(name);
    return value === undefined ? [] : [{ name, value }];
  });
  const usable = set.filter(({ name }) => {
    const reason = reasonAgainst(name, backend, environment);
    if (reason !== undefined) unused.add(name, reason);
    return reason === undefined;
  });
  for (const { name } of usable.slice(1)) unused.add(name, `\`${usable[0]!.name}\` is set, too`);
  return usable.slice(0, 1);
}

function optionsVariables(
  backend: Setting<unknown> | undefined,
  environment: EnvironmentOptions,
): readonly string[] {
  const names = ['METRICS_OPTIONS', 'SENTRY_METRICS_OPTIONS'] as const;
  const isSentrys =
    backend?.name === 'SENTRY_METRICS_BACKEND' ||
    (backend?.name === 'backend' &&
      environment.text('METRICS_BACKEND') === undefined &&
      isSame(environment.text('SENTRY_METRICS_BACKEND') ?? '', backend));
  return isSentrys ? names.toReversed() : names;
}

/** Why a variable with options is not for the backend that was chosen. */
function reasonAgainst(
  name: string,
  backend: Setting<unknown> | undefined,
  environment: EnvironmentOptions,
): string | undefined {
  if (backend === undefined) return 'no backend is named';
  const isSentrys = name === 'SENTRY_METRICS_OPTIONS';
  const [owner] = backendVariables(environment).filter(
    (variable) => !isSentrys || variable.name === 'SENTRY_METRICS_BACKEND',
  );
  if (owner !== undefined && owner.name !== backend.name && !isSame(owner.value, backend)) {
    return `it is for the backend of \`${owner.name}\``;
  }
  if (!isSentrys || owner !== undefined) return undefined;
  const { value } = backend;
  const isOne = typeof value === 'string' && !value.startsWith('{');
  if (isOne && (backend.name === 'METRICS_BACKEND' || hasSentryName(value))) return undefined;
  return `the backend of \`${backend.name}\` is none of Sentry's`;
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
  const names = namesIn(value);
  if (names.length === 0) throw settingError({ name, value }, 'the name of a backend');
  if (names.length === 1 && names[0] === SENTRY_DUAL_WRITE) {
    const given = readOptions();
    const setting = {
      name: given.at(-1)?.name ?? name,
      value: Object.assign({}, ...given.map((one) => one.value)) as BackendOptions,
    };
    return readDualWrite({ name: setting.name, value: sentryDualWrite(setting, context.unused) }, context);
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
