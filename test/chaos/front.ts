import { rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { Child } from './child.ts';

/** Where a front listens and whom it hands on to. */
export interface FrontPlace {
  readonly kind: 'udp' | 'stream' | 'unixgram';
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  /** The socket file; empty for UDP and TCP. */
  readonly path: string;
  /** The port of 127.0.0.1 that the server behind listens to: by UDP for datagrams, by TCP for streams. */
  readonly behind: number;
  /** Where the native module for unix datagrams is. */
  readonly unixDgram: string;
  /** Whether it is to take no connections once it is frozen. */
  readonly isDeaf: boolean;
  /** Whether it ends every connection as soon as it has taken it. */
  readonly turnsAway: boolean;
}

/** The process that listens where an exporter sends to, with a server behind it that outlives it. */
export class Front implements AsyncDisposable {
  #place: FrontPlace;
  #child: Child | undefined;
  #callers: Socket[] = [];

  constructor(place: Partial<FrontPlace> & Pick<FrontPlace, 'kind' | 'behind'>) {
    this.#place = {
      host: '127.0.0.1',
      port: 0,
      path: '',
      unixDgram: '',
      isDeaf: false,
      turnsAway: false,
      ...place,
    };
  }

  get host(): string {
    return this.#place.host;
  }

  get port(): number {
    return this.#place.port;
  }

  /** Listens, after the first time at the same port. */
  async start({
    host = this.#place.host,
    turnsAway = false,
  }: Partial<Pick<FrontPlace, 'host' | 'turnsAway'>> = {}): Promise<void> {
    this.#place = { ...this.#place, host, turnsAway };
    const child = new Child('front-program.ts', {
      environment: { FRONT_PLACE: JSON.stringify(this.#place) },
    });
    this.#child = child;
    this.#place = { ...this.#place, port: await child.reply<number>() };
  }

  /** Ends the process where it stands. Its socket file stays. */
  async kill(): Promise<void> {
    await this.#child?.kill();
  }

  /** Ends it, and its socket file is gone. */
  async remove(): Promise<void> {
    await this.kill();
    await rm(this.#place.path);
  }

  /** Another process takes over the socket file; the old one goes on for those that it has, until the result is called. */
  async replace(): Promise<() => Promise<void>> {
    const old = this.#child;
    await this.start();
    return async () => old?.kill();
  }

  /** Stops the process: the kernel goes on taking what fits into its buffers. */
  freeze(): void {
    this.#child?.signal('SIGSTOP');
  }

  thaw(): void {
    this.#child?.signal('SIGCONT');
  }

  /** Stops it, and fills what the kernel would take of connections: who connects then hears nothing at all. */
  async swallowConnections(): Promise<void> {
    this.freeze();
    const { port, host } = this.#place;
    this.#callers = Array.from({ length: 4 }, () => connect(port, host).on('error', () => undefined));
    await new Promise<void>((resolve) => this.#callers[1]!.once('connect', resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const caller of this.#callers) caller.destroy();
    await this.kill();
  }
}
