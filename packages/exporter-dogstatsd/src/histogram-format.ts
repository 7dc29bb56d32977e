import { formatNumber, formatRate, type DerivedSeries, type HistogramSeries } from '@tallykit/exporter-base';
import { MAX_NAME_LENGTH } from '@tallykit/exporter-base/datadog';
import { millisOfUnit } from '@tallykit/exporter-base/histograms';
import { weightedSamples, type Sample } from './samples.ts';

/** The options that decide how a histogram is written. */
export interface HistogramFormatOptions {
  readonly histograms: 'distribution' | 'histogram' | 'timing';
  readonly valuePacking: boolean;
  /** Fields at the end of every message, which name the container that it comes from. Empty, or begins with `|`. */
  readonly originFields: string;
  readonly maxPayloadBytes: number;
}

const TYPE_OF_HISTOGRAMS = { distribution: 'd', histogram: 'h', timing: 'ms' } as const;

/** The names that the Agent derives from `h` and `ms` by default (`histogram_aggregates`, `histogram_percentiles`). */
const AGENT_SUFFIXES = ['.avg', '.count', '.max', '.median', '.95percentile'] as const;

/** The series that the Agent derives from a histogram. A distribution stays one series. */
export function derivedSeries({
  histograms,
}: Pick<HistogramFormatOptions, 'histograms'>): DerivedSeries | undefined {
  return histograms === 'distribution'
    ? undefined
    : { suffixes: AGENT_SUFFIXES, maxNameLength: MAX_NAME_LENGTH };
}

/**
 * Writes the lines of a histogram: one for each sample, or with `valuePacking` one for several. Durations become
 * milliseconds in timings (`ms`), and stay as they were recorded in `d` and `h`.
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
