import type { Refusal, Tally } from './ledger.ts';
import { mergeSeries, seriesKey, type Series } from './merge.ts';
import type { Unit } from './pack.ts';
import { reasonOf, type Outcome } from './transport.ts';

/** What can happen to a series other than being delivered. */
export type Failure = Exclude<Outcome, { type: 'delivered' }> | Refusal;

/** One series on its way, with the points that went into it. */
export interface Entry {
  readonly key: string;
  series: Series;
  tally: Tally;
  /** Which `export` merged into it last. */
  source: object;
  /** All of its texts are in payloads. */
  isPacked: boolean;
  /** Payloads with some of its texts that are not settled. */
  openPayloads: number;
  failure: Failure | undefined;
}

/** Series that are sent together: those of one export, or of several when the one before took long. */
export class Batch {
  /** Those that are not settled, by key. */
  readonly entries = new Map<string, Entry>();
  /** Resolves when none is left. */
  readonly settled: Promise<void>;
  /** Points that are settled. */
  exportedPoints = 0;
  droppedPoints = 0;
  /** Why something of it was not delivered. */
  failure: string | undefined;
  /** The same, when the reason lies at the other end or on the way there. */
  outage: string | undefined;
  #settle: () => void = () => undefined;
  #size = 0;
  #packed = 0;

  constructor() {
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** How much of it is in payloads, 0 to 1. */
  get progress(): number {
    return this.#packed / this.#size;
  }

  /** @returns the entry that the series was merged into, or `undefined` when it is the first of its key */
  add(series: Series, tally: Tally, source: object): Entry | undefined {
    const key = seriesKey(series);
    const known = this.entries.get(key);
    if (!known) {
      this.entries.set(key, {
        key,
        series,
        tally,
        source,
        isPacked: false,
        openPayloads: 0,
        failure: undefined,
      });
      this.#size += 1;
      return undefined;
    }
    known.series = mergeSeries(known.series, series);
    known.tally = { points: known.tally.points + tally.points, amount: known.tally.amount + tally.amount };
    return known;
  }

  /** The texts of all series, formatted one series at a time. */
  *units(format: (series: Series) => readonly string[]): Generator<Unit<Entry>> {
    for (const entry of this.entries.values()) {
      let texts: readonly string[] = [];
      try {
        texts = format(entry.series);
      } catch (error) {
        entry.failure = { refused: 'error', reason: `it could not be formatted: ${reasonOf(error)}` };
      }
      for (const text of texts) yield { text, owner: entry };
      entry.isPacked = true;
      this.#packed += 1;
    }
  }

  /** To be called when no entry is left. */
  settle(): void {
    this.#settle();
  }
}
