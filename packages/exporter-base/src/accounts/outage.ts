import { log } from '../support/log.ts';

/** What came of trying to send. */
export interface Sent {
  /** Why the way to the server is blocked. */
  readonly failure: string | undefined;
  /** Whether something got through. */
  readonly hasDelivered: boolean;
  /** How many points were lost. */
  readonly dropped: number;
  /** How many points got through that had been kept. */
  readonly late: number;
  /** How many points wait to be sent again. */
  readonly kept: number;
}

/** Whose outage it is, for people. */
export interface OutageOptions {
  readonly component: string;
  readonly destination: string;
  readonly remedy: string;
}

/** Says that sending fails, once, and that it works again, once. */
export class Outage {
  readonly #options: OutageOptions;
  #current: { readonly sinceMillis: number; dropped: number; late: number } | undefined;

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  /** What came of trying to send. */
  sent(nowMillis: number, { failure, hasDelivered, dropped, late, kept }: Sent): void {
    const { component, destination, remedy } = this.#options;
    if (failure !== undefined && this.#current === undefined) {
      this.#current = { sinceMillis: nowMillis, dropped: 0, late: 0 };
      log(
        'warn',
        `${component}: can't deliver to ${destination}: ${failure}. Dropped ${dropped} points, kept ${kept} to merge ` +
          `with later ones. ${remedy} Logged once, and again when it works.`,
      );
    }
    const outage = this.#current;
    if (outage === undefined) return;
    outage.dropped += dropped;
    outage.late += late;
    if (failure !== undefined || !hasDelivered) return;
    this.#current = undefined;
    const seconds = ((nowMillis - outage.sinceMillis) / 1000).toFixed(1);
    log(
      'warn',
      `${component}: delivering to ${destination} again after ${seconds} s; ` +
        `sent ${outage.late} points late, merged, and dropped ${outage.dropped} meanwhile.`,
    );
  }
}
