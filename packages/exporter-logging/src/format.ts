import { visible, type HistogramValue, type Series } from '@tallykit/exporter-base';
import { quantiles } from '@tallykit/exporter-base/histograms';
import { humanRate, humanValue } from './human-units.ts';
import { placeOfTags } from './line-tags.ts';
import type { LineMetadata } from './logger.ts';
import { quoted } from './python-text.ts';
import { tagsOf } from './translate.ts';

/** One line of the log: its text, and what the logger gets with it. */
export interface Line {
  readonly message: string;
  readonly metadata: LineMetadata;
}

/** The quantiles that a line shows. */
const QUANTILES = [
  ['p50', 0.5],
  ['p95', 0.95],
  ['p99', 0.99],
] as const;

/**
 * The line of a series: the increase of a counter and its rate, the value of a gauge, the count, sum and quantiles of a
 * distribution. Durations and bytes are written for people in the text, and as they were recorded in the metadata.
 *
 * @param sinceMillis when the interval of the rate began, in milliseconds since 1970. The point's own start is that of its
 *   first value, which may be later
 * @example
 * 'orders.created': +1204 (120.4/s)
 * 'memory.rss': 128 MiB
 * 'db.query': 312 values (31.2/s), sum 1.281 s, min 1.2 ms, p50 3.1 ms, p95 9.8 ms, p99 21 ms, max 34 ms
 */
export function seriesLine(series: Series, sinceMillis: number): Line {
  const { type, name, unit, endMillis } = series;
  const intervalMillis = Math.max(endMillis - sinceMillis, 0);
  const seconds = intervalMillis / 1000;
  const metadata = {
    metric: visible(name),
    unit: visible(unit) || undefined,
    ...placeOfTags(tagsOf(series.tags)),
  };
  const messageOf = (text: string): string => `${quoted(name)}: ${text}`;
  switch (type) {
    case 'gauge':
      return {
        message: messageOf(humanValue(series.value, unit)),
        metadata: { type: 'gauge', value: series.value, ...metadata },
      };
    case 'sum': {
      const { value } = series;
      const sign = value < 0 ? '' : '+';
      const rate = seconds > 0 ? ` (${humanRate(value, unit, seconds)})` : '';
      return {
        message: messageOf(`${sign}${humanValue(value, unit)}${rate}`),
        metadata: { type: 'counter', value, rate: rateOf(value, seconds), intervalMillis, ...metadata },
      };
    }
    case 'histogram': {
      const { count } = series.value;
      const rate = seconds > 0 ? ` (${humanRate(count, '', seconds)})` : '';
      const totals = totalsOf(series.value);
      const shown = Object.entries(totals).map(([what, value]) => `, ${what} ${humanValue(value, unit)}`);
      return {
        message: messageOf(`${counted(count, 'value')}${rate}${shown.join('')}`),
        metadata: {
          type: 'distribution',
          count,
          ...totals,
          rate: rateOf(count, seconds),
          intervalMillis,
          ...metadata,
        },
      };
    }
  }
}

/** The known figures of a distribution, in the order of the line. */
function totalsOf(histogram: HistogramValue): Record<string, number> {
  const { count, sum, min, max } = histogram;
  if (count === 0) return {};
  const shares = QUANTILES.map(([, share]) => share);
  const ofShares = quantiles(histogram, shares).map((value, index) => [QUANTILES[index]![0], value] as const);
  const totals: Record<string, number> = {};
  for (const [name, value] of [['sum', sum], ['min', min], ...ofShares, ['max', max]] as const) {
    if (value !== undefined) totals[name] = value;
  }
  return totals;
}

function rateOf(value: number, seconds: number): number | undefined {
  return seconds > 0 ? value / seconds : undefined;
}

/**
 * One line for all series of an export.
 *
 * @example
 * 41 series: 25 counters, 6 gauges, 10 distributions with 3120 values
 */
export function summaryLine(series: Iterable<Series>): Line {
  const metadata = { series: 0, counters: 0, gauges: 0, distributions: 0, values: 0 };
  for (const one of series) {
    metadata.series += 1;
    if (one.type === 'histogram') {
      metadata.distributions += 1;
      metadata.values += one.value.count;
    } else if (one.type === 'gauge') metadata.gauges += 1;
    else metadata.counters += 1;
  }
  const { counters, gauges, distributions, values } = metadata;
  return {
    message:
      `${metadata.series} series: ${counted(counters, 'counter')}, ${counted(gauges, 'gauge')}, ` +
      `${counted(distributions, 'distribution')} with ${counted(values, 'value')}`,
    metadata,
  };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** An event, as `metrics.event(…)` hands it to backends. */
export interface LoggedEvent {
  /** The first half of the line. Not empty. */
  readonly title: string;
  /** The second half of the line. May be empty. */
  readonly text: string;
  /** Metadata of the line. The tag `instance` stands beside the others, as in the lines of series. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Metadata of the line, for example `error`. */
  readonly alertType?: string | undefined;
  /** Metadata of the line, for example `low`. */
  readonly priority?: string | undefined;
  /** Metadata of the line: what belongs together has the same key. */
  readonly aggregationKey?: string | undefined;
  /** Metadata of the line: the source of the event. */
  readonly sourceTypeName?: string | undefined;
  /** Metadata of the line: the host of the event. */
  readonly hostname?: string | undefined;
  /** Metadata of the line: when it happened, in milliseconds since 1970. */
  readonly timestamp?: number | undefined;
}

/**
 * The line of an event.
 *
 * @throws TypeError for an event without a title or a text
 * @example
 * 'Deploy': 'v42 is live'
 */
export function eventLine({ title, text, tags = {}, ...others }: LoggedEvent): Line {
  if (typeof title !== 'string' || title === '' || typeof text !== 'string') {
    throw new TypeError('an event must have a title and a text');
  }
  const details = Object.entries(others).map(
    ([name, value]) => [name, typeof value === 'string' ? visible(value) : value] as const,
  );
  return {
    message: `${quoted(title)}: ${quoted(text)}`,
    metadata: {
      type: 'event',
      title: visible(title),
      text: visible(text),
      ...placeOfTags(tags),
      ...Object.fromEntries(details),
    },
  };
}
