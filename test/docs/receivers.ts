import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startDatadogIntake,
  startTcpServer,
  startUdpServer,
  startUnixgramServer,
  startUnixStreamServer,
  type DatadogRequest,
  type FakeStreamServer,
  type FakeUdpServer,
  type FakeUnixgramServer,
} from '@tallykit/testkit';
import { vi } from 'vitest';
import { allDatagrams } from '../servers/all-datagrams.ts';
import type { Addresses } from './addresses.ts';

/** Where one program delivers to: StatsD over UDP and TCP, an Agent's sockets, Datadog's HTTP API. */
export interface Receivers extends Addresses, AsyncDisposable {
  /** Leads what the program doesn't say itself to these receivers. */
  readonly environment: Readonly<Record<string, string>>;
  /** What has arrived so far: lines, and of requests each item. */
  lines(): string[];
  /** Resolves when everything has arrived that a program sent which has ended. */
  settled(): Promise<void>;
}

/** What is sent after everything else. */
const LAST = 'last:1|c';

const DATAGRAM_SOCKET = 'dsd.socket';

/** @param text of the program: only an Agent's socket of datagrams that is in it is made */
export async function startReceivers(text: string): Promise<Receivers> {
  const sockets = await mkdtemp(join(tmpdir(), 'docs-'));
  const [datagrams, tcp] = await startOnOnePort();
  const stream = await startUnixStreamServer({ path: join(sockets, 'dsd_stream.socket'), framing: 'length' });
  const unixgram = text.includes(DATAGRAM_SOCKET)
    ? await startUnixgramServer({ path: join(sockets, DATAGRAM_SOCKET), unixDgram: unixDgramModule() })
    : undefined;
  const intake = await startDatadogIntake();
  const servers = [datagrams, tcp, stream, ...(unixgram ? [unixgram] : [])];
  return {
    port: datagrams.port,
    sockets,
    environment: {
      STATSD_PORT: String(datagrams.port),
      DD_DOGSTATSD_PORT: String(datagrams.port),
      DD_URL: intake.url,
      DD_API_KEY: 'any',
    },
    lines: () =>
      [
        ...servers.flatMap(({ payloads }) => payloads.flatMap((payload) => payload.split('\n'))),
        ...intake.payloads.flatMap(itemsOf),
      ].filter((line) => line !== '' && line !== LAST),
    async settled() {
      await allDatagrams(datagrams);
      await allOfStreams(tcp, { port: tcp.port }, `${LAST}\n`);
      await allOfStreams(stream, { path: stream.path }, framed(LAST));
      if (unixgram) await allUnixDatagrams(unixgram);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...servers, intake].map((server) => server.close()));
      await rm(sockets, { recursive: true });
    },
  };
}

/** A page names one port, whatever the protocol. */
async function startOnOnePort(): Promise<[FakeUdpServer, FakeStreamServer]> {
  for (;;) {
    const datagrams = await startUdpServer();
    try {
      return [datagrams, await startTcpServer({ port: datagrams.port })];
    } catch (error) {
      await datagrams.close();
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

/** Connections are accepted in their order, so those of a program that has ended are known when this one has been read. */
async function allOfStreams(
  server: FakeStreamServer,
  address: { port: number } | { path: string },
  last: string | Buffer,
): Promise<void> {
  const socket = connect({ host: '127.0.0.1', ...address });
  await once(socket, 'connect');
  socket.end(last);
  await server.until((payloads) => payloads.includes(LAST));
  await vi.waitUntil(() => server.connections === 0, { timeout: 30_000 });
}

function framed(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, Buffer.from(text)]);
}

/** It comes with hot-shots. */
function unixDgramModule(): string {
  const requireHere = createRequire(import.meta.url);
  return createRequire(requireHere.resolve('hot-shots')).resolve('unix-dgram');
}

async function allUnixDatagrams(server: FakeUnixgramServer): Promise<void> {
  const unixDgram = createRequire(import.meta.url)(unixDgramModule()) as UnixDgram;
  const socket = unixDgram.createSocket('unix_dgram');
  const message = Buffer.from(LAST);
  socket.send(message, 0, message.length, server.path);
  await server.until((payloads) => payloads.includes(LAST));
  socket.close();
}

interface UnixDgram {
  createSocket(type: 'unix_dgram'): {
    send(message: Buffer, offset: number, length: number, path: string): void;
    close(): void;
  };
}

/** A request as lines: the endpoint, and each item of the body as JSON without what is empty. */
function itemsOf({ method, path, content, error }: DatadogRequest): string[] {
  const items = Object.values(content).flat() as object[];
  const texts = items.map((item) =>
    JSON.stringify(item, (_, value: unknown) => (isEmpty(value) ? undefined : value)),
  );
  if (texts.length === 0) return [[method, path, error].filter((part) => part !== undefined).join(' ')];
  return texts.map((text) => `${method} ${path} ${text}`);
}

function isEmpty(value: unknown): boolean {
  return value === '' || (Array.isArray(value) && value.length === 0);
}
