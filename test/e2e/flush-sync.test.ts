import { startUdpServer } from '@tallykit/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { EXIT, runToExit } from '../../packages/exporter-base/test/exit-program.ts';

it('loses none of 1,000 datagrams of a program that ends, at its pace', async () => {
  const server = await startUdpServer();
  onTestFinished(() => server.close());
  const setUp = `
    import { StatsdMetricExporter } from './src/index.ts';
    const exporter = new StatsdMetricExporter({ port: ${server.port} });`;
  // One line is a datagram.
  const last = "counters(1000, 1, { text: 'x'.repeat(1380) })";
  const directory = new URL('../../packages/exporter-statsd/', import.meta.url);
  const { report } = await runToExit({ directory, setUp, statements: EXIT, last });
  expect(report).toEqual({ exported: 1000, pending: 0, dropped: 0, errors: [] });
  const names = (await server.receive(1000)).map((payload) => payload.split(':')[0]);
  expect(new Set(names).size).toBe(1000);
});
