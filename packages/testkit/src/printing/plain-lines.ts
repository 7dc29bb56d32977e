import type { Arrival, SeriesArrival } from './arrivals.ts';
import type { WatchedSeries } from './series-watch.ts';
import { shortNumber, shortSpan, type Paint } from './text.ts';

/** One line for each arrival: `10:07:31 count shop.orders plan:pro +3`. */
export function linesOf(arrivals: readonly Arrival[], now: number, paint: Paint): string[] {
  const time = paint('dim', clockTime(now));
  return arrivals.map((arrival) => {
    if (arrival.kind === 'series') {
      const { type, name, tags } = arrival;
      return `${time} ${type} ${paint('bold', name)}${tags && ` ${tags}`} ${valueOf(arrival)}`;
    }
    const word = arrival.kind === 'bad' ? paint('red', 'bad') : paint('cyan', arrival.kind);
    return `${time} ${word} ${arrival.text}`;
  });
}

/** The line for a series that has gone quiet. */
export function quietLine(
  { name, tags, lastAt, usualGap }: WatchedSeries,
  now: number,
  paint: Paint,
): string {
  const usual = usualGap === undefined ? 'it came once' : `it came every ${shortSpan(usualGap)}`;
  const series = `${paint('bold', name)}${tags && ` ${tags}`}`;
  return `${paint('dim', clockTime(now))} ${paint('yellow', 'quiet')} ${series}: nothing for ${shortSpan(now - lastAt)}, ${usual}`;
}

function valueOf({ type, amount, sketch }: SeriesArrival): string {
  if (type === 'count') return `${amount < 0 ? '' : '+'}${shortNumber(amount)}`;
  if (sketch === undefined) return shortNumber(amount);
  if (sketch.count === 1) return shortNumber(sketch.max);
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((q) => shortNumber(sketch.quantile(q), 3));
  return `${sketch.count} values, p50 ${p50} p95 ${p95} p99 ${p99} max ${shortNumber(sketch.max)}`;
}

function clockTime(millis: number): string {
  return new Date(millis).toTimeString().slice(0, 8);
}
