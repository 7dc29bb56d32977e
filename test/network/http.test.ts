import { afterAll, beforeEach, describe, expect, test, type TestContext } from 'vitest';
import { createCertificate } from '../../packages/exporter-datadog-http/test/certificate.ts';
import {
  addressOf,
  arrivedAt,
  defaultRoute,
  describeFigures,
  Network,
  Scene,
  serve,
  startReceiver,
  startRecorder,
  type Target,
  type Receiver,
} from './scene.ts';
import type { Arrived } from './receiver-program.ts';
import { needWorld } from './world.ts';

let network: Network;
/** At the router. */
let onTheWay: Receiver;
const { key, cert: certificate } = createCertificate();

/** Of the program that records. Lookups of names that aren't answered take threads. */
const ENVIRONMENT = { NODE_TLS_REJECT_UNAUTHORIZED: '0', UV_THREADPOOL_SIZE: '16' } as const;

beforeEach(async (context) => {
  needWorld(context);
  if (!network) {
    network = await Network.start(1, ENVIRONMENT);
    onTheWay = await startReceiver(network.router);
  }
  await network.setClient();
});
afterAll(() => network?.[Symbol.asyncDispose]());

const NAME = 'intake.test';
const RECORDING = { orders: 100, queries: 10, events: 1 } as const;
/** Unless a fault says otherwise. */
const EXPORTS = 3;

/**
 * Requests of each kind, by exporters of their own: after a request that failed, an exporter doesn't try the others. What
 * each of them gets of a recording.
 */
const KINDS = {
  sums: 'orders',
  sketches: 'queries',
  points: 'queries',
  events: 'events',
} as const satisfies Record<string, keyof Arrived>;
type Kind = keyof typeof KINDS;
const KIND_NAMES = Object.keys(KINDS) as Kind[];

/** `fetch` keeps connections, so each scene has ports of its own. */
let port = 8443;

async function startScene(options: object = {}, recorder = network.recorder, proxy?: string): Promise<Scene> {
  const [receiver] = network.receivers;
  const targets: Target[] = [];
  for (const kind of KIND_NAMES) {
    port += 1;
    await serve(receiver!, kind, { type: 'datadog', port, key, certificate });
    const url = `https://${NAME}:${port}`;
    const all = {
      ...{ apiKey: 'any', url, hostname: 'test', processTag: false },
      ...(kind === 'points' && { histograms: 'points' }),
      ...options,
    };
    targets.push({ name: kind, exporter: ['datadog', all, [KINDS[kind]]], receivers: [receiver!] });
  }
  return Scene.start(recorder, targets, proxy === undefined ? {} : { proxy });
}

/** What was recorded of a kind and what of it arrived, and how many points or events are where. */
interface Whereabouts {
  readonly recorded: number;
  readonly arrived: number;
  readonly pending: number;
  readonly dropped: number;
}
type OfAll = Readonly<Record<Kind, Whereabouts>>;

async function whereabouts(scene: Scene, exports = EXPORTS): Promise<OfAll> {
  const stats = await scene.ask({ type: 'stats' });
  const all: [Kind, Whereabouts][] = [];
  for (const [index, kind] of KIND_NAMES.entries()) {
    const { [KINDS[kind]]: arrived } = await arrivedAt(network.receivers[0]!, kind, 0);
    const { pending, dropped } = kind === 'events' ? stats[index]!.events : stats[index]!;
    const recorded = exports * RECORDING[KINDS[kind]];
    all.push([kind, { recorded, arrived, pending: pending.points, dropped: dropped.points }]);
  }
  return Object.fromEntries(all) as OfAll;
}

const ofAll = (exports: number, of: (recorded: number, kind: Kind) => Whereabouts): OfAll =>
  Object.fromEntries(KIND_NAMES.map((kind) => [kind, of(exports * RECORDING[KINDS[kind]], kind)])) as OfAll;

/** What was where while nothing could arrive, and later. An export has one point of a kind. */
const keptAndDelivered = (exports = EXPORTS): Readonly<Record<'during' | 'after', OfAll>> => ({
  during: ofAll(exports, (recorded) => ({ recorded, arrived: 0, pending: exports, dropped: 0 })),
  after: ofAll(exports, (recorded) => ({ recorded, arrived: recorded, pending: 0, dropped: 0 })),
});

async function deliver(scene: Scene, context: TestContext, exports = EXPORTS): Promise<OfAll> {
  await scene.flush();
  const after = await whereabouts(scene, exports);
  await context.annotate(describeFigures(after));
  return after;
}

const setFirewall = (rule: string): Promise<void> =>
  network.router.nft(
    'add table inet firewall',
    'add chain inet firewall forward { type filter hook forward priority 0 ; }',
    'add chain inet firewall input { type filter hook input priority 0 ; }',
    'flush chain inet firewall forward',
    'flush chain inet firewall input',
    ...(rule === '' ? [] : [`add rule inet firewall ${rule}`]),
  );

interface Fault {
  readonly name: string;
  readonly options?: object;
  readonly exports?: number;
  readonly begin: () => Promise<unknown>;
  readonly end: () => Promise<unknown>;
}

/** An opening of a connection passes, and the first message of the handshake of TLS doesn't. */
const A_MESSAGE = 'forward ip protocol tcp meta length > 120';

const knowName = (): Promise<void> => network.world.setNames({ [NAME]: [addressOf('IPv4', 1)] });

async function cutHandshakes(isOn: boolean): Promise<void> {
  await knowName();
  for (const name of KIND_NAMES) await network.receivers[0]!.ask({ type: 'cut handshakes', name, isOn });
}

const FAULTS: readonly Fault[] = [
  {
    name: 'there is no route',
    async begin() {
      await knowName();
      await network.client.ip(`route del ${defaultRoute('IPv4')}`);
    },
    end: () => network.client.ip(`route add ${defaultRoute('IPv4')}`),
  },
  {
    name: 'the handshake of TLS is cut',
    begin: () => cutHandshakes(true),
    end: () => cutHandshakes(false),
  },
  {
    name: 'a firewall resets the handshake of TLS',
    async begin() {
      await knowName();
      await setFirewall(`${A_MESSAGE} reject with tcp reset`);
    },
    end: () => setFirewall(''),
  },
  {
    name: 'a firewall swallows the handshake of TLS',
    // An answer that comes later would be counted as unknown, and each export takes so long.
    options: { timeoutMillis: 5_000 },
    exports: 1,
    async begin() {
      await knowName();
      await setFirewall(`${A_MESSAGE} drop`);
    },
    end: () => setFirewall(''),
  },
  {
    name: 'there is no name server',
    begin: () => network.world.setNameServer(addressOf('IPv4', 0, 1)),
    end: () => serve(onTheWay, 'names', { type: 'names', address: addressOf('IPv4', 1) }),
  },
  {
    name: 'the name server is silent',
    async begin() {
      await network.world.setNameServer(addressOf('IPv4', 0, 1));
      await setFirewall('input udp dport 53 drop');
      await serve(onTheWay, 'names', { type: 'names', address: addressOf('IPv4', 1) });
    },
    end: () => setFirewall(''),
  },
];

describe('everything is kept, and delivered later, when', () => {
  test.for(FAULTS)('$name', async ({ options, exports, begin, end }, context) => {
    const scene = await startScene(options);
    let during: OfAll;
    try {
      await begin();
      await scene.export(exports ?? EXPORTS, RECORDING);
      during = await whereabouts(scene, exports);
    } finally {
      await end();
    }
    const after = await deliver(scene, context, exports);
    expect({ during, after }).toEqual(keptAndDelivered(exports));
  });

  describe('a proxy', () => {
    test.for([407, 502])('answers CONNECT with %i', async (status, context) => {
      // There is no other way.
      await network.client.ip(`route del ${defaultRoute('IPv4')}`, `route del ${defaultRoute('IPv6')}`);
      const proxy = `http://${addressOf('IPv4', 0, 1)}:3128`;
      const target = addressOf('IPv4', 1);
      await serve(onTheWay, 'proxy', { type: 'proxy', port: 3128, status, target });
      // From Node 24 on, `fetch` can do it itself.
      const canProxy = Number(process.versions.node.split('.')[0]) >= 24;
      const environment = canProxy ? { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: proxy } : {};
      const recorder = await startRecorder(network.client, { ...ENVIRONMENT, ...environment });
      const scene = await startScene({}, recorder, canProxy ? undefined : proxy);
      await scene.export(EXPORTS, RECORDING);
      const during = await whereabouts(scene);
      await onTheWay.ask({ type: 'answer', name: 'proxy', status: 200 });
      const after = await deliver(scene, context);
      expect({ during, after }).toEqual(keptAndDelivered());
    });
  });
});

test('what may have arrived is not sent again, but for what can be sent twice', async (context) => {
  await knowName();
  const scene = await startScene();
  const [receiver] = network.receivers;
  // It has read the request and kept it.
  for (const name of KIND_NAMES) await receiver!.ask({ type: 'script', name, step: { reset: 'unanswered' } });
  await scene.export(EXPORTS, RECORDING);
  for (const name of KIND_NAMES) await receiver!.ask({ type: 'script', name });
  expect(await deliver(scene, context)).toEqual(
    // Nobody can know that it arrived, so what can't be sent twice is counted as dropped.
    ofAll(EXPORTS, (recorded, kind) => ({
      recorded,
      arrived: recorded,
      pending: 0,
      dropped: kind === 'sums' ? 0 : EXPORTS,
    })),
  );
});
