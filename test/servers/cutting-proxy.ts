import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';

const HOST = '127.0.0.1';
/** Turns of the event loop in which nothing arrives, after which nothing is on its way. */
const QUIET_TURNS = 10;

/** A TCP proxy that ends connections at the worst moment. */
export interface CuttingProxy extends AsyncDisposable {
  readonly port: number;
  /** How many connections it cut. */
  readonly cuts: number;
  /**
   * Cuts the next connection that sends a request larger than so many bytes: in the middle of the request, or when the
   * server has answered it, instead of passing the answer on.
   */
  cut(where: 'request' | 'answer', bytes: number): void;
  /** Answers with this text, instead of asking the server, from the first request on that has this word in it. */
  answer(text: string, word?: string): void;
  /** Refuses connections, until it is called with `false`. */
  refuse(isRefusing: boolean): void;
  /** Resolves when everything that has arrived here was passed on to the server. */
  settled(): Promise<void>;
}

/** @param target the port of the server */
export async function startCuttingProxy(target: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let plan: { readonly where: 'request' | 'answer'; readonly bytes: number } | undefined;
  let nonsense: { readonly text: string; readonly word: string } | undefined;
  let isRefusing = false;
  let cuts = 0;
  let chunks = 0;

  const server = createServer((near) => {
    const far = connect(target, HOST);
    let isLarge = false;
    let isCutOff = false;
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
    }
    if (isRefusing) near.destroy();
    const cut = (): void => {
      plan = undefined;
      cuts += 1;
      near.resetAndDestroy();
      far.end();
    };
    let sent = 0;
    near.on('data', (chunk: Buffer) => {
      chunks += 1;
      if (nonsense !== undefined && (isCutOff || chunk.includes(nonsense.word))) {
        isCutOff = true;
        near.write(nonsense.text);
        return;
      }
      sent += chunk.length;
      isLarge = plan !== undefined && sent > plan.bytes;
      if (isLarge && plan!.where === 'request') {
        far.write(chunk.subarray(0, chunk.length >> 1));
        cut();
        return;
      }
      far.write(chunk);
    });
    far.on('data', (chunk: Buffer) => {
      sent = 0;
      if (isLarge && plan?.where === 'answer') cut();
      else near.write(chunk);
    });
  }).listen(0, HOST);
  await once(server, 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    get cuts() {
      return cuts;
    },
    cut: (where, bytes) => {
      plan = { where, bytes };
    },
    answer: (text, word = '') => {
      nonsense = { text, word };
    },
    refuse: (refusing) => {
      isRefusing = refusing;
      for (const socket of sockets) socket.destroy();
    },
    settled: async () => {
      for (let quiet = 0, seen = chunks; quiet < QUIET_TURNS; seen = chunks) {
        await turn();
        const isQuiet = seen === chunks && [...sockets].every(({ writableLength }) => writableLength === 0);
        quiet = isQuiet ? quiet + 1 : 0;
      }
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
