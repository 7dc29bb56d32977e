import { formatNumber, formatRate, type DerivedSeries, type HistogramSeries } from '@tallykit/exporter-base';
import { MAX_NAME_LENGTH } from '@tallykit/exporter-base/datadog';
import { millisOfUnit } from '@tallykit/exporter-base/histograms';
import { weightedSamples, type Sample } from './samples.ts';

/** What decides how histograms look. */
export interface HistogramFormatOptions {
  readonly histograms: 'distribution' | 'histogram' | 'timing';
  readonly valuePacking: boolean;
  /** At the end of every message: where it comes from. Empty, or begins with `|`. */
  readonly originFields: string;
  readonly maxPayloadBytes: number;
}

const TYPE_OF_HISTOGRAMS = { distribution: 'd', histogram: 'h', timing: 'ms' } as const;

/** What the Agent makes of `h` and `ms` by default (`histogram_aggregates`, `histogram_percentiles`). */
const AGENT_SUFFIXES = ['.avg', '.count', '.max', '.median', '.95percentile'] as const;

/** What the Agent makes of a histogram; a distribution stays one. */
export function derivedSeries({
  histograms,
}: Pick<HistogramFormatOptions, 'histograms'>): DerivedSeries | undefined {
  return histograms === 'distribution'
    ? undefined
    : { suffixes: AGENT_SUFFIXES, maxNameLength: MAX_NAME_LENGTH };
}

/**
 * The lines of a histogram: one for each sample, or for several with packed values. Timings (`ms`) are in milliseconds
 * whenever the unit is one of time; `d` and `h` are sent as recorded.
 */
export function formatHistogram(
  { baseName: name, tags, unit, value }: HistogramSeries,
  { histograms, valuePacking, originFields, maxPayloadBytes }: HistogramFormatOptions,
): string[] {
  const factor = (histograms === 'timing' && millisOfUnit(unit)) || 1;
  const type = `|${TYPE_OF_HISTOGRAMS[histograms]}`;
  const endOf = (weight: number) =>
    `${type}${weight > 1 ? `|@${formatRate(weight)}` : ''}${tags}${originFields}`;
  const samples = weightedSamples(value);
  if (!valuePacking) {
    return samples.map((sample) => `${name}:${formatNumber(sample.value * factor)}${endOf(sample.weight)}`);
  }
  const lines: string[] = [];
  for (const [weight, values] of valuesByWeight(samples)) {
    const lineEnd = endOf(weight);
    const room = maxPayloadBytes - Buffer.byteLength(name + lineEnd);
    let packed = '';
    for (const each of values) {
      const text = `:${formatNumber(each * factor)}`;
      if (packed !== '' && packed.length + text.length > room) {
        lines.push(name + packed + lineEnd);
        packed = '';
      }
      packed += text;
    }
    lines.push(name + packed + lineEnd);
  }
  return lines;
}

function valuesByWeight(samples: readonly Sample[]): Map<number, number[]> {
  const byWeight = new Map<number, number[]>();
  for (const { value, weight } of samples) {
    const known = byWeight.get(weight);
    if (known) known.push(value);
    else byWeight.set(weight, [value]);
  }
  return byWeight;
}
