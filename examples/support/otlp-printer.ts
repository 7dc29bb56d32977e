import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

interface ExportRequest {
  resourceMetrics: { scopeMetrics: { scope: { name: string }; metrics: { name: string }[] }[] }[];
}

/** Stands in for an OpenTelemetry collector: prints the names of the metrics that arrive. */
export async function startOtlpPrinter(): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      for (const { scope, metrics } of (body as ExportRequest).resourceMetrics.flatMap(
        (one) => one.scopeMetrics,
      )) {
        console.log(`  ${scope.name}: ${metrics.map(({ name }) => name).join(', ')}`);
      }
      response.setHeader('content-type', 'application/json').end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/metrics`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
