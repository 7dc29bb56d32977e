import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import { GivenOptions } from '@tallykit/exporter-base';
import { readAuthorize, type Authorize } from './authorize.ts';

/** Where {@link TimeseriesStore.listen} listens. */
export interface ListenOptions {
  /**
   * The port to listen at, 0 to 65,535.
   *
   * @default 0, any free port
   */
  readonly port?: number | undefined;
  /**
   * The address to listen at. One that other machines can reach needs `authorize`, or `public: true`.
   *
   * @default '127.0.0.1'
   */
  readonly host?: string | undefined;
  /**
   * Says whether a request is answered. One that is not gets 401; so does one for which this throws or rejects.
   *
   * @default every request is answered
   * @example (request) => request.headers.authorization === `Bearer ${token}`
   */
  readonly authorize?: Authorize | undefined;
  /**
   * Whether everybody who reaches `host` may see all metrics.
   *
   * @default false
   */
  readonly public?: boolean | undefined;
}

/** A page that is being served. */
export interface StoreServer {
  /** The address of the page, for example `http://127.0.0.1:9400/`. */
  readonly url: string;
  /** The port that it listens at. */
  readonly port: number;
  /** Ends the server and its connections. Resolves when that is done, and never rejects. */
  readonly close: () => Promise<void>;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i;

const NAMES = ['port', 'host', 'authorize', 'public'] as const;

/**
 * @param createHandler makes the listener that answers
 * @throws for options that are wrong; rejects when the port is taken
 */
export async function listen(
  createHandler: (options: { readonly authorize?: Authorize | undefined }) => RequestListener,
  options: ListenOptions,
): Promise<StoreServer> {
  const given = new GivenOptions('TimeseriesStore.listen', options, NAMES);
  const port = given.integer('port', { min: 0, max: 65_535 }) ?? 0;
  const host = given.text('host') ?? '127.0.0.1';
  const authorize = readAuthorize(given);
  const isPublic = given.oneOf('public', [true, false]) ?? false;
  const isLocal = LOOPBACK.test(host);
  if (isPublic && authorize !== undefined) throw given.error('public', 'left out beside `authorize`');
  if (!isLocal && !isPublic && authorize === undefined) {
    throw given.error(
      'host',
      'an address of this machine alone, such as "127.0.0.1"',
      'others can reach any other one, and would see all metrics: give `authorize: (request) => boolean`, or say `public: true`',
    );
  }
  const handler = createHandler({ authorize });
  const server = createServer((request, response) => {
    if (isLocal && !LOOPBACK.test(hostNameOf(request))) {
      // Another site could point its own name to this address, and read everything with its page ("DNS rebinding").
      response
        .writeHead(403, { 'content-type': 'text/plain' })
        .end('Open this page as localhost or 127.0.0.1.\n');
      return;
    }
    handler(request, response);
  });
  // A page that is open somewhere must not keep the process alive.
  server.on('connection', (socket) => socket.unref());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  server.unref();
  const address = server.address() as AddressInfo;
  return {
    url: `http://${isIP(host) === 6 ? `[${host}]` : host}:${address.port}/`,
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function hostNameOf({ headers }: IncomingMessage): string {
  return (headers.host ?? '').replace(/:\d+$/, '');
}
