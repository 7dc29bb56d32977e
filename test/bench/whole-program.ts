import { performance, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { startMetrics, type BackendSettings } from '@tallykit/node';
import { EventLoopWatch, type LongestBlock } from './event-loop-watch.ts';
import { answerRequests } from './program.ts';

/** Records in every series and flushes; how that held the event loop. */
export interface FlushReply {
  readonly exported: number;
  readonly block: LongestBlock;
  /** The garbage collector's longest pause meanwhile, in milliseconds. */
  readonly longestPause: number;
}

/** Arguments: a backend of `startMetrics`, its options as JSON, and how many series there are. */
const [backend, options, seriesCount] = process.argv.slice(2) as [string, string, string];
const SERIES = Number(seriesCount);
const SERIES_PER_METRIC = 2_000;

const { metrics, flush } = await startMetrics({
  ...({ backend, options: JSON.parse(options) } as BackendSettings),
  exportIntervalMillis: 600_000,
  maxSeriesPerMetric: 2 * SERIES_PER_METRIC,
});

answerRequests(async (): Promise<FlushReply> => {
  for (let index = 0; index < SERIES; index += 1) {
    const tags = { route: `/products/${index % SERIES_PER_METRIC}`, region: 'eu-west-1', status: 200 };
    metrics.incr(`orders.${Math.floor(index / SERIES_PER_METRIC)}`, 1, { tags });
  }
  for (let turns = 0; turns < 3; turns += 1) await turn();
  let longestPause = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longestPause = Math.max(longestPause, duration);
  });
  observer.observe({ entryTypes: ['gc'] });
  const watch = new EventLoopWatch();
  const start = performance.now();
  const reports = await flush({ timeoutMillis: 120_000 });
  const period = { start, end: performance.now() };
  const block = (await watch.end())(period);
  observer.disconnect();
  const exported = Object.values(reports).reduce((sum, report) => sum + report.exported, 0);
  return { exported, block, longestPause };
});
