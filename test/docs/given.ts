// What programs of the pages may use without making it: `<!-- given: db, app -->` before a block imports these names.
// Each is what its name says, as small as that can be.
import { once } from 'node:events';
import express, { type Express, type RequestHandler } from 'express';

/** A database of one table. */
export const db = {
  async query(_text: string): Promise<readonly { readonly id: number; readonly plan: string }[]> {
    return [
      { id: 1, plan: 'free' },
      { id: 2, plan: 'pro' },
    ];
  },
};

export const sql = 'select id, plan from orders';

/** An Express application, which nobody has told to listen. */
export const app: Express = express();

/** Answers one request for a path of `app`, and stops to listen. */
export async function request(path: string): Promise<string> {
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  try {
    return await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Lets every request in. */
export const requireAdmin: RequestHandler = (_request, _response, next) => next();

/** Nest's decorator of a module. */
export function Module(_options: {
  readonly providers?: readonly object[];
  readonly exports?: readonly object[];
}) {
  return (_target: object): void => {};
}

/** Nest's decorator of a provider. */
export function Injectable() {
  return (_target: object): void => {};
}

export interface Order {
  readonly id: number;
  readonly total: number;
}

export async function takeOrder(order: Order): Promise<Order> {
  return order;
}

export async function runJob(): Promise<void> {}
