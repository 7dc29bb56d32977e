// What is lost in networks that misbehave, in real time: `pnpm network` plays all scenes side by side and prints the table.
import { setTimeout as pause } from 'node:timers/promises';
import { join } from 'node:path';
import { decimal, Screen, WIDTH } from '../demo/screen.ts';
import { markdownTable } from '../markdown-table.ts';
import {
  addressOf,
  defaultRoute,
  Network,
  Scene,
  serve,
  startReceiver,
  type Family,
  type Figures,
  type Target,
} from './scene.ts';
import { leadServiceTo, removeServer, reserveUdpPorts, serviceAddress } from './translation.ts';
import { worldObstacle } from './world.ts';

const SECONDS = 80;
const EXPORT_INTERVAL_MILLIS = 1_000;
/** A hundred a second. */
const RECORD_EVERY_MILLIS = 10;
/** When something happens, and for how long. */
const BEFORE_SECONDS = 37;
const FAULT_SECONDS = 6;

const NAMES = ['statsd', 'dogstatsd'] as const;
const PORTS = { statsd: 8125, dogstatsd: 8126 } as const;

/** One row of the table for each protocol. */
interface Play {
  readonly name: string;
  readonly servers?: number;
  /** Before the program records anything. */
  readonly prepare: (network: Network) => Promise<readonly Target[]>;
  /** Takes less time than the scene. */
  readonly happen?: (network: Network) => Promise<void>;
}

interface Result {
  readonly figures: Readonly<Record<string, Figures>>;
  /** Logged, by the names of the targets. */
  readonly lines: Readonly<Record<string, number>>;
}

const NAME = 'statsd.test';
const SERVICE = serviceAddress(1);

async function udpTargets(network: Network, host: string, family: Family): Promise<readonly Target[]> {
  for (const [index, receiver] of network.receivers.entries()) {
    const at = addressOf(family, index + 1);
    for (const name of NAMES)
      await serve(receiver, name, { type: 'udp', host: at, port: PORTS[name], reads: name });
  }
  return NAMES.map((name) => ({
    name,
    exporter: [name, { host, port: PORTS[name] }],
    receivers: network.receivers,
  }));
}

async function endingPeers(network: Network): Promise<readonly Target[]> {
  const receiver = await startReceiver(network.client);
  const path = join(network.world.folder, 'peer.sock');
  const behaviour = { afterMillis: 0, by: 'close' } as const;
  const port = await serve(receiver, 'statsd', { type: 'stream', reads: 'statsd', behaviour });
  await serve(receiver, 'dogstatsd', { type: 'stream', path, reads: 'dogstatsd', behaviour });
  const receivers = [receiver];
  return [
    { name: 'statsd', exporter: ['statsd', { host: '127.0.0.1', port, protocol: 'tcp' }], receivers },
    { name: 'dogstatsd', exporter: ['dogstatsd', { url: `unixstream://${path}` }], receivers },
  ];
}

async function bothFamilies(network: Network, family: Family): Promise<readonly Target[]> {
  await network.setClient({ families: [family] });
  await network.world.setNames({ [NAME]: [addressOf('IPv6', 1), addressOf('IPv4', 1)] });
  return udpTargets(network, NAME, family);
}

async function translated(network: Network, host: string): Promise<readonly Target[]> {
  await network.world.setNames({ [NAME]: [SERVICE] });
  await leadServiceTo(network.router, SERVICE, addressOf('IPv4', 1));
  return udpTargets(network, host, 'IPv4');
}

async function replaceServer({ client, router, servers }: Network): Promise<void> {
  await pause(BEFORE_SECONDS * 1000);
  await reserveUdpPorts(client);
  await leadServiceTo(router, SERVICE, addressOf('IPv4', 2));
  await removeServer(router, servers[0]!, addressOf('IPv4', 1), 1);
}

const ROUTE = defaultRoute('IPv4');

const PLAYS: readonly Play[] = [
  {
    name: `no route for ${FAULT_SECONDS} s`,
    prepare: (network) => udpTargets(network, addressOf('IPv4', 1), 'IPv4'),
    async happen({ client }) {
      await pause(BEFORE_SECONDS * 1000);
      await client.ip(`route del ${ROUTE}`);
      await pause(FAULT_SECONDS * 1000);
      await client.ip(`route add ${ROUTE}`);
    },
  },
  {
    name: `no route in the first ${FAULT_SECONDS} s`,
    async prepare(network) {
      await network.client.ip(`route del ${ROUTE}`);
      return udpTargets(network, addressOf('IPv4', 1), 'IPv4');
    },
    async happen({ client }) {
      await pause(FAULT_SECONDS * 1000);
      await client.ip(`route add ${ROUTE}`);
    },
  },
  { name: 'name of both families, no IPv6', prepare: (network) => bothFamilies(network, 'IPv4') },
  { name: 'name of both families, no IPv4', prepare: (network) => bothFamilies(network, 'IPv6') },
  {
    name: 'server replaced behind an address',
    servers: 2,
    prepare: (network) => translated(network, SERVICE),
    happen: replaceServer,
  },
  {
    name: 'server replaced behind a name',
    servers: 2,
    prepare: (network) => translated(network, NAME),
    happen: replaceServer,
  },
  { name: 'stream that ends at once', prepare: endingPeers },
];

const obstacle = worldObstacle();
if (obstacle !== '') throw new Error(obstacle);

const screen = new Screen(process.stdout);
const progress = showProgress();
const results = await Promise.all(PLAYS.map(play));
clearInterval(progress);
if (screen.live) screen.redraw([]);
process.stdout.write(`${table(results)}\n`);

async function play({ servers = 1, prepare, happen }: Play): Promise<Result> {
  await using network = await Network.start(servers);
  const scene = await Scene.start(network.recorder, await prepare(network), {
    exportIntervalMillis: EXPORT_INTERVAL_MILLIS,
  });
  await scene.ask({ type: 'keep recording', recording: { orders: 1 }, everyMillis: RECORD_EVERY_MILLIS });
  await Promise.all([pause(SECONDS * 1000), happen?.(network)]);
  await scene.ask({ type: 'stop' });
  await scene.ask({ type: 'export' });
  // What is still pending is in the table.
  await scene.ask({ type: 'flush', timeoutMillis: 5_000 });
  const lines = {
    statsd: linesOf(scene, 'StatsdMetricExporter'),
    dogstatsd: linesOf(scene, 'DogStatsdMetricExporter'),
  };
  return { figures: await scene.figures(), lines };
}

function linesOf({ lines }: Scene, component: string): number {
  return lines.filter((line) => line.startsWith(component)).length;
}

function showProgress(): NodeJS.Timeout {
  const begun = performance.now();
  const caption = `${PLAYS.length} scenes side by side, ${SECONDS} s`;
  if (!screen.live) screen.print(caption);
  return setInterval(() => {
    const share = (performance.now() - begun) / 1000 / SECONDS;
    if (screen.live) screen.redraw([`${screen.progress(share, WIDTH - caption.length - 2)}  ${caption}`]);
  }, 250);
}

function table(all: readonly Result[]): string {
  const head = [
    `${SECONDS} s, an export each second`,
    '',
    'recorded',
    'arrived',
    'exported',
    'pending',
    'dropped',
    'lines logged',
  ];
  const body = all.flatMap(({ figures, lines }, index) =>
    NAMES.map((name, row) => {
      const { recorded, arrived, exported, pending, dropped } = figures[name]!;
      const amounts = [recorded, arrived, exported, pending, dropped, lines[name]!].map((amount) =>
        decimal(amount),
      );
      return [row === 0 ? PLAYS[index]!.name : '', name, ...amounts];
    }),
  );
  return markdownTable([head, ...body], 2);
}
