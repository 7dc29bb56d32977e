import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  startDatadogIntake,
  startTcpServer,
  startUdpServer,
  type FakeDatadogIntake,
  type FakeServer,
} from '@tallykit/testkit';
import { unixDgram } from '../../packages/exporter-statsd/test/unix-dgram.ts';
import { datadogBooks, dogstatsdBooks, RunningBooks, statsdBooks, type Books } from './books.ts';
import { Front } from './front.ts';

export type Kind =
  | 'statsd over UDP'
  | 'statsd over TCP'
  | 'statsd over unix datagrams'
  | 'dogstatsd over UDP'
  | 'dogstatsd over a unix stream'
  | 'datadog';

/** Where an exporter sends to: a process that can be ended and stopped, and a server behind it that keeps books. */
export interface Target extends AsyncDisposable {
  readonly front: Front;
  /** Of Datadog only. */
  readonly intake: FakeDatadogIntake | undefined;
  /** What the exporter is started with. */
  readonly exporter: { readonly name: 'statsd' | 'dogstatsd' | 'datadog'; readonly options: object };
  /** What has arrived. */
  readonly books: () => Books;
  /** The name of the server has another address now. */
  readonly move: (address: string) => void;
}

type Back = Pick<Target, 'front' | 'books' | 'exporter'> & {
  readonly intake?: FakeDatadogIntake;
  readonly close: () => Promise<void>;
};

/** Names that only a program with hosts.mjs knows, in a file in a folder. */
export class Hosts {
  readonly file: string;
  readonly #addresses: Record<string, readonly string[]> = {};

  constructor(folder: string) {
    this.file = join(folder, 'hosts.json');
  }

  set(name: string, address: string): void {
    this.#addresses[name] = [address];
    // The program may read it at any moment, and then all of it.
    writeFileSync(`${this.file}.new`, JSON.stringify(this.#addresses));
    renameSync(`${this.file}.new`, this.file);
  }
}

/** Starts a target whose files lie in that folder, and which is called so. */
export async function startTarget(kind: Kind, folder: string, name: string, hosts: Hosts): Promise<Target> {
  hosts.set(name, '127.0.0.1');
  const path = join(folder, name);
  const { front, intake, books, close, exporter } = await BACKS[kind](path, name);
  return {
    front,
    intake,
    books,
    exporter,
    move: (address) => hosts.set(name, address),
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]();
      await close();
    },
  };
}

const BACKS: Readonly<Record<Kind, (path: string, host: string) => Promise<Back>>> = {
  async 'statsd over UDP'(_, host) {
    const server = await startUdpServer();
    const front = await started(new Front({ kind: 'udp', behind: server.port }));
    return statsd(server, front, { host, port: front.port });
  },
  async 'statsd over TCP'(_, host) {
    const server = await startTcpServer();
    const front = await started(new Front({ kind: 'stream', behind: server.port }));
    return statsd(server, front, { host, port: front.port, protocol: 'tcp' });
  },
  async 'statsd over unix datagrams'(path) {
    const server = await startUdpServer();
    const front = await started(new Front({ kind: 'unixgram', behind: server.port, path, unixDgram }));
    return statsd(server, front, { path, protocol: 'unixgram' });
  },
  async 'dogstatsd over UDP'(_, host) {
    const server = await startUdpServer();
    const front = await started(new Front({ kind: 'udp', behind: server.port }));
    return dogstatsd(server, front, { host, port: front.port });
  },
  async 'dogstatsd over a unix stream'(path) {
    const server = await startTcpServer({ framing: 'length' });
    const front = await started(new Front({ kind: 'stream', behind: server.port, path }));
    return dogstatsd(server, front, { url: `unixstream://${path}` });
  },
  async datadog(_, host) {
    const intake = await startDatadogIntake();
    const front = await started(new Front({ kind: 'stream', behind: Number(new URL(intake.url).port) }));
    const options = { apiKey: 'any', url: `http://${host}:${front.port}`, hostname: 'chaos' };
    return {
      front,
      intake,
      books: () => datadogBooks(intake),
      close: () => intake.close(),
      exporter: { name: 'datadog', options },
    };
  },
};

async function started(front: Front): Promise<Front> {
  await front.start();
  return front;
}

function statsd(server: FakeServer, front: Front, options: object): Back {
  const books = new RunningBooks(server, statsdBooks);
  return {
    front,
    books: () => books.read(),
    close: () => server.close(),
    exporter: { name: 'statsd', options },
  };
}

function dogstatsd(server: FakeServer, front: Front, options: object): Back {
  const books = new RunningBooks(server, dogstatsdBooks);
  return {
    front,
    books: () => books.read(),
    close: () => server.close(),
    exporter: { name: 'dogstatsd', options },
  };
}
