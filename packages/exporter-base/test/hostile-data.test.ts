import { histogramData, resourceMetrics, sumData } from '@tallykit/testkit';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalDelivery, type Account, type Series, type SeriesAccount } from '../src/index.ts';
import { intervals, quantiles } from '../src/histograms.ts';
import { LARGEST_INCREASE } from '../src/series/points.ts';
import { listenToDiag } from './diag-messages.ts';
import { deliver, exportTo, FakeServer, NO_TAGS, NOT_ACCEPTED, wire } from './fake-server.ts';
import { GOOD, hostileExports } from './hostile-data.ts';

let said: ReturnType<typeof listenToDiag>;
beforeEach(() => {
  said = listenToDiag();
});
afterEach(() => said.stop());

/** The identity, in numbers that can be added without rounding. */
function expectAccount({ received, exported, pending, dropped, droppedBy }: Account): void {
  for (const what of ['points', 'amount'] as const) {
    const parts = [exported[what], pending[what], dropped[what]];
    const causes = Object.values(droppedBy).map((tally) => tally[what]);
    for (const number of [received[what], ...parts, ...causes]) expect(number).toSatisfy(Number.isFinite);
    expect(parts.reduce((a, b) => a + b)).toBeCloseTo(received[what], 6);
    expect(causes.reduce((a, b) => a + b, 0)).toBeCloseTo(dropped[what], 6);
  }
  expect(pending.points).toBeGreaterThanOrEqual(0);
}

/** What stands in a line: it fails where a number is none. */
function lineOf({ name, value, startMillis, endMillis }: Series): string {
  const totals =
    typeof value === 'number'
      ? [value]
      : [
          value.count,
          value.sum ?? 0,
          ...intervals(value).flatMap(({ low, high, count }) => [low, high, count]),
        ];
  if (typeof value === 'object' && value.count > 0) totals.push(...quantiles(value, [0.5, 1]));
  return `${name}:${[...totals, startMillis, endMillis].join(',')}`;
}

class Local extends LocalDelivery {
  readonly lines: string[] = [];
  isBroken = false;

  constructor() {
    super({ component: 'Local', translator: () => (metric) => wire(metric), timeoutMillis: 1000 });
  }

  protected override async deliver(
    all: Iterable<Series>,
    account: SeriesAccount,
  ): Promise<string | undefined> {
    for (const series of all) {
      this.lines.push(lineOf(series));
      if (this.isBroken) throw new Error('broken');
      account.taken(series);
    }
    return undefined;
  }
}

const isGood = (line: string): boolean => line.startsWith(`${GOOD}:`);
const isWrong = (line: string): boolean => /NaN|Infinity|undefined/.test(line);

describe('data that no SDK makes', () => {
  it('breaks no account of a delivery, nor what stands beside it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(hostileExports, fc.boolean()), { minLength: 1, maxLength: 4 }),
        async (all) => {
          const server = new FakeServer();
          const exporter = deliver(server, { format: lineOf, route: { maxPayloadBytes: 10_000 } });
          for (const [make, isTaken] of all) {
            const { metrics, change } = make();
            server.answer = (payload) => {
              expectAccount(exporter.stats());
              return isTaken || payload === '' ? { type: 'delivered' } : NOT_ACCEPTED;
            };
            const result = exportTo(exporter, metrics);
            const { received } = exporter.stats();
            expectAccount(exporter.stats());
            change();
            await result;
            expectAccount(exporter.stats());
            expect(exporter.stats().received).toEqual(received);
          }
          server.answer = () => ({ type: 'delivered' });
          server.take();
          await exporter.flush();
          await exporter.shutdown();
          expectAccount(exporter.stats());
          expect(exporter.stats().pending).toEqual({ points: 0, amount: 0 });
        },
      ),
    );
  });

  it('arrives nowhere as what is no number, and what is in order arrives', async () => {
    await fc.assert(
      fc.asyncProperty(hostileExports, async (make) => {
        const { metrics, change } = make();
        const server = new FakeServer();
        const exporter = deliver(server, { format: lineOf, route: { maxPayloadBytes: 10_000 } });
        const local = new Local();
        const results = [exportTo(exporter, metrics), exportTo(local as never, metrics)];
        change();
        await Promise.all(results);
        const lines = server.payloads.flatMap((payload) => payload.split('\n'));
        for (const all of [lines, local.lines]) {
          expect(all.filter(isWrong)).toEqual([]);
          expect(all.filter(isGood)).toHaveLength(1);
        }
        expect(local.stats()).toEqual(exporter.stats());
      }),
    );
  });

  it('leaves nothing pending where a local delivery breaks off', async () => {
    await fc.assert(
      fc.asyncProperty(hostileExports, fc.boolean(), async (make, isBroken) => {
        const { metrics, change } = make();
        const local = new Local();
        local.isBroken = isBroken;
        const result = exportTo(local as never, metrics);
        expectAccount(local.stats());
        change();
        expect((await result).code).toBe(isBroken ? 1 : 0);
        expectAccount(local.stats());
        expect(local.stats().pending).toEqual({ points: 0, amount: 0 });
      }),
    );
  });

  it('adds the largest increases up, and refuses larger ones beside them', async () => {
    const server = new FakeServer();
    const exporter = deliver(server, {
      translator: () => (metric) => wire(metric, NO_TAGS),
      format: ({ name, value }) => `${name}:${typeof value === 'object' ? value.sum : value}`,
    });
    const values = [LARGEST_INCREASE, Number.MAX_VALUE, LARGEST_INCREASE, -Number.MAX_VALUE];
    const buckets = { boundaries: [], counts: [1] };
    await exportTo(
      exporter,
      resourceMetrics(
        values.flatMap((value, x) => [
          sumData('a', value, { attributes: { x } }),
          histogramData('h', { buckets, count: 1, sum: value, min: 1, max: 1 }, { attributes: { x } }),
        ]),
      ),
    );
    const both = 2 * LARGEST_INCREASE;
    expect(server.payloads).toEqual([`a:${both}\nh:${both}`]);
    expect(exporter.stats()).toMatchObject({
      received: { points: 8, amount: both },
      exported: { points: 4, amount: both },
      droppedBy: { notFinite: { points: 4, amount: 0 } },
    });
  });
});
