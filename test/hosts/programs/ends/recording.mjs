// What the scenes have in common. Importing it starts metrics with the backend that the test has chosen.
import { writeSync } from 'node:fs';
import { startMetrics } from '@tallykit/node';

const { backend, options, shutdownOn, isWarm } = JSON.parse(process.env.END);
const SERIES = 12;
const { metrics, flush } = await startMetrics({
  backend,
  options,
  shutdownOn,
  // Nothing is exported before the end.
  exportIntervalMillis: 3_600_000,
});

/** Writes at once, whatever happens to the process next. */
function tell(line) {
  writeSync(1, `${line}\n`);
}

/** Records calls, and tells the test how many. */
export function record(calls) {
  for (let call = 0; call < calls; call += 1) {
    metrics.incr('ends.calls', 1, { tags: { series: call % SERIES } });
  }
  tell(`recorded ${calls}`);
}

/** Tells the test that the scene is set. */
export function ready() {
  tell('ready');
}

/** A program that serves until it is told to end. */
export function stayAlive() {
  setInterval(() => undefined, 3_600_000);
}

// The connection is open then.
if (isWarm) {
  record(3);
  await flush();
}
