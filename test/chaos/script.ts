// oxlint-disable vitest/no-standalone-expect -- these are the steps of tests
import { expect } from 'vitest';
import { booksOf, PLANS, type Books } from './books.ts';
import type { Effect, Fault } from './faults.ts';
import type { Operation, RecorderEnd, RecorderState } from './recorder-program.ts';
import type { Rig } from './rigs.ts';
import { until } from '../until.ts';

/** Longer than anything takes that goes well. */

/** What is done with a program and its server, and what has to come of it. Everything by chance is by the seed. */
export class Script {
  readonly #rig: Rig;
  readonly #random: () => number;
  /** What has to arrive. */
  readonly #certain: Operation[] = [];
  /** What may arrive. */
  readonly #perhaps: Operation[] = [];
  /** How much of what was exported nobody read, which the exporter could not know. */
  #unread = 0;
  #said = 0;
  /** The names of the faults so far. */
  readonly #played: string[] = [];
  #hasAftermath = false;

  constructor(rig: Rig, random: () => number) {
    this.#rig = rig;
    this.#random = random;
  }

  /** Records while all is well, and sees it arrive. */
  async quiet(): Promise<RecorderState> {
    try {
      return await this.#quiet();
    } catch (error) {
      throw this.#failure('after', error);
    }
  }

  async #quiet(): Promise<RecorderState> {
    this.#certain.push(...(await this.#record()));
    expectIdentities(await this.#collect());
    await this.#arrived();
    // Points that waited for the clock were sent after the collection. They have arrived, and their answer may not.
    const state = await this.#flushAll();
    expectIdentities(state);
    const lines = this.#outageLines();
    if (!this.#hasAftermath) expect(lines).toEqual([]);
    else expect([0, 2]).toContain(lines.length);
    this.#hasAftermath = false;
    return state;
  }

  async run(fault: Fault): Promise<void> {
    const before = await this.quiet();
    try {
      this.#played.push(fault.name);
      await this.#run(fault, before);
    } catch (error) {
      throw this.#failure('while', error);
    }
  }

  async #run(fault: Fault, before: RecorderState): Promise<void> {
    const { target, faults } = this.#rig;
    this.#hasAftermath = fault.hasAftermath ?? false;
    if (fault.isSlow) await faults.shortenDeadlines();
    await fault.begin(target, faults);
    const during = await this.#record(fault);
    let worst = await this.#collect();
    expectIdentities(worst);
    // Every attempt doubles the time to the next one.
    const isShort = fault.isSlow === true || this.#chance(0.5);
    for (let times = isShort ? 0 : 2; times > 0; times -= 1) {
      during.push(...(await this.#record(fault)));
      const state = await this.#collect();
      expectIdentities(state);
      if (state.exporter.pending.points > worst.exporter.pending.points) worst = state;
    }
    const late = fault.effect === 'refused' && this.#chance(0.5) ? await this.#record() : [];
    this.#expect(fault.effect, during, late);
    // What left later would have another time, and not be ignored.
    if (fault.effect === 'ignored') await this.#flushAll();
    await fault.end(target, faults, () => this.#arrived());
    // Not before: what is begun while the server hangs would have all the time that there is.
    await faults.restoreDeadlines();
    const isUnread = fault.effect === 'unread';
    // By its own timer; otherwise with the next export.
    if (isShort && late.length === 0 && !isUnread) await this.#arrived();
    // Nothing else may be left to find out that all is well again.
    const last = isUnread ? await this.#record() : [];
    const after = await this.#flushAll();
    // What had left is lost, and can't be told from the rest.
    if (isUnread) (isDroppedSince(before, after) ? this.#perhaps : this.#certain).push(...during);
    this.#certain.push(...last);
    await this.#arrived();
    expectIdentities(after);
    // What is counted as exported was read, unless nobody could know better.
    const unread = after.exporter.exported.amount - sumOf(target.books().orders);
    if (fault.effect === 'lost' || fault.effect === 'ignored') this.#unread = unread;
    else expect(unread).toBe(this.#unread);
    this.#expectDrops(fault.effect, before, after, during);
    this.#expectLines(fault, before, worst, after);
  }

  /** A reader that is too slow: more is sent than the kernel takes, so that an export is cut off in the middle of it. */
  async fill(): Promise<void> {
    const { recorder, target, faults } = this.#rig;
    const { front, books } = target;
    const before = await this.quiet();
    front.freeze();
    const filled = await recorder.ask<number>({ type: 'fill' });
    await faults.shortenDeadlines();
    const worst = await this.#collect();
    expectIdentities(worst);
    expect(worst.exporter.pending.points).toBeGreaterThan(0);
    front.thaw();
    await faults.restoreDeadlines();
    const after = await this.#flushAll();
    expectIdentities(after);
    expect(after.exporter.exported.amount + after.exporter.dropped.amount).toBe(
      after.exporter.received.amount,
    );
    // What was cut off may be there, or in part. A torn line or frame would not be read.
    const cutOff = after.exporter.dropped.amount - before.exporter.dropped.amount;
    expect(after.exporter.droppedBy.unknown?.amount ?? 0).toBe(after.exporter.dropped.amount);
    await until(() => expectBetween(books().filler, filled - cutOff, cutOff));
    const lines = this.#outageLines();
    expect(lines).toEqual([
      expect.stringContaining("can't deliver to"),
      expect.stringContaining(
        `and dropped ${after.exporter.dropped.points - before.exporter.dropped.points} `,
      ),
    ]);
    await this.#arrived();
  }

  /** Ends the program, which then has nothing left. */
  async end(): Promise<void> {
    const { recorder, target, faults } = this.#rig;
    const { front, intake } = target;
    const how = this.#pick(['well', 'killed', 'frozen'] as const);
    if (how === 'killed') await front.kill();
    if (how === 'frozen') {
      await faults.shortenDeadlines();
      front.freeze();
    }
    const last = await this.#record();
    if (how === 'well') this.#certain.push(...last);
    const end = await recorder.ask<RecorderEnd>({ type: 'shutdown', isBusy: this.#chance(0.5) });
    expectIdentities(end);
    expect(end.exporter.pending).toEqual({ points: 0, amount: 0 });
    expect(end.exporter.events.pending.points).toBe(0);
    expect(end.metrics.held).toBe(0);
    expect(end.resources).toEqual([]);
    // Those to Datadog belong to `fetch`.
    if (intake === undefined) expect(end.sockets).toEqual([]);
    expect(await recorder.ended).toBe(0);
    expect(recorder.output).toBe('');
    if (how === 'well') await this.#arrived();
  }

  #expect(effect: Effect, during: readonly Operation[], late: readonly Operation[]): void {
    const isIdempotent = ([verb]: Operation) => verb === 'incr' || verb === 'gauge';
    if (effect === 'unknown') {
      this.#certain.push(...during.filter(isIdempotent));
      this.#perhaps.push(...during.filter((operation) => !isIdempotent(operation)));
    } else if (!['unread', 'lost', 'forbidden', 'ignored'].includes(effect)) {
      this.#certain.push(...during);
    }
    this.#certain.push(...late);
  }

  #expectDrops(
    effect: Effect,
    { exporter: before }: RecorderState,
    { exporter: after }: RecorderState,
    during: readonly Operation[],
  ): void {
    const amount = after.dropped.amount - before.dropped.amount;
    const points = after.dropped.points - before.dropped.points;
    const causes = Object.keys(after.droppedBy).filter((cause) => !(cause in before.droppedBy));
    if (effect === 'forbidden') {
      expect(causes).toEqual(['refused']);
      expect(amount).toBe(sumOf(booksOf(during).orders));
    } else {
      if (effect !== 'unread') expect(amount).toBe(0);
      if (effect !== 'unread' && effect !== 'unknown') expect(points).toBe(0);
      expect(causes.filter((cause) => cause !== 'unknown')).toEqual([]);
    }
  }

  /** An outage is two lines, and nothing else is one. */
  #expectLines(
    { effect, reason = / / }: Fault,
    { exporter: before }: RecorderState,
    { exporter: worst }: RecorderState,
    { exporter: after }: RecorderState,
  ): void {
    const outage = this.#outageLines();
    if (!['refused', 'unknown', 'unread', 'held'].includes(effect)) {
      expect(outage).toEqual([]);
      return;
    }
    const remedy = /Exporter: can't deliver to .*: .* Dropped \d+ points, kept \d+ .* Check that .*`/;
    expect(outage).toEqual([expect.stringMatching(remedy), expect.stringContaining('again after')]);
    const [begin = '', end = ''] = outage;
    expect(begin).toMatch(reason);
    const [, late, dropped] =
      /again after \d+\.\d s; sent (\d+) points late, merged, and dropped (\d+) meanwhile/.exec(end) ?? [];
    expect(Number(dropped)).toBe(after.dropped.points - before.dropped.points);
    // Points that came later went into the same series; what is sent again as it is was never merged, and what only waits
    // for a second of its own was never late.
    if (effect === 'refused' && this.#rig.target.intake === undefined)
      expect(Number(late)).toBeGreaterThanOrEqual(worst.pending.points);
    if (effect === 'unknown') expect(Number(late)).toBeLessThanOrEqual(worst.pending.points);
  }

  /** What the exporter said of outages, since the last time. */
  #outageLines(): string[] {
    const lines = this.#rig.recorder.said.slice(this.#said);
    this.#said = this.#rig.recorder.said.length;
    // OpenTelemetry's reader says each failed export by itself.
    return lines.filter(
      (line) =>
        !line.includes('PeriodicExportingMetricReader: metrics export failed') &&
        !line.includes('Logged once; stats() counts further ones') &&
        !line.includes('clock'),
    );
  }

  /** Resolves when all that is certain has arrived; never more than was recorded. */
  async #arrived(): Promise<void> {
    const certain = booksOf(this.#certain);
    const perhaps = booksOf(this.#perhaps);
    await until(() => expectBooks(this.#rig.target.books(), certain, perhaps));
  }

  async #record(fault?: Fault): Promise<Operation[]> {
    const isRecorded = (what: 'events' | 'gauges') => fault?.without?.includes(what) !== true;
    const withEvents = this.#rig.knowsEvents && isRecorded('events');
    const whole = (most: number) => 1 + Math.floor(this.#random() * most);
    const operations: Operation[] = [];
    for (let times = whole(4); times > 0; times -= 1)
      for (const plan of PLANS) operations.push(['incr', 'orders', whole(9), { plan }]);
    if (isRecorded('gauges')) operations.push(['gauge', 'depth', whole(1000), {}]);
    for (const route of ['/', '/search'])
      for (let times = whole(3); times > 0; times -= 1)
        operations.push(['timing', 'query', whole(500), { route }]);
    if (withEvents && this.#chance(0.7)) operations.push(['event', 'Deploy']);
    await this.#rig.recorder.ask({ type: 'record', operations });
    return operations;
  }

  /** As the reader does after every interval. */
  #collect(): Promise<RecorderState> {
    return this.#rig.recorder.ask<RecorderState>({ type: 'collect' });
  }

  /** A server may have said when to come again. */
  #flushAll(): Promise<RecorderState> {
    return until(async () => {
      const state = await this.#rig.recorder.ask<RecorderState>({ type: 'flush' });
      expect(state.exporter.pending.points + state.exporter.events.pending.points).toBe(0);
      return state;
    });
  }

  #failure(when: 'while' | 'after', cause: unknown): Error {
    return new Error(`It went wrong ${when} the last of these: ${this.#played.join('; ')}`, { cause });
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random() * items.length)]!;
  }
}

/** Nothing is ever lost in silence. */
function expectIdentities({ metrics, exporter }: RecorderState): void {
  expect(metrics.handed + metrics.held + sumOf(metrics.refused)).toBe(metrics.recorded);
  for (const { received, exported, pending, dropped, droppedBy } of [exporter, exporter.events]) {
    const causes = Object.values(droppedBy);
    for (const unit of ['points', 'amount'] as const) {
      expect(exported[unit] + pending[unit] + dropped[unit]).toBe(received[unit]);
      expect(causes.reduce((sum, cause) => sum + cause[unit], 0)).toBe(dropped[unit]);
      expect(Math.min(exported[unit], pending[unit], dropped[unit])).toBeGreaterThanOrEqual(0);
    }
  }
}

function isDroppedSince({ exporter: before }: RecorderState, { exporter: after }: RecorderState): boolean {
  return (
    after.dropped.points + after.events.dropped.points > before.dropped.points + before.events.dropped.points
  );
}

function sumOf(numbers: Readonly<Record<string, number>>): number {
  return Object.values(numbers).reduce((sum, value) => sum + value, 0);
}

function expectBooks(arrived: Books, certain: Books, perhaps: Books): void {
  for (const plan of PLANS)
    expectBetween(arrived.orders[plan] ?? 0, certain.orders[plan] ?? 0, perhaps.orders[plan] ?? 0);
  expect(perhaps.depth === undefined ? [certain.depth] : [certain.depth, perhaps.depth]).toContain(
    arrived.depth,
  );
  expectBetween(arrived.queries.count, certain.queries.count, perhaps.queries.count);
  if (perhaps.queries.count === 0) expect(arrived.queries.sum).toBeCloseTo(certain.queries.sum, 6);
  expectBetween(arrived.events, certain.events, perhaps.events);
}

function expectBetween(value: number, least: number, more: number): void {
  expect(value).toBeGreaterThanOrEqual(least);
  expect(value).toBeLessThanOrEqual(least + more);
}
