import assert from 'node:assert/strict';
import type { Arrivals } from './arrivals.ts';
import { isSuccess, type ExportResult, type Trial } from './trial.ts';

/** Checks that an export was answered with SUCCESS. */
export function assertSuccess(result: ExportResult, what: string): void {
  assert.ok(isSuccess(result), `the answer to ${what} is FAILED: ${String(result.error)}`);
}

/** Checks the sum of what arrived of a counter, over all series of that name. */
export async function assertCount(trial: Trial, name: string, expected: number): Promise<Arrivals> {
  const arrivals = await trial.arrivals();
  if (trial.facts.discards)
    assert.deepEqual(arrivals.series, [], 'what arrived from an exporter that discards');
  else assertClose(arrivals.count(name), expected, 1e-9, `what ${name} was increased by`);
  return arrivals;
}

/** Checks the last value that arrived of a gauge. */
export function assertGauge({ facts }: Trial, arrivals: Arrivals, name: string, expected: number): void {
  if (facts.discards)
    return assert.deepEqual(arrivals.named(name), [], 'what arrived from an exporter that discards');
  assertClose(arrivals.gauge(name), expected, 1e-9, `the value of ${name}`);
}

/** @param tolerance how far it may be from `expected`, relative to it */
export function assertClose(
  actual: number | undefined,
  expected: number,
  tolerance: number,
  what: string,
): void {
  const isClose = actual !== undefined && Math.abs(actual - expected) <= tolerance * Math.abs(expected);
  if (!isClose) assert.fail(`${what}: ${actual} arrived instead of ${expected}`);
}
