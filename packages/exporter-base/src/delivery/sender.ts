import type { Failure, Item } from '../series/item.ts';
import type { Clock } from '../support/clock.ts';
import { reasonOf } from '../support/reason-of.ts';
import { Yielder } from '../support/yielder.ts';
import { Pacing, type PacingOptions } from '../transports/pacing.ts';
import { sendSync, type Outcome } from '../transports/transport.ts';
import { BatchRun, giveUpHeld, type Batch, type BatchResult, type BatchRunOptions } from './batch-run.ts';
import { HeldPayloads } from './held-payloads.ts';
import type { Payload } from './packer.ts';

/** How items are sent. */
export interface SenderOptions<Sent extends Item> extends BatchRunOptions<Sent> {
  readonly pacing: PacingOptions;
  /** How long one batch has. */
  readonly timeoutMillis: number;
}

/** When a batch that is sent within the turn has to be through, and why what is left then is not sent. */
export interface Deadline {
  readonly atMillis: number;
  readonly late: Failure;
}

const CUT_OFF: Outcome = { type: 'unknown', reason: 'it was being sent when the time was up' };

/**
 * How many payloads are sent with one signal before the next batch gets a new one. What listens to a signal may stay there
 * until it is collected, as that of `fetch` does, and Node warns of 1,500 listeners.
 */
const PAYLOADS_PER_SIGNAL = 500;

/** So many items are given back at once: giving them back one by one would take longer than sending them. */
const SETTLED_AT_ONCE = 512;

/**
 * Sends batches of items, payload by payload in slices. The next slice is made while one is being sent. What is there can
 * also be sent within the turn.
 */
export class Sender<Sent extends Item> {
  readonly #options: SenderOptions<Sent>;
  readonly #clock: Clock;
  readonly #pacing: Pacing;
  /** Payloads that may have arrived, and are sent again as they are. */
  readonly #held = new HeldPayloads<Sent>();
  /** Ends what is being sent. */
  #cutOff = new AbortController();
  #payloadsOfSignal = 0;
  /** The batch that is being sent over several turns. */
  #run: BatchRun<Sent> | undefined;
  /** Whether somebody waits for the end: then slices follow each other as fast as the receiver allows. */
  isInHurry = false;

  constructor(options: SenderOptions<Sent>, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#pacing = new Pacing(options.pacing, clock);
  }

  /** How large the payloads are that are held, as text. */
  get heldBytes(): number {
    return this.#held.bytes;
  }

  /**
   * Sends a batch after what is held. Yields each item once when it has its result, which is `failure` of the item; an item
   * of a payload that is held is yielded by a later batch.
   *
   * @throws what reading the items throws
   */
  async *send(batch: Batch<Sent>): AsyncGenerator<readonly Sent[], BatchResult> {
    const { signal } = this.#renewCutOff();
    const run = this.#newRun(batch);
    this.#run = run;
    this.#pacing.begin(this.#options.timeoutMillis, batch.isExport);
    const yielder = new Yielder(this.#clock);
    let sending: Promise<void> | undefined;
    for (;;) {
      yield* this.#makeSlice(run, yielder);
      await sending;
      if (run.settledItems > 0) yield run.takeSettled();
      if (run.isSliceEmpty) {
        // Halves of a payload may have come back meanwhile.
        if (!run.hasHalves) break;
        continue;
      }
      if (run.stop === undefined) await this.#pacing.ready(this.isInHurry);
      run.stopIfLate();
      const slice = run.takeSlice();
      const { stop } = run;
      // During the wait, all may have been sent by `finishSync`.
      if (slice.length === 0) continue;
      if (stop === undefined) sending = this.#sendSlice(run, slice, signal);
      else run.giveUp(slice, stop);
    }
    this.#run = undefined;
    return run.result;
  }

  /** Sends what is left of the batch that is being sent, within the turn, but for what is on its way and can't be settled. */
  *finishSync(deadline: Deadline): Generator<readonly Sent[]> {
    if (this.#run === undefined) return;
    this.#run.settleSlice?.();
    yield* this.#sendSlicesSync(this.#run, deadline);
  }

  /** Sends a batch as `send` does, within the turn. */
  *sendSync(batch: Batch<Sent>, deadline: Deadline): Generator<readonly Sent[], BatchResult> {
    const run = this.#newRun(batch);
    yield* this.#sendSlicesSync(run, deadline);
    return run.result;
  }

  /**
   * The time of the batch is up.
   *
   * @param late why what is left is not sent
   */
  abort(late: Failure): void {
    const run = this.#run;
    if (run === undefined) return;
    run.endTime(late);
    this.#cutOff.abort();
    // A turn later, so that a transport that hears the signal can say what became of its payloads.
    void this.#clock.turn().then(() => run.finishSlice?.());
  }

  /** Gives up payloads that are held. @returns the items that have their result with it */
  giveUpHeld(part: 'all' | 'older half'): readonly Sent[] {
    return giveUpHeld(part === 'all' ? this.#held.take() : this.#held.takeOlderHalf());
  }

  #newRun(batch: Batch<Sent>): BatchRun<Sent> {
    return new BatchRun(this.#options, this.#clock, this.#held, batch);
  }

  #renewCutOff(): AbortController {
    if (this.#cutOff.signal.aborted || this.#payloadsOfSignal >= PAYLOADS_PER_SIGNAL) {
      this.#cutOff = new AbortController();
      this.#payloadsOfSignal = 0;
    }
    return this.#cutOff;
  }

  /** Makes the payloads of the next slice. The event loop has its turns. */
  async *#makeSlice(run: BatchRun<Sent>, yielder: Yielder): AsyncGenerator<readonly Sent[], void> {
    for (const _ of run.makeSlice(this.#pacing)) {
      // Making a payload may take longer than there is time.
      run.stopIfLate();
      if (run.settledItems >= SETTLED_AT_ONCE) yield run.takeSettled();
      if (yielder.isDue()) await yielder.yieldToEventLoop();
    }
    // Payloads that were held come without a place to yield.
    if (yielder.isDue()) await yielder.yieldToEventLoop();
  }

  /** Resolves when every payload of the slice has its result: at the latest when the time is up. */
  #sendSlice(run: BatchRun<Sent>, slice: readonly Payload<Sent>[], signal: AbortSignal): Promise<void> {
    const outcomes: Outcome[] = slice.map(() => CUT_OFF);
    this.#payloadsOfSignal += slice.length;
    return new Promise((resolve) => {
      const open = new Set(slice.keys());
      const finish = (): void => {
        if (run.finishSlice !== finish) return;
        run.finishSlice = undefined;
        run.settleSlice = undefined;
        this.#sliceSent(slice);
        const failure = run.concludeSlice(slice, [...outcomes]);
        // Nobody is there. Trying every payload would only take time, and lose what can't be sent twice.
        if (failure !== undefined) run.stopFor(asNotAccepted(failure));
        resolve();
      };
      const settle = (index: number, outcome: Outcome): void => {
        if (!open.delete(index)) return;
        outcomes[index] = outcome;
        if (open.size === 0) finish();
      };
      run.finishSlice = finish;
      run.settleSlice = () => {
        for (const index of [...open]) {
          const { route, text } = slice[index]!;
          const outcome = route.transport.settleSync?.(text);
          if (outcome !== undefined) settle(index, outcome);
        }
      };
      slice.forEach(async ({ route, text }, index) => {
        try {
          settle(index, await route.transport.send(text, signal));
        } catch (error) {
          settle(index, { type: 'unknown', reason: reasonOf(error) });
        }
      });
    });
  }

  /** Makes and sends what is left of a batch, slice by slice, and blocks the thread between them. */
  *#sendSlicesSync(run: BatchRun<Sent>, { atMillis, late }: Deadline): Generator<readonly Sent[]> {
    for (;;) {
      for (const _ of run.makeSlice(this.#pacing)) {
        if (this.#clock.now() >= atMillis) run.stopFor(late);
        if (run.settledItems >= SETTLED_AT_ONCE) yield run.takeSettled();
      }
      if (run.settledItems > 0) yield run.takeSettled();
      if (run.isSliceEmpty) return;
      if (run.stop === undefined && !this.#pacing.readySync(atMillis)) run.stopFor(late);
      const slice = run.takeSlice();
      if (run.stop === undefined) this.#sendSliceSync(run, slice);
      else run.giveUp(slice, run.stop);
    }
  }

  #sendSliceSync(run: BatchRun<Sent>, slice: readonly Payload<Sent>[]): void {
    const outcomes = slice.map(({ route, text }) => sendSync(route.transport, text));
    this.#sliceSent(slice);
    const failure = run.concludeSlice(slice, outcomes);
    // Where nobody says what became of a payload, the next one is tried all the same: there is no later time for it.
    if (failure !== undefined && !isUnknown(failure)) run.stopFor(asNotAccepted(failure));
  }

  #sliceSent(slice: readonly Payload<Sent>[]): void {
    this.#pacing.sliceSent(slice.reduce((lines, { text }) => lines + this.#pacing.linesOf(text), 0));
  }
}

/** What is not tried because of it can't have arrived. */
function asNotAccepted(failure: Failure): Failure {
  return 'refused' in failure ? failure : { ...failure, type: 'not-accepted' };
}

function isUnknown(failure: Failure): boolean {
  return 'type' in failure && failure.type === 'unknown';
}
