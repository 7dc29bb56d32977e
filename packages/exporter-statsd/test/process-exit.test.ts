import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startUdpServer } from '@tallykit/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { ON_SOURCES } from '../../../test/programs/on-sources.ts';

it('lets a program whose last line is `await provider.shutdown()` send many paced slices', async () => {
  const server = await startUdpServer();
  onTestFinished(() => server.close());
  const program = `
    import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
    import { StatsdMetricExporter } from './src/index.ts';
    const exporter = new StatsdMetricExporter({ port: ${server.port}, maxPayloadBytes: 64 });
    const reader = new PeriodicExportingMetricReader({ exporter });
    const provider = new MeterProvider({ readers: [reader] });
    const counter = provider.getMeter('test').createCounter('orders');
    for (let index = 0; index < 300; index += 1) counter.add(1, { index });
    await provider.shutdown();`;
  const child = spawn(process.execPath, [...ON_SOURCES, '--input-type=module', '--eval', program], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  const payloads = await server.until((so) => so.join('\n').split('\n').length >= 300);
  expect(new Set(payloads.join('\n').split('\n')).size).toBe(300);
});
