import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { gaugeData } from '../recording/metric-data.ts';
import { assertCount, assertGauge, assertSuccess } from './assert-arrivals.ts';
import { conformanceCase, type ConformanceCase } from './conformance-case.ts';
import type { ExportResult, Trial } from './trial.ts';

/** Payloads keep to their limit, and each arrives whole. */
export const payloadCases: readonly ConformanceCase[] = [
  conformanceCase('No payload is larger than the limit, and nothing in it is torn', async (trial) => {
    const orders = trial.meter.createCounter('orders');
    for (let index = 0; index < 500; index += 1)
      orders.add(1, { index, city: `Zürich 🚲 ${'é'.repeat(index % 20)}` });
    assertSuccess(await trial.export(), '500 points');
    const arrivals = await assertCount(trial, 'orders', 500);
    const { maxPayloadBytes = Number.POSITIVE_INFINITY } = trial.facts;
    const longest = Math.max(0, ...trial.payloads.map((payload) => Buffer.byteLength(payload)));
    assert.ok(longest <= maxPayloadBytes, `a payload has ${longest} bytes, the limit is ${maxPayloadBytes}`);
    if (!trial.facts.tags || trial.facts.discards) return;
    const series = new Set(arrivals.named('orders').map(({ tags }) => inspect(tags)));
    assert.equal(series.size, 500, 'series that arrived');
  }),

  conformanceCase('A payload is filled up to its limit, and not a byte further', async (trial) => {
    const { facts } = trial;
    const limit = facts.maxPayloadBytes ?? Number.POSITIVE_INFINITY;
    // A limit as large as that of an HTTP body is not reached by a few tags.
    if (facts.discards || !facts.tags || limit > 65_536) return;
    // Measures how many bytes a payload has besides the tags' values, and how many bytes a character of four bytes takes.
    const small = 10 * Math.ceil(limit / BYTES_PER_TAG);
    const [one, two] = [await exportPadded(trial, [small]), await exportPadded(trial, [small, small])];
    const wide = await exportPadded(trial, [small], '🚲', 4);
    const width = 4 + (wide.bytes - one.bytes) / (small / 5);
    for (const [character, bytes] of [
      ['x', 1],
      ['🚲', width],
    ] as const) {
      for (let over = -3; over <= 3; over += 1) {
        const room = limit - two.bytes + 2 * small + over;
        const sizes = [Math.floor(room / 2), Math.ceil(room / 2)];
        const { arrived } = await exportPadded(trial, sizes, character, bytes);
        assert.equal(
          arrived,
          2,
          `points that arrived of two that have ${over} bytes too many for one payload`,
        );
        const alone = [limit - one.bytes + small + over];
        const { arrived: isThere, result } = await exportPadded(trial, alone, character, bytes);
        // A number in the line may have a digit or two more than when it was measured, hence three bytes of room.
        if (over === -3) assert.equal(isThere, 1, 'points that arrived of one that has room');
        if (isThere === 0) trial.assertLossIsKnown(1, [result], 'a point that is longer than a payload');
      }
    }
    const longest = Math.max(...trial.payloads.map((payload) => Buffer.byteLength(payload)));
    assert.ok(longest <= limit, `a payload has ${longest} bytes, the limit is ${limit}`);
  }),

  conformanceCase('Many payloads at once arrive whole', async (trial) => {
    const calls = [0, 1, 2].map((part) =>
      trial.begin(
        Array.from({ length: 250 }, (_, index) => {
          const attributes = { city: `Zürich 🚲 ${'é'.repeat(index % 50)}` };
          return gaugeData(`depth${250 * part + index}`, index, { attributes });
        }),
      ),
    );
    const results = await Promise.all(calls.map(({ answer }) => answer));
    for (const result of results) assertSuccess(result, '250 points among 750');
    const arrivals = await trial.arrivals();
    if (trial.facts.discards) return;
    for (let index = 0; index < 750; index += 1) assertGauge(trial, arrivals, `depth${index}`, index % 250);
  }),

  conformanceCase('What fits into no payload is counted, and everything else arrives', async (trial) => {
    const name = 'x'.repeat((trial.facts.maxPayloadBytes ?? 100_000) + 1);
    const result = await trial.export([
      gaugeData('before', 1),
      gaugeData(name, 424_242),
      gaugeData('after', 3),
    ]);
    const arrivals = await trial.arrivals();
    assertGauge(trial, arrivals, 'before', 1);
    assertGauge(trial, arrivals, 'after', 3);
    if (trial.facts.discards || arrivals.series.some((one) => 'value' in one && one.value === 424_242))
      return;
    trial.assertLossIsKnown(1, [result], 'a point that fits into no payload');
  }),
];

/** How many bytes of padding the value of each tag has, where the points of a payload fill it. */
const BYTES_PER_TAG = 100;

/**
 * Exports one gauge for each size. The values of its tags have so many bytes together. The number of tags is always the same,
 * so that the bytes besides the values are the same, too.
 *
 * @param width how many bytes `character` takes in a payload
 * @returns `bytes`: of all payloads with these gauges. `arrived`: how many of the gauges arrived.
 */
async function exportPadded(
  trial: Trial,
  sizes: readonly number[],
  character = 'x',
  width = 1,
): Promise<{ readonly bytes: number; readonly arrived: number; readonly result: ExportResult }> {
  const before = trial.payloads.length;
  const name = `padded${String(before).padStart(6, '0')}`;
  const tags = Math.ceil((trial.facts.maxPayloadBytes ?? 0) / BYTES_PER_TAG);
  const metrics = sizes.map((size, index) => {
    const attributes: Record<string, string> = {};
    for (let tag = 0; tag < tags; tag += 1) {
      const share = Math.floor(((tag + 1) * size) / tags) - Math.floor((tag * size) / tags);
      attributes[`k${String(tag).padStart(4, '0')}`] =
        character.repeat(Math.floor(share / width)) + 'x'.repeat(share % width);
    }
    return gaugeData(`${name}x${index}`, 1, { attributes });
  });
  const result = await trial.export(metrics);
  const arrivals = await trial.arrivals();
  // The last payload is the counter with which `arrivals` marks the end.
  const bytes = trial.payloads
    .slice(before, -1)
    .reduce((sum, payload) => sum + Buffer.byteLength(payload), 0);
  const arrived = arrivals.series.filter((one) => one.name.startsWith(name)).length;
  return { bytes, arrived, result };
}
