// What scenes are played with: a program that records, a router, servers behind it, and a count of both ends.
import type { Account, ExporterStats } from '@tallykit/exporter-base';
import { Child } from '../chaos/child.ts';
import type { Arrived, ReceiverRequest, ServerPlan } from './receiver-program.ts';
import type { ExporterPlan, RecorderRequest, RecorderState, Recording } from './recorder-program.ts';
import { World, type Host } from './world.ts';

export type Family = 'IPv4' | 'IPv6';

/** Who starts programs: a host, or this machine. */
export type Starter = Pick<Host, 'start'>;

export type Recorder = Child<RecorderRequest>;
export type Receiver = Child<ReceiverRequest>;

const FAMILIES = ['IPv4', 'IPv6'] as const;
const PREFIX_LENGTH = { IPv4: 24, IPv6: 64 } as const;

/** Network 0 is the client's, and each server has one of its own, from 1 on. In all of them the router has number 1. */
export function addressOf(family: Family, network: number, number = 2): string {
  return family === 'IPv4' ? `10.0.${network}.${number}` : `fd00:0:0:${network}::${number}`;
}

const inNetwork = (family: Family, network: number, number?: number): string =>
  `${addressOf(family, network, number)}/${PREFIX_LENGTH[family]}`;

/** The client's route to everybody else. */
export function defaultRoute(family: Family): string {
  return `default via ${addressOf(family, 0, 1)}`;
}

/** What of the world the client has a part in. */
export interface ClientOptions {
  /** Which addresses it has. */
  readonly families?: readonly Family[];
  /** Of which of them it has a route to the servers. */
  readonly routes?: readonly Family[];
}

/** A client with a program that records, a router, and servers with a program each. */
export class Network implements AsyncDisposable {
  readonly world: World;
  readonly client: Host;
  readonly router: Host;
  readonly servers: readonly Host[];
  readonly recorder: Recorder;
  /** By the number of their server. */
  readonly receivers: readonly Receiver[];

  private constructor(
    world: World,
    [client, router, ...servers]: readonly Host[],
    recorder: Recorder,
    receivers: readonly Receiver[],
  ) {
    this.world = world;
    this.client = client!;
    this.router = router!;
    this.servers = servers;
    this.recorder = recorder;
    this.receivers = receivers;
  }

  /** @param environment of the program that records */
  static async start(
    serverCount: number,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Network> {
    const world = await World.create();
    try {
      const hosts = [await world.host(), await world.router()];
      const [client, router] = hosts;
      const addresses = (network: number, number?: number) =>
        FAMILIES.map((family) => inNetwork(family, network, number));
      await client!.connect('eth0', [], router!, 'client', addresses(0, 1));
      for (let network = 1; network <= serverCount; network += 1) {
        const server = await world.host();
        hosts.push(server);
        await server.connect('eth0', addresses(network), router!, `server${network}`, addresses(network, 1));
        await server.ip(
          ...FAMILIES.map((family) => `route add default via ${addressOf(family, network, 1)}`),
        );
      }
      const [recorder, ...receivers] = await Promise.all([
        startRecorder(client!, environment),
        ...hosts.slice(2).map(startReceiver),
      ]);
      const network = new Network(world, hosts, recorder, receivers);
      await network.setClient();
      return network;
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Makes the client what it is at the start, but for these options. */
  async setClient({ families = FAMILIES, routes = families }: ClientOptions = {}): Promise<void> {
    await this.world.setNames({});
    await this.world.setNameServer('');
    await this.client.setKernel(DISABLE_IPV6, families.includes('IPv6') ? 0 : 1);
    await this.client.run(['ip', '-4', 'route', 'flush', 'default']);
    await this.client.run(['ip', '-6', 'route', 'flush', 'default']);
    await this.client.ip(
      'address flush dev eth0',
      ...families.map((family) => addressLine(family)),
      ...routes.map((family) => `route add ${defaultRoute(family)}`),
    );
  }

  /** The client gets the family that it didn't have, with a route. */
  async addFamily(family: Family): Promise<void> {
    if (family === 'IPv6') await this.client.setKernel(DISABLE_IPV6, 0);
    await this.client.ip(addressLine(family), `route add ${defaultRoute(family)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]();
  }
}

const DISABLE_IPV6 = 'net/ipv6/conf/all/disable_ipv6';

const addressLine = (family: Family): string =>
  `address add ${inNetwork(family, 0)} dev eth0${family === 'IPv6' ? ' nodad' : ''}`;

export function startReceiver(starter: Starter): Promise<Receiver> {
  return starter.start<ReceiverRequest>(new URL('receiver-program.ts', import.meta.url));
}

/** Starts a server, or starts it anew, and returns its port. */
export function serve(receiver: Receiver, name: string, plan: ServerPlan): Promise<number> {
  return receiver.ask<number>({ type: 'serve', name, plan });
}

export function startRecorder(
  starter: Starter,
  environment: Readonly<Record<string, string>> = {},
): Promise<Recorder> {
  return starter.start<RecorderRequest>(new URL('recorder-program.ts', import.meta.url), { environment });
}

/** Starts programs on this machine, and ends them. */
export class ThisMachine implements Starter, AsyncDisposable {
  readonly #programs: Child[] = [];

  async start<Request extends object>(
    file: URL,
    options?: ConstructorParameters<typeof Child>[1],
  ): Promise<Child<Request>> {
    const program = new Child<Request>(file, options);
    this.#programs.push(program);
    await program.reply();
    return program;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.kill()));
  }
}

/** An exporter and the servers that may get what it sends. */
export interface Target {
  readonly name: string;
  readonly exporter: ExporterPlan;
  /** Each of them has a server of that name. */
  readonly receivers: readonly Receiver[];
}

/** Where the orders of one exporter are. */
export interface Figures {
  readonly recorded: number;
  /** At all servers together. */
  readonly arrived: number;
  readonly exported: number;
  readonly pending: number;
  readonly dropped: number;
}

export interface SceneOptions {
  readonly exportIntervalMillis?: number;
  readonly proxy?: string;
}

/** A program records, into several exporters at the same time, and what it records is compared with what arrives. */
export class Scene {
  #recorded = 0;
  readonly #recorder: Recorder;
  readonly #targets: readonly Target[];
  readonly #linesBefore: number;

  private constructor(recorder: Recorder, targets: readonly Target[]) {
    this.#recorder = recorder;
    this.#targets = targets;
    this.#linesBefore = recorder.said.length;
  }

  /** So many orders, by each exporter. */
  get recorded(): number {
    return this.#recorded;
  }

  /** What the program logged. */
  get lines(): readonly string[] {
    return this.#recorder.said.slice(this.#linesBefore);
  }

  /** Ends what another scene left of that program. */
  static async start(
    recorder: Recorder,
    targets: readonly Target[],
    options: SceneOptions = {},
  ): Promise<Scene> {
    const scene = new Scene(recorder, targets);
    await scene.ask({ type: 'start', exporters: targets.map(({ exporter }) => exporter), ...options });
    return scene;
  }

  async ask(request: RecorderRequest): Promise<readonly ExporterStats[]> {
    const { recordedOrders, stats } = await this.#recorder.ask<RecorderState>(request);
    this.#recorded = recordedOrders;
    return stats;
  }

  /** So many exports, one after the other. */
  async export(times: number, recording: Recording = { orders: 100 }): Promise<void> {
    for (let time = 0; time < times; time += 1) {
      await this.ask({ type: 'record', recording });
      await this.ask({ type: 'export' });
    }
  }

  /** Until nothing is pending, however often an attempt takes too long. */
  async flush(): Promise<void> {
    const isPending = ({ pending, events }: ExporterStats): boolean =>
      pending.points + events.pending.points > 0;
    for (;;) {
      const stats = await this.ask({ type: 'flush', timeoutMillis: 20_000 });
      if (!stats.some(isPending)) return;
    }
  }

  /**
   * What has become of the orders, by the names of the targets.
   *
   * @param expected how many should arrive by now: the servers are given time for them
   */
  async figures<Name extends string>(expected = this.recorded): Promise<Readonly<Record<Name, Figures>>> {
    const stats = await this.ask({ type: 'stats' });
    const figures: Record<string, Figures> = {};
    for (const [index, target] of this.#targets.entries()) {
      const arrived = await ordersOf(target, expected);
      figures[target.name] = { recorded: this.recorded, arrived, ...amountsOf(stats[index]!) };
    }
    return figures as Record<Name, Figures>;
  }
}

/** What an exporter says of its orders. */
function amountsOf(account: Account): Omit<Figures, 'recorded' | 'arrived'> {
  const { exported, pending, dropped } = account;
  return { exported: exported.amount, pending: pending.amount, dropped: dropped.amount };
}

/** The last receiver is the one where something is missing. */
async function ordersOf({ name, receivers }: Target, expected: number): Promise<number> {
  let sum = 0;
  for (const receiver of receivers) {
    const isLast = receiver === receivers.at(-1);
    const { orders } = await arrivedAt(receiver, name, isLast ? expected - sum : 0);
    sum += orders;
  }
  return sum;
}

export function arrivedAt(receiver: Receiver, name: string, orders: number): Promise<Arrived> {
  return receiver.ask<Arrived>({ type: 'arrived', name, orders });
}

/** Nothing is lost, and nothing is left. */
export function allArrived(recorded: number): Figures {
  return { recorded, arrived: recorded, exported: recorded, pending: 0, dropped: 0 };
}

/** Nothing is lost, and nothing has left. */
export function allPending(recorded: number): Figures {
  return { recorded, arrived: 0, exported: 0, pending: recorded, dropped: 0 };
}

/** For people: one line for each of them. */
export function describeFigures(figures: Readonly<Record<string, object>>): string {
  return Object.entries(figures)
    .map(
      ([name, one]) =>
        `${name}: ${Object.entries(one)
          .map(([what, value]) => `${what} ${value}`)
          .join(', ')}`,
    )
    .join('\n');
}
