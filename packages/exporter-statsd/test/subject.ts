import { fileURLToPath } from 'node:url';
import {
  parseStatsdPayload,
  startTcpServer,
  startUdpServer,
  startUnixgramServer,
  type ConformanceFacts,
  type ConformanceSubject,
} from '@tallykit/testkit';
import { StatsdMetricExporter, type StatsdMetricExporterOptions } from '../src/index.ts';
import { unixDgram } from './unix-dgram.ts';

const FACTS: ConformanceFacts = {
  discards: false,
  tags: true,
  temporality: 'delta',
  negativeGauges: true,
  negativeDistributions: false,
  histograms: 'samples',
  idempotent: false,
  outage: 'kept',
  stats: true,
  secrets: [],
  deadlineMillis: 1000,
};

/** The exporter as a subject of the conformance suite. */
export function statsdSubject(
  protocol: 'udp' | 'tcp' | 'unixgram',
  { dialect = 'dogstatsd', ...chosen }: StatsdMetricExporterOptions,
  facts: Partial<ConformanceFacts>,
): ConformanceSubject {
  return {
    facts: { ...FACTS, ...facts },
    parse: (payload) =>
      parseStatsdPayload(String(payload), dialect).map(({ type, rate, ...line }) =>
        type === 'ms'
          ? { ...line, kind: 'sample', weight: Math.trunc(1 / rate) }
          : { ...line, kind: type === 'c' ? 'count' : 'gauge' },
      ),
    async start(onPayload, timeoutMillis) {
      const start = { udp: startUdpServer, tcp: startTcpServer, unixgram: startUnixgramServer }[protocol];
      const server = await start({ onPayload, unixDgram });
      const address = 'port' in server ? { port: server.port } : { path: server.path };
      const options = { protocol, dialect, timeoutMillis, ...chosen, ...address };
      return {
        exporter: new StatsdMetricExporter(options),
        program: {
          source: `import { StatsdMetricExporter } from './src/index.ts';
            const exporter = new StatsdMetricExporter(${JSON.stringify(options)});`,
          execArgv: ['--import', 'tsx', '--conditions=@tallykit/source'],
          directory: fileURLToPath(new URL('..', import.meta.url)),
        },
        refuse: () => server.close(),
        hang: () => server.pause(),
        recover: () => server.restart(),
        stop: () => server.close(),
      };
    },
  };
}
