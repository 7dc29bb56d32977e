// Express: the duration of each route by OpenTelemetry's own instrumentation, and by a short middleware.
//                                                                                         pnpm example express
import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { startMetrics } from '@tallykit/node';
import type { RequestHandler } from 'express';
import { startStatsdPrinter } from './support/statsd-printer.ts';

const statsd = await startStatsdPrinter();
const { metrics, shutdown } = await startMetrics({
  backend: 'statsd',
  options: { host: '127.0.0.1', port: statsd.port },
});

// 1. OpenTelemetry measures every request of node:http as `http.server.request.duration`. The instrumentation of Express adds
//    the route as `http.route`, by way of the request's context. All of this stands before Express is loaded, and Express is
//    loaded by `require`: an `import` is only seen with OpenTelemetry's loader.
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
registerInstrumentations({ instrumentations: [new HttpInstrumentation(), new ExpressInstrumentation()] });
const express = createRequire(import.meta.url)('express') as typeof import('express');

// 2. A middleware: how many requests are under way, and how long each route takes.
const measure: RequestHandler = (request, response, next) => {
  const active = metrics.active('requests.active');
  const timer = metrics.timer('requests');
  response.once('close', () => {
    active.stop();
    // The route's pattern: `/orders/:id` is one series, paths would be one for each order. In a router, `request.baseUrl` belongs
    // in front of it; Express forgets that when a handler throws.
    timer.tags['route'] = request.route?.path ?? 'none';
    timer.tags['status'] = response.writableFinished ? response.statusCode : 'aborted';
    timer.stop();
  });
  next();
};

const app = express();
app.set('env', 'test'); // It doesn't log errors then.
app.use(measure);
app.get('/', (_request, response) => void response.send('A shop'));
app.get('/orders/:id', async (request, response) => {
  const { id } = request.params;
  response.json(await metrics.time('db.query', () => findOrder(id), { tags: { table: 'orders' } }));
});

async function findOrder(id: string): Promise<{ id: string }> {
  if (id === 'broken') throw new Error('this order is broken');
  return Promise.resolve({ id });
}

const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
for (const path of ['/', '/orders/1', '/orders/2', '/orders/3', '/orders/broken', '/nothing/here']) {
  const { status } = await fetch(`http://127.0.0.1:${port}${path}`);
  console.log(`GET ${path} → ${status}`);
}
server.close();
await once(server, 'close');

console.log('What went over the wire:');
await shutdown();
await statsd.close();
