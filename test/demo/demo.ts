// The main job on real input: a small shop records through @tallykit/metrics, a producer hands what was recorded to a stock
// OpenTelemetry reader, StatsdMetricExporter sends it to the reference StatsD server, and what the server has is compared with the
// program's own book. In the middle, the server can't be reached for a while. The exit status is 1 when the books differ.
import { setTimeout as after } from 'node:timers/promises';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { StatsdMetricExporter } from '@tallykit/exporter-statsd';
import { createMetrics } from '@tallykit/metrics';
import { createMetricProducer } from '@tallykit/metrics/producer';
import { startCuttingProxy } from '../servers/cutting-proxy.ts';
import { REFERENCE_STATSD_VERSION, startReferenceStatsd } from '../servers/reference-statsd.ts';
import { Comparison, relative } from './comparison.ts';
import { LiveView } from './live-view.ts';
import {
  countDifferences,
  pairsOf,
  printIdentities,
  printOutage,
  printPauses,
  printSpeed,
  printTimings,
  printValues,
  type Part,
} from './report.ts';
import { measurePauses } from './pauses.ts';
import { Screen } from './screen.ts';
import { openShop } from './shop.ts';
import { measureSpeed } from './speed.ts';

const INTERVALS = 6;
/** The intervals in which the server can't be reached. */
const AWAY: readonly number[] = [3, 4];
const SLICES = 60;
const SLICE_MILLIS = 20;
const SLICES_PER_SAMPLE = 5;
const REQUESTS_PER_SLICE = 400;
const SEED = 20_260_101;

const screen = new Screen(process.stdout);
await using server = await startReferenceStatsd({ protocol: 'tcp', percentThreshold: [50, 95, 99] });
await using network = await startCuttingProxy(server.port);
const log: string[] = [];
/** Of the exporter; the reader has a line of its own for each export that failed. */
const keep = (message: string): void =>
  void (message.startsWith('StatsdMetricExporter') && log.push(message));
diag.setLogger({ error: keep, warn: keep, info: keep, debug: keep, verbose: keep }, DiagLogLevel.INFO);

// One process, so there is none to tell its up-down values apart from.
const exporter = new StatsdMetricExporter({
  protocol: 'tcp',
  host: server.host,
  port: network.port,
  processTag: false,
});
const producer = createMetricProducer({ exporter });
// The demo asks for each export itself, so that it can compare the two books interval by interval.
const reader = new PeriodicExportingMetricReader({
  exporter,
  exportIntervalMillis: 60_000,
  metricProducers: [producer],
});
const meterProvider = new MeterProvider({ readers: [reader] });
const metrics = createMetrics({ producers: [producer] });

const shop = openShop(metrics, SEED);
const comparison = new Comparison();
const view = new LiveView(screen, shop.tally, comparison, INTERVALS);

screen.print(
  '',
  `${screen.paint('bold', 'Tallykit')}  a small shop records, an OpenTelemetry reader exports, a real StatsD server reads it back`,
  screen.paint(
    'dim',
    `reference statsd ${REFERENCE_STATSD_VERSION} in process ${server.pid}, TCP; in the middle it can't be reached for ${AWAY.length} of ${INTERVALS} intervals`,
  ),
  '',
);

for (let interval = 1; interval <= INTERVALS; interval += 1) {
  const isAway = AWAY.includes(interval);
  network.refuse(isAway);
  view.isAway = isAway;
  await work(interval);
  await meterProvider.forceFlush();
  view.keptPoints = exporter.stats().pending.points;
  view.intervalEnded(interval);
  if (AWAY.includes(interval + 1) && isAway) continue;
  if (isAway) {
    // The exporter would try again by itself, some seconds later.
    network.refuse(false);
    await exporter.forceFlush();
    view.isAway = false;
    view.keptPoints = 0;
  }
  await network.settled();
  // Counters and gauges from the server's admin port; timings from a flush, as its backends get them.
  const [counters, gauges] = [await server.counters(), await server.gauges()];
  comparison.closeInterval(shop.tally, counters, gauges, await server.flush());
  view.readBack();
}
view.draw(INTERVALS);
await meterProvider.shutdown();

const counters = comparison.counters(shop.tally);
const gauges = comparison.gauges(shop.tally);
const timings = [...comparison.timings()];
const timers = new Map(timings.filter(([, { mean }]) => !mean).map(([series, { count }]) => [series, count]));
const pairs = [...counters.values(), ...gauges.values(), ...timings.flatMap(([, timing]) => pairsOf(timing))];

printOutage(screen, 'A server that is away', view.moments, log);
printValues(screen, 'Read back', { counter: counters, gauge: gauges, 'runs of a timer': timers });
printTimings(screen, 'Timings', new Map(timings.filter(([, { mean }]) => mean)));
screen.print(
  screen.paint('dim', 'Percentiles: from the interval in which they differ most; up to 2 % counts as equal.'),
);

const isWhole = checkIdentities();
printSpeed(screen, 'Nanoseconds a call, 3 tags', await measureSpeed());
printPauses(screen, 'Longest pause of the event loop', await measurePauses());

const differences = countDifferences(pairs);
const isGood = differences === 0 && isWhole;
const percentiles = timings.flatMap(([, timing]) => [...timing.percentiles.values()]);
const furthest = `${(100 * Math.max(...percentiles.map(relative))).toFixed(1)} %`;
const verdict =
  differences === 0
    ? `${pairs.length} values read back, after ${AWAY.length} intervals without a server: difference 0; percentiles within ${furthest}`
    : `${differences} of ${pairs.length} values differ`;
screen.print(
  '',
  `${isGood ? screen.paint('green', '✓') : screen.paint(['red', 'bold'], '✗')} ${verdict}`,
  '',
);
process.exitCode = isGood ? 0 : 1;

/** Short bursts that rise and fall, and the event loop's turn between them. A slow machine takes longer for the same. */
async function work(interval: number): Promise<void> {
  view.resume();
  for (let slice = 1; slice <= SLICES; slice += 1) {
    const done = interval - 1 + slice / SLICES;
    const wave = 1 + 0.4 * Math.sin(Math.PI * done) + 0.1 * Math.sin(slice);
    await shop.serve(Math.round(REQUESTS_PER_SLICE * wave));
    if (slice % SLICES_PER_SAMPLE === 0) view.sample();
    view.draw(done);
    await after(SLICE_MILLIS);
  }
}

/** Where every call and every point went, in the library's own words, beside the program's own books. */
function checkIdentities(): boolean {
  const api = metrics.stats();
  const { received, exported, pending, dropped } = exporter.stats();
  const counted = [...shop.tally.counters.values()].reduce((sum, amount) => sum + amount, 0);
  const refusals = Object.entries(api.refused).map(([cause, calls]): Part => [
    `refused: ${cause}`,
    calls ?? 0,
  ]);
  return printIdentities(screen, 'Where everything went', [
    { what: 'calls of the API', total: shop.calls, parts: [['recorded', api.recorded]] },
    {
      what: 'recorded',
      total: api.recorded,
      parts: [['handed over', api.handed], ['held', api.held], ...refusals],
    },
    {
      what: 'points received',
      total: received.points,
      parts: [
        ['exported', exported.points],
        ['pending', pending.points],
        ['dropped', dropped.points],
      ],
    },
    {
      what: 'amount of all counters',
      total: counted,
      parts: [
        ['exported', exported.amount],
        ['pending', pending.amount],
        ['dropped', dropped.amount],
      ],
    },
  ]);
}
