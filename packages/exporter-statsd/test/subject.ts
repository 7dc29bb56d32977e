import { fileURLToPath } from 'node:url';
import {
  parseStatsdPayload,
  startTcpServer,
  startUdpServer,
  startUnixgramServer,
  type ConformanceFacts,
  type ConformanceSubject,
} from '@tallykit/testkit';
import { StatsdMetricExporter, type StatsdEndpointOptions, type StatsdFormatOptions } from '../src/index.ts';
import { missing, unixDgram } from './unix-dgram.ts';
import { ON_SOURCES } from '../../../test/programs/on-sources.ts';

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

/** The exporter in one configuration, as a subject of the conformance suite. */
function statsdSubject(
  protocol: 'udp' | 'tcp' | 'unixgram',
  { dialect = 'dogstatsd', wholeCounters, ...chosen }: StatsdFormatOptions,
  facts: Partial<ConformanceFacts>,
  leavesOut: ConformanceSubject['leavesOut'] & {},
): ConformanceSubject {
  return {
    leavesOut,
    facts: { ...FACTS, ...facts },
    parse: (payload) =>
      parseStatsdPayload(String(payload), dialect, { wholeCounters }).map(({ type, rate, ...line }) =>
        type === 'ms'
          ? { ...line, kind: 'sample', weight: Math.trunc(1 / rate) }
          : { ...line, kind: type === 'c' ? 'count' : 'gauge' },
      ),
    async start(onPayload, timeoutMillis) {
      const start = { udp: startUdpServer, tcp: startTcpServer, unixgram: startUnixgramServer }[protocol];
      const server = await start({ onPayload, unixDgram });
      const address: StatsdEndpointOptions =
        'port' in server
          ? { protocol: protocol as 'udp' | 'tcp', port: server.port }
          : { protocol: 'unixgram', path: server.path };
      const options = { dialect, wholeCounters, timeoutMillis, ...chosen, ...address };
      return {
        exporter: new StatsdMetricExporter(options),
        program: {
          source: `import { StatsdMetricExporter } from './src/index.ts';
            const exporter = new StatsdMetricExporter(${JSON.stringify(options)});`,
          execArgv: ON_SOURCES,
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

/**
 * The configurations that are tested. `missing` tells why one can't be tested here. The cases that run once for each exporter run
 * over TCP, because a server that doesn't read holds up a connection, and loses datagrams.
 */
export const subjects: readonly {
  readonly title: string;
  readonly subject: ConformanceSubject;
  readonly missing?: string;
}[] = [
  {
    title: 'over UDP',
    subject: statsdSubject('udp', {}, { maxPayloadBytes: 1432 }, ['once for each exporter']),
  },
  {
    title: 'over UDP with aggregates and whole counters, without tags',
    subject: statsdSubject(
      'udp',
      { dialect: 'none', histograms: 'aggregates', wholeCounters: true, maxPayloadBytes: 200 },
      { tags: false, histograms: 'aggregates', negativeDistributions: true, maxPayloadBytes: 200 },
      ['once for each exporter'],
    ),
  },
  // The format of the next one is tested here, because each case over a stream takes a second.
  {
    title: 'over UDP in dialect `graphite`',
    subject: statsdSubject('udp', { dialect: 'graphite' }, { maxPayloadBytes: 1432 }, [
      'once for each exporter',
    ]),
  },
  // What is written before the kernel hears that the other end is gone is lost, as a TCP server confirms nothing.
  // The deadline is longer than the second after which what is written first on a connection counts as exported.
  {
    title: 'over TCP in dialect `graphite`',
    subject: statsdSubject(
      'tcp',
      { dialect: 'graphite', timeoutMillis: 2000 },
      { outage: 'kept or dropped', deadlineMillis: 2000 },
      ['once for each format'],
    ),
  },
  {
    title: 'over unixgram',
    subject: statsdSubject('unixgram', {}, { maxPayloadBytes: 8192 }, [
      'once for each format',
      'once for each exporter',
    ]),
    missing,
  },
];
