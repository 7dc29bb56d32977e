import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import {
  parseDogStatsdPayload,
  parseStatsdPayload,
  startDatadogIntake,
  startTcpServer,
  startUdpServer,
  startUnixStreamServer,
  type FakeServer,
  type FakeStreamServer,
} from '@tallykit/testkit';
import { allDatagrams } from '../servers/all-datagrams.ts';

/** A server for one backend, in the process of the test. */
export interface Receiver extends AsyncDisposable {
  /** The backend's name and options, as a program passes them to `startMetrics`. */
  readonly backend: string;
  readonly options: object;
  /** How often a counter was increased, according to everything that ended programs have sent. */
  count(metric: string): Promise<number>;
  /** The same for a program that goes on, as soon as it is as often as `amount`. */
  until(metric: string, amount: number): Promise<number>;
}

export type TransportName = 'StatsD, UDP' | 'StatsD, TCP' | 'DogStatsD, unix stream' | 'Datadog HTTP';

/** The servers, by the way that leads to them. */
export const TRANSPORTS: Readonly<Record<TransportName, () => Promise<Receiver>>> = {
  'StatsD, UDP': async () => {
    const server = await startUdpServer();
    return {
      backend: 'statsd',
      options: { host: server.host, port: server.port },
      count: async (metric) => sumOfStatsd(await allDatagrams(server), metric),
      until: (metric, amount) => untilSum(server, (payloads) => sumOfStatsd(payloads, metric), amount),
      [Symbol.asyncDispose]: () => server.close(),
    };
  },
  'StatsD, TCP': async () => {
    const server = await startTcpServer();
    return {
      backend: 'statsd',
      options: { host: server.host, port: server.port, protocol: 'tcp' },
      async count(metric) {
        await readToTheEnd(server, connect(server.port, server.host));
        return sumOfStatsd(server.payloads, metric);
      },
      until: (metric, amount) => untilSum(server, (payloads) => sumOfStatsd(payloads, metric), amount),
      [Symbol.asyncDispose]: () => server.close(),
    };
  },
  'DogStatsD, unix stream': async () => {
    const server = await startUnixStreamServer({ framing: 'length' });
    return {
      backend: 'dogstatsd',
      options: { url: `unixstream://${server.path}` },
      async count(metric) {
        await readToTheEnd(server, connect(server.path));
        return sumOfDogStatsd(server.payloads, metric);
      },
      until: (metric, amount) => untilSum(server, (payloads) => sumOfDogStatsd(payloads, metric), amount),
      [Symbol.asyncDispose]: () => server.close(),
    };
  },
  'Datadog HTTP': async () => {
    const intake = await startDatadogIntake();
    return {
      backend: 'datadog',
      options: { apiKey: 'any', url: intake.url },
      async count(metric) {
        // Connections are accepted in their order.
        await fetch(`${intake.url}/api/v1/validate`, { headers: { 'DD-API-KEY': 'any' } });
        while (intake.waiting > 0) await turn();
        return intake.count(metric);
      },
      until: (metric, amount) => untilSum(intake, () => intake.count(metric), amount),
      [Symbol.asyncDispose]: () => intake.close(),
    };
  },
};

function sumOfStatsd(payloads: readonly string[], metric: string): number {
  return payloads
    .flatMap((payload) => parseStatsdPayload(payload, 'dogstatsd'))
    .filter(({ name }) => name === metric)
    .reduce((sum, { value }) => sum + value, 0);
}

function sumOfDogStatsd(payloads: readonly string[], metric: string): number {
  return payloads
    .flatMap((payload) => parseDogStatsdPayload(payload))
    .flatMap((each) => (each.kind === 'metric' && each.name === metric ? each.values : []))
    .reduce((sum, value) => sum + value, 0);
}

async function untilSum<Payload>(
  server: FakeServer<Payload>,
  sumOf: (payloads: readonly Payload[]) => number,
  amount: number,
): Promise<number> {
  return sumOf(await server.until((payloads) => sumOf(payloads) >= amount));
}

/**
 * Resolves when the server has read everything of connections whose other ends are gone.
 *
 * @param last a new connection. Connections are accepted in their order, so the others are known when it is
 */
async function readToTheEnd(server: FakeStreamServer, last: Socket): Promise<void> {
  last.end().resume();
  await once(last, 'close');
  while (server.connections > 0) await turn();
}
