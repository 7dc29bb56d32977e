import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StartMetricsOptions } from '@tallykit/node';
import {
  startDatadogIntake,
  startTcpServer,
  startUdpServer,
  type FakeDatadogIntake,
} from '@tallykit/testkit';
import { unixDgram } from '../../packages/exporter-statsd/test/unix-dgram.ts';
import { datadogBooks, dogstatsdBooks, statsdBooks, type Books } from './books.ts';
import { Child } from './child.ts';
import { Front } from './front.ts';
import type { RecorderRequest } from './recorder-program.ts';

/** A name that only the recorder knows; see hosts.mjs. */
const NAME = 'metrics.test';

export type Kind =
  | 'statsd over UDP'
  | 'statsd over TCP'
  | 'statsd over unix datagrams'
  | 'dogstatsd over UDP'
  | 'dogstatsd over a unix stream'
  | 'datadog';

/** A program that records, the process that it sends to, and the server behind that. */
export interface Rig extends AsyncDisposable {
  readonly recorder: Child<RecorderRequest>;
  readonly front: Front;
  /** Of Datadog only. */
  readonly intake: FakeDatadogIntake | undefined;
  readonly knowsEvents: boolean;
  /** What has arrived. */
  readonly books: () => Books;
  /** The name of the server has another address now. */
  readonly move: (address: string) => Promise<void>;
}

interface Back {
  readonly front: Front;
  readonly intake?: FakeDatadogIntake;
  readonly books: () => Books;
  readonly close: () => Promise<void>;
  /** What the recorder is started with, once the front listens. */
  readonly options: () => Pick<StartMetricsOptions, 'backend' | 'options'>;
}

/** How long one attempt may take, so that a server that hangs costs a test no more. */
const TIMEOUT_MILLIS = 1_000;

const BACKS: Readonly<Record<Kind, (folder: string) => Promise<Back>>> = {
  'statsd over UDP': async () => {
    const server = await startUdpServer();
    const front = new Front({ kind: 'udp', behind: server.port });
    return {
      front,
      books: () => statsdBooks(server.payloads),
      close: () => server.close(),
      options: () => ({ backend: 'statsd', options: { host: NAME, port: front.port } }),
    };
  },
  'statsd over TCP': async () => {
    const server = await startTcpServer();
    const front = new Front({ kind: 'stream', behind: server.port });
    return {
      front,
      books: () => statsdBooks(server.payloads),
      close: () => server.close(),
      options: () => ({ backend: 'statsd', options: { host: NAME, port: front.port, protocol: 'tcp' } }),
    };
  },
  'statsd over unix datagrams': async (folder) => {
    const server = await startUdpServer();
    const path = join(folder, 'socket');
    return {
      front: new Front({ kind: 'unixgram', behind: server.port, path, unixDgram }),
      books: () => statsdBooks(server.payloads),
      close: () => server.close(),
      options: () => ({ backend: 'statsd', options: { protocol: 'unixgram', path } }),
    };
  },
  'dogstatsd over UDP': async () => {
    const server = await startUdpServer();
    const front = new Front({ kind: 'udp', behind: server.port });
    return {
      front,
      books: () => dogstatsdBooks(server.payloads),
      close: () => server.close(),
      options: () => ({ backend: 'dogstatsd', options: { host: NAME, port: front.port } }),
    };
  },
  'dogstatsd over a unix stream': async (folder) => {
    const server = await startTcpServer({ framing: 'length' });
    const path = join(folder, 'socket');
    return {
      front: new Front({ kind: 'stream', behind: server.port, path }),
      books: () => dogstatsdBooks(server.payloads),
      close: () => server.close(),
      options: () => ({ backend: 'dogstatsd', options: { url: `unixstream://${path}` } }),
    };
  },
  datadog: async () => {
    const intake = await startDatadogIntake();
    const front = new Front({ kind: 'stream', behind: Number(new URL(intake.url).port) });
    return {
      front,
      intake,
      books: () => datadogBooks(intake),
      close: () => intake.close(),
      options: () => ({
        backend: 'datadog',
        options: { apiKey: 'any', url: `http://${NAME}:${front.port}`, host: 'chaos' },
      }),
    };
  },
};

/** Starts everything. */
export async function startRig(kind: Kind): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), `chaos-${randomUUID().slice(0, 4)}-`));
  const hosts = join(folder, 'hosts.json');
  const move = (address: string) => writeFile(hosts, JSON.stringify({ [NAME]: [address] }));
  await move('127.0.0.1');
  const { front, intake, books, close, options } = await BACKS[kind](folder);
  await front.start();
  const { backend, options: exporterOptions } = options();
  const recorderOptions: StartMetricsOptions = {
    ...(backend !== undefined && { backend }),
    options: { ...exporterOptions, processTag: false, timeoutMillis: TIMEOUT_MILLIS },
    // Exports are asked for.
    exportIntervalMillis: 3_600_000,
    shutdownTimeoutMillis: 10_000,
  };
  const recorder = new Child<RecorderRequest>('recorder-program.ts', {
    environment: { RECORDER_OPTIONS: JSON.stringify(recorderOptions), CHAOS_HOSTS: hosts },
    nodeOptions: ['--import', new URL('hosts.mjs', import.meta.url).href],
  });
  await recorder.reply();
  return {
    recorder,
    front,
    intake,
    knowsEvents: backend !== 'statsd',
    books,
    move,
    async [Symbol.asyncDispose]() {
      await recorder.kill();
      await front[Symbol.asyncDispose]();
      await close();
      await rm(folder, { recursive: true });
    },
  };
}
