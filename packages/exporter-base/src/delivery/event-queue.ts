import type { Failure, Item } from '../series/item.ts';
import type { Route } from '../transports/transport.ts';

/** A text that is no metric, and is not settled yet. */
export class PendingEvent implements Item {
  openTexts = 0;
  isPartlySent = false;
  failure: Failure | undefined = undefined;
  readonly points = 1;
  readonly amount = 0;
  /** Its place among all events of the queue. */
  number = 0;
  readonly text: string;
  readonly route: Route;
  /** For people, in messages. */
  readonly name: string;

  constructor(text: string, route: Route, name: string) {
    this.text = text;
    this.route = route;
    this.name = name;
  }
}

/** How many events may be pending, those that are being sent included. */
const MAX_EVENTS = 1000;

/** Pending events in their order: at most a thousand. When there are more, the oldest of those that wait is given up. */
export class EventQueue {
  /** Events that were not accepted, or came during an outage. The next attempt sends them. */
  #kept: PendingEvent[] = [];
  /** Events to be sent at once. */
  #new: PendingEvent[] = [];
  /** How many were taken, and neither kept again nor settled. */
  #sending = 0;
  #added = 0;

  get hasNew(): boolean {
    return this.#new.length > 0;
  }

  /** How many wait to be sent. */
  get waiting(): number {
    return this.#kept.length + this.#new.length;
  }

  /**
   * @param isUrgent whether it is to be sent at once
   * @returns the event that there is no room for: the one that has waited longest, or the new one when all others are being
   *   sent
   */
  add(event: PendingEvent, isUrgent: boolean): PendingEvent | undefined {
    this.#added += 1;
    event.number = this.#added;
    (isUrgent ? this.#new : this.#kept).push(event);
    if (this.waiting + this.#sending <= MAX_EVENTS) return undefined;
    return this.#kept.shift() ?? this.#new.shift();
  }

  /** Hands over all events that wait. Each of them is kept again or settled later. */
  take(): PendingEvent[] {
    const taken = [...this.#kept, ...this.#new];
    this.#kept = [];
    this.#new = [];
    this.#sending += taken.length;
    return taken;
  }

  /** An event that was taken waits for the next attempt, in its old place: they may come back in any order. */
  keepAgain(event: PendingEvent): void {
    this.#sending -= 1;
    const before = this.#kept.findLastIndex(({ number }) => number < event.number);
    this.#kept.splice(before + 1, 0, event);
  }

  /** An event that was taken is delivered or dropped. */
  settle(): void {
    this.#sending -= 1;
  }

  /** Events that were to be sent at once wait for the next attempt. */
  keepNew(): void {
    this.#kept.push(...this.#new.splice(0));
  }
}
