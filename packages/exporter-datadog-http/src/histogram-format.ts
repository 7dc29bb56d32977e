import {
  derivedName,
  type HistogramSeries,
  type HistogramValue,
  type Refusal,
} from '@tallykit/exporter-base';
import { MAX_NAME_LENGTH } from '@tallykit/exporter-base/datadog';
import { quantiles, rankMeans } from '@tallykit/exporter-base/histograms';
import { formatPoint, formOf, placeOf, type FormatOptions, type Kind, type Place } from './point.ts';
import {
  doubleField,
  integerField,
  messageField,
  packedField,
  packedSignedField,
  textField,
} from './protobuf.ts';
import { sketchOf } from './sketch.ts';
import { listTags } from './tags.ts';

/**
 * A histogram as the text of its form: JSON, or a field of a protobuf message as bytes. It is one text, so that it is sent as
 * a whole or not at all.
 *
 * @param timestampSeconds since 1970
 */
export function formatHistogram(
  series: HistogramSeries,
  timestampSeconds: number,
  options: FormatOptions,
): string | Refusal {
  const { name, baseName, unit, value: histogram } = series;
  const place = placeOf(series, timestampSeconds);
  switch (formOf(series, options)) {
    case 'series': {
      const points = aggregatesOf(histogram, options).map(({ suffix, value, kind }) => {
        const short = derivedName(baseName, suffix, MAX_NAME_LENGTH);
        const measured = { name: short, unit: suffix === '.count' ? '' : unit, value, kind };
        return formatPoint(measured, place, options);
      });
      return points.length > 0 ? points.join(',') : NO_AGGREGATE;
    }
    case 'points': {
      const { host, tags } = place;
      const points = [[timestampSeconds, valuesOf(histogram)]];
      return JSON.stringify({ metric: name, type: 'distribution', points, host, tags: listTags(tags) });
    }
    case 'sketch':
      return formatSketch(name, histogram, place);
  }
}

interface Aggregate {
  readonly suffix: string;
  readonly value: number;
  readonly kind: Kind;
}

const NO_AGGREGATE: Refusal = {
  refused: 'notRepresentable',
  reason: 'it knows none of the totals that the option `aggregates` has left to send',
};

/** The totals of a histogram. Their names are added to its name, as the Agent does it. */
const TOTALS = ['count', 'sum', 'avg', 'min', 'max'] as const;

/** What is added to the name of a histogram for each of its aggregates. */
export function aggregateSuffixes({
  aggregates,
  percentiles,
}: Pick<FormatOptions, 'aggregates' | 'percentiles'>): string[] {
  return [
    ...TOTALS.filter((total) => aggregates[total]).map((total) => `.${total}`),
    ...percentiles.map((percent) => `.${percent}percentile`),
  ];
}

/** A sum is sent as a count, because sums add up over time and over processes. */
function aggregatesOf(histogram: HistogramValue, options: FormatOptions): Aggregate[] {
  const { aggregates, percentiles, countersAs } = options;
  const { count, sum, min, max } = histogram;
  const totals = { count, sum, avg: sum === undefined ? undefined : sum / count, min, max };
  const kinds: Readonly<Partial<Record<string, Kind>>> = { '.count': countersAs, '.sum': 'count' };
  const shares = percentiles.map((percent) => percent / 100);
  const values = [
    ...TOTALS.filter((total) => aggregates[total]).map((total) => totals[total]),
    ...quantiles(histogram, shares),
  ];
  return aggregateSuffixes(options).flatMap((suffix, index) => {
    const value = values[index];
    return value === undefined ? [] : [{ suffix, value, kind: kinds[suffix] ?? 'gauge' }];
  });
}

/** One value for each that was recorded. Together they have the exact sum, minimum and maximum. */
function valuesOf(histogram: HistogramValue): number[] {
  const mean = rankMeans(histogram);
  return Array.from({ length: histogram.count }, (_, rank) => mean(rank, rank + 1));
}

/** A field of `SketchPayload` (agent-payload, `agent_payload.proto`). A payload is such fields one after the other. */
function formatSketch(
  name: string,
  histogram: HistogramValue,
  { host, tags, timestampSeconds }: Place,
): string {
  const { count, sum, min, max, keys, counts } = sketchOf(histogram);
  const dogsketch =
    integerField(1, timestampSeconds) +
    integerField(2, count) +
    doubleField(3, min) +
    doubleField(4, max) +
    doubleField(5, sum / count) +
    doubleField(6, sum) +
    packedSignedField(7, keys) +
    packedField(8, counts);
  const sketch =
    textField(1, name) +
    textField(2, host) +
    listTags(tags)
      .map((tag) => textField(4, tag))
      .join('') +
    messageField(7, dogsketch);
  return messageField(1, sketch);
}
