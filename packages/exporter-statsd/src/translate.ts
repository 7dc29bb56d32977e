import type { Attributes } from '@opentelemetry/api';
import {
  intervals,
  quantile,
  TagWriter,
  type HistogramValue,
  type Point,
  type Refusal,
  type Series,
} from '@tallykit/exporter-base';
import { safeName, tagSpelling, type StatsdDialect, type StatsdLine } from './format.ts';
import { equalWeightSamples } from './samples.ts';

/** What decides how points are called. */
export interface TranslateOptions {
  readonly prefix: string;
  readonly tags: Readonly<Record<string, string | number | boolean>>;
  readonly dialect: StatsdDialect;
  readonly histograms: 'samples' | 'aggregates';
  readonly processTag: boolean | 'gauges';
  readonly resourceTags: readonly string[];
  /** Tells this process from others, for points whose resource has no `service.instance.id`. */
  readonly processName: string;
}

/** The tag of {@link TranslateOptions.processTag}. */
const PROCESS_TAG = 'process';

/** How many milliseconds one of a unit is. UCUM, as OpenTelemetry writes units. */
const MILLIS_OF_UNIT: Readonly<Partial<Record<string, number>>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const BELOW_ZERO: Refusal = {
  refused: 'notRepresentable',
  reason:
    "it has values below zero, and StatsD servers refuse a negative timing; the option `histograms: 'aggregates'` " +
    'can say them',
};

/** Percentiles of `histograms: 'aggregates'`. */
const PERCENTILES = [50, 90, 95, 99] as const;

/**
 * How the points of a resource are called: the name with prefix and unsafe characters replaced, the tags as the
 * dialect's text. An increase of zero has nothing to say.
 */
export function createTranslator(
  options: TranslateOptions,
): (resource: Attributes) => (point: Point) => Series | Refusal | undefined {
  const spelling = tagSpelling(options.dialect);
  let last: { readonly key: string; readonly common: TagWriter; readonly ofProcess: TagWriter } | undefined;

  /** The writers remember texts, so they are kept while the resource says the same. */
  function writersOf(resource: Attributes) {
    const chosen = Object.fromEntries(options.resourceTags.map((name) => [name, resource[name]]));
    const instance = resource['service.instance.id'];
    const process = {
      [PROCESS_TAG]: typeof instance === 'string' && instance ? instance : options.processName,
    };
    const key = JSON.stringify([chosen, process]);
    if (last?.key === key) return last;
    last = {
      key,
      common: new TagWriter(spelling, options.tags, chosen),
      ofProcess: new TagWriter(spelling, options.tags, chosen, process),
    };
    return last;
  }

  return (resource) => {
    const { common, ofProcess } = writersOf(resource);
    return (point) => {
      if (point.type === 'sum' && point.value === 0) return undefined;
      if (point.type === 'histogram') {
        if (point.value.count === 0) return undefined;
        if (options.histograms === 'samples' && lowest(point.value) < 0) return BELOW_ZERO;
      }
      const { type, value, name, attributes, unit, startMillis, endMillis } = point;
      const tags = (isOfOneProcess(point, options) ? ofProcess : common).write(attributes);
      return {
        type,
        value,
        name: safeName(options.prefix + name),
        tags,
        unit,
        startMillis,
        endMillis,
      } as Series;
    };
  };
}

/**
 * The lines of a series, in the order in which they are to be sent. Timings are in milliseconds whenever the unit is one
 * of time, because that is what `ms` means to a server; other units are left as they are.
 */
export function seriesLines(
  series: Series,
  {
    histograms,
    sampleLimit,
  }: { readonly histograms: 'samples' | 'aggregates'; readonly sampleLimit: number },
): StatsdLine[] {
  const { name, tags } = series;
  switch (series.type) {
    case 'sum':
      return series.value === 0 ? [] : [{ name, tags, type: 'c', value: series.value }];
    case 'gauge':
      return [{ name, tags, type: 'g', value: series.value }];
    case 'histogram': {
      if (histograms === 'aggregates') return aggregateLines(name, tags, series.value);
      const millis = MILLIS_OF_UNIT[series.unit] ?? 1;
      return equalWeightSamples(series.value, sampleLimit).map(({ value, weight }) => ({
        name,
        tags,
        type: 'ms',
        value: value * millis,
        weight,
      }));
    }
  }
}

function aggregateLines(name: string, tags: string, histogram: HistogramValue): StatsdLine[] {
  const { count, sum, min, max } = histogram;
  const gauges: (readonly [suffix: string, value: number | undefined])[] = [
    ['sum', sum],
    ['min', min],
    ['max', max],
    ['mean', sum === undefined ? undefined : sum / count],
    ...PERCENTILES.map((percent) => [`p${percent}`, quantile(histogram, percent / 100)] as const),
  ];
  return [
    { name: `${name}.count`, tags, type: 'c', value: count },
    ...gauges.flatMap(([suffix, value]): StatsdLine[] =>
      value === undefined ? [] : [{ name: `${name}.${suffix}`, tags, type: 'g', value }],
    ),
  ];
}

/** Whether the values of two processes would overwrite each other: what a server keeps as a gauge doesn't add up. */
function isOfOneProcess({ type, isUpDown }: Point, { processTag, histograms }: TranslateOptions): boolean {
  if (processTag === false || type === 'sum') return false;
  return type === 'gauge' ? isUpDown || processTag === 'gauges' : histograms === 'aggregates';
}

function lowest(histogram: HistogramValue): number {
  return histogram.min ?? intervals(histogram)[0]?.low ?? 0;
}
