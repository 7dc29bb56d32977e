// One process that begins without winston and redis and gets them later, first with no descriptor left to read them. Prints
// what it was told each time. Parameters: by which module system the packages are loaded, and the folders of an installed
// winston and redis.
import { once } from 'node:events';
import { closeSync, cpSync, mkdirSync, openSync, readdirSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';

const [, , moduleSystem, winston, redis] = process.argv;
const load = moduleSystem === 'require' ? createRequire(import.meta.url) : (name) => import(name);
const { LoggingMetricExporter } = await load('@tallykit/exporter-logging');
const { TimeseriesStore } = await load('@tallykit/tsdb');

const exporter = new LoggingMetricExporter();
const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
const orders = provider.getMeter('shop').createCounter('orders');

async function log() {
  orders.add(1);
  await provider.forceFlush();
  return (await exporter.flush()).errors.at(-1)?.message;
}

// A port at which nobody listens any more.
const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address();
server.close();
await once(server, 'close');

const store = new TimeseriesStore({ redis: `redis://:s3cret@127.0.0.1:${port}` });
store.record({ name: 'orders', value: 1 });
const write = async () => (await store.flush({ timeoutMillis: 5000 })).errors.at(-1)?.message;

/** As npm lays it out: a copy, and what it depends on inside. */
function install(name, folder) {
  cpSync(folder, `node_modules/${name}`, { recursive: true });
  const dependencies = dirname(folder);
  mkdirSync(`node_modules/${name}/node_modules`);
  for (const each of readdirSync(dependencies)) {
    if (each !== name) symlinkSync(join(dependencies, each), `node_modules/${name}/node_modules/${each}`);
  }
}

function takeAllDescriptors() {
  const taken = [];
  try {
    for (;;) taken.push(openSync('/dev/null'));
  } catch {
    return () => taken.forEach((descriptor) => closeSync(descriptor));
  }
}

async function attempt() {
  return { logging: await log(), store: await write() };
}

const missing = await attempt();
install('winston', winston);
install('redis', redis);
const giveBack = takeAllDescriptors();
const exhausted = await attempt();
giveBack();
const there = await attempt();
console.log(JSON.stringify({ missing, exhausted, there, points: exporter.stats() }));
process.exit();
