import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { DatadogHttpMetricExporter } from '@tallykit/exporter-datadog-http';
import { resourceMetrics, startDatadogIntake, sumData } from '@tallykit/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { getGlobalDispatcher, ProxyAgent, setGlobalDispatcher } from 'undici';

/** A proxy on this machine that takes every name for the machine itself. */
async function startProxy() {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.writeHead(502).end();
  });
  server.on('connect', ({ url = '' }, client) => {
    seen.push(`CONNECT ${url}`);
    const upstream = connect(Number(url.split(':')[1]), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('a global dispatcher leads the exporter through a proxy, which looks up the name', async () => {
  const intake = await startDatadogIntake();
  onTestFinished(() => intake.close());
  const proxy = await startProxy();
  const before = getGlobalDispatcher();
  const agent = new ProxyAgent(proxy.url);
  setGlobalDispatcher(agent);
  onTestFinished(async () => {
    setGlobalDispatcher(before);
    await agent.destroy();
  });
  const { port } = new URL(intake.url);
  const url = `http://intake.invalid:${port}`;
  const exporter = new DatadogHttpMetricExporter({ apiKey: 'key', url, processTag: false });
  onTestFinished(() => exporter.shutdown());
  exporter.export(resourceMetrics([sumData('orders', 3)]), () => undefined);
  expect(await exporter.flush()).toMatchObject({ exported: 1, pending: 0, dropped: 0 });
  expect(intake.count('orders')).toBe(3);
  expect(proxy.seen).toEqual([`CONNECT intake.invalid:${port}`]);
});

/** Of others, it depends on the minor version. */
const MAJOR = Number(process.versions.node.split('.')[0]);

test.skipIf(MAJOR !== 20 && MAJOR < 24)(
  'fetch reads the variables of proxies with NODE_USE_ENV_PROXY on Node 24, and never on Node 20',
  async () => {
    const proxy = await startProxy();
    const intake = await startDatadogIntake();
    onTestFinished(() => intake.close());
    const { port } = new URL(intake.url);
    const program = `await fetch('http://intake.invalid:${port}/').catch(() => undefined); process.exit();`;
    const run = (variables: Record<string, string>) =>
      promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
        env: { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, ...variables },
      });
    await run({});
    expect(proxy.seen).toEqual([]);
    await run({ NODE_USE_ENV_PROXY: '1' });
    expect(proxy.seen).toEqual(MAJOR >= 24 ? [`CONNECT intake.invalid:${port}`] : []);
  },
);
