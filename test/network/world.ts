// Hosts of their own in network and mount namespaces, so that tests can play what happens in a network: routes that go
// away, names with addresses that can't be reached, address translation. Nothing of the machine's own network is touched.
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';
import { Child } from '../chaos/child.ts';
import { skipBecause } from '../e2e/skip-because.ts';
import { findProgram } from '../servers/server-program.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** Without the right to make namespaces, a user namespace gives it. */
const IS_ROOT = process.getuid?.() === 0;
const UNSHARE_WORLD = ['unshare', '--mount', '--net', ...(IS_ROOT ? [] : ['--map-root-user'])];

const PROGRAMS = [findProgram('ip'), findProgram('nft')].filter((program) => program !== undefined);

/** A user's PATH may not have what is for administrators, nor what was fetched. */
const ENVIRONMENT = {
  ...process.env,
  PATH: [...PROGRAMS.map(({ file }) => dirname(file)), process.env['PATH']].join(':'),
  ...(PROGRAMS.some(({ environment }) => environment['LD_LIBRARY_PATH']) && {
    LD_LIBRARY_PATH: PROGRAMS.map(({ environment }) => environment['LD_LIBRARY_PATH'] ?? '').join(':'),
  }),
};

/** Does once what the worlds of the tests need, and says what doesn't work. */
const PROBE = `
set -e
command -v nsenter >/dev/null
ip link set lo up
ip link add left type veth peer name right
echo 1 >/proc/sys/net/ipv4/ip_forward
nft 'add table ip probe'
nft 'add chain ip probe prerouting { type nat hook prerouting priority -100; }'
nft 'add rule ip probe prerouting ip daddr 192.0.2.1 udp dport 1 dnat to 192.0.2.2'
mount --bind /etc/hosts /etc/hosts
`;

/** Why there can be no world here; empty when there can be one. */
export function worldObstacle(): string {
  if (process.platform !== 'linux') return 'network namespaces are a thing of Linux';
  const [unshare, ...options] = UNSHARE_WORLD;
  const { status, error, stderr } = spawnSync(unshare!, [...options, 'sh', '-c', PROBE], {
    encoding: 'utf8',
    env: ENVIRONMENT,
  });
  if (status === 0) return '';
  const output = (error?.message ?? stderr).trim().split('\n').at(-1);
  return `network namespaces with ip (iproute2) and nft (nftables) are needed: ${output || 'nsenter is missing'}`;
}

let obstacle: string | undefined;

/**
 * Skips a test where there can be no world. In continuous integration on Linux it fails instead: there, a suite that is
 * skipped would be missed by nobody.
 */
export function needWorld(context: TestContext): void {
  obstacle ??= worldObstacle();
  if (obstacle === '') return;
  if (process.env['CI'] === 'true' && process.platform === 'linux') throw new Error(obstacle);
  skipBecause(context, obstacle);
}

const holders = new Set<ChildProcess>();
process.on('exit', () => {
  for (const holder of holders) holder.kill('SIGKILL');
});

/** A process that does nothing but hold its namespaces. It ends with the one that started it, whose pipe it reads. */
async function hold(command: readonly string[]): Promise<ChildProcess> {
  const [file = '', ...options] = command;
  const holder = spawn(file, [...options, 'sh', '-c', 'echo held && exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: ENVIRONMENT,
  });
  holders.add(holder);
  holder.once('exit', () => holders.delete(holder));
  await Promise.race([
    once(holder.stdout, 'data'),
    once(holder, 'exit').then(() => {
      throw new Error(`${command.join(' ')} ended at once`);
    }),
  ]);
  return holder;
}

/** Some hosts with their own names, which know of no other network. */
export class World implements AsyncDisposable {
  /** For files of programs, for example sockets. */
  readonly folder: string;
  readonly #holder: ChildProcess;
  readonly #hosts: Host[] = [];

  private constructor(folder: string, holder: ChildProcess) {
    this.folder = folder;
    this.#holder = holder;
  }

  static async create(): Promise<World> {
    const folder = await mkdtemp(join(tmpdir(), 'network-'));
    const world = new World(folder, await hold(UNSHARE_WORLD));
    await writeFile(join(folder, 'nsswitch.conf'), 'hosts: files dns\n');
    await world.setNames({});
    await world.setNameServer('');
    for (const name of ['hosts', 'resolv.conf', 'nsswitch.conf'].filter((one) => existsSync(`/etc/${one}`)))
      await run([...enter(world.#holder), 'mount', '--bind', join(folder, name), `/etc/${name}`]);
    return world;
  }

  /** The names that all hosts know. Written in place, because the file is mounted. */
  async setNames(names: Readonly<Record<string, readonly string[]>>): Promise<void> {
    const lines = Object.entries(names).flatMap(([name, addresses]) =>
      addresses.map((address) => `${address} ${name}\n`),
    );
    await writeFile(join(this.folder, 'hosts'), lines.join(''));
  }

  /** Who is asked for other names: nobody with an empty address. One second is the shortest patience that there is. */
  async setNameServer(address: string): Promise<void> {
    const server = address === '' ? '' : `nameserver ${address}\n`;
    await writeFile(join(this.folder, 'resolv.conf'), `${server}options timeout:1 attempts:1\n`);
  }

  /** A host that has nothing but its loopback interface. */
  async host(): Promise<Host> {
    const host = new Host(await hold([...enter(this.#holder), 'unshare', '--net']));
    this.#hosts.push(host);
    await host.ip('link set lo up');
    return host;
  }

  /** A host that hands on what is for others, and says at once when it can't. */
  async router(): Promise<Host> {
    const router = await this.host();
    await router.setKernel('net/ipv4/ip_forward', 1);
    await router.setKernel('net/ipv6/conf/all/forwarding', 1);
    await router.setKernel('net/ipv4/icmp_ratelimit', 0);
    await router.setKernel('net/ipv6/icmp/ratelimit', 0);
    return router;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host[Symbol.asyncDispose]()));
    await end(this.#holder);
    await rm(this.folder, { recursive: true });
  }
}

/** A host: a network namespace, and the programs in it. */
export class Host implements AsyncDisposable {
  readonly #holder: ChildProcess;
  readonly #programs: Child[] = [];

  constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  /** Runs `ip` with each of these lines. */
  async ip(...lines: readonly string[]): Promise<void> {
    await this.run(['ip', '-batch', '-'], `${lines.join('\n')}\n`);
  }

  /** Runs `nft` with these lines, all of them or none. */
  async nft(...lines: readonly string[]): Promise<void> {
    await this.run(['nft', '-f', '-'], `${lines.join('\n')}\n`);
  }

  /** @param name below /proc/sys */
  async setKernel(name: string, value: number | string): Promise<void> {
    await this.run(['tee', `/proc/sys/${name}`], String(value));
  }

  /** A cable to another host. The interfaces are called as they are told, and get their addresses. */
  async connect(
    name: string,
    addresses: readonly string[],
    other: Host,
    otherName: string,
    otherAddresses: readonly string[],
  ): Promise<void> {
    await this.ip(`link add ${name} type veth peer name ${otherName} netns ${other.#holder.pid}`);
    await this.#setUp(name, addresses);
    await other.#setUp(otherName, otherAddresses);
  }

  /** A program runs here. It has to say that it is ready. */
  async start<Request extends object>(
    file: string | URL,
    options: ConstructorParameters<typeof Child>[1] = {},
  ): Promise<Child<Request>> {
    const through = [...enter(this.#holder), 'sh', '-c', 'cd "$0" && exec "$@"', REPOSITORY];
    const program = new Child<Request>(file, { ...options, through });
    this.#programs.push(program);
    await program.reply();
    return program;
  }

  async run(command: readonly string[], input = ''): Promise<string> {
    return run([...enter(this.#holder), ...command], input);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.kill()));
    await end(this.#holder);
  }

  async #setUp(name: string, addresses: readonly string[]): Promise<void> {
    await this.ip(
      // Nobody else can have the address, and asking around takes two seconds.
      ...addresses.map((one) => `address add ${one} dev ${name}${one.includes(':') ? ' nodad' : ''}`),
      `link set ${name} up`,
    );
  }
}

/** What runs a command in the namespaces that a process holds. */
function enter(holder: ChildProcess): string[] {
  const user = IS_ROOT ? [] : ['--user', '--preserve-credentials'];
  return ['nsenter', `--target=${holder.pid}`, ...user, '--mount', '--net', '--'];
}

/** @returns what it printed */
function run([file, ...options]: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(file!, options, { env: ENVIRONMENT }, (error, stdout, stderr) => {
      if (error)
        reject(new Error(`${options.join(' ')}: ${stderr || error.message}${input && `\n${input}`}`));
      else resolve(stdout);
    });
    child.stdin?.on('error', () => undefined).end(input);
  });
}

async function end(holder: ChildProcess): Promise<void> {
  if (holder.exitCode !== null || holder.signalCode !== null) return;
  const ended = once(holder, 'exit');
  holder.kill('SIGKILL');
  await ended;
}
