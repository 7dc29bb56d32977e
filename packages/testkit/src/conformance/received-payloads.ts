import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { ConformanceSubject, Payload, ReceivedEvent, ReceivedSeries } from './conformance-subject.ts';

/** What the backend of a case received, and what it read from it. */
export class ReceivedPayloads {
  readonly payloads: Payload[] = [];
  readonly events: ReceivedEvent[] = [];
  readonly #parse: ConformanceSubject['parse'];
  readonly #series: ReceivedSeries[] = [];
  #parseError: string | undefined;
  #arrived: () => void = () => undefined;

  constructor(parse: ConformanceSubject['parse']) {
    this.#parse = parse;
  }

  /** @throws when a payload could not be read */
  get series(): readonly ReceivedSeries[] {
    if (this.#parseError !== undefined)
      assert.fail(`the backend can't read what it received: ${this.#parseError}`);
    return this.#series;
  }

  add(payload: Payload): void {
    this.payloads.push(payload);
    try {
      for (const one of this.#parse(payload)) {
        if (one.kind === 'event') this.events.push(one);
        else this.#series.push(one);
      }
    } catch (error) {
      this.#parseError ??= inspect(error);
    }
    this.#arrived();
  }

  /** Resolves when the next payload arrives. One caller at a time. */
  next(): Promise<void> {
    return new Promise((resolve) => (this.#arrived = resolve));
  }
}
