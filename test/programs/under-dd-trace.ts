// A service whose global MeterProvider belongs to dd-trace. On standard input, a line "round" makes one round of calls,
// any other one counts itself.
import { createInterface } from 'node:readline';
import { metrics as api } from '@opentelemetry/api';
import { metrics } from '@tallykit/metrics';

/** The version of the API with which a MeterProvider was registered. APIs newer than that don't see it. */
function registeredWith(): string | undefined {
  const globals = globalThis as { [key: symbol]: { version: string; metrics?: object } | undefined };
  const registered = globals[Symbol.for('opentelemetry.js.api.1')];
  return registered?.metrics && registered.version;
}

const round = (): void => {
  for (let call = 0; call < 100; call += 1)
    metrics.incr('orders', 1, { tags: { plan: call % 4 ? 'pro' : 'free' } });
  metrics.incr('plain', 5);
  metrics.upDown('carts', 3);
  metrics.upDown('carts', -1);
  metrics.gauge('depth', 12.5, { tags: { queue: 'mail' } });
  metrics.timing('query', 14, { instance: 'web-1' });
  metrics.distribution('upload', 52_001);
};

round(); // before there is a MeterProvider
try {
  const { default: tracer } = await import('dd-trace');
  tracer.init();
  const provider = Object.getPrototypeOf(api.getMeterProvider()).constructor.name as string;
  console.log(`provider: ${provider}, registered with API ${registeredWith()}`);
} catch (error) {
  console.log(`dd-trace can't load: ${String(error)}`);
  process.exit();
}
round();
for await (const line of createInterface(process.stdin)) {
  if (line === 'round') round();
  else metrics.incr(line);
}
