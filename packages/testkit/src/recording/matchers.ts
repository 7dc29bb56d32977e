import { AssertionError } from 'node:assert';
import { checkEvent, type ExpectedEvent } from './check-event.ts';
import {
  checkCounted,
  checkDistributed,
  checkGauged,
  checkTimed,
  type ExpectedDistribution,
} from './check-series.ts';
import type { Check, ExpectedTags } from './check.ts';
import type { Recorded } from './collect.ts';

/** Matchers for `expect(await collected.read())`. */
export interface MetricMatchers<R = void> {
  /**
   * Expects that a counter or up-down counter changed by `value`, added up over all series that have those tags.
   *
   * @param value when it is left out, any value will do
   * @example expect(await collected.read()).toHaveCounted('orders', 2, { status: 'ok' });
   */
  toHaveCounted(name: string, value?: number, tags?: ExpectedTags): R;
  /**
   * Expects the last value of a gauge. Fails when several series have those tags.
   *
   * @param value when it is left out, any value will do
   * @example expect(await collected.read()).toHaveGauged('queue.depth', 12);
   */
  toHaveGauged(name: string, value?: number, tags?: ExpectedTags): R;
  /**
   * Expects timings, which are histograms in a unit of time. All series that have those tags are taken together.
   *
   * @param expected how many there are, or any of `count`, `sum`, `min`, `max`, in the unit in which they were recorded
   * @example expect(await collected.read()).toHaveTimed('db.query', 1, { table: 'users', result: 'success' });
   */
  toHaveTimed(name: string, expected?: ExpectedDistribution, tags?: ExpectedTags): R;
  /**
   * Expects values of a histogram of any unit. All series that have those tags are taken together.
   *
   * @param expected how many values there are, or any of `count`, `sum`, `min`, `max`
   * @example expect(await collected.read()).toHaveDistributed('upload.size', { count: 2, max: 52_001 });
   */
  toHaveDistributed(name: string, expected?: ExpectedDistribution, tags?: ExpectedTags): R;
  /**
   * Expects events with that title. The collection gets them where it was handed over: `configureMetrics({ events: collected })`.
   *
   * @param expected how many there are, or any of `count`, `text` (a RegExp is searched for), `alertType`, `priority`,
   *   `aggregationKey`, `sourceTypeName`, `hostname` and `timestamp`. When it is left out, one of any kind will do
   * @example expect(await collected.read()).toHaveEvent('Deploy', { text: /v42/, alertType: 'success' }, { team: 'growth' });
   */
  toHaveEvent(title: string, expected?: ExpectedEvent, tags?: ExpectedTags): R;
}

/**
 * The matchers for `expect.extend` of vitest, Jest and other runners that have it. `@tallykit/testkit/vitest` and
 * `@tallykit/testkit/jest` call it, and declare the types.
 */
export const matchers: {
  readonly [Name in keyof MetricMatchers]: (
    recorded: unknown,
    ...expected: Parameters<MetricMatchers[Name]>
  ) => Check;
} = {
  toHaveCounted: (recorded, name, value, tags) => checkCounted(asRecorded(recorded), name, value, tags),
  toHaveGauged: (recorded, name, value, tags) => checkGauged(asRecorded(recorded), name, value, tags),
  toHaveTimed: (recorded, name, expected, tags) => checkTimed(asRecorded(recorded), name, expected, tags),
  toHaveDistributed: (recorded, name, expected, tags) =>
    checkDistributed(asRecorded(recorded), name, expected, tags),
  toHaveEvent: (recorded, title, expected, tags) => checkEvent(asRecorded(recorded), title, expected, tags),
};

/**
 * Does the same as `toHaveCounted`, for `node:test` and any other runner.
 *
 * @throws {AssertionError} with what was recorded instead
 * @example assertCounted(await collected.read(), 'orders', 2, { status: 'ok' });
 */
export function assertCounted(
  recorded: Recorded,
  ...expected: Parameters<MetricMatchers['toHaveCounted']>
): void {
  assertPasses(matchers.toHaveCounted(recorded, ...expected), assertCounted);
}

/**
 * Does the same as `toHaveGauged`, for `node:test` and any other runner.
 *
 * @throws {AssertionError} with what was recorded instead
 */
export function assertGauged(
  recorded: Recorded,
  ...expected: Parameters<MetricMatchers['toHaveGauged']>
): void {
  assertPasses(matchers.toHaveGauged(recorded, ...expected), assertGauged);
}

/**
 * Does the same as `toHaveTimed`, for `node:test` and any other runner.
 *
 * @throws {AssertionError} with what was recorded instead
 */
export function assertTimed(
  recorded: Recorded,
  ...expected: Parameters<MetricMatchers['toHaveTimed']>
): void {
  assertPasses(matchers.toHaveTimed(recorded, ...expected), assertTimed);
}

/**
 * Does the same as `toHaveDistributed`, for `node:test` and any other runner.
 *
 * @throws {AssertionError} with what was recorded instead
 */
export function assertDistributed(
  recorded: Recorded,
  ...expected: Parameters<MetricMatchers['toHaveDistributed']>
): void {
  assertPasses(matchers.toHaveDistributed(recorded, ...expected), assertDistributed);
}

/**
 * Does the same as `toHaveEvent`, for `node:test` and any other runner.
 *
 * @throws {AssertionError} with the events that there were instead
 */
export function assertEvent(
  recorded: Recorded,
  ...expected: Parameters<MetricMatchers['toHaveEvent']>
): void {
  assertPasses(matchers.toHaveEvent(recorded, ...expected), assertEvent);
}

// oxlint-disable-next-line typescript/no-unsafe-function-type -- the type that AssertionError takes
function assertPasses({ pass, message }: Check, stackStartFn: Function): void {
  if (!pass) throw new AssertionError({ message: message(), stackStartFn });
}

function asRecorded(value: unknown): Recorded {
  if (typeof value === 'object' && value !== null) {
    if ('series' in value) return value as Recorded;
    if ('read' in value || 'then' in value) {
      throw new TypeError('metrics are read first: expect(await collected.read())');
    }
  }
  throw new TypeError('expected what `await collect().read()` gives');
}
