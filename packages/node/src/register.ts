import { reasonOf, visible } from '@tallykit/exporter-base';
import { readConfiguration } from './configuration.ts';
import { launch, type StartedMetrics } from './launch.ts';
import type { StartMetricsOptions } from './options.ts';
import { showWarnings } from './warnings.ts';

// For `node --import @tallykit/node/register app.js`, and `--require` for CommonJS: starts metrics from the environment
// variables, before the first line of the program. Nothing is awaited, because OpenTelemetry's instruments that are made
// before there is a MeterProvider never record.

/** The program doesn't know of this module, so nobody else calls `shutdown`. */
const OPTIONS: StartMetricsOptions = { shutdownOn: ['SIGTERM', 'SIGINT', 'beforeExit'] };

/** A wrong setting must not stop a program that doesn't know of this module. */
function logDiscarding(error: unknown): void {
  console.error(`@tallykit/node/register: metrics are discarded: ${visible(reasonOf(error))}`);
}

function start(options: StartMetricsOptions, variables: NodeJS.ProcessEnv): StartedMetrics {
  const configuration = readConfiguration(options, variables);
  // With NODE_OPTIONS, every process of Node comes here, such as npm before it starts the program.
  const { ready, ...started } = launch({ ...configuration, listensAtFirstRecording: true });
  ready.catch(logDiscarding);
  return started;
}

function startOrDiscard(): StartedMetrics {
  try {
    return start(OPTIONS, process.env);
  } catch (error) {
    logDiscarding(error);
    return start({ backend: 'noop' }, {});
  }
}

showWarnings(process.env);

const started = startOrDiscard();

/**
 * Collects, sends, and reports what became of everything; see `StartedMetrics.flush`. For a program that knows that it
 * was started with this module.
 */
export const flush: StartedMetrics['flush'] = started.flush;

/** Flushes for the last time, and gives everything back; see `StartedMetrics.shutdown`. */
export const shutdown: StartedMetrics['shutdown'] = started.shutdown;

/** Serves `/metrics` of the backend `prometheus` on the program's own server; see `StartedMetrics.metricsHandler`. */
export const metricsHandler: StartedMetrics['metricsHandler'] = started.metricsHandler;

/** Where everything that was recorded has gone; see `StartedMetrics.stats`. */
export const stats: StartedMetrics['stats'] = started.stats;
