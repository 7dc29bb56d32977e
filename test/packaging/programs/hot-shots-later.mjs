// One process that begins without hot-shots and gets it later, first with no descriptor left to read it. Prints what it was
// told each time. Parameters: by which module system the exporter is loaded, and the folder of an installed hot-shots.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, openSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';

const [, , moduleSystem, hotShots] = process.argv;
const { StatsdMetricExporter } =
  moduleSystem === 'require'
    ? createRequire(import.meta.url)('@tallykit/exporter-statsd')
    : await import('@tallykit/exporter-statsd');

function provide(options) {
  const exporter = new StatsdMetricExporter(options);
  const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
  const orders = provider.getMeter('shop').createCounter('orders');
  return async () => {
    orders.add(1);
    await provider.forceFlush();
    return (await exporter.flush({ timeoutMillis: 1000 })).errors.at(-1)?.message;
  };
}

function takeAllDescriptors() {
  const taken = [];
  try {
    for (;;) taken.push(openSync('/dev/null'));
  } catch {
    return () => taken.forEach((descriptor) => closeSync(descriptor));
  }
}

const server = createSocket('udp4').bind(0, '127.0.0.1');
await once(server, 'listening');
const arrived = once(server, 'message');
await provide({ port: server.address().port })();
const udp = String((await arrived)[0]);
server.close();

const send = provide({ protocol: 'unixgram', path: '/nowhere/socket' });
const missing = await send();
symlinkSync(hotShots, 'node_modules/hot-shots');
const giveBack = takeAllDescriptors();
const exhausted = await send();
giveBack();
const there = await send();
console.log(JSON.stringify({ udp, missing, exhausted, there }));
process.exit();
