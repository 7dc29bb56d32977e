import { mergeHistograms } from './histogram.ts';
import type { Measurement } from './points.ts';

/**
 * What goes over the wire as one series in one export: a point under its final name and with its tags as text. Two
 * points with an equal key are the same series for the server.
 */
export type Series = Measurement & {
  /** As it stands on the wire. */
  readonly name: string;
  /** As they stand on the wire, in a fixed order. */
  readonly tags: string;
  readonly unit: string;
  readonly startMillis: number;
  readonly endMillis: number;
};

/** Equal for what the server takes for the same series. Histograms of two units can't be added bucket by bucket. */
export function seriesKey({ type, name, tags, unit }: Series): string {
  return type === 'histogram' ? `${type}\n${name}\n${tags}\n${unit}` : `${type}\n${name}\n${tags}`;
}

/**
 * Two series with an equal key as one: sums add up, histograms add bucket by bucket, of two gauges the later one stays
 * (at equal times the second). Neither is changed.
 */
export function mergeSeries(first: Series, second: Series): Series {
  const span = {
    startMillis: Math.min(first.startMillis, second.startMillis),
    endMillis: Math.max(first.endMillis, second.endMillis),
  };
  if (first.type === 'sum' && second.type === 'sum') {
    return { ...second, ...span, value: first.value + second.value };
  }
  if (first.type === 'histogram' && second.type === 'histogram') {
    return { ...second, ...span, value: mergeHistograms(first.value, second.value) };
  }
  return { ...(second.endMillis >= first.endMillis ? second : first), ...span };
}
