import { log } from '../support/log.ts';
import { HealthRecord, type Health } from './health.ts';

/** The result of an attempt to send. */
export interface Sent {
  /** Why nobody took what was sent, if so. */
  readonly failure: string | undefined;
  /** Whether the server took something. */
  readonly hasDelivered: boolean;
  /** How many points were lost. */
  readonly dropped: number;
  /** How many points were delivered that had been kept before. */
  readonly late: number;
  /** How many points wait to be sent again. */
  readonly kept: number;
}

/** Texts for the messages. */
export interface OutageOptions {
  readonly component: string;
  readonly destination: string;
  readonly remedy: string;
}

/** Logs an outage in two lines: when sending begins to fail, and when it works again. */
export class Outage {
  readonly #options: OutageOptions;
  readonly #health = new HealthRecord();
  #current: { readonly sinceMillis: number; dropped: number; late: number } | undefined;

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  get health(): Health {
    return this.#health.current;
  }

  /** Takes down the result of an attempt. */
  sent(nowMillis: number, { failure, hasDelivered, dropped, late, kept }: Sent): void {
    const { component, destination, remedy } = this.#options;
    if (failure !== undefined) this.#health.set('down');
    else if (hasDelivered) this.#health.set('up');
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
