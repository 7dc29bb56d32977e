import { afterAll, beforeEach, describe, expect, test, type TestContext } from 'vitest';
import {
  addressOf,
  allArrived,
  allPending,
  defaultRoute,
  describeFigures,
  Network,
  Scene,
  serve,
  startReceiver,
  type Family,
  type Figures,
  type Receiver,
} from './scene.ts';
import { needWorld } from './world.ts';

let network: Network;

beforeEach(async (context) => {
  needWorld(context);
  network ??= await Network.start(1);
  await network.setClient();
});
afterAll(() => network?.[Symbol.asyncDispose]());

const NAMES = ['statsd', 'dogstatsd'] as const;
const PORTS = { statsd: 8125, dogstatsd: 8126 } as const;
const NAME = 'statsd.test';

/** Exporters of both protocols, and a server of each that listens at an address. */
async function startScene(
  host: string,
  listenAt: string,
  receiver: Receiver = network.receivers[0]!,
): Promise<Scene> {
  for (const name of NAMES)
    await serve(receiver, name, { type: 'udp', host: listenAt, port: PORTS[name], reads: name });
  return Scene.start(
    network.recorder,
    NAMES.map((name) => ({
      name,
      exporter: [name, { host, port: PORTS[name] }],
      receivers: [receiver],
    })),
  );
}

type All = Readonly<Record<(typeof NAMES)[number], Figures>>;

const ofAll = (figures: Figures): All => ({ statsd: figures, dogstatsd: figures });

/** In the end. */
async function figuresOf(scene: Scene, context: TestContext): Promise<All> {
  await scene.flush();
  const figures = await scene.figures();
  await context.annotate(describeFigures(figures));
  return figures;
}

describe.each<Family>(['IPv4', 'IPv6'])('over %s everything arrives', (family) => {
  test('that was recorded without a route at the start', async (context) => {
    await network.setClient({ routes: [] });
    const scene = await startScene(addressOf(family, 1), addressOf(family, 1));
    await scene.export(5);
    const during = await scene.figures(0);
    await network.client.ip(`route add ${defaultRoute(family)}`);
    await scene.export(5);
    const after = await figuresOf(scene, context);
    expect({ during, after }).toEqual({ during: ofAll(allPending(500)), after: ofAll(allArrived(1000)) });
  });

  test('that was recorded while the route was away', async (context) => {
    const scene = await startScene(addressOf(family, 1), addressOf(family, 1));
    await scene.export(4);
    await network.client.ip(`route del ${defaultRoute(family)}`);
    await scene.export(6);
    await network.client.ip(`route add ${defaultRoute(family)}`);
    await scene.export(4);
    expect(await figuresOf(scene, context)).toEqual(ofAll(allArrived(1400)));
  });

  test('when the route comes back and nothing more is recorded', async (context) => {
    await network.setClient({ routes: [] });
    const scene = await startScene(addressOf(family, 1), addressOf(family, 1));
    await scene.export(1);
    await network.client.ip(`route add ${defaultRoute(family)}`);
    expect(await figuresOf(scene, context)).toEqual(ofAll(allArrived(100)));
  });

  test('at a name that has addresses of both families, where there is no other family', async (context) => {
    await network.setClient({ families: [family] });
    await network.world.setNames({ [NAME]: [addressOf('IPv6', 1), addressOf('IPv4', 1)] });
    const scene = await startScene(NAME, addressOf(family, 1));
    await scene.export(10);
    expect(await figuresOf(scene, context)).toEqual(ofAll(allArrived(1000)));
  });

  test('at an address of that family, once the machine has it', async (context) => {
    await network.setClient({ families: [family === 'IPv4' ? 'IPv6' : 'IPv4'] });
    const scene = await startScene(addressOf(family, 1), addressOf(family, 1));
    await scene.export(5);
    const during = await scene.figures(0);
    await network.addFamily(family);
    await scene.export(5);
    const after = await figuresOf(scene, context);
    expect({ during, after }).toEqual({ during: ofAll(allPending(500)), after: ofAll(allArrived(1000)) });
  });
});

describe('at `localhost` everything arrives', () => {
  let onClient: Receiver;

  beforeEach(async () => {
    onClient ??= await startReceiver(network.client);
    await network.world.setNames({ localhost: ['::1', '127.0.0.1'] });
  });

  test.for(['127.0.0.1', '::1'])('with a server at %s only', async (address, context) => {
    const scene = await startScene('localhost', address, onClient);
    await scene.export(10);
    expect(await figuresOf(scene, context)).toEqual(ofAll(allArrived(1000)));
  });

  test('without IPv6', async (context) => {
    await network.setClient({ families: ['IPv4'] });
    await network.world.setNames({ localhost: ['::1', '127.0.0.1'] });
    const scene = await startScene('localhost', '127.0.0.1', onClient);
    await scene.export(10);
    expect(await figuresOf(scene, context)).toEqual(ofAll(allArrived(1000)));
  });
});

describe('at a name everything arrives', () => {
  const FIRST = addressOf('IPv4', 9);

  // That nobody answers for a host (ICMP "host unreachable") is not among what the kernel tells a UDP socket of Node.
  test.for([
    ['is refused by a firewall', `route add prohibit ${FIRST}`, `route del prohibit ${FIRST}`],
    ['has no server', `address add ${FIRST}/32 dev lo`, `address del ${FIRST}/32 dev lo`],
  ])('whose first address %s', async ([, begin, end], context) => {
    await network.router.ip(begin!);
    await network.world.setNames({ [NAME]: [FIRST, addressOf('IPv4', 1)] });
    const scene = await startScene(NAME, addressOf('IPv4', 1));
    try {
      await scene.export(10);
    } finally {
      await network.router.ip(end!);
    }
    expect(await figuresOf(scene, context)).toEqual(ofAll(allArrived(1000)));
  });

  test('that is not known at the start', async (context) => {
    await network.world.setNameServer(addressOf('IPv4', 0, 1));
    const scene = await startScene(NAME, addressOf('IPv4', 1));
    await scene.export(3);
    const during = await scene.figures(0);
    await startReceiver(network.router).then((router) =>
      serve(router, 'names', { type: 'names', address: addressOf('IPv4', 1) }),
    );
    await scene.export(3);
    const after = await figuresOf(scene, context);
    expect({ during, after }).toEqual({ during: ofAll(allPending(300)), after: ofAll(allArrived(600)) });
  });
});
