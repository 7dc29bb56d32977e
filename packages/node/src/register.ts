import { diag, DiagConsoleLogger, DiagLogLevel } from '@opentelemetry/api';
import { reasonOf, visible } from '@tallykit/exporter-base';
import { readConfiguration } from './configuration.ts';
import { launch, packagesOf, type StartedMetrics } from './launch.ts';
import { requirePackages } from './packages.ts';
import type { StartMetricsOptions } from './options.ts';

// `node --import @tallykit/node/register app.js`, and `--require` for CommonJS: metrics as the environment says, started
// before the program's first line. Nothing is awaited, because OpenTelemetry's instruments that are made before there is a
// MeterProvider never record.

/** Nothing of the program's calls `shutdown`. */
const OPTIONS: StartMetricsOptions = { shutdownOn: ['SIGTERM', 'SIGINT', 'beforeExit'] };

/** As for OpenTelemetry's own SDK (environment variable specification, `OTEL_LOG_LEVEL`), and warnings by default. */
function listenToDiag(): void {
  const name = (process.env['OTEL_LOG_LEVEL']?.trim() || 'WARN').toUpperCase();
  const level = DiagLogLevel[name as keyof typeof DiagLogLevel] ?? DiagLogLevel.WARN;
  if (level !== DiagLogLevel.NONE)
    diag.setLogger(new DiagConsoleLogger(), { logLevel: level, suppressOverrideMessage: true });
}

/** A wrong setting never stops a program that doesn't know of it. */
function sayOff(error: unknown): void {
  console.error(`@tallykit/node/register: metrics are discarded: ${visible(reasonOf(error))}`);
}

function start(options: StartMetricsOptions, variables: NodeJS.ProcessEnv): StartedMetrics {
  const configuration = readConfiguration(options, variables);
  const { ready, ...started } = launch(configuration, requirePackages(packagesOf(configuration)));
  ready.catch(sayOff);
  return started;
}

function startOrDiscard(): StartedMetrics {
  try {
    return start(OPTIONS, process.env);
  } catch (error) {
    sayOff(error);
    return start({ backend: 'noop' }, {});
  }
}

listenToDiag();

/** For a program that knows that it was started with this module. */
export const { flush, shutdown, stats }: Pick<StartedMetrics, 'flush' | 'shutdown' | 'stats'> =
  startOrDiscard();
