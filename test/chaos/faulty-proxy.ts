import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What happens to a server: it is gone, or answers so, or never; or it takes a request and the connection breaks. */
export type HttpFault = 'gone' | 'hangs' | 'breaks' | number;

/** Stands in front of an HTTP server and does to every client the same. */
export class FaultyProxy implements AsyncDisposable {
  port = 0;
  readonly #target: number;
  #server: Server | undefined;
  #fault: HttpFault | undefined;

  /** @param target the port of the server */
  constructor(target: number) {
    this.#target = target;
  }

  /** From now on; all is well without. */
  async set(fault?: HttpFault): Promise<void> {
    this.#fault = fault;
    if (fault === 'gone') await this.#close();
    else if (this.#server === undefined) await this.#listen();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }

  async #listen(): Promise<void> {
    const server = createServer((near, answer) => {
      // A client that goes away is part of it.
      this.#serve(near, answer).catch(() => answer.destroy());
    });
    this.#server = server;
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
  }

  async #close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }

  async #serve(near: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await buffer(near);
    if (this.#fault === 'hangs') return;
    if (typeof this.#fault === 'number') {
      answer.writeHead(this.#fault).end('{}');
      return;
    }
    const { method, url, headers } = near;
    const onward = request({ port: this.#target, host: '127.0.0.1', method, path: url, headers }).end(body);
    const [far] = (await once(onward, 'response')) as [IncomingMessage];
    const text = await buffer(far);
    if (this.#fault === 'breaks') near.socket.resetAndDestroy();
    else answer.writeHead(far.statusCode ?? 500, { 'content-type': 'application/json' }).end(text);
  }
}
