import { EnvironmentOptions, GivenOptions, visible } from '@tallykit/exporter-base';
import {
  backendOf,
  optionsOf,
  SENTRY_DUAL_WRITE,
  type BackendName,
  type BackendOptions,
} from './backend-names.ts';
import { parseJsonSetting } from './json-setting.ts';
import { suggestion } from './nearest-name.ts';
import { COMPONENT, START_DEFAULTS, type Variables } from './options.ts';
import { routesOf, type Routes, type Takes } from './routes.ts';
import { sentryDualWrite, sentryPrefix } from './sentry-settings.ts';

/** A backend that is to be started. */
export interface Destination {
  /** What reports and statistics call it. */
  readonly key: string;
  readonly backend: BackendName;
  /** Options of its exporter. */
  readonly options: BackendOptions;
  /** What the options were read from, for people. */
  readonly source: string;
  /** Which names it gets; all of them when there are no routes. */
  readonly takes?: Takes;
}

/** Where metrics are to go. */
export interface Destinations {
  readonly list: readonly Destination[];
  /** Whether one of Sentry's names was used, so that Sentry's settings apply. */
  readonly isSentry: boolean;
}

/** What the code says. */
export interface GivenDestinations {
  readonly backend: unknown;
  readonly options: BackendOptions | undefined;
  /** Whether the code gives names a prefix, which then stands in place of Sentry's. */
  readonly hasPrefix: boolean;
}

/** Something that was said, and where; messages begin with the source. */
interface Said<Value> {
  readonly value: Value;
  readonly source: string;
}

/**
 * The backends with their options: code before environment before default. A variable is read only when it matters: options
 * of the environment are for the backend of the environment, if that names one, and discarding takes no options.
 *
 * @throws for names, options and texts that are wrong
 */
export function readDestinations(given: GivenDestinations, variables: Variables): Destinations {
  const texts = new EnvironmentOptions(COMPONENT, variables);
  const environment = backendOfEnvironment(texts);
  const { value, source } =
    given.backend === undefined
      ? (environment.backend ?? { value: START_DEFAULTS.backend, source: COMPONENT })
      : { value: given.backend, source: `${COMPONENT}: \`backend\`` };
  const context: Context = { hasPrefix: given.hasPrefix, variables };

  const readOptions = (): Said<BackendOptions>[] => {
    const optionsText = texts.text(environment.optionsVariable);
    const isForThisBackend = environment.backend === undefined || environment.backend.value === value;
    const said: Said<BackendOptions>[] = [];
    if (optionsText && isForThisBackend) {
      const variable = `${COMPONENT}: ${environment.optionsVariable}`;
      said.push({ value: parseJsonSetting(variable, optionsText), source: variable });
    }
    if (given.options) said.push({ value: given.options, source: `${COMPONENT}: \`options\`` });
    return said;
  };

  if (isObject(value)) return dualWriteOf({ value, source }, readOptions(), context);
  if (typeof value !== 'string') {
    throw new TypeError(`${source} must be the name of a backend, or { primary, secondary, routes }`);
  }
  if (value.trim().startsWith('{')) {
    return dualWriteOf({ value: parseJsonSetting(source, value), source }, readOptions(), context);
  }
  const names = value.split(',').map((name) => name.trim());
  if (names.length === 1 && names[0] === SENTRY_DUAL_WRITE) {
    const said = readOptions();
    const options = Object.assign({}, ...said.map((one) => one.value)) as BackendOptions;
    const optionsSource = said.at(-1)?.source ?? source;
    return dualWriteOf(
      { value: sentryDualWrite(options, optionsSource), source: optionsSource },
      [],
      context,
    );
  }
  return listOf({ value: names, source }, readOptions, context);
}

/** Ours first, then Sentry's, then OpenTelemetry's; and the variable that has the options of that backend. */
function backendOfEnvironment(texts: EnvironmentOptions): {
  readonly backend: Said<string> | undefined;
  readonly optionsVariable: string;
} {
  // OpenTelemetry's switch for everything (environment variable specification, "General SDK configuration").
  if (/^true$/i.test(texts.text('OTEL_SDK_DISABLED') ?? '')) {
    return { backend: { value: 'noop', source: 'OTEL_SDK_DISABLED' }, optionsVariable: '' };
  }
  const choices = [
    ['METRICS_BACKEND', 'METRICS_OPTIONS'],
    ['SENTRY_METRICS_BACKEND', 'SENTRY_METRICS_OPTIONS'],
    ['OTEL_METRICS_EXPORTER', 'METRICS_OPTIONS'],
  ] as const;
  for (const [variable, optionsVariable] of choices) {
    const value = texts.text(variable);
    if (value) return { backend: { value, source: `${COMPONENT}: ${variable}` }, optionsVariable };
  }
  return { backend: undefined, optionsVariable: 'METRICS_OPTIONS' };
}

interface Context {
  readonly hasPrefix: boolean;
  readonly variables: Variables;
}

/** One backend, or several that all get everything. */
function listOf(
  { value: names, source }: Said<readonly string[]>,
  readOptions: () => readonly Said<BackendOptions>[],
  context: Context,
): Destinations {
  const backends = names.map((name) => ({ name, source, ...backendOf(name, source) }));
  const keys: string[] = backends.map(({ backend }) => backend);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) {
    throw new Error(`${source} names ${twice} twice; two of a kind need { primary, secondary, routes }`);
  }
  const said = backends.every(({ backend }) => backend === 'noop') ? [] : readOptions();
  if (backends.length > 1) said.forEach((one) => checkKeys(one, keys));
  const list = backends.map((named) =>
    destinationOf(
      named,
      named.backend,
      backends.length === 1 ? said : said.flatMap((one) => partOf(one, named.backend)),
      context,
    ),
  );
  return { list, isSentry: backends.some(({ isSentry }) => isSentry) };
}

/** Of several backends, each has its options under its name. */
function checkKeys({ value, source }: Said<BackendOptions>, keys: readonly string[]): void {
  for (const [key, options] of Object.entries(value)) {
    if (!keys.includes(key)) {
      throw new Error(
        `${source} must have the options of each backend under its name, and \`${visible(key)}\` is none of them: ` +
          suggestion(key, keys),
      );
    }
    if (!isObject(options)) throw new TypeError(`${source}: \`${key}\` must be an object of options`);
  }
}

function partOf({ value, source }: Said<BackendOptions>, key: string): Said<BackendOptions>[] {
  const part = value[key] as BackendOptions | undefined;
  return part === undefined ? [] : [{ value: part, source: `${source}, \`${key}\`` }];
}

const DUAL_WRITE_NAMES = ['primary', 'secondary', 'experimental', 'routes'] as const;
const ROUTE_NAMES = ['secondary', 'both', 'bothDistributions'] as const satisfies readonly (keyof Routes)[];

function dualWriteOf(
  { value, source }: Said<unknown>,
  options: readonly Said<BackendOptions>[],
  context: Context,
): Destinations {
  if (options[0] !== undefined) {
    throw new Error(`${options[0].source} must be left out: each of several backends has its own options`);
  }
  const given = new GivenOptions(source, value, DUAL_WRITE_NAMES);
  const routes = readRoutes(given.raw('routes'), `${source}, \`routes\``);
  const all: Takes = () => true;
  const list: Destination[] = [];
  let isSentry = false;
  for (const [key, takes] of [
    ['primary', routes.primary],
    ['secondary', routes.secondary],
    ['experimental', all],
  ] as const) {
    const choice = given.raw(key);
    if (choice === undefined && key === 'experimental') continue;
    const { backend: name, options: ownOptions } = readChoice(choice, `${source}, \`${key}\``);
    const named = { name, source: `${source}, \`${key}\``, ...backendOf(name, `${source}, \`${key}\``) };
    const said = ownOptions === undefined ? [] : [{ value: ownOptions, source: `${source}, \`${key}\`` }];
    list.push({ ...destinationOf(named, key, said, context), takes });
    isSentry ||= named.isSentry;
  }
  return { list, isSentry };
}

function readRoutes(value: unknown, source: string) {
  const given = new GivenOptions(source, value ?? {}, ROUTE_NAMES);
  const routes = ROUTE_NAMES.map((name) => [name, given.texts(name) ?? []] as const);
  return routesOf(Object.fromEntries(routes));
}

function readChoice(
  value: unknown,
  source: string,
): { readonly backend: string; readonly options?: BackendOptions } {
  if (typeof value === 'string') return { backend: value };
  if (value === undefined)
    throw new TypeError(`${source} is missing: it must be the name of a backend, or { backend, options }`);
  const given = new GivenOptions(source, value, ['backend', 'options']);
  const backend = given.text('backend');
  const options = given.raw('options');
  if (backend === undefined) throw given.error('backend', 'the name of a backend');
  if (options === undefined) return { backend };
  if (!isObject(options)) throw given.error('options', 'an object of options');
  return { backend, options };
}

/** Backends whose exporters have an option `prefix`, as Sentry's have. */
const PREFIXED: readonly BackendName[] = ['statsd', 'dogstatsd', 'datadog'];

function destinationOf(
  named: ReturnType<typeof backendOf> & { readonly source: string },
  key: string,
  said: readonly Said<BackendOptions>[],
  { hasPrefix, variables }: Context,
): Destination {
  const { backend, isSentry } = named;
  const prefix =
    isSentry && !hasPrefix && PREFIXED.includes(backend) ? { prefix: sentryPrefix(variables) } : {};
  const options = said.map(({ value, source }) => optionsOf(backend, value, source));
  return {
    key,
    backend,
    options: Object.assign({ ...named.options, ...prefix }, ...options) as BackendOptions,
    source: said.at(-1)?.source ?? named.source,
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
