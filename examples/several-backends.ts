// Two backends, and which names go to which: for moving from one to the other step by step.
//                                                                                 pnpm example several-backends
import { startMetrics } from '@tallykit/node';
import { startStatsdPrinter } from './support/statsd-printer.ts';

const server = await startStatsdPrinter();
const log = (_level: string, message: string): void => console.log(`  logged: ${message}`);

// 1. Everything to all of them: a list of names, and options under each name.
const all = await startMetrics({
  backend: 'statsd,logging',
  options: { statsd: { host: '127.0.0.1', port: server.port }, logging: { logger: log } },
});
console.log('Everything to both:');
all.metrics.incr('orders.created', 3);
console.log(await all.shutdown());

// 2. By name: the old backend keeps what no route names.
const { metrics, shutdown } = await startMetrics({
  backend: {
    primary: { backend: 'statsd', options: { host: '127.0.0.1', port: server.port } },
    secondary: { backend: 'logging', options: { logger: log } },
    routes: { secondary: ['search.'], both: ['orders.'], bothDistributions: ['db.'] },
  },
});
console.log('By name:');
metrics.incr('carts.opened'); //     to StatsD
metrics.incr('search.queries'); //   to the log
metrics.incr('orders.created', 3); // to both
metrics.incr('db.connections'); //   to StatsD: no timing
metrics.timing('db.query', 14.2); // to both
console.log(await shutdown());
await server.close();
