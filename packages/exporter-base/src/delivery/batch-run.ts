import type { Refusal } from '../accounts/ledger.ts';
import type { Failure, Item } from '../series/item.ts';
import type { Texts } from '../series/series.ts';
import type { Clock } from '../support/clock.ts';
import { YIELD } from '../support/yielder.ts';
import type { Pacing } from '../transports/pacing.ts';
import type { Outcome, Route } from '../transports/transport.ts';
import type { HeldPayloads } from './held-payloads.ts';
import { ItemPacker } from './item-packer.ts';
import type { Payload } from './packer.ts';

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

/** How payloads are made, and what happens to those whose fate is unknown. */
export interface BatchRunOptions<Sent extends Item> {
  /** The texts of an item, or why there are none. Called once for each batch that the item is in. */
  readonly format: (item: Sent) => Texts | Refusal;
  readonly routeOf: (item: Sent) => Route;
  /** How long a payload may be held. */
  readonly maxAgeMillis?: number | undefined;
}

const NEVER_ANSWERED: Outcome = { type: 'unknown', reason: 'it was sent, and nobody answered' };

/**
 * A batch that is being sent: makes its payloads, slice by slice, and takes down what becomes of them. Nothing in it waits.
 * So one driver can send its slices over many turns of the event loop, and another one can send what is left within a turn.
 */
export class BatchRun<Sent extends Item> {
  readonly #maxAgeMillis: number;
  readonly #clock: Clock;
  readonly #held: HeldPayloads<Sent>;
  readonly #size: number;
  readonly #packer: ItemPacker<Sent>;
  readonly #payloads: Iterator<Payload<Sent> | typeof YIELD>;
  /** Payloads to be sent before those that are packed next. */
  readonly #first: Payload<Sent>[];
  /** Payloads that are sent next. */
  #slice: Payload<Sent>[] = [];
  #linesOfSlice = 0;
  /** Items that have their result and are not given back yet. */
  readonly #settled: Sent[] = [];
  /** Why what is left is not sent when the time is up. */
  #late: Failure | undefined;
  #failure: Failure | undefined;
  #hasDelivered = false;
  #retryAfterMillis = 0;
  /** Ends the slice that is being sent, with what is known of it. */
  finishSlice: (() => void) | undefined;
  /** Settles, within the turn, what it can of the slice that is being sent. */
  settleSlice: (() => void) | undefined;

  /** @param held payloads that are sent first; gets those whose fate is unknown */
  constructor(
    options: BatchRunOptions<Sent>,
    clock: Clock,
    held: HeldPayloads<Sent>,
    { items, size, stop }: Batch<Sent>,
  ) {
    this.#maxAgeMillis = options.maxAgeMillis ?? Infinity;
    this.#clock = clock;
    this.#held = held;
    this.#size = size;
    this.#packer = new ItemPacker(options, this.#settled, stop);
    this.#payloads = this.#packer.pack(items);
    this.#first = held.take();
  }

  /** How many items have their result and are not given back yet. */
  get settledItems(): number {
    return this.#settled.length;
  }

  /** Why nothing more is sent, if so. */
  get stop(): Failure | undefined {
    return this.#packer.stop;
  }

  get isSliceEmpty(): boolean {
    return this.#slice.length === 0;
  }

  /** Whether payloads have come back to be sent in halves. */
  get hasHalves(): boolean {
    return this.#first.length > 0;
  }

  /** What the batch has shown so far. */
  get result(): BatchResult {
    return {
      failure: this.#failure ?? this.#packer.stop,
      hasDelivered: this.#hasDelivered,
      retryAfterMillis: this.#retryAfterMillis,
    };
  }

  /** Makes the payloads of the next slice, as far as it has room for more. */
  *makeSlice(pacing: Pacing): Generator<typeof YIELD> {
    while (this.#slice.length < pacing.payloadsAtOnce && this.#linesOfSlice < pacing.linesAtOnce) {
      const next = this.#first.shift() ?? this.#payloads.next().value;
      if (next === undefined) break;
      if (next === YIELD) {
        yield YIELD;
      } else {
        this.#slice.push(next);
        this.#linesOfSlice += pacing.linesOf(next.text);
      }
    }
    pacing.sliceMade(this.#slice.length, Math.min(this.#packer.packed / Math.max(this.#size, 1), 1));
  }

  /** Hands over the slice. Each of its payloads needs a result. */
  takeSlice(): readonly Payload<Sent>[] {
    const slice = this.#slice;
    this.#slice = [];
    this.#linesOfSlice = 0;
    return slice;
  }

  /** Hands over the items that have their result. */
  takeSettled(): readonly Sent[] {
    return this.#settled.splice(0);
  }

  /** Nothing more is sent. */
  stopFor(failure: Failure): void {
    this.#packer.stop ??= failure;
  }

  /** The time is up. @param late why what is left is not sent */
  endTime(late: Failure): void {
    this.#late = late;
  }

  /** Sends nothing more if the time is up. */
  stopIfLate(): void {
    if (this.#late !== undefined) this.stopFor(this.#late);
  }

  /** Takes down that a slice is not sent. */
  giveUp(slice: readonly Payload<Sent>[], failure: Failure): void {
    for (const payload of slice) this.#conclude(payload, failure);
  }

  /**
   * Takes down the outcomes of the payloads of a slice.
   *
   * @returns why nobody took anything of it, if so
   */
  concludeSlice(slice: readonly Payload<Sent>[], outcomes: readonly Outcome[]): Failure | undefined {
    let gotThrough = false;
    let failure: Exclude<Outcome, { type: 'delivered' }> | undefined;
    for (const [index, payload] of slice.entries()) {
      const outcome = outcomes[index]!;
      if (outcome.type === 'delivered') this.#hasDelivered = true;
      if (outcome.type === 'delivered' || outcome.type === 'too-large') gotThrough = true;
      if (outcome.type === 'not-accepted' || outcome.type === 'unknown') {
        failure ??= outcome;
        this.#retryAfterMillis = Math.max(this.#retryAfterMillis, outcome.retryAfterMillis ?? 0);
      } else if (outcome.type === 'refused' && outcome.isOutage === true) {
        failure ??= outcome;
      }
      this.#conclude(payload, outcome);
    }
    if (failure === undefined) return undefined;
    this.#failure ??= failure;
    return gotThrough ? undefined : (this.#late ?? failure);
  }

  #conclude(payload: Payload<Sent>, outcome: Outcome | Refusal): void {
    const halves = !('refused' in outcome) && outcome.type === 'too-large' ? payload.halves() : undefined;
    if (halves) {
      this.#first.push(...halves);
    } else if (this.#mustBeHeld(payload, outcome)) {
      payload.uncertainSinceMillis ??= this.#clock.now();
      for (const item of payload.owners) item.isPartlySent = true;
      this.#held.add(payload);
    } else {
      this.#settled.push(...settle(payload, outcome));
    }
  }

  /** While nobody knows whether a payload arrived, it stays as it is until it is delivered, refused, or too old. */
  #mustBeHeld({ route, uncertainSinceMillis: since }: Payload<Sent>, failure: Outcome | Refusal): boolean {
    if (route.isIdempotent !== true) return false;
    if (since === undefined) return !('refused' in failure) && failure.type === 'unknown';
    if (this.#clock.now() - since > this.#maxAgeMillis) return false;
    return 'refused' in failure
      ? failure.refused === 'timeout'
      : failure.type === 'unknown' || failure.type === 'not-accepted';
  }
}

/** Gives up payloads that were held. @returns the items that have all their results with it */
export function giveUpHeld<Sent extends Item>(payloads: readonly Payload<Sent>[]): readonly Sent[] {
  return payloads.flatMap((payload) => settle(payload, NEVER_ANSWERED));
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
