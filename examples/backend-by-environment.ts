// The same program with other backends, chosen by the environment alone.      pnpm example backend-by-environment
//
// `await startMetrics()` reads the environment. A program that must not know of metrics at all is started as
//   METRICS_BACKEND=statsd METRICS_OPTIONS='{"host":"localhost"}' node --import @tallykit/node/register app.js
import { startMetrics } from '@tallykit/node';
import { startStatsdPrinter } from './support/statsd-printer.ts';

async function program(): Promise<void> {
  const { metrics, shutdown } = await startMetrics();
  metrics.incr('orders', 3, { tags: { plan: 'pro' } });
  metrics.timing('db.query', 14.2);
  console.log('  →', await shutdown());
}

const run = async (environment: (port: number) => Record<string, string>): Promise<void> => {
  const server = await startStatsdPrinter();
  const variables = environment(server.port);
  console.log(
    '\n' +
      (Object.entries(variables)
        .map(([name, value]) => `${name}=${value}`)
        .join('\n') || '(nothing)'),
  );
  Object.assign(process.env, variables);
  try {
    await program();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
    await server.close();
  }
};

await run(() => ({}));
await run((port) => ({
  METRICS_BACKEND: 'statsd',
  METRICS_OPTIONS: JSON.stringify({ host: '127.0.0.1', port }),
}));

// Sentry's settings, as they are: the Python path of the backend, its options, its prefix.
await run((port) => ({
  SENTRY_METRICS_BACKEND: 'sentry.metrics.statsd.StatsdMetricsBackend',
  SENTRY_METRICS_OPTIONS: JSON.stringify({ host: '127.0.0.1', port }),
}));
await run(() => ({ SENTRY_METRICS_BACKEND: 'sentry.metrics.logging.LoggingBackend' }));

// What is wrong is said at the start, with what was probably meant.
await run(() => ({ METRICS_BACKEND: 'statds' })).catch((error: Error) => console.log(`  ${error.message}`));
