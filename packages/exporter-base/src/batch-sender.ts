import type { Batch, Entry } from './batch.ts';
import { Stretch, type Clock } from './clock.ts';
import type { Refusal } from './ledger.ts';
import type { Series } from './merge.ts';
import { pack, type Packed } from './pack.ts';
import { Pacing, type PacingOptions } from './pacing.ts';
import { reasonOf, type Outcome, type Transport } from './transport.ts';

/** What a batch is made into, and where it goes. */
export interface BatchSenderOptions {
  readonly format: (series: Series) => readonly string[];
  readonly transport: Transport;
  readonly pacing: PacingOptions;
  readonly maxPayloadBytes: number;
  readonly timeoutMillis: number;
}

/** How one batch is sent. */
export interface SendOptions {
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Whether somebody waits for the end. */
  readonly isInHurry: () => boolean;
  /** Called for each series whose payloads are all through, with its failure set if there was one. */
  readonly settle: (entry: Entry) => void;
}

type Payload = Extract<Packed<Entry>, { type: 'payload' }>;

const REST = 'rest';

const CUT_OFF: Outcome = { type: 'unknown', reason: 'it was being sent when the time was up' };

/** Formats, packs and sends a batch, slice by slice. */
export class BatchSender {
  readonly #options: BatchSenderOptions;
  readonly #clock: Clock;
  readonly #pacing: Pacing;

  constructor(options: BatchSenderOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#pacing = new Pacing(options.pacing, clock);
  }

  /**
   * Never rejects. Entries of the batch that are not settled afterwards have nothing to send, if the result is
   * `undefined`; else it says why they were not sent.
   */
  async send(
    batch: Batch,
    { signal, isInHurry, settle }: SendOptions,
  ): Promise<Extract<Outcome, { type: 'not-accepted' }> | 'cut off' | undefined> {
    const givenUp = this.#turnAfter(signal);
    const stretch = new Stretch(this.#clock);
    this.#pacing.begin(this.#options.timeoutMillis);
    for (const slice of this.#slices(batch, stretch, isInHurry)) {
      if (slice === REST) {
        await stretch.rest();
        continue;
      }
      await this.#pacing.ready();
      if (signal.aborted) return 'cut off';
      const outcomes = await this.#sendSlice(slice, signal, givenUp);
      this.#pacing.sliceSent(slice.length);
      for (const [index, payload] of slice.entries())
        settlePayload(payload, outcomes[index] ?? CUT_OFF, settle);
      // Nobody is there. Knocking for every payload would only take time.
      const [first] = outcomes;
      if (first?.type === 'not-accepted' && outcomes.every(({ type }) => type === 'not-accepted'))
        return first;
    }
    return undefined;
  }

  /** A turn after the signal, so that a transport that hears it too can say what became of its payloads. */
  #turnAfter(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const giveUp = (): void => void this.#clock.turn().then(resolve);
      if (signal.aborted) giveUp();
      else signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  /**
   * Formats and packs as it is pulled, so that a large export never stands in memory as text. Gives `REST` between two
   * payloads when the event loop waits.
   */
  *#slices(
    batch: Batch,
    stretch: Stretch,
    isInHurry: () => boolean,
  ): Generator<readonly Payload[] | typeof REST> {
    const { format, maxPayloadBytes, pacing } = this.#options;
    let slice: Payload[] = [];
    let size = pacing.payloadsAtOnce;
    for (const packed of pack(batch.units(format), maxPayloadBytes)) {
      if (packed.type === 'oversize') {
        packed.unit.owner.failure ??= oversize(packed.bytes, maxPayloadBytes);
      } else {
        if (slice.length === 0) size = this.#pacing.sliceSize(batch.progress, isInHurry());
        for (const entry of packed.owners) entry.openPayloads += 1;
        slice.push(packed);
      }
      if (slice.length === size) {
        yield slice;
        slice = [];
      } else if (stretch.isOver()) {
        yield REST;
      }
    }
    if (slice.length > 0) yield slice;
  }

  async #sendSlice(
    slice: readonly Payload[],
    signal: AbortSignal,
    givenUp: Promise<void>,
  ): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = slice.map(() => CUT_OFF);
    const sending = slice.map(async ({ text }, index) => {
      try {
        outcomes[index] = await this.#options.transport.send(text, signal);
      } catch (error) {
        outcomes[index] = { type: 'unknown', reason: reasonOf(error) };
      }
    });
    await Promise.race([Promise.all(sending), givenUp]);
    return [...outcomes];
  }
}

function settlePayload(payload: Payload, outcome: Outcome, settle: (entry: Entry) => void): void {
  for (const entry of payload.owners) {
    entry.openPayloads -= 1;
    if (outcome.type !== 'delivered') entry.failure ??= outcome;
    if (entry.isPacked && entry.openPayloads === 0) settle(entry);
  }
}

function oversize(bytes: number, maxPayloadBytes: number): Refusal {
  return {
    refused: 'oversize',
    reason:
      `one of its lines has ${bytes} bytes, and a payload may have ${maxPayloadBytes} ` +
      '(option `maxPayloadBytes`); shorten its name and tags',
  };
}
