import {
  Ledger,
  mergeReports,
  reasonOf,
  settledWithin,
  type Account,
  type Clock,
  type ExponentialHistogram,
  type FlushReport,
  type Tally,
} from '@tallykit/exporter-base';
import type { StoredEvent } from './events.ts';
import { increaseOf, type MetricInfo } from './identity.ts';
import type { Delta } from './pending-deltas.ts';
import { RedisBatches, type RedisBatchesOptions } from './redis-batches.ts';
import type { RedisConnection } from './redis-connection.ts';
import { parseWriteAnswer, type WriteAnswer, type WriteCommand } from './redis-format.ts';
import type { RefusedKeys } from './refused-keys.ts';

export interface RedisWriterOptions extends RedisBatchesOptions {
  readonly connection: RedisConnection;
  readonly refusedKeys: RefusedKeys;
  readonly clock: Clock;
}

/** What Redis was given, in recorded values. */
export interface RedisStats extends Account {
  /** Whether something that was asked of it failed, and has not worked since. */
  readonly isAway: boolean;
  /** How many batches Redis has confirmed. */
  readonly batches: number;
  /** Batches that Redis had applied before, although its answer was lost. They added nothing the second time. */
  readonly repeatedBatches: number;
  /** Single writes that Redis refused, because somebody else's data is at their key. Their points are `dropped`. */
  readonly failedOperations: number;
  /** How much memory waiting values take, in bytes, at most `maxPendingBytes`. */
  readonly pendingBytes: number;
  /** The same for events, each of which counts as one point. */
  readonly events: Account;
}

const SHUT_DOWN = 'the store has been shut down';

/** How long deltas are gathered before they are written, so that one export becomes one batch. */
const GATHER_MILLIS = 1000;

/** Writes what was recorded to Redis: it gathers deltas, sends them in batches, and sends a batch again until it is confirmed. */
export class RedisWriter {
  readonly #connection: RedisConnection;
  readonly #refusedKeys: RefusedKeys;
  readonly #clock: Clock;
  readonly #maxPendingBytes: number;
  readonly #batches: RedisBatches;
  readonly #ledger = new Ledger('TimeseriesStore (Redis)');
  readonly #events = new Ledger('TimeseriesStore (events in Redis)');
  readonly #counts = { batches: 0, repeatedBatches: 0, failedOperations: 0 };
  /** A batch that was sent and is not confirmed. It must stay as it is, because Redis may have applied it. */
  #underway: WriteCommand | undefined;
  #writing: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  /** `closing`: takes nothing more. `closed`: writes nothing more. */
  #state: 'open' | 'closing' | 'closed' = 'open';

  constructor(options: RedisWriterOptions) {
    this.#connection = options.connection;
    this.#refusedKeys = options.refusedKeys;
    this.#clock = options.clock;
    this.#maxPendingBytes = options.maxPendingBytes;
    this.#batches = new RedisBatches(options);
  }

  stats(): RedisStats {
    return {
      ...this.#ledger.account(),
      ...this.#counts,
      isAway: this.#connection.isAway,
      pendingBytes: this.#batches.bytes,
      events: this.#events.account(),
    };
  }

  /** What became of recorded values and events since the last report. */
  report(): FlushReport {
    return mergeReports(this.#ledger.report(), this.#events.report());
  }

  /** Takes what was recorded, to be written soon. */
  record(metric: MetricInfo, tags: string, seconds: number, value: number | ExponentialHistogram): void {
    const amount = increaseOf(metric.type, value);
    this.#ledger.receive(1, amount);
    if (this.#state !== 'open') {
      this.#ledger.drop('shutdown', 1, amount, metric.name, SHUT_DOWN);
      return;
    }
    for (const { series, points, value: lost } of this.#batches.add(metric, tags, seconds, value)) {
      this.#ledger.drop('overflow', points, increaseOf(series.type, lost), series.name, this.#overflow());
    }
    this.#schedule(GATHER_MILLIS);
  }

  /** Takes an event, to be written soon. */
  recordEvent(event: StoredEvent): void {
    this.#events.receive(1, 0);
    if (this.#state !== 'open') {
      this.#events.drop('shutdown', 1, 0, 'an event', SHUT_DOWN);
      return;
    }
    if (this.#batches.addEvent(event)) {
      this.#events.drop(
        'overflow',
        1,
        0,
        'an event',
        'later ones wait for Redis, and only the last are kept',
      );
    }
    this.#schedule(GATHER_MILLIS);
  }

  /**
   * Writes what is waiting, and waits for that at most so long. Never rejects.
   *
   * @param keepsTrying whether what Redis doesn't take is tried again until the time is up
   */
  async writeWithin(timeoutMillis: number, keepsTrying: boolean): Promise<void> {
    const end = this.#clock.now() + timeoutMillis;
    const write = async (): Promise<void> => {
      // A write that began before may not have the latest values, and it may fail.
      await this.#writing;
      this.#connection.hurry();
      await this.#write();
      if (!keepsTrying) return;
      while (this.#isWaiting && this.#clock.now() < end) {
        await wait(this.#clock, this.#connection.pauseLeft('write'));
        await this.#write();
      }
    };
    await settledWithin(this.#clock, timeoutMillis, write());
  }

  /** Writes what it can in that time, and gives up the rest. Of several calls, the one with the least patience holds. */
  async close(timeoutMillis: number): Promise<void> {
    if (this.#state === 'open') this.#state = 'closing';
    await this.writeWithin(timeoutMillis, true);
    this.#giveUp();
  }

  #schedule(millis: number): void {
    if (this.#cancelTimer || this.#writing || this.#state === 'closed') return;
    this.#cancelTimer = this.#clock.schedule(millis, () => {
      this.#cancelTimer = undefined;
      void this.#write();
    });
  }

  get #isWaiting(): boolean {
    return this.#underway !== undefined || !this.#batches.isEmpty;
  }

  #giveUp(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#cancelTimer?.();
    this.#connection.close();
    this.#underway = undefined;
    this.#batches.clear();
    const reason = 'Redis did not confirm them before the shutdown';
    const { points, amount } = this.#ledger.account().pending;
    if (points > 0) this.#ledger.drop('shutdown', points, amount, `${points} points`, reason);
    const { points: events } = this.#events.account().pending;
    if (events > 0) this.#events.drop('shutdown', events, 0, `${events} events`, reason);
  }

  /** Writes until nothing waits or Redis doesn't take it; then a timer tries again. Never rejects. */
  #write(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      if (this.#isWaiting) this.#schedule(this.#connection.pauseLeft('write') || GATHER_MILLIS);
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    for (;;) {
      const batch = (this.#underway ??= this.#batches.next());
      if (batch === undefined) return;
      const { words, bySeries } = batch;
      try {
        const answer = await this.#connection.command(words, 'write', (each) =>
          parseWriteAnswer(each, bySeries.length + 1),
        );
        // After `#giveUp` everything is counted as dropped already.
        if (this.#isClosed) return;
        this.#settle(batch, answer);
      } catch (error) {
        if (!this.#isClosed) this.#ledger.note(reasonOf(error));
        return;
      }
      this.#underway = undefined;
    }
  }

  /** Read anew after every wait, because `close` may have been called meanwhile. */
  get #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #settle({ bySeries, events }: WriteCommand, answer: WriteAnswer): void {
    this.#counts.batches += 1;
    if (answer.isRepeated) this.#counts.repeatedBatches += 1;
    this.#counts.failedOperations += answer.failedOperations;
    const refused = new Set(answer.refused);
    for (const [index, deltas] of bySeries.entries()) {
      const { points, amount } = tallyOf(deltas);
      if (!refused.has(index)) {
        this.#ledger.export(points, amount);
        continue;
      }
      const what = `${points} points of ${deltas[0]!.series.name}`;
      this.#ledger.drop('refused', points, amount, what, this.#refusedKeys.describe(answer.reason));
      // The ledger logs the first drop of a cause.
      this.#refusedKeys.setLogged();
    }
    if (!refused.has(bySeries.length)) {
      this.#events.export(events.length, 0);
    } else if (events.length > 0) {
      const reason = this.#refusedKeys.describe(answer.reason);
      this.#events.drop('refused', events.length, 0, `${events.length} events`, reason);
    }
  }

  #overflow(): string {
    return (
      `Redis has been away for so long that what waits for it takes ${this.#maxPendingBytes} bytes; ` +
      'raise `maxPendingBytes` of the option `redis` to keep more'
    );
  }
}

function wait(clock: Clock, millis: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(millis, resolve);
  });
}

function tallyOf(deltas: readonly Delta[]): Tally {
  let points = 0;
  let amount = 0;
  for (const { points: itsPoints, series, value } of deltas) {
    points += itsPoints;
    amount += increaseOf(series.type, value);
  }
  return { points, amount };
}
