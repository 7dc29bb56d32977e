import { AssertionError } from 'node:assert';
import {
  checkCounted,
  checkDistributed,
  checkGauged,
  checkTimed,
  type Check,
  type ExpectedDistribution,
  type ExpectedTags,
} from './checks.ts';
import type { Recorded } from './collect.ts';

/** Matchers for `expect(await collected.read())`. */
export interface MetricMatchers<R = void> {
  /**
   * A counter or up-down counter changed by `value`, added up over all series that have those tags.
   *
   * @param value if it is left out: there is such a series
   * @example expect(await collected.read()).toHaveCounted('orders', 2, { status: 'ok' });
   */
  toHaveCounted(name: string, value?: number, tags?: ExpectedTags): R;
  /**
   * The last value of a gauge. Fails when several series have those tags.
   *
   * @param value if it is left out: there is such a series
   * @example expect(await collected.read()).toHaveGauged('queue.depth', 12);
   */
  toHaveGauged(name: string, value?: number, tags?: ExpectedTags): R;
  /**
   * Timings, which are histograms in a unit of time, with what all series that have those tags hold together.
   *
   * @param expected how many there are, or any of `count`, `sum`, `min`, `max`, in the unit in which they were recorded
   * @example expect(await collected.read()).toHaveTimed('db.query', 1, { table: 'users', result: 'success' });
   */
  toHaveTimed(name: string, expected?: ExpectedDistribution, tags?: ExpectedTags): R;
  /**
   * The same for histograms of any unit.
   *
   * @example expect(await collected.read()).toHaveDistributed('upload.size', { count: 2, max: 52_001 });
   */
  toHaveDistributed(name: string, expected?: ExpectedDistribution, tags?: ExpectedTags): R;
}

/**
 * For `expect.extend` of vitest, Jest and whatever else has it. `@tallykit/testkit/vitest` and `@tallykit/testkit/jest` do
 * that, and declare the types.
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
};

/**
 * The same as `toHaveCounted`, for `node:test` and any other runner.
 *
 * @throws an `AssertionError` that says what was recorded instead
 * @example assertCounted(await collected.read(), 'orders', 2, { status: 'ok' });
 */
export function assertCounted(
  recorded: Recorded,
  ...expected: Parameters<MetricMatchers['toHaveCounted']>
): void {
  assertPasses(matchers.toHaveCounted(recorded, ...expected), assertCounted);
}

/** The same as `toHaveGauged`. */
export function assertGauged(
  recorded: Recorded,
  ...expected: Parameters<MetricMatchers['toHaveGauged']>
): void {
  assertPasses(matchers.toHaveGauged(recorded, ...expected), assertGauged);
}

/** The same as `toHaveTimed`. */
export function assertTimed(
  recorded: Recorded,
  ...expected: Parameters<MetricMatchers['toHaveTimed']>
): void {
  assertPasses(matchers.toHaveTimed(recorded, ...expected), assertTimed);
}

/** The same as `toHaveDistributed`. */
export function assertDistributed(
  recorded: Recorded,
  ...expected: Parameters<MetricMatchers['toHaveDistributed']>
): void {
  assertPasses(matchers.toHaveDistributed(recorded, ...expected), assertDistributed);
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
