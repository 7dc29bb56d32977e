import type { Refusal } from '../accounts/ledger.ts';
import type { Outcome } from '../transports/transport.ts';

/** Why an item was not delivered. */
export type Failure = Exclude<Outcome, { type: 'delivered' }> | Refusal;

/** What is sent, in one payload or in several: a pending series or a pending event. */
export interface Item {
  /** How many of its texts have no result yet; one more while they are being packed. */
  openTexts: number;
  /** Whether some of it was sent, or may have been: then it can't be sent again. */
  isPartlySent: boolean;
  /** Set by the sender when something of it was not delivered. */
  failure: Failure | undefined;
}
