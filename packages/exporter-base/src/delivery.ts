import type { Attributes } from '@opentelemetry/api';
import type {
  AggregationOption,
  AggregationTemporality,
  InstrumentType,
  PushMetricExporter,
  ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { Backlog, MAX_WAITING_BYTES } from './backlog.ts';
import { CargoReader, REST, type PointListener } from './cargo-reader.ts';
import { settledWithin, systemClock, wait, type Clock } from './clock.ts';
import type { DerivedSeries } from './derived-names.ts';
import { EventCargo, EventQueue } from './event-queue.ts';
import { callBack, failed, SUCCESS, type ExportResult } from './export-result.ts';
import {
  Ledger,
  mergeReports,
  Outage,
  OUTAGES,
  type DropCause,
  type ExporterStats,
  type FlushReport,
  type Refusal,
} from './ledger.ts';
import type { PacingOptions } from './pacing.ts';
import { receive, type Received } from './received.ts';
import { say } from './say.ts';
import { Sender, type Passage, type Shipper } from './sender.ts';
import { MAX_LEAD_SECONDS, SeriesSeconds } from './series-seconds.ts';
import { SeriesCargo, type Cargo, type Failure, type Series, type Texts, type Translate } from './series.ts';
import { selectAggregation, selectAggregationTemporality } from './temporality.ts';
import { reasonOf, type Lane } from './transport.ts';
import { untraced } from './untraced.ts';
import { WallClock } from './wall-clock.ts';

/** What one exporter brings along; everything else is the same for all. */
export interface DeliveryOptions {
  /** The exporter's class name: messages start with it. */
  readonly component: string;
  /** Where payloads go, for people, for example `udp 127.0.0.1:8125`. */
  readonly destination: string;
  /** What to look at when nothing arrives there: a sentence that names options and variables. */
  readonly remedy: string;
  /** How the metrics of one resource are called on the wire. Pure. */
  readonly translator: (resource: Attributes) => Translate;
  /**
   * The texts of a series. Pure.
   *
   * @param second the time of a series that needs a second of its own, in seconds since 1970
   */
  readonly format: (series: Series, second: number | undefined) => Texts | Refusal;
  /**
   * The series that are sent, or that the server makes, in place of a histogram. None of them gets a name that a metric of
   * the program has: see `baseName` of a {@link Series}.
   *
   * @default none
   */
  readonly derived?: DerivedSeries | undefined;
  /**
   * Whether the server keeps only one value of such a series for each second, so that every point needs a second of its own.
   *
   * @default none does
   */
  readonly needsOwnSecond?: ((series: Series) => boolean) | undefined;
  /** Where series go: all of them the same way, or each its own. */
  readonly lane: Lane | ((series: Series) => Lane);
  readonly pacing: PacingOptions;
  /**
   * How long ago a point may have ended when it is sent; the server ignores older ones.
   *
   * @default Infinity
   */
  readonly maxAgeMillis?: number;
  /** How long one export, `flush` or `shutdown` may take. */
  readonly timeoutMillis: number;
  /** @default the machine's */
  readonly clock?: Clock;
  /**
   * The time of day, in milliseconds since 1970.
   *
   * @default the machine's
   */
  readonly wallClock?: () => number;
}

/** How long `shutdown` waits, past its deadline, for a transport to let go. */
const GRACE_MILLIS = 1000;

/** How long to wait before what was not accepted is sent again by itself: doubled each time, up to the longest. */
const SHORTEST_RETRY_MILLIS = 1000;
const LONGEST_RETRY_MILLIS = 60_000;

/** A server that asks for a longer wait than this is asked all the same: it, or its clock, is wrong. */
const LONGEST_WAIT_MILLIS = 3_600_000;

/** How long a `shutdown` without a deadline goes on trying after its first attempt, all attempts together. */
const LAST_ATTEMPTS_MILLIS = 2000;

/** How long a `shutdown` waits between its attempts: doubled each time, up to the longest. */
const SHORTEST_LAST_RETRY_MILLIS = 100;
const LONGEST_LAST_RETRY_MILLIS = 1000;

/** After how long it is looked at the latest whether points that wait for the clock can go: it may be set meanwhile. */
const LONGEST_CLOCK_WAIT_MILLIS = 60_000;

/** One call of `export`. */
interface Job {
  readonly received: Received;
  readonly answer: (result: ExportResult) => void;
}

/** An event, or something else that is no metric. */
export interface EventText {
  readonly text: string;
  /**
   * For people, in messages.
   *
   * @default what kind of thing it is
   */
  readonly name?: string;
}

/** What became of the things that were sent together. */
interface Report {
  /** Points that were kept before, and are through now. */
  latePoints: number;
  droppedPoints: number;
  refusedPoints: number;
  refusal: string | undefined;
  /** Why something was not delivered. */
  failure: string | undefined;
  /** After how many milliseconds the clock has passed the last second of a series whose points wait for that. */
  clockWaitMillis: number;
}

function newReport(): Report {
  return {
    latePoints: 0,
    droppedPoints: 0,
    refusedPoints: 0,
    refusal: undefined,
    failure: undefined,
    clockWaitMillis: Infinity,
  };
}

/**
 * A push exporter but for its protocol: takes points, merges those that are equal on the wire, and sends them as
 * payloads, in slices, within a deadline. Exports never overlap: what is handed in while one is being sent is merged
 * and sent next. What the server didn't take is kept, merged with later points, and sent again. Nothing is ever thrown
 * out of it, and every `export` is answered exactly once.
 */
export class Delivery implements PushMetricExporter {
  readonly #options: DeliveryOptions;
  readonly #clock: Clock;
  readonly #wallClock: WallClock;
  /** Its time when the sending began. */
  #nowMillis = 0;
  readonly #seconds: SeriesSeconds;
  readonly #points: Ledger;
  readonly #events: Ledger;
  readonly #outage: Outage;
  readonly #reader: CargoReader;
  readonly #sender: Sender;
  /** What waits to be sent again. */
  readonly #backlog = new Backlog();
  readonly #eventQueue = new EventQueue();
  #report = newReport();
  /** How often something was sent. */
  #sends = 0;
  readonly #lanes = new Set<Lane>();
  /** What is sent next. */
  #jobs: Job[] = [];
  #working: Promise<void> | undefined;
  /** How many callers wait for the end. */
  #waiting = 0;
  /** How many attempts of the exporter's own have failed in a row. */
  #failedRetries = 0;
  /** The server wants no request before. */
  #notBeforeMillis = -Infinity;
  /** Cancels the next attempt, if there is one planned. */
  #retry: (() => void) | undefined;
  /** Cancels the sending of what waits for the clock. */
  #wake: (() => void) | undefined;
  /** Takes nothing more. */
  #isShutDown = false;
  #closing: Promise<void> | undefined;
  /** Sends nothing more. */
  #isClosed = false;

  constructor(options: DeliveryOptions) {
    const { component, lane } = options;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#wallClock = new WallClock(this.#clock, options.wallClock);
    this.#seconds = new SeriesSeconds(component);
    this.#points = new Ledger(component);
    this.#events = new Ledger(component);
    this.#outage = new Outage(options);
    this.#reader = new CargoReader(component, options.translator, options.derived);
    const shipper: Shipper = {
      late: () => (this.#isClosed ? CLOSED : this.#late),
      isInHurry: () => this.#waiting > 0,
      laneOf: (cargo) => this.#laneOf(cargo as AnyCargo),
      textsOf: (cargo) => this.#textsOf(cargo as AnyCargo),
      settle: (cargo) => this.#settle(cargo as AnyCargo),
    };
    this.#sender = new Sender(shipper, options, this.#clock);
    if (typeof lane !== 'function') this.#lanes.add(lane);
  }

  selectAggregationTemporality(instrumentType: InstrumentType): AggregationTemporality {
    return selectAggregationTemporality(instrumentType);
  }

  selectAggregation(instrumentType: InstrumentType): AggregationOption {
    return selectAggregation(instrumentType);
  }

  /**
   * Sends the points. The result is `FAILED` when some of them could not be delivered, or when none could be sent at
   * all; what the server didn't take is kept and sent again all the same. Points that no export could ever bring over
   * (not finite, cumulative, …) are counted and don't fail the others.
   */
  export(metrics: ResourceMetrics, resultCallback: (result: ExportResult) => void): void {
    void callBack(this.#options.component, this.#export(metrics), resultCallback);
  }

  /**
   * Waits for the exports under way, and tries once more to send what was kept, within the deadline. Always resolves: the
   * truth is in `flush` and `stats`.
   */
  async forceFlush(): Promise<void> {
    await this.#idle(this.#options.timeoutMillis);
  }

  /**
   * Does what `forceFlush` does, and says what became of everything. It does not collect: `forceFlush` of the
   * `MeterProvider` or of the reader does.
   *
   * @param options `timeoutMillis`: how long to wait; by default as long as the exporter's option of that name says
   * @example
   * await meterProvider.forceFlush();
   * const { pending, dropped, errors } = await exporter.flush({ timeoutMillis: 2_000 });
   */
  async flush(options: { readonly timeoutMillis?: number } = {}): Promise<FlushReport> {
    await this.#idle(options.timeoutMillis ?? this.#options.timeoutMillis);
    return mergeReports(this.#points.report(), this.#events.report());
  }

  /**
   * Sends what it can within the deadline, ends what is still being sent, and frees the socket. While the server takes
   * nothing, it tries again as long as there is time, and waits as long as the server asks for. Always resolves. Of
   * several calls, the one with the least patience holds.
   *
   * @param options `timeoutMillis`: how long it may take. By default the first attempt may take as long as the exporter's
   *   option of that name says, and further ones begin and end within the first 2 seconds.
   */
  async shutdown(options: { readonly timeoutMillis?: number } = {}): Promise<void> {
    this.#isShutDown = true;
    if (this.#closing === undefined) {
      this.#waiting += 1;
      const isIdle = await this.#sendRest(options.timeoutMillis);
      this.#waiting -= 1;
      this.#closing ??= this.#close(isIdle);
    }
    return this.#closing;
  }

  /** Where everything that was handed in has gone, since the exporter was made. */
  stats(): ExporterStats {
    return { ...this.#points.account(), events: this.#events.account() };
  }

  /**
   * Sends a text that is no metric (an event, a check) soon, in a payload with others of its lane. Never throws.
   *
   * @param kind for people, for example `an event`
   * @param format makes the text at once. What it throws is counted and logged
   */
  protected post(kind: string, lane: Lane, format: () => EventText): void {
    this.#events.receive(1, 0);
    if (this.#isShutDown) {
      this.#events.drop('shutdown', 1, 0, kind, SHUT_DOWN);
      return;
    }
    let event: EventCargo;
    try {
      const { text, name = kind } = format();
      event = new EventCargo(text, lane, name);
    } catch (error) {
      this.#events.drop('notRepresentable', 1, 0, kind, reasonOf(error));
      return;
    }
    this.#lanes.add(lane);
    // During an outage, the next attempt takes it along: trying at every event would make the backoff worthless.
    const isUrgent = this.#retry === undefined;
    const overflowing = this.#eventQueue.add(event, isUrgent);
    if (overflowing !== undefined) this.#drop(overflowing, OVERFLOW);
    if (isUrgent) void this.#work();
  }

  /** Whether everything was through in time. */
  async #idle(timeoutMillis: number): Promise<boolean> {
    this.#waiting += 1;
    const isIdle = await settledWithin(this.#clock, timeoutMillis, this.#work());
    this.#waiting -= 1;
    return isIdle;
  }

  /** Tries to send what is there, again and again within the time. @returns whether nothing is being sent any more */
  async #sendRest(timeoutMillis: number | undefined): Promise<boolean> {
    const begun = this.#clock.now();
    const end = begun + (timeoutMillis ?? LAST_ATTEMPTS_MILLIS);
    let backoff = SHORTEST_LAST_RETRY_MILLIS;
    let isIdle = await this.#idle(timeoutMillis ?? this.#options.timeoutMillis);
    while (isIdle && this.#hasWork && this.#closing === undefined) {
      const now = this.#clock.now();
      const millis = Math.max(spread(backoff), this.#notBeforeMillis - now);
      if (now + millis >= end) break;
      await wait(this.#clock, millis, true);
      if (this.#closing === undefined) isIdle = await this.#idle(end - now - millis);
      backoff = Math.min(2 * backoff, LONGEST_LAST_RETRY_MILLIS);
    }
    return isIdle;
  }

  async #close(isIdle: boolean): Promise<void> {
    this.#isClosed = true;
    this.#cancelRetry();
    if (!isIdle) {
      this.#sender.abort();
      await settledWithin(this.#clock, GRACE_MILLIS, Promise.resolve(this.#working));
    }
    this.#sender.giveUpHeld('all');
    for (const cargo of this.#backlog.take()) this.#drop(cargo, CLOSED);
    for (const event of this.#eventQueue.take()) {
      this.#eventQueue.settle();
      this.#drop(event, CLOSED);
    }
    const transports = new Set([...this.#lanes].map(({ transport }) => transport));
    const closing = untraced(() => Promise.all([...transports].map(async (transport) => transport.close())));
    await settledWithin(this.#clock, GRACE_MILLIS, closing);
  }

  #failed(reason: string): ExportResult {
    return failed(this.#options.component, reason);
  }

  /** Never rejects. */
  #export(metrics: ResourceMetrics): Promise<ExportResult> {
    return new Promise((answer) => {
      try {
        const received = receive(metrics);
        const { points, amount } = received;
        this.#points.receive(points, amount);
        if (this.#isShutDown) {
          this.#points.drop('shutdown', points, amount, `${points} points`, SHUT_DOWN);
          answer(this.#failed(SHUT_DOWN));
        } else {
          this.#jobs.push({ received, answer });
          void this.#work();
        }
      } catch (error) {
        answer(this.#failed(reasonOf(error)));
      }
    });
  }

  /** Sends until there is nothing new. Never rejects. */
  #work(isRetry = false): Promise<void> {
    this.#working ??= untraced(() => this.#sendAll(isRetry));
    return this.#working;
  }

  async #sendAll(isRetry: boolean): Promise<void> {
    this.#cancelRetry();
    // What is handed in during the same turn goes together.
    await Promise.resolve();
    let isBlocked = false;
    do {
      const jobs = this.#jobs;
      this.#jobs = [];
      try {
        // oxlint-disable-next-line no-await-in-loop -- exports never overlap
        if (jobs.length > 0 || this.#hasWork) isBlocked = await this.#sendTogether(jobs, isRetry);
      } catch (error) {
        // A fault of ours, or data that changes while it is read. It must end neither the process nor the exporter.
        const reason = `an export broke off: ${reasonOf(error)}`;
        say('error', `${this.#options.component}: ${reason}`);
        for (const job of jobs) job.answer(this.#failed(reason));
      }
      // Events alone are no reason to try again at once.
    } while (this.#jobs.length > 0 || (this.#eventQueue.hasNew && !isBlocked));
    if (this.#hasWork && !this.#isClosed) this.#retryLater();
    this.#working = undefined;
  }

  get #hasWork(): boolean {
    return this.#eventQueue.waiting > 0 || this.#backlog.size > 0 || this.#sender.heldBytes > 0;
  }

  #retryLater(): void {
    const { clockWaitMillis } = this.#report;
    if (clockWaitMillis < Infinity) {
      this.#wake = this.#clock.schedule(clockWaitMillis, () => void this.#work());
      return;
    }
    this.#eventQueue.keepNew();
    const backoff = SHORTEST_RETRY_MILLIS * 2 ** this.#failedRetries;
    const millis = spread(Math.min(backoff, LONGEST_RETRY_MILLIS));
    const wanted = this.#notBeforeMillis - this.#clock.now();
    this.#retry = this.#clock.schedule(Math.max(millis, wanted), () => void this.#work(true));
  }

  #cancelRetry(): void {
    this.#retry?.();
    this.#retry = undefined;
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Sends the points of some exports, and everything that waits. @returns whether the way to the server is blocked */
  async #sendTogether(jobs: readonly Job[], isRetry: boolean): Promise<boolean> {
    const events = this.#eventQueue.take();
    const waiting = this.#backlog.take();
    const points = jobs.reduce((sum, { received }) => sum + received.points, 0);
    const report = newReport();
    this.#report = report;
    this.#sends += 1;
    this.#nowMillis = this.#wallClock.read();
    const cancel = this.#clock.schedule(this.#options.timeoutMillis, () => this.#sender.abort());
    let passage: Passage;
    try {
      passage = await this.#sender.send({
        cargo: this.#cargo(jobs, waiting, events),
        size: points + waiting.length + events.length,
        isExport: jobs.length > 0,
        stop: this.#clock.now() < this.#notBeforeMillis ? NOT_YET : undefined,
        isLate: this.#isClosed,
      });
    } finally {
      // What breaks off must not cut off what is sent after it.
      cancel();
    }
    const { failure, hasDelivered, retryAfterMillis } = passage;
    this.#makeRoom();

    const now = this.#clock.now();
    if (retryAfterMillis > 0) this.#notBeforeMillis = now + Math.min(retryAfterMillis, LONGEST_WAIT_MILLIS);
    const isBlocked = failure !== undefined && OUTAGES.has(causeOf(failure));
    // Exports and flushes come when somebody else wants them, and would make the waiting longer each time.
    if (isBlocked && isRetry && failure !== NOT_YET) this.#failedRetries += 1;
    else if (!isBlocked && hasDelivered) this.#failedRetries = 0;
    this.#outage.sent(now, {
      failure: isBlocked ? failure.reason : undefined,
      hasDelivered,
      dropped: report.droppedPoints,
      late: report.latePoints,
      kept: this.#backlog.points,
    });
    if (failure !== undefined) {
      report.failure ??= failure.reason;
      // What waits for the clock goes along when that is tried again.
      report.clockWaitMillis = Infinity;
    }
    for (const job of jobs) job.answer(this.#resultOf(report, points));
    return isBlocked;
  }

  /** Gives up what is too much: first what may have arrived, then what has waited longest. */
  #makeRoom(): void {
    while (this.#sender.heldBytes > 0 && this.#sender.heldBytes + this.#backlog.bytes > MAX_WAITING_BYTES) {
      this.#sender.giveUpHeld('older half');
    }
    for (const cargo of this.#backlog.takeOverflow()) this.#drop(cargo, OVERFLOW);
  }

  #resultOf({ failure, refusal, refusedPoints }: Report, points: number): ExportResult {
    if (failure !== undefined) return this.#failed(failure);
    return refusal !== undefined && refusedPoints === points ? this.#failed(refusal) : { code: SUCCESS };
  }

  *#cargo(
    jobs: readonly Job[],
    waiting: readonly SeriesCargo[],
    events: readonly EventCargo[],
  ): Generator<readonly Cargo[] | typeof REST> {
    if (events.length > 0) yield events;
    const listener: PointListener = {
      nothing: (points, amount) => this.#points.export(points, amount),
      refused: (points, amount, what, { refused, reason }) => {
        this.#report.refusedPoints += points;
        this.#report.refusal = reason;
        const which = points === 1 ? `a point of ${what}` : `${points} points of ${what}`;
        this.#points.drop(refused, points, amount, which, reason);
      },
    };
    yield* this.#reader.read(
      jobs.map(({ received }) => received),
      waiting,
      listener,
    );
  }

  #laneOf(cargo: AnyCargo): Lane {
    if (cargo instanceof EventCargo) return cargo.lane;
    const { lane } = this.#options;
    if (typeof lane !== 'function') return lane;
    const chosen = lane(cargo.series);
    this.#lanes.add(chosen);
    return chosen;
  }

  #textsOf(cargo: AnyCargo): Texts | Refusal {
    if (cargo instanceof EventCargo) return cargo.text;
    // From here on, points that come go into another one.
    cargo.slot.waiting = undefined;
    const { format, maxAgeMillis = Infinity, needsOwnSecond } = this.#options;
    const { series } = cargo;
    const now = this.#nowMillis;
    let endMillis = maxAgeMillis < Infinity || needsOwnSecond !== undefined ? cargo.endMillis : now;
    if (now - endMillis > maxAgeMillis) {
      // Unless it only looks old, because the clock was set forward since.
      endMillis = this.#wallClock.corrected(endMillis);
      if (now - endMillis > maxAgeMillis) return expired(maxAgeMillis);
    }
    if (needsOwnSecond?.(series) !== true) return format(series, undefined);
    const second = this.#seconds.next(cargo, endMillis, now, this.#maxLeadSeconds);
    if (typeof second === 'object') {
      const millis = Math.min(second.untilSecond * 1000 - now, LONGEST_CLOCK_WAIT_MILLIS);
      this.#report.clockWaitMillis = Math.min(this.#report.clockWaitMillis, millis);
      return TOO_EARLY;
    }
    cargo.second = second;
    return format(series, second);
  }

  get #maxLeadSeconds(): number {
    if (this.#isShutDown) return MAX_LEAD_SECONDS.shutdown;
    return this.#waiting > 0 ? MAX_LEAD_SECONDS.flush : MAX_LEAD_SECONDS.export;
  }

  get #late(): Refusal {
    const reason = `it could not be sent within ${this.#options.timeoutMillis} ms (option \`timeoutMillis\`)`;
    return { refused: 'timeout', reason };
  }

  /** The one place where it is decided what becomes of a series or an event. */
  #settle(cargo: AnyCargo): void {
    const { failure } = cargo;
    if (failure !== undefined && !cargo.isPartlyGone && !this.#isClosed && mayGoLater(failure)) {
      this.#keep(cargo, failure);
      return;
    }
    if (cargo instanceof EventCargo) this.#eventQueue.settle();
    if (failure === undefined) {
      if (cargo instanceof SeriesCargo && cargo.keptSince > 0) this.#report.latePoints += cargo.points;
      this.#ledgerOf(cargo).export(cargo.points, cargo.amount);
    } else {
      this.#drop(cargo, failure);
    }
  }

  #keep(cargo: AnyCargo, failure: Failure): void {
    cargo.failure = undefined;
    if (failure !== TOO_EARLY) this.#ledgerOf(cargo).note(failure.reason);
    if (cargo instanceof EventCargo) {
      this.#eventQueue.keepAgain(cargo);
      return;
    }
    cargo.keptSince ||= this.#sends;
    cargo.slot.waiting = cargo;
    this.#backlog.add(cargo);
  }

  #drop(cargo: AnyCargo, failure: Failure): void {
    const cause = causeOf(failure);
    if (cargo instanceof SeriesCargo) {
      if (cargo.slot.waiting === cargo) cargo.slot.waiting = undefined;
      this.#report.droppedPoints += cargo.points;
      if (cause !== 'oversize') this.#report.failure ??= failure.reason;
    }
    const what = cargo instanceof SeriesCargo ? `${cargo.points} points of ${cargo.name}` : cargo.name;
    this.#ledgerOf(cargo).drop(cause, cargo.points, cargo.amount, what, failure.reason);
  }

  #ledgerOf(cargo: AnyCargo): Ledger {
    return cargo instanceof SeriesCargo ? this.#points : this.#events;
  }
}

type AnyCargo = SeriesCargo | EventCargo;

const SHUT_DOWN = 'the exporter has been shut down';

const CLOSED: Refusal = { refused: 'shutdown', reason: 'the exporter was shut down before it was sent' };

/** It is kept, and no fault. */
const TOO_EARLY: Refusal = {
  refused: 'shutdown',
  reason: 'the exporter was shut down before the clock had passed the last second of its series',
};

const NOT_YET: Failure = { type: 'not-accepted', reason: 'the server asked to wait before the next request' };

const OVERFLOW: Refusal = {
  refused: 'overflow',
  reason: 'too much waits to be sent again',
};

function expired(maxAgeMillis: number): Refusal {
  return {
    refused: 'expired',
    reason: `it is older than ${maxAgeMillis / 60_000} minutes, and the server would ignore it`,
  };
}

/** Many processes lose the same server at the same moment, and must not all come back at the same moment. */
function spread(millis: number): number {
  return millis * (0.5 + Math.random() / 2);
}

function mayGoLater(failure: Failure): boolean {
  if (failure === TOO_EARLY) return true;
  return 'refused' in failure ? failure.refused === 'timeout' : failure.type === 'not-accepted';
}

function causeOf(failure: Failure): DropCause {
  if ('refused' in failure) return failure.refused;
  switch (failure.type) {
    case 'not-accepted':
      return 'notAccepted';
    case 'too-large':
      return 'oversize';
    default:
      return failure.type;
  }
}
