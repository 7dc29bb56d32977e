import { diag, DiagConsoleLogger, DiagLogLevel } from '@opentelemetry/api';
import { reasonOf, visible } from '@tallykit/exporter-base';
import { readConfiguration } from './configuration.ts';
import { launch, packagesOf, type StartedMetrics } from './launch.ts';
import { requirePackages } from './packages.ts';
import type { StartMetricsOptions } from './options.ts';

// For `node --import @tallykit/node/register app.js`, and `--require` for CommonJS: starts metrics from the environment
// variables, before the first line of the program. Nothing is awaited, because OpenTelemetry's instruments that are made
// before there is a MeterProvider never record.

/** The program doesn't know of this module, so nobody else calls `shutdown`. */
const OPTIONS: StartMetricsOptions = { shutdownOn: ['SIGTERM', 'SIGINT', 'beforeExit'] };

/**
 * Shows messages on the console, as OpenTelemetry's own SDK does (environment variable specification, `OTEL_LOG_LEVEL`); by
 * default warnings and errors.
 */
function listenToDiag(): void {
  const name = (process.env['OTEL_LOG_LEVEL']?.trim() || 'WARN').toUpperCase();
  const level = DiagLogLevel[name as keyof typeof DiagLogLevel] ?? DiagLogLevel.WARN;
  if (level !== DiagLogLevel.NONE)
    diag.setLogger(new DiagConsoleLogger(), { logLevel: level, suppressOverrideMessage: true });
}

/** A wrong setting must not stop a program that doesn't know of this module. */
function logDiscarding(error: unknown): void {
  console.error(`@tallykit/node/register: metrics are discarded: ${visible(reasonOf(error))}`);
}

function start(options: StartMetricsOptions, variables: NodeJS.ProcessEnv): StartedMetrics {
  const configuration = readConfiguration(options, variables);
  const { ready, ...started } = launch(configuration, requirePackages(packagesOf(configuration)));
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

listenToDiag();

const started = startOrDiscard();

/**
 * Collects, sends, and reports what became of everything; see `StartedMetrics.flush`. For a program that knows that it
 * was started with this module.
 */
export const flush: StartedMetrics['flush'] = started.flush;

/** Flushes for the last time, and gives everything back; see `StartedMetrics.shutdown`. */
export const shutdown: StartedMetrics['shutdown'] = started.shutdown;

/** Where everything that was recorded has gone; see `StartedMetrics.stats`. */
export const stats: StartedMetrics['stats'] = started.stats;
