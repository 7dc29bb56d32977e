import type { Refusal } from '../accounts/ledger.ts';
import type { Failure, Item } from '../series/item.ts';
import type { Texts } from '../series/series.ts';
import type { Clock } from '../support/clock.ts';
import { reasonOf } from '../support/reason-of.ts';
import { Yielder, YIELD } from '../support/yielder.ts';
import { Pacing, type PacingOptions } from '../transports/pacing.ts';
import type { Outcome, Route } from '../transports/transport.ts';
import { HeldPayloads } from './held-payloads.ts';
import { ItemPacker } from './item-packer.ts';
import type { Payload } from './packer.ts';

/** How items are sent. */
export interface SenderOptions<Sent extends Item> {
  /** The texts of an item, or why there are none. Called once for each batch that the item is in. */
  readonly format: (item: Sent) => Texts | Refusal;
  readonly routeOf: (item: Sent) => Route;
  readonly pacing: PacingOptions;
  /** How long one batch has. */
  readonly timeoutMillis: number;
  /** How long a payload may be held. */
  readonly maxAgeMillis?: number | undefined;
}

/** Items that are sent together. */
export interface Batch<Sent extends Item> {
  /** Pulled as far as payloads are made, so that a large export never stands in memory as text. */
  readonly items: Iterable<readonly Sent[] | typeof YIELD>;
  /** How many items there are, as far as is known. */
  readonly size: number;
  /** Whether it comes from a reader, whose interval is the pace, and not from the exporter itself. */
  readonly isExport: boolean;
  /** Why nothing of it is sent. All items are pulled and given back all the same. */
  readonly stop?: Failure | undefined;
}

/** What a batch has shown about the server. */
export interface BatchResult {
  /** Why not everything was taken: somebody took nothing, or the time was up. */
  readonly failure: Failure | undefined;
  /** Whether the server took a payload. */
  readonly hasDelivered: boolean;
  /** After how many milliseconds the server wants the next request; 0 when it doesn't say. */
  readonly retryAfterMillis: number;
}

/** A batch that is being sent. */
interface Run<Sent extends Item> {
  readonly signal: AbortSignal;
  readonly size: number;
  /** Makes its payloads. */
  readonly packer: ItemPacker<Sent>;
  /** Payloads to be sent before those that are packed next. */
  readonly first: Payload<Sent>[];
  /** Items that have their result and are not given back yet. */
  readonly settled: Sent[];
  /** Why what is left is not sent when the time is up. */
  late: Failure | undefined;
  failure: Failure | undefined;
  hasDelivered: boolean;
  retryAfterMillis: number;
  /** Ends the slice that is being sent, with what is known of it. */
  finishSlice: (() => void) | undefined;
}

const NEVER_ANSWERED: Outcome = { type: 'unknown', reason: 'it was sent, and nobody answered' };

const CUT_OFF: Outcome = { type: 'unknown', reason: 'it was being sent when the time was up' };

/**
 * How many payloads are sent with one signal before the next batch gets a new one. What listens to a signal may stay there
 * until it is collected, as that of `fetch` does, and Node warns of 1,500 listeners.
 */
const PAYLOADS_PER_SIGNAL = 500;

/** So many items are given back at once: giving them back one by one would take longer than sending them. */
const SETTLED_AT_ONCE = 512;

/** Sends batches of items, payload by payload in slices. The next slice is made while one is being sent. */
export class Sender<Sent extends Item> {
  readonly #options: SenderOptions<Sent>;
  readonly #clock: Clock;
  readonly #pacing: Pacing;
  /** Payloads that may have arrived, and are sent again as they are. */
  readonly #held = new HeldPayloads<Sent>();
  /** Ends what is being sent. */
  #cutOff = new AbortController();
  #payloadsOfSignal = 0;
  #run: Run<Sent> | undefined;
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
    const run = this.#begin(batch);
    this.#pacing.begin(this.#options.timeoutMillis, batch.isExport);
    const payloads = run.packer.pack(batch.items);
    const yielder = new Yielder(this.#clock);
    let sending: Promise<void> | undefined;
    for (;;) {
      const slice = yield* this.#nextSlice(run, payloads, yielder);
      await sending;
      if (run.settled.length > 0) yield takeSettled(run);
      if (slice.length === 0) {
        // Halves of a payload may have come back meanwhile.
        if (run.first.length === 0) break;
        continue;
      }
      if (run.packer.stop === undefined) await this.#pacing.ready(this.isInHurry);
      if (run.signal.aborted) run.packer.stop ??= run.late;
      const { stop } = run.packer;
      if (stop === undefined) sending = this.#sendSlice(run, slice);
      else for (const payload of slice) this.#conclude(run, payload, stop);
    }
    this.#run = undefined;
    const { failure = run.packer.stop, hasDelivered, retryAfterMillis } = run;
    return { failure, hasDelivered, retryAfterMillis };
  }

  /**
   * The time of the batch is up.
   *
   * @param late why what is left is not sent
   */
  abort(late: Failure): void {
    const run = this.#run;
    if (run === undefined) return;
    run.late = late;
    this.#cutOff.abort();
    // A turn later, so that a transport that hears the signal can say what became of its payloads.
    void this.#clock.turn().then(() => run.finishSlice?.());
  }

  /** Gives up payloads that are held. @returns the items that have their result with it */
  giveUpHeld(part: 'all' | 'older half'): readonly Sent[] {
    const payloads = part === 'all' ? this.#held.take() : this.#held.takeOlderHalf();
    return payloads.flatMap((payload) => settle(payload, NEVER_ANSWERED));
  }

  #begin({ size, stop }: Batch<Sent>): Run<Sent> {
    if (this.#cutOff.signal.aborted || this.#payloadsOfSignal >= PAYLOADS_PER_SIGNAL) {
      this.#cutOff = new AbortController();
      this.#payloadsOfSignal = 0;
    }
    const settled: Sent[] = [];
    this.#run = {
      signal: this.#cutOff.signal,
      size,
      packer: new ItemPacker(this.#options, settled, stop),
      first: this.#held.take(),
      settled,
      late: undefined,
      failure: undefined,
      hasDelivered: false,
      retryAfterMillis: 0,
      finishSlice: undefined,
    };
    return this.#run;
  }

  /** Pulls the payloads of the next slice. */
  async *#nextSlice(
    run: Run<Sent>,
    payloads: Iterator<Payload<Sent> | typeof YIELD>,
    yielder: Yielder,
  ): AsyncGenerator<readonly Sent[], readonly Payload<Sent>[]> {
    const slice: Payload<Sent>[] = [];
    let lines = 0;
    while (slice.length < this.#pacing.payloadsAtOnce && lines < this.#pacing.linesAtOnce) {
      const next = run.first.shift() ?? payloads.next().value;
      if (next === undefined) break;
      if (next !== YIELD) {
        slice.push(next);
        lines += this.#pacing.linesOf(next.text);
        continue;
      }
      // Making a payload may take longer than there is time.
      if (run.signal.aborted) run.packer.stop ??= run.late;
      if (run.settled.length >= SETTLED_AT_ONCE) yield takeSettled(run);
      if (yielder.isDue()) await yielder.yieldToEventLoop();
    }
    this.#pacing.sliceMade(slice.length, Math.min(run.packer.packed / Math.max(run.size, 1), 1));
    // Payloads that were held come without a place to yield.
    if (yielder.isDue()) await yielder.yieldToEventLoop();
    return slice;
  }

  /** Resolves when every payload of the slice has its result: at the latest when the time is up. */
  #sendSlice(run: Run<Sent>, slice: readonly Payload<Sent>[]): Promise<void> {
    const outcomes: Outcome[] = slice.map(() => CUT_OFF);
    this.#payloadsOfSignal += slice.length;
    return new Promise((resolve) => {
      let open = slice.length;
      const finish = (): void => {
        if (run.finishSlice !== finish) return;
        run.finishSlice = undefined;
        this.#pacing.sliceSent(slice.reduce((lines, { text }) => lines + this.#pacing.linesOf(text), 0));
        this.#concludeSlice(run, slice, [...outcomes]);
        resolve();
      };
      run.finishSlice = finish;
      slice.forEach(async ({ route, text }, index) => {
        try {
          outcomes[index] = await route.transport.send(text, run.signal);
        } catch (error) {
          outcomes[index] = { type: 'unknown', reason: reasonOf(error) };
        }
        open -= 1;
        if (open === 0) finish();
      });
    });
  }

  #concludeSlice(run: Run<Sent>, slice: readonly Payload<Sent>[], outcomes: readonly Outcome[]): void {
    let gotThrough = false;
    let failure: Extract<Outcome, { type: 'not-accepted' | 'unknown' }> | undefined;
    for (const [index, payload] of slice.entries()) {
      const outcome = outcomes[index]!;
      if (outcome.type === 'delivered') run.hasDelivered = true;
      if (outcome.type === 'delivered' || outcome.type === 'too-large') gotThrough = true;
      if (outcome.type === 'not-accepted' || outcome.type === 'unknown') {
        failure ??= outcome;
        run.retryAfterMillis = Math.max(run.retryAfterMillis, outcome.retryAfterMillis ?? 0);
      }
      this.#conclude(run, payload, outcome);
    }
    if (failure === undefined) return;
    run.failure ??= failure;
    // Nobody is there. Trying every payload would only take time, and lose what can't be sent twice.
    if (!gotThrough) {
      run.packer.stop ??= run.signal.aborted ? run.late : { ...failure, type: 'not-accepted' };
    }
  }

  #conclude(run: Run<Sent>, payload: Payload<Sent>, outcome: Outcome | Refusal): void {
    const halves = !('refused' in outcome) && outcome.type === 'too-large' ? payload.halves() : undefined;
    if (halves) {
      run.first.push(...halves);
    } else if (this.#mustBeHeld(payload, outcome)) {
      payload.uncertainSinceMillis ??= this.#clock.now();
      for (const item of payload.owners) item.isPartlySent = true;
      this.#held.add(payload);
    } else {
      run.settled.push(...settle(payload, outcome));
    }
  }

  /** While nobody knows whether a payload arrived, it stays as it is until it is delivered, refused, or too old. */
  #mustBeHeld({ route, uncertainSinceMillis: since }: Payload<Sent>, failure: Outcome | Refusal): boolean {
    if (route.isIdempotent !== true) return false;
    if (since === undefined) return !('refused' in failure) && failure.type === 'unknown';
    if (this.#clock.now() - since > (this.#options.maxAgeMillis ?? Infinity)) return false;
    return 'refused' in failure
      ? failure.refused === 'timeout'
      : failure.type === 'unknown' || failure.type === 'not-accepted';
  }
}

/** Hands over the items that have their result. */
function takeSettled<Sent extends Item>({ settled }: Run<Sent>): readonly Sent[] {
  return settled.splice(0);
}

/** Takes down the result of a payload at its items. @returns those of them that have all their results */
function settle<Sent extends Item>(payload: Payload<Sent>, result: Outcome | Refusal): Sent[] {
  // When its fate was unknown, only an answer can change that.
  const isAnswer = !('refused' in result) && result.type !== 'not-accepted' && result.type !== 'unknown';
  const outcome = isAnswer || payload.uncertainSinceMillis === undefined ? result : NEVER_ANSWERED;
  const mayHaveArrived =
    !('refused' in outcome) && (outcome.type === 'delivered' || outcome.type === 'unknown');
  const settled: Sent[] = [];
  for (const item of payload.owners) {
    if (mayHaveArrived) item.isPartlySent = true;
    if ('refused' in outcome || outcome.type !== 'delivered') item.failure ??= outcome;
    item.openTexts -= 1;
    if (item.openTexts === 0) settled.push(item);
  }
  return settled;
}
