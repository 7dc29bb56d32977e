import { fileURLToPath } from 'node:url';
import {
  parseDogStatsdPayload,
  startUdpServer,
  startUnixgramServer,
  startUnixStreamServer,
  type ConformanceFacts,
  type ConformanceSubject,
  type ParsedDogStatsd,
  type ReceivedEvent,
  type ReceivedSeries,
} from '@tallykit/testkit';
import { missing, unixDgram } from '../../exporter-statsd/test/unix-dgram.ts';
import { DogStatsdMetricExporter, type DogStatsdFormatOptions } from '../src/index.ts';
import { ON_SOURCES } from '../../../test/programs/on-sources.ts';

const FACTS: ConformanceFacts = {
  discards: false,
  tags: true,
  temporality: 'delta',
  negativeGauges: true,
  negativeDistributions: true,
  histograms: 'samples',
  idempotent: false,
  outage: 'kept',
  stats: true,
  events: true,
  secrets: [],
  deadlineMillis: 1000,
};

export type Scheme = 'udp' | 'unix' | 'unixgram' | 'unixstream';

/** Starts a server of that kind; `url` leads to it. */
export async function startAgent(scheme: Scheme, onPayload?: (payload: string) => void) {
  const options = { unixDgram, framing: 'length', ...(onPayload && { onPayload }) } as const;
  const start = {
    udp: startUdpServer,
    unix: startUnixStreamServer,
    unixstream: startUnixStreamServer,
    unixgram: startUnixgramServer,
  }[scheme];
  const server = await start(options);
  return {
    server,
    url:
      scheme === 'udp' && 'port' in server
        ? `udp://127.0.0.1:${server.port}`
        : `${scheme}://${'path' in server ? server.path : ''}`,
  };
}

/** The exporter in one configuration, as a subject of the conformance suite. */
function dogstatsdSubject(
  scheme: Scheme,
  chosen: DogStatsdFormatOptions,
  facts: Partial<ConformanceFacts>,
  leavesOut: ConformanceSubject['leavesOut'] & {},
): ConformanceSubject {
  return {
    leavesOut,
    facts: { ...FACTS, ...facts },
    parse: (payload) => parseDogStatsdPayload(payload).flatMap(received),
    async start(onPayload, timeoutMillis) {
      const { server, url } = await startAgent(scheme, onPayload);
      const options = { url, timeoutMillis, ...chosen };
      return {
        exporter: new DogStatsdMetricExporter(options),
        program: {
          source: `import { DogStatsdMetricExporter } from './src/index.ts';
            const exporter = new DogStatsdMetricExporter(${JSON.stringify(options)});`,
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

function received(message: ParsedDogStatsd): (ReceivedSeries | ReceivedEvent)[] {
  if (message.kind === 'event') return [message];
  if (message.kind === 'check') return [];
  const { name, tags, type, values, weight, timestamp } = message;
  const about = { name, tags, ...(timestamp !== undefined && { timestamp }) };
  return values.map((value) =>
    type === 'c' || type === 'g'
      ? { ...about, kind: type === 'c' ? 'count' : 'gauge', value }
      : { ...about, kind: 'sample', value, weight },
  );
}

/**
 * The configurations that are tested. `missing` tells why one can't be tested here. The cases that run once for each exporter run
 * over a unix stream, because an Agent that doesn't read holds up a connection, and loses datagrams.
 */
export const subjects: readonly {
  readonly title: string;
  readonly subject: ConformanceSubject;
  readonly missing?: string;
}[] = [
  {
    title: 'over UDP',
    subject: dogstatsdSubject('udp', {}, { maxPayloadBytes: 1432 }, ['once for each exporter']),
  },
  {
    title: 'over UDP with packed timings in small datagrams',
    subject: dogstatsdSubject(
      'udp',
      { histograms: 'timing', valuePacking: true, maxPayloadBytes: 512 },
      { maxPayloadBytes: 512 },
      ['once for each exporter'],
    ),
  },
  // The deadline is longer than the second after which what is written first on a connection counts as exported.
  {
    title: 'over a unix stream',
    subject: dogstatsdSubject(
      'unixstream',
      { timeoutMillis: 2000 },
      { maxPayloadBytes: 8192, deadlineMillis: 2000 },
      ['once for each format'],
    ),
  },
  {
    title: 'over unix datagrams',
    subject: dogstatsdSubject('unixgram', {}, { maxPayloadBytes: 8192 }, [
      'once for each format',
      'once for each exporter',
    ]),
    missing,
  },
];
