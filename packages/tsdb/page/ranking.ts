import type { Line } from './chart.ts';
import { latest, sumOf, type Figures } from './figures.ts';
import { byName } from './format.ts';
import { countLine } from './lines.ts';
import type { Order } from './state.ts';

/** What a metric is sorted by. */
export interface Rank {
  readonly name: string;
  /** What was counted in the range, or how many values there were; of a gauge the last value. */
  readonly size: number;
  /** How much larger the newer half of the range is than the older one, as a share; `null` where one of them is unknown. */
  readonly change: number | null;
}

export function rankOf(name: string, { chart, series: [first], watched }: Figures): Rank {
  const line = chart.lines.find(({ label }) => label === 'p95') ?? chart.lines[0];
  if (line === undefined || first === undefined) return { name, size: 0, change: null };
  const counted = first.type === 'distribution' ? countLine(first, watched) : line;
  const size = counted.isCount ? sumOf(counted) : (latest(line) ?? 0);
  return { name, size, change: changeOf(line) };
}

/** The largest first; of what is equal, the names decide. */
export function compareRanks(order: Order): (first: Rank, second: Rank) => number {
  const weight = ({ size, change }: Rank): number =>
    order === 'name' ? 0 : Math.abs(order === 'size' ? size : (change ?? 0));
  return (first, second) => {
    const [one, other] = [weight(first), weight(second)];
    // Infinity less infinity is no number.
    return one === other ? byName(first.name, second.name) : other > one ? 1 : -1;
  };
}

/** Buckets that are enough to compare the halves of a range. */
const ENOUGH_BUCKETS = 20;
const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** The coarsest step (`10s`, `1h`) of which a range still has enough, because everything is asked for; empty for none. */
export function coarseResolution(resolutions: readonly string[], rangeSeconds: number): string {
  const secondsOf = (text: string) =>
    Number.parseInt(text, 10) * (UNIT_SECONDS[text.slice(-1)] ?? Number.NaN);
  return resolutions.findLast((text) => rangeSeconds / secondsOf(text) >= ENOUGH_BUCKETS) ?? '';
}

/** The mean of the newer half of the complete buckets, compared with that of the older half. */
export function changeOf({ values, wholeFrom, openFrom }: Line): number | null {
  const known = values.slice(wholeFrom, openFrom);
  const half = Math.floor(known.length / 2);
  const older = meanOf(known.slice(0, half));
  const newer = meanOf(known.slice(known.length - half));
  if (older === null || newer === null) return null;
  return older === newer ? 0 : (newer - older) / Math.abs(older);
}

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
