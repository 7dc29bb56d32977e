import { fileURLToPath } from 'node:url';
import { MissingPackageError } from '../src/support/load-optional.ts';
import { afterEach, expect, it } from 'vitest';
import { UnixgramTransport, type UnixgramModule } from '../src/sockets.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function transportThat(load: () => UnixgramModule) {
  const transport = new UnixgramTransport({ path: '/s', load, alternatives: "choose protocol 'udp'" });
  closing.push(() => transport.close());
  return transport;
}

/** As if it were the file that loads `hot-shots`. */
const OWN_FILE = fileURLToPath(new URL('../../exporter-statsd/src/load-hot-shots.cts', import.meta.url));

class WorkingClient {
  readonly socket = {};
  sendMessage(_message: string, callback: () => void): void {
    callback();
  }
  close(callback: () => void): void {
    callback();
  }
}

it('says how to install hot-shots where it is missing', async () => {
  const load = (): never => {
    throw new MissingPackageError({ name: 'hot-shots', from: OWN_FILE }, undefined);
  };
  expect(await transportThat(load).send('a:1|c')).toEqual({
    type: 'not-accepted',
    reason:
      'unix datagrams need hot-shots, which is not installed: npm install hot-shots | pnpm add hot-shots | ' +
      "yarn add hot-shots; or choose protocol 'udp'",
  });
});

it('says how to install the native part where only that is missing', async () => {
  class Client extends WorkingClient {
    constructor() {
      super();
      throw new Error('The library `unix_dgram`, needed for the uds protocol to work, is not installed.');
    }
  }
  const outcome = await transportThat(() => ({ StatsD: Client })).send('a:1|c');
  expect(outcome).toMatchObject({
    type: 'not-accepted',
    reason: expect.stringContaining('run `npm install unix-dgram`'),
  });
});

it('tries again what could not be loaded', async () => {
  let attempts = 0;
  const transport = transportThat(() => {
    attempts += 1;
    if (attempts < 3) throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
    return { StatsD: WorkingClient };
  });
  const outcomes = [];
  for (let send = 0; send < 4; send += 1) outcomes.push(await transport.send('a:1|c'));
  expect(outcomes.map(({ type }) => type)).toEqual([
    'not-accepted',
    'not-accepted',
    'delivered',
    'delivered',
  ]);
  expect(outcomes[0]).toMatchObject({ reason: 'EMFILE: too many open files (/s)' });
  expect(attempts).toBe(3);
});

it('sends within the turn, and does not know of what the full buffer of the server holds up', () => {
  const errors: (Error | undefined)[] = [undefined, Object.assign(new Error('send -111'), { code: -111 })];
  let clients = 0;
  class Client extends WorkingClient {
    constructor() {
      super();
      clients += 1;
    }
    override sendMessage(_message: string, callback: (error?: Error) => void): void {
      if (errors.length > 0) callback(errors.shift());
    }
  }
  const transport = transportThat(() => ({ StatsD: Client }));
  const outcomes = [1, 2, 3].map(() => transport.sendSync('a:1|c'));
  expect(outcomes).toMatchObject([
    { type: 'delivered' },
    { type: 'not-accepted', reason: 'send ECONNREFUSED (/s)' },
    { type: 'unknown' },
  ]);
  // After an error, a new server may have bound the path.
  expect(clients).toBe(2);
});
