import type { Cargo, Failure } from './series.ts';
import type { Lane } from './transport.ts';

/** A text that is no metric. */
export class EventCargo implements Cargo {
  openTexts = 0;
  isPartlyGone = false;
  failure: Failure | undefined = undefined;
  readonly points = 1;
  readonly amount = 0;
  readonly text: string;
  readonly lane: Lane;
  /** For people. */
  readonly name: string;

  constructor(text: string, lane: Lane, name: string) {
    this.text = text;
    this.lane = lane;
    this.name = name;
  }
}

/** How many events may wait, those that are being sent included. */
const MAX_EVENTS = 1000;

/** Events that are not settled, in their order. There is room for a thousand; of more, the latest are kept. */
export class EventQueue {
  /** They were not accepted, or came during an outage: the next attempt takes them along. */
  #kept: EventCargo[] = [];
  /** To be sent at once. */
  #new: EventCargo[] = [];
  #sending = 0;

  get hasNew(): boolean {
    return this.#new.length > 0;
  }

  /** How many wait to be sent. */
  get waiting(): number {
    return this.#kept.length + this.#new.length;
  }

  /**
   * @param isUrgent whether it is to be sent at once
   * @returns what there is no room for: the one that has waited longest, or the new one where all others are being sent
   */
  add(event: EventCargo, isUrgent: boolean): EventCargo | undefined {
    (isUrgent ? this.#new : this.#kept).push(event);
    if (this.waiting + this.#sending <= MAX_EVENTS) return undefined;
    return this.#kept.shift() ?? this.#new.shift();
  }

  /** Hands over all that wait. Each of them is either kept again or settled. */
  take(): EventCargo[] {
    const taken = [...this.#kept, ...this.#new];
    this.#kept = [];
    this.#new = [];
    this.#sending += taken.length;
    return taken;
  }

  /** An event that was taken waits for the next attempt. */
  keepAgain(event: EventCargo): void {
    this.#sending -= 1;
    this.#kept.push(event);
  }

  /** An event that was taken is sent or lost. */
  settle(): void {
    this.#sending -= 1;
  }

  /** What is new is kept for the next attempt. */
  keepNew(): void {
    this.#kept.push(...this.#new.splice(0));
  }
}
