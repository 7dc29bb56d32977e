import type { Refusal } from '../accounts/ledger.ts';
import type { Failure } from '../series/item.ts';
import type { PendingSeries } from '../series/pending-series.ts';
import type { Received } from '../series/received.ts';
import { SeriesMerger } from '../series/series-merger.ts';
import type { NumberSeries, Texts } from '../series/series.ts';
import { settledWithin, type Clock } from '../support/clock.ts';
import { untraced } from '../support/untraced.ts';
import { YIELD } from '../support/yielder.ts';
import type { Route, Transport } from '../transports/transport.ts';
import { MAX_WAITING_BYTES } from './backlog.ts';
import type { Batch, BatchResult } from './batch-run.ts';
import type { DeliveryOptions, Urgency } from './delivery-options.ts';
import { PendingEvent } from './event-queue.ts';
import { Sender, type Deadline } from './sender.ts';
import { SeriesFormatter, type SeriesFormatterOptions } from './series-formatter.ts';
import { CLOSED, type PendingItem, type Settlement } from './settlement.ts';

/** What it needs of the exporter's options. */
export type PipelineOptions = SeriesFormatterOptions &
  Pick<
    DeliveryOptions,
    'component' | 'translator' | 'derived' | 'remainders' | 'route' | 'pacing' | 'timeoutMillis'
  >;

/** How long a transport may take to let go when it is closed. */
const GRACE_MILLIS = 1000;

/**
 * The stages that a batch passes: its points are merged into series, these are formatted and packed into payloads, the
 * payloads are sent, and what became of each series is settled. Each stage is pulled by the next one.
 */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #clock: Clock;
  readonly #merger: SeriesMerger;
  readonly #formatter: SeriesFormatter;
  readonly #sender: Sender<PendingItem>;
  readonly #settlement: Settlement;
  readonly #transports = new Set<Transport>();
  #urgency: Urgency = 'export';
  #isClosed = false;

  constructor(options: PipelineOptions, settlement: Settlement, clock: Clock) {
    const { component, translator, derived, route, pacing, timeoutMillis, maxAgeMillis } = options;
    this.#options = options;
    this.#clock = clock;
    this.#settlement = settlement;
    this.#merger = new SeriesMerger(component, translator, derived);
    this.#formatter = new SeriesFormatter(options, clock);
    const stages = {
      format: (item: PendingItem) => this.#format(item),
      routeOf: (item: PendingItem) => this.#routeOf(item),
    };
    this.#sender = new Sender({ ...stages, pacing, timeoutMillis, maxAgeMillis }, clock);
    if (typeof route !== 'function') this.#transports.add(route.transport);
  }

  /** Whether there are payloads that may have arrived, and are sent again. */
  get holdsPayloads(): boolean {
    return this.#sender.heldBytes > 0;
  }

  /** Opens sockets ahead of the first payload, as far as the transports are known. */
  open(): void {
    for (const transport of this.#transports) transport.open?.();
  }

  /** How much somebody wants what is being sent, from now on. */
  setUrgency(urgency: Urgency): void {
    this.#urgency = urgency;
    this.#sender.isInHurry = urgency !== 'export';
  }

  /**
   * Sends the points of some exports, and everything that waits, within `timeoutMillis`.
   *
   * @param stop why nothing is sent now, if so
   * @throws what reading the points throws
   */
  async send(exports: readonly Received[], stop?: Failure): Promise<BatchResult> {
    const { timeoutMillis } = this.#options;
    const cancel = this.#clock.schedule(timeoutMillis, () => this.#sender.abort(late(timeoutMillis)));
    try {
      const batch = this.#sender.send(this.#batchOf(exports, this.#isClosed ? CLOSED : stop));
      let step = await batch.next();
      while (step.done !== true) {
        this.#settlement.settle(step.value);
        // oxlint-disable-next-line no-await-in-loop -- a batch comes slice by slice
        step = await batch.next();
      }
      this.#makeRoom();
      return step.value;
    } finally {
      // What breaks off must not cut off what is sent after it.
      cancel();
    }
  }

  /**
   * Sends what is left of the batch that is being sent, within the turn. What is on its way already is not waited for.
   *
   * @throws what reading the points throws
   */
  finishSync(deadline: Deadline): void {
    this.#driveSync(() => this.#sender.finishSync(deadline));
  }

  /**
   * Sends the points of some exports, and everything that waits, within the turn.
   *
   * @throws what reading the points throws
   */
  sendSync(exports: readonly Received[], deadline: Deadline): BatchResult {
    const result = this.#driveSync(() => this.#sender.sendSync(this.#batchOf(exports, undefined), deadline));
    this.#makeRoom();
    return result;
  }

  /** Sends nothing more. A batch that is being sent ends soon. */
  abort(): void {
    this.#isClosed = true;
    this.#sender.abort(CLOSED);
  }

  /** Drops what is left, and frees the sockets. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#settlement.close();
    this.#settlement.settle(this.#sender.giveUpHeld('all'));
    const transports = [...this.#transports];
    const closing = untraced(() => Promise.all(transports.map(async (transport) => transport.close())));
    await settledWithin(this.#clock, GRACE_MILLIS, closing);
  }

  /** Settles what the steps yield. Nothing comes later that a point could wait for. */
  #driveSync<Result>(begin: () => Generator<readonly PendingItem[], Result>): Result {
    const urgency = this.#urgency;
    this.#urgency = 'shutdown';
    try {
      const steps = begin();
      let step = steps.next();
      while (step.done !== true) {
        this.#settlement.settle(step.value);
        step = steps.next();
      }
      return step.value;
    } finally {
      this.#urgency = urgency;
    }
  }

  #batchOf(exports: readonly Received[], stop: Failure | undefined): Batch<PendingItem> {
    const points = exports.reduce((sum, received) => sum + received.points, 0);
    const { series, events } = this.#settlement.beginBatch(points);
    this.#formatter.beginBatch();
    return {
      items: this.#items(exports, series, events),
      size: points + series.length + events.length,
      isExport: exports.length > 0,
      stop,
    };
  }

  *#items(
    exports: readonly Received[],
    waiting: readonly PendingSeries[],
    events: readonly PendingEvent[],
  ): Generator<readonly PendingItem[] | typeof YIELD> {
    if (events.length > 0) yield events;
    for (const step of this.#merger.merge(exports, waiting)) {
      if (step === YIELD || step instanceof Array) yield step;
      else this.#settlement.count(step);
    }
  }

  #format(item: PendingItem): Texts | Refusal {
    if (item instanceof PendingEvent) return item.text;
    // From here on, points that come go into another one.
    item.entry.waiting = undefined;
    if (item.series.type === 'sum') this.#makeWhole(item, item.series);
    return this.#formatter.format(item, this.#urgency);
  }

  #makeWhole(item: PendingSeries, increase: NumberSeries): void {
    const rounding = this.#options.remainders?.round(increase);
    if (rounding === undefined) return;
    item.value = rounding.whole;
    this.#settlement.carry(rounding);
  }

  #routeOf(item: PendingItem): Route {
    const { route } = this.#options;
    let chosen: Route;
    if (item instanceof PendingEvent) chosen = item.route;
    else if (typeof route === 'function') chosen = route(item.series);
    else return route;
    this.#transports.add(chosen.transport);
    return chosen;
  }

  /** Gives up what is too much: first what may have arrived, then what has waited longest. */
  #makeRoom(): void {
    const sender = this.#sender;
    while (sender.heldBytes > 0 && sender.heldBytes + this.#settlement.waitingBytes > MAX_WAITING_BYTES) {
      this.#settlement.settle(sender.giveUpHeld('older half'));
    }
    this.#settlement.dropOverflow();
  }
}

function late(timeoutMillis: number): Refusal {
  return {
    refused: 'timeout',
    reason: `it could not be sent within ${timeoutMillis} ms (option \`timeoutMillis\`)`,
  };
}
