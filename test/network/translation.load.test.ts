import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { addressOf, describeFigures, Network, Scene, serve } from './scene.ts';
import { leadServiceTo, removeServer, reserveUdpPorts, serviceAddress } from './translation.ts';
import { needWorld } from './world.ts';

const NAMES = ['statsd', 'dogstatsd'] as const;
const PORTS = { statsd: 8125, dogstatsd: 8126 } as const;
const NAME = 'statsd.test';
const SERVERS = 4;
const ORDERS = 100;

let network: Network;
/** The server that the service leads to. A scene replaces it by the next one. */
let current = 1;

beforeEach(async (context) => {
  needWorld(context);
  network ??= await Network.start(SERVERS);
  await network.setClient();
});
afterAll(() => network?.[Symbol.asyncDispose]());

async function startScene(host: string, service: string): Promise<Scene> {
  const receivers = network.receivers.slice(current - 1, current + 1);
  for (const [index, receiver] of receivers.entries()) {
    for (const name of NAMES) {
      const address = addressOf('IPv4', current + index);
      await serve(receiver, name, { type: 'udp', host: address, port: PORTS[name], reads: name });
    }
  }
  await leadServiceTo(network.router, service, addressOf('IPv4', current));
  return Scene.start(
    network.recorder,
    NAMES.map((name) => ({ name, exporter: [name, { host, port: PORTS[name] }], receivers })),
  );
}

async function replaceServer(service: string): Promise<void> {
  await reserveUdpPorts(network.client);
  await leadServiceTo(network.router, service, addressOf('IPv4', current + 1));
  await removeServer(network.router, network.servers[current - 1]!, addressOf('IPv4', current), current);
  current += 1;
}

/** Exports at an interval, as far as the exporter's clock can tell. */
async function exportAtIntervals(scene: Scene, times: number, intervalMillis: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await scene.export(1, { orders: ORDERS });
    await scene.ask({ type: 'skip', millis: intervalMillis });
  }
}

describe('when the server behind a translated address is replaced', () => {
  // How many exports may be lost: those of ten seconds, or one.
  test.for([
    ['an address', 1_000, { atLeast: 1, atMost: 10 }],
    ['an address', 60_000, { atLeast: 0, atMost: 1 }],
    ['a name', 1_000, { atLeast: 1, atMost: 10 }],
  ] as const)(
    'no more is lost than ten seconds or one interval: %s, an export every %i ms',
    async ([kind, intervalMillis, { atLeast, atMost }], context) => {
      const service = serviceAddress(current);
      await network.world.setNames({ [NAME]: [service] });
      const scene = await startScene(kind === 'a name' ? NAME : service, service);
      await exportAtIntervals(scene, 3, intervalMillis);
      await replaceServer(service);
      await exportAtIntervals(scene, 72, intervalMillis);
      const figures = await scene.figures(scene.recorded - atMost * ORDERS);
      await context.annotate(describeFigures(figures));
      for (const { recorded, arrived, exported, dropped } of Object.values(figures)) {
        // It is sent: nobody says that it doesn't arrive.
        expect({ exported, dropped }).toEqual({ exported: recorded, dropped: 0 });
        expect(recorded - arrived).toBeLessThanOrEqual(atMost * ORDERS);
        // The scene is what it should be: the flow to the old server is kept as long as its socket.
        expect(recorded - arrived).toBeGreaterThanOrEqual(atLeast * ORDERS);
      }
    },
  );
});
