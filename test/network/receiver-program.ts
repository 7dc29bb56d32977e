// A program of servers, on the ports that they are given, and of what stands on the way to them. It counts what arrives.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { startDatadogIntake, startTcpServer, type DatadogScriptStep } from '@tallykit/testkit';
import { datadogBooks, dogstatsdBooks, RunningBooks, statsdBooks, type Books } from '../chaos/books.ts';
import { answerRequests, tell } from '../chaos/child.ts';

/** What a server of streams does with a connection. */
export type StreamBehaviour =
  | 'reads'
  /** It ends so long after the connection was made; `close` as `close()` does, `end` with its own half only. */
  | { readonly afterMillis: number; readonly by: 'close' | 'end' }
  /** It ends when it has read something. */
  | 'ends after reading'
  /** It hands on to a server that isn't there, which it finds out after so long. */
  | { readonly findsNobodyAfterMillis: number };

export type ServerPlan =
  | { readonly type: 'udp'; readonly host: string; readonly port: number; readonly reads: Protocol }
  /** Of a socket file, or of a port of 127.0.0.1. */
  | {
      readonly type: 'stream';
      readonly path?: string;
      readonly reads: Protocol;
      readonly behaviour: StreamBehaviour;
    }
  /** Datadog's intake, behind TLS. */
  | { readonly type: 'datadog'; readonly port: number; readonly key: string; readonly certificate: string }
  /** A proxy that answers `CONNECT` with that status, and knows one address for every name. */
  | { readonly type: 'proxy'; readonly port: number; readonly status: number; readonly target: string }
  /** A name server that knows one address for everything. */
  | { readonly type: 'names'; readonly address: string };

type Protocol = 'statsd' | 'dogstatsd';

export type ReceiverRequest =
  /** In place of one of that name. Answered with its port; a socket file has none, which is 0. */
  | { readonly type: 'serve'; readonly name: string; readonly plan: ServerPlan }
  | { readonly type: 'close'; readonly name: string }
  | { readonly type: 'behave'; readonly name: string; readonly behaviour: StreamBehaviour }
  /** The next clients of the intake, or all of them, are cut off in the handshake of TLS. */
  | { readonly type: 'cut handshakes'; readonly name: string; readonly isOn: boolean }
  | { readonly type: 'script'; readonly name: string; readonly step?: DatadogScriptStep }
  | { readonly type: 'answer'; readonly name: string; readonly status: number }
  /** What has arrived: as soon as it is so much, or when nothing came for a while. */
  | { readonly type: 'arrived'; readonly name: string; readonly orders: number };

/** What has arrived. */
export interface Arrived {
  readonly orders: number;
  readonly queries: number;
  readonly events: number;
}

interface Service {
  readonly port: number;
  readonly books?: () => Books;
  readonly change?: (request: ReceiverRequest) => void;
  /** Its address is free at once; connections that are open go on. */
  readonly close: () => unknown;
}

/** How long nothing may come before it is certain that nothing will. Only what is lost takes that time. */
const QUIET_MILLIS = 1_500;
const POLL_MILLIS = 10;

/** Of a service that no machine has any more (TCP port service multiplexer). */
const NOBODYS_PORT = 1;

const BOOKS = { statsd: statsdBooks, dogstatsd: dogstatsdBooks } as const;
const FRAMINGS = { statsd: 'lines', dogstatsd: 'length' } as const;

const REASONS: Readonly<Record<number, string>> = {
  200: 'Connection Established',
  407: 'Proxy Authentication Required',
  502: 'Bad Gateway',
};

const services = new Map<string, Service>();

answerRequests(async (request: ReceiverRequest) => {
  const { name } = request;
  if (request.type === 'serve') {
    services.get(name)?.close();
    const service = await serve(request.plan);
    services.set(name, service);
    return service.port;
  }
  const service = services.get(name)!;
  switch (request.type) {
    case 'close':
      return service.close();
    case 'arrived':
      return arrived(service, request.orders);
    default:
      return service.change?.(request);
  }
});
// Whoever started it is gone.
process.on('disconnect', () => process.exit());
tell({ reply: 'ready' });

function serve(plan: ServerPlan): Promise<Service> {
  switch (plan.type) {
    case 'udp':
      return serveUdp(plan);
    case 'stream':
      return serveStreams(plan);
    case 'datadog':
      return serveDatadog(plan);
    case 'proxy':
      return serveProxy(plan);
    case 'names':
      return serveNames(plan);
  }
}

async function arrived({ books }: Service, expected: number): Promise<Arrived> {
  let last = read();
  let since = performance.now();
  for (;;) {
    // What the kernel holds already is read in these turns.
    for (let turns = 0; turns < 3; turns += 1) await turn();
    const now = read();
    const isNew = JSON.stringify(now) !== JSON.stringify(last);
    if (isNew) [last, since] = [now, performance.now()];
    else if (now.orders >= expected || performance.now() - since > QUIET_MILLIS) return now;
    else await pause(POLL_MILLIS);
  }

  function read(): Arrived {
    const { orders, queries, events } = books!();
    return { orders: orders[''] ?? 0, queries: queries.count, events };
  }
}

async function serveUdp({ host, port, reads }: ServerPlan & { type: 'udp' }): Promise<Service> {
  const payloads: string[] = [];
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4', (datagram) => {
    payloads.push(datagram.toString());
  });
  socket.bind(port, host);
  await once(socket, 'listening');
  const books = new RunningBooks({ take: () => payloads.splice(0) }, BOOKS[reads]);
  return { port, books: () => books.read(), close: () => socket.close() };
}

async function serveStreams({
  path,
  reads,
  behaviour: first,
}: ServerPlan & { type: 'stream' }): Promise<Service> {
  const back = await startTcpServer({ framing: FRAMINGS[reads] });
  const books = new RunningBooks(back, BOOKS[reads]);
  let behaviour = first;
  const unread = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    if (typeof behaviour === 'object') {
      unread.add(socket.once('close', () => unread.delete(socket)));
      endUnread(socket, behaviour);
      return;
    }
    if (behaviour === 'ends after reading') socket.once('data', () => socket.destroy());
    handOn(socket, connect(back.port, back.host));
  });
  const port = await listen(server, path === undefined ? { host: '127.0.0.1', port: 0 } : { path });
  return {
    port,
    books: () => books.read(),
    change(request) {
      if (request.type === 'behave') ({ behaviour } = request);
      for (const socket of unread) socket.destroy();
    },
    close: () => server.close(),
  };
}

function endUnread(socket: Socket, behaviour: StreamBehaviour & object): void {
  if ('findsNobodyAfterMillis' in behaviour) {
    const dial = (): unknown => connect(NOBODYS_PORT, '127.0.0.1').once('error', () => socket.destroy());
    setTimeout(dial, behaviour.findsNobodyAfterMillis);
    return;
  }
  const end = (): unknown => (behaviour.by === 'close' ? socket.destroy() : socket.end());
  if (behaviour.afterMillis === 0) end();
  else setTimeout(end, behaviour.afterMillis);
}

async function serveDatadog({ port, key, certificate }: ServerPlan & { type: 'datadog' }): Promise<Service> {
  const intake = await startDatadogIntake();
  const behind = Number(new URL(intake.url).port);
  const tls = createTlsServer({ key, cert: certificate }, (socket) => {
    handOn(socket, connect(behind, '127.0.0.1'));
  }).on('tlsClientError', () => undefined);
  let cuts = false;
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    if (cuts) socket.once('data', () => socket.end());
    else tls.emit('connection', socket);
  });
  await listen(server, { port });
  return {
    port,
    books: () => ({ ...datadogBooks(intake), orders: { '': intake.count('orders') } }),
    change(request) {
      if (request.type === 'cut handshakes') cuts = request.isOn;
      if (request.type === 'script') intake.scriptAll(request.step);
    },
    close: () => server.close(),
  };
}

async function serveProxy({ port, status: first, target }: ServerPlan & { type: 'proxy' }): Promise<Service> {
  let status = first;
  const server = createHttpServer().on('connect', ({ url = '' }, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const line = `HTTP/1.1 ${status} ${REASONS[status]}\r\n`;
    if (status !== 200) {
      socket.end(`${line}Content-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    const far = connect(Number(url.split(':')[1]), target);
    socket.write(`${line}\r\n`);
    far.write(head);
    handOn(socket, far);
  });
  await listen(server, { port });
  return {
    port,
    change(request) {
      if (request.type === 'answer') ({ status } = request);
    },
    close: () => server.close(),
  };
}

async function serveNames({ address }: ServerPlan & { type: 'names' }): Promise<Service> {
  const socket = createSocket('udp4', (query, { port, address: client }) => {
    socket.send(answerTo(query, address), port, client);
  });
  socket.bind(53);
  await once(socket, 'listening');
  return { port: 53, close: () => socket.close() };
}

/** RFC 1035, section 4: the question again, and the address if that was what was asked for. */
function answerTo(query: Buffer, address: string): Buffer {
  let end = 12;
  while (query[end] !== 0) end += query[end]! + 1;
  end += 5;
  const asksForA = query.readUInt16BE(end - 4) === 1;
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x81_80, 2);
  header.writeUInt16BE(asksForA ? 1 : 0, 6);
  header.writeUInt32BE(0, 8);
  // The name of the question, type A, class IN, nothing is remembered, four bytes.
  const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)];
  return Buffer.concat([header, query.subarray(12, end), Buffer.from(asksForA ? record : [])]);
}

async function listen(server: Server, at: ListenOptions): Promise<number> {
  server.listen(at);
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

function handOn(near: Socket, far: Socket): void {
  near.pipe(far);
  far.pipe(near);
  far.on('error', () => near.destroy());
  near.on('error', () => far.destroy());
  // What was read before it broke arrived all the same.
  near.once('close', () => far.end());
  far.once('close', () => near.destroy());
}
