// Fastify: the duration of each route by its own plugin for OpenTelemetry, and by a short hook.
//                                                                                        pnpm example fastify
import { FastifyOtelInstrumentation } from '@fastify/otel';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { startMetrics } from '@tallykit/node';
import { startStatsdPrinter } from './support/statsd-printer.ts';

const statsd = await startStatsdPrinter();
const { metrics, shutdown } = await startMetrics({
  backend: 'statsd',
  options: { host: '127.0.0.1', port: statsd.port },
});

// 1. OpenTelemetry measures every request of node:http as `http.server.request.duration`, if that stands before Fastify is
//    loaded. The plugin adds the route as `http.route`, by way of the request's context.
const routes = new FastifyOtelInstrumentation();
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
registerInstrumentations({ instrumentations: [new HttpInstrumentation(), routes] });
const { fastify } = await import('fastify');
const app = fastify();
await app.register(routes.plugin());

// 2. A hook: how many requests are under way, and how long each route takes.
app.addHook('onRequest', (request, reply, done) => {
  const active = metrics.active('requests.active');
  const timer = metrics.timer('requests');
  // The hook `onResponse` is not called where the client goes away; this is.
  reply.raw.once('close', () => {
    active.stop();
    // The route's pattern: `/orders/:id` is one series, paths would be one for each order.
    timer.tags['route'] = request.routeOptions.url ?? 'none';
    timer.tags['status'] = reply.raw.writableFinished ? reply.statusCode : 'aborted';
    timer.stop();
  });
  done();
});

app.get('/', () => 'A shop');
await app.register(
  (orders, _options, done) => {
    orders.get<{ Params: { id: string } }>('/:id', ({ params: { id } }) =>
      metrics.time('db.query', () => findOrder(id), { tags: { table: 'orders' } }),
    );
    done();
  },
  { prefix: '/orders' },
);

async function findOrder(id: string): Promise<{ id: string }> {
  if (id === 'broken') throw new Error('this order is broken');
  return Promise.resolve({ id });
}

const url = await app.listen({ host: '127.0.0.1', port: 0 });
for (const path of ['/', '/orders/1', '/orders/2', '/orders/3', '/orders/broken', '/nothing/here']) {
  const { status } = await fetch(`${url}${path}`);
  console.log(`GET ${path} → ${status}`);
}
await app.close();

console.log('What went over the wire:');
await shutdown();
await statsd.close();
