import type { PendingSeries } from '../series/pending-series.ts';

/** How much may wait to be sent again. */
export interface BacklogLimits {
  readonly maxSeries: number;
  /** An estimate. */
  readonly maxBytes: number;
}

/** How many bytes may wait to be sent again, together with payloads that are held. */
export const MAX_WAITING_BYTES = 64 * 1024 * 1024;

const LIMITS: BacklogLimits = { maxSeries: 200_000, maxBytes: MAX_WAITING_BYTES };

/** How many bytes a counter takes besides its texts, with its place here. Measured. */
const BYTES_PER_SERIES = 220;

/**
 * Series that wait to be sent again. Later points are merged into them, so a long outage takes no more memory than a short one.
 */
export class Backlog {
  readonly #limits: BacklogLimits;
  readonly #waiting = new Map<PendingSeries, number>();
  #points = 0;
  #bytes = 0;

  constructor(limits: BacklogLimits = LIMITS) {
    this.#limits = limits;
  }

  /** How many points are in it. */
  get points(): number {
    return this.#points;
  }

  get size(): number {
    return this.#waiting.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(series: PendingSeries): void {
    const bytes = bytesOf(series);
    this.#waiting.set(series, bytes);
    this.#points += series.points;
    this.#bytes += bytes;
  }

  /** Hands everything over. */
  take(): PendingSeries[] {
    if (this.#waiting.size === 0) return [];
    const taken = [...this.#waiting.keys()];
    this.#waiting.clear();
    this.#points = 0;
    this.#bytes = 0;
    return taken;
  }

  /** Hands over the series that there is no room for: those that have waited longest. */
  takeOverflow(): PendingSeries[] {
    if (this.#isWithinLimits) return [];
    const taken: PendingSeries[] = [];
    const oldestFirst = [...this.#waiting].sort(([one], [other]) => one.keptSince - other.keptSince);
    for (const [series, bytes] of oldestFirst) {
      if (this.#isWithinLimits) break;
      this.#waiting.delete(series);
      this.#points -= series.points;
      this.#bytes -= bytes;
      taken.push(series);
    }
    return taken;
  }

  get #isWithinLimits(): boolean {
    return this.#waiting.size <= this.#limits.maxSeries && this.#bytes <= this.#limits.maxBytes;
  }
}

function bytesOf({ value, name, tags }: PendingSeries): number {
  let numbers = 0;
  if (typeof value === 'object') {
    numbers =
      value.type === 'explicit'
        ? value.counts.length
        : value.positive.bucketCounts.length + value.negative.bucketCounts.length;
  }
  return BYTES_PER_SERIES + name.length + tags.length + 8 * numbers;
}
