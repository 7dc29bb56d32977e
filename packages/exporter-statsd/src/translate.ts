import type { Attributes } from '@opentelemetry/api';
import {
  chosenAttributes,
  createTagWriters,
  intervals,
  millisOfUnit,
  quantiles,
  type HistogramValue,
  type Metric,
  type Refusal,
  type Series,
  type Translate,
  type Value,
} from '@tallykit/exporter-base';
import { lineFormat, safeName, tagSpelling, type StatsdDialect } from './format.ts';
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

const BELOW_ZERO: Refusal = {
  refused: 'notRepresentable',
  reason:
    "it has values below zero, and StatsD servers refuse a negative timing; the option `histograms: 'aggregates'` " +
    'can say them',
};

/** Percentiles of `histograms: 'aggregates'`. */
const PERCENTILES = [50, 90, 95, 99] as const;

/**
 * How the metrics of a resource are called: the name with prefix and unsafe characters replaced, the tags as the
 * dialect's text. An increase of zero has nothing to say.
 */
export function createTranslator(options: TranslateOptions): (resource: Attributes) => Translate {
  const writersOf = createTagWriters({
    spelling: tagSpelling(options.dialect),
    sharedTags: (resource) => [options.tags, chosenAttributes(resource, options.resourceTags)],
    processName: () => options.processName,
  });

  const judges = {
    sum: (value: Value) => (value === 0 ? 'nothing' : undefined),
    gauge: () => undefined,
    histogram: (value: Value) => {
      const { count } = value as HistogramValue;
      if (count === 0) return 'nothing';
      return options.histograms === 'samples' && lowest(value as HistogramValue) < 0 ? BELOW_ZERO : undefined;
    },
  } as const;

  return (resource) => {
    const { common, ofProcess } = writersOf(resource);
    return (metric) => ({
      name: safeName(options.prefix + metric.name),
      tags: isOfOneProcess(metric, options) ? ofProcess : common,
      judge: judges[metric.type],
    });
  };
}

/** What decides how series are written. */
export interface FormatOptions {
  readonly dialect: StatsdDialect;
  readonly histograms: 'samples' | 'aggregates';
  readonly sampleLimit: number;
}

/**
 * The lines of a series, in the order in which they are to be sent. Timings are in milliseconds whenever the unit is one
 * of time, because that is what `ms` means to a server; other units are left as they are.
 */
export function createFormat({
  dialect,
  histograms,
  sampleLimit,
}: FormatOptions): (series: Series) => string | readonly string[] {
  const line = lineFormat(dialect);
  return (series) => {
    const { name, tags } = series;
    switch (series.type) {
      case 'sum':
        return series.value === 0 ? [] : line(name, tags, 'c', series.value);
      case 'gauge':
        return line(name, tags, 'g', series.value);
      case 'histogram': {
        if (histograms === 'aggregates') {
          return aggregates(name, series.value).map(([full, type, value]) => line(full, tags, type, value));
        }
        const millis = millisOfUnit(series.unit) ?? 1;
        return equalWeightSamples(series.value, sampleLimit).map(({ value, weight }) =>
          line(name, tags, 'ms', value * millis, weight),
        );
      }
    }
  };
}

function aggregates(
  name: string,
  histogram: HistogramValue,
): (readonly [name: string, type: 'c' | 'g', value: number])[] {
  const { count, sum, min, max } = histogram;
  const gauges: (readonly [suffix: string, value: number | undefined])[] = [
    ['sum', sum],
    ['min', min],
    ['max', max],
    ['mean', sum === undefined ? undefined : sum / count],
    ...quantiles(
      histogram,
      PERCENTILES.map((percent) => percent / 100),
    ).map((value, index) => [`p${PERCENTILES[index]}`, value] as const),
  ];
  return [
    [`${name}.count`, 'c', count],
    ...gauges.flatMap(([suffix, value]) =>
      value === undefined ? [] : [[`${name}.${suffix}`, 'g', value] as const],
    ),
  ];
}

/** Whether the values of two processes would overwrite each other: what a server keeps as a gauge doesn't add up. */
function isOfOneProcess({ type, isUpDown }: Metric, { processTag, histograms }: TranslateOptions): boolean {
  if (processTag === false || type === 'sum') return false;
  return type === 'gauge' ? isUpDown || processTag === 'gauges' : histograms === 'aggregates';
}

function lowest(histogram: HistogramValue): number {
  return histogram.min ?? intervals(histogram)[0]?.low ?? 0;
}
