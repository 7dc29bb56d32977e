import { EnvironmentOptions, GivenOptions } from '@tallykit/exporter-base';
import { parseJsonSetting } from './json-setting.ts';
import { COMPONENT, type InternalOptions, type Variables } from './options.ts';
import { sentryInternal } from './sentry-settings.ts';
import type { Setting } from './setting.ts';
import type { UnusedSettings } from './unused-settings.ts';

/** What is kept in the store, and where the store is. */
export interface InternalSettings extends Omit<InternalOptions, 'include' | 'exclude'> {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** The option or the variable that it comes from, for messages. */
  readonly settingName: string;
}

const VARIABLE = 'METRICS_INTERNAL';

/** Options of a store that is made. */
const STORE_NAMES = ['redis', 'rollups', 'maxSeries', 'maxBytes', 'idleSeconds', 'histogramBuckets'] as const;

const NAMES = [
  'include',
  'exclude',
  'tags',
  'resourceTags',
  'processTag',
  ...STORE_NAMES,
] as const satisfies readonly (keyof InternalOptions)[];

const NAMES_OF_CODE = [...NAMES, 'store'] as const satisfies readonly (keyof InternalOptions)[];

/**
 * Reads the option `internal` and `METRICS_INTERNAL`, option by option: code before environment. What the exporter and the
 * store check themselves is left to them.
 *
 * @returns `undefined` where neither is given
 * @throws OptionError for options that are wrong
 */
export function readInternal(
  given: GivenInternal,
  variables: Variables,
  unused: UnusedSettings,
): InternalSettings | undefined {
  const ofCode = given === undefined ? {} : readOptions({ name: 'internal', value: given }, NAMES_OF_CODE);
  const ofVariable = readVariable(variables);
  if (given === undefined && ofVariable === undefined) return undefined;
  const isForeignStore = ofCode.store !== undefined;
  if (ofVariable !== undefined && isForeignStore) {
    unused.add(VARIABLE, '`internal.store` is a store that has its options already');
  }
  const options: InternalOptions = { ...(!isForeignStore && ofVariable), ...ofCode };
  return {
    ...options,
    include: options.include ?? [],
    exclude: [...(options.exclude ?? []), ...sentryInternal(variables).exclude],
    settingName: given === undefined ? VARIABLE : 'internal',
  };
}

type GivenInternal = Readonly<Record<string, unknown>> | undefined;

function readVariable(variables: Variables): InternalOptions | undefined {
  const text = new EnvironmentOptions(COMPONENT, variables).text(VARIABLE);
  if (text === undefined) return undefined;
  const setting = { name: VARIABLE, value: text };
  return readOptions({ name: VARIABLE, value: parseJsonSetting(setting, '{"include":["jobs.*"]}') }, NAMES);
}

function readOptions(
  { name, value }: Setting<object>,
  names: readonly (keyof InternalOptions)[],
): InternalOptions {
  const given = new GivenOptions(COMPONENT, value, names, name);
  for (const list of ['include', 'exclude', 'resourceTags'] as const) given.texts(list);
  given.tags('tags');
  for (const option of STORE_NAMES) {
    if (given.has('store') && given.has(option)) throw given.error(option, 'left out beside `store`');
  }
  // An option that is undefined counts as left out.
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));
}
