import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { parsePayload } from './strict-parser.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** Runs a program in a process of its own until it ends by itself, and returns its exit code. */
async function run(program: string): Promise<unknown> {
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '--conditions=@tallykit/source',
      '--input-type=module',
      '--eval',
      `${PREPARE}\n${program}`,
    ],
    { cwd: fileURLToPath(new URL('..', import.meta.url)), stdio: ['ignore', 'ignore', 'inherit'] },
  );
  cleanups.push(() => child.kill('SIGKILL'));
  const [code] = await once(child, 'exit');
  return code;
}

const PREPARE = `
  import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
  import { StatsdMetricExporter } from './src/index.ts';
  const provide = (options) => {
    const reader = new PeriodicExportingMetricReader({ exporter: new StatsdMetricExporter(options) });
    const provider = new MeterProvider({ readers: [reader] });
    const counter = provider.getMeter('test').createCounter('orders');
    return { provider, counter };
  };`;

async function udpServer() {
  const lines: string[] = [];
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  let arrived: () => void = () => undefined;
  socket.on('message', (message) => {
    lines.push(...parsePayload(message.toString(), 'dogstatsd').map(({ name }) => name));
    arrived();
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  cleanups.push(async () => {
    socket.close();
    await once(socket, 'close');
  });
  return {
    port: socket.address().port,
    async receive(count: number) {
      while (lines.length < count) await new Promise<void>((resolve) => (arrived = resolve));
      return lines.length;
    },
  };
}

describe('a program with an exporter', () => {
  it('ends by itself, though the exporter is never shut down', async () => {
    const server = await udpServer();
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    cleanups.push(() => silent.close());
    const address = silent.address();
    const tcpPort = typeof address === 'object' ? address!.port : 0;
    const code = await run(`
      for (const options of [{ port: ${server.port} }, { protocol: 'tcp', port: ${tcpPort} }]) {
        const { provider, counter } = provide(options);
        counter.add(1);
        await provider.forceFlush();
      }`);
    expect(code).toBe(0);
    expect(await server.receive(1)).toBe(1);
  });

  it('is not kept alive by a timer', async () => {
    const code = await run(`
      const { systemClock } = await import('@tallykit/exporter-base');
      systemClock.schedule(3_600_000, () => undefined);`);
    expect(code).toBe(0);
  });

  it('has sent everything when its last line was `await provider.shutdown()`, also in many paced slices', async () => {
    const server = await udpServer();
    const code = await run(`
      const { provider, counter } = provide({ port: ${server.port}, maxPayloadBytes: 64 });
      for (let index = 0; index < 300; index += 1) counter.add(1, { index });
      await provider.shutdown();`);
    expect(code).toBe(0);
    expect(await server.receive(300)).toBe(300);
  });

  it('has sent everything when its last line was `await exporter.shutdown()`', async () => {
    const server = await udpServer();
    const code = await run(`
      const exporter = new StatsdMetricExporter({ port: ${server.port}, maxPayloadBytes: 64 });
      const reader = new PeriodicExportingMetricReader({ exporter });
      const provider = new MeterProvider({ readers: [reader] });
      const counter = provider.getMeter('test').createCounter('orders');
      for (let index = 0; index < 300; index += 1) counter.add(1, { index });
      const { resourceMetrics } = await reader.collect();
      exporter.export(resourceMetrics, () => undefined);
      await exporter.shutdown();`);
    expect(code).toBe(0);
    expect(await server.receive(300)).toBe(300);
  });
});
