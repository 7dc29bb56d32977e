import { GivenOptions, readProcessFacts, type OptionTags, type ProcessFacts } from '@tallykit/exporter-base';
import { TimeseriesStore } from './timeseries-store.ts';

/** Chooses metrics by name: a name, in which `*` stands for any text, or a function that returns `true` for a chosen name. */
export type NamePattern = string | ((name: string) => boolean);

/** Options of {@link TimeseriesMetricExporter}. */
export interface TimeseriesMetricExporterOptions<T extends OptionTags<T> = OptionTags> {
  /**
   * Where the history is kept. Several exporters may share one store.
   *
   * @default a new store in memory: `exporter.store`
   */
  readonly store?: TimeseriesStore | undefined;
  /**
   * Which metrics are kept: `['jobs.*', 'events.total']`. A function is asked at each export.
   *
   * @default ['*']
   */
  readonly include?: readonly NamePattern[] | undefined;
  /**
   * Which of those are left out.
   *
   * @default []
   */
  readonly exclude?: readonly NamePattern[] | undefined;
  /**
   * Tags of every series. A point's own attributes win.
   *
   * @default {}
   */
  readonly tags?: T | undefined;
  /**
   * Names of resource attributes that become tags.
   *
   * @default []
   */
  readonly resourceTags?: readonly string[] | undefined;
  /**
   * Whether a tag `process` tells current values of this process from those of others, which would overwrite each other
   * in Redis. `true`: on up-down counters. `'gauges'`: on gauges as well. Its value is the resource's
   * `service.instance.id`, the pod's name, or else host name and process id.
   *
   * @default true for a store with Redis, and false for one in memory
   */
  readonly processTag?: boolean | 'gauges' | undefined;
}

/** What an exporter without options does. `processTag` depends on where the store keeps history. */
export const TIMESERIES_DEFAULTS = {
  include: ['*'],
  exclude: [],
  tags: {},
  resourceTags: [],
  processTag: { memory: false, redis: true },
} as const satisfies Partial<Record<keyof TimeseriesMetricExporterOptions, unknown>>;

/** Every option with its value. */
export interface ExporterSettings {
  readonly store: TimeseriesStore;
  readonly include: readonly NamePattern[];
  readonly exclude: readonly NamePattern[];
  readonly tags: Readonly<Record<string, string | number | boolean>>;
  readonly resourceTags: readonly string[];
  readonly processTag: boolean | 'gauges';
  readonly ownProcess: ProcessFacts;
}

export const EXPORTER_COMPONENT = 'TimeseriesMetricExporter';

/** @throws for options that are wrong */
export function readExporterOptions(options: TimeseriesMetricExporterOptions): ExporterSettings {
  const names = ['store', 'include', 'exclude', 'tags', 'resourceTags', 'processTag'] as const;
  const given = new GivenOptions(EXPORTER_COMPONENT, options, names);
  const defaults = TIMESERIES_DEFAULTS;
  const store = given.raw('store') ?? new TimeseriesStore();
  if (!isStore(store)) throw given.error('store', 'a TimeseriesStore');
  return {
    store,
    include: readPatterns(given, 'include') ?? defaults.include,
    exclude: readPatterns(given, 'exclude') ?? defaults.exclude,
    tags: given.tags('tags') ?? defaults.tags,
    resourceTags: given.texts('resourceTags') ?? defaults.resourceTags,
    processTag:
      given.oneOf('processTag', [true, false, 'gauges']) ??
      defaults.processTag[store.stats().redis === undefined ? 'memory' : 'redis'],
    ownProcess: readProcessFacts(),
  };
}

function readPatterns<Name extends string>(
  given: GivenOptions<Name>,
  name: Name,
): readonly NamePattern[] | undefined {
  const value = given.raw(name);
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || !value.every((item) => ['string', 'function'].includes(typeof item))) {
    throw given.error(name, 'an array of strings and functions');
  }
  return [...(value as NamePattern[])];
}

/** Looks at its methods and not at its class: a program may have two copies of this package. */
function isStore(value: unknown): value is TimeseriesStore {
  return typeof value === 'object' && value !== null && 'add' in value && 'getRange' in value;
}
