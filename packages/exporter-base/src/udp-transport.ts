import { createSocket, type Socket } from 'node:dgram';
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { systemClock, wait, type Clock } from './clock.ts';
import { DELIVERED, reasonOf, type Outcome, type Transport } from './transport.ts';

/** Where the datagrams go. */
export interface UdpTransportOptions {
  /** A name or an address, IPv4 or IPv6. */
  readonly host: string;
  readonly port: number;
  /** @default the machine's */
  readonly clock?: Clock;
}

/**
 * A socket that is older is renewed before the next datagram, and a name is looked up again with it. A server can be replaced
 * without any send failing: a name moves to another address, and where addresses are translated (a service of Kubernetes),
 * connection tracking keeps a flow to the former server for as long as datagrams come from the same port.
 */
const RENEW_MILLIS = 10_000;

/**
 * How long an answer may take once a refusal came in too late to be heard. On loopback it comes at once, and where nothing
 * is wrong waiting would only cost time.
 */
const LISTEN_MILLIS = 20;

interface Link {
  readonly socket: Socket;
  sending: number;
  /** The error that the other end, the network or the kernel answered with. */
  failure: Error | undefined;
  /** Nothing more is sent or heard. */
  isGivenUp: boolean;
}

/**
 * Datagrams over a *connected* UDP socket: only a connected one hears of a closed port. "Delivered" means handed to the
 * kernel, with no refusal heard in the same turns of the event loop. The socket doesn't keep the process alive.
 */
export class UdpTransport implements Transport {
  readonly #options: UdpTransportOptions;
  readonly #clock: Clock;
  /** What is sent through. */
  #link: Link | undefined;
  #renewAtMillis = 0;
  /** The one before, which stays open until the next renewal to hear late refusals. */
  #former: Link | undefined;
  #opening: Promise<Link> | undefined;
  /** Of a name, when it was found last. */
  #addresses: readonly LookupAddress[] = [];
  /** The addresses of a name take turns when they fail. */
  #failures = 0;
  #listensLonger = false;
  /** What the datagrams of this turn of the event loop wait for together. */
  #listening: Promise<void> | undefined;

  constructor(options: UdpTransportOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  async send(payload: string, signal: AbortSignal): Promise<Outcome> {
    let link: Link;
    try {
      // Without a promise where none is needed: all other work on a datagram takes less than the call into the kernel.
      link = this.#youngLink ?? (await this.#open(signal));
    } catch (error) {
      return { type: 'not-accepted', reason: reasonOf(error) };
    }
    link.sending += 1;
    const error = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
      link.socket.send(payload, resolve);
    });
    const isTooLong = error?.code === 'EMSGSIZE';
    if (error && !isTooLong) this.#fail(link, error);
    if (!isTooLong) await this.#listen();
    link.sending -= 1;
    if (link.isGivenUp) this.#release(link);
    if (isTooLong)
      return { type: 'too-large', reason: `${error.message}; lower the option \`maxPayloadBytes\`` };
    if (link.failure) return { type: 'not-accepted', reason: link.failure.message };
    this.#listensLonger = false;
    return DELIVERED;
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    for (const link of [this.#link, this.#former]) if (link) this.#giveUp(link);
  }

  /** Gives a refusal that is on its way back the time to arrive. */
  #listen(): Promise<void> {
    if (this.#listensLonger) return wait(this.#clock, LISTEN_MILLIS);
    this.#listening ??= this.#twoTurns();
    return this.#listening;
  }

  async #twoTurns(): Promise<void> {
    await this.#clock.turn();
    this.#listening = undefined;
    await this.#clock.turn();
  }

  get #youngLink(): Link | undefined {
    return this.#link !== undefined && this.#clock.now() < this.#renewAtMillis ? this.#link : undefined;
  }

  async #open(signal: AbortSignal): Promise<Link> {
    this.#opening ??= this.#renew(signal).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** The new socket is connected before the old one is left. */
  async #renew(signal: AbortSignal): Promise<Link> {
    this.#renewAtMillis = this.#clock.now() + RENEW_MILLIS;
    let link: Link;
    try {
      link = await this.#connectToOne(await this.#resolve(signal));
    } catch (error) {
      // What is still open may do.
      if (this.#link !== undefined) return this.#link;
      throw error;
    }
    if (this.#link !== undefined) {
      if (this.#former !== undefined) this.#giveUp(this.#former);
      this.#former = this.#link;
    }
    this.#link = link;
    return link;
  }

  async #connectToOne(addresses: readonly LookupAddress[]): Promise<Link> {
    let failure: unknown;
    for (const _ of addresses) {
      try {
        return await this.#connect(addresses[this.#failures % addresses.length]!);
      } catch (error) {
        failure = error;
        this.#failures += 1;
      }
    }
    throw failure;
  }

  async #connect({ address, family }: LookupAddress): Promise<Link> {
    // Addresses are their own answer, so the socket is bound and connected within this turn of the event loop.
    const socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      lookup: (host, _options, answer) => answer(null, host, family),
    }).unref();
    const link: Link = { socket, sending: 0, failure: undefined, isGivenUp: false };
    try {
      await new Promise<void>((resolve, reject) => {
        socket.on('error', (error) => {
          this.#fail(link, error);
          reject(error);
        });
        // Node passes the error of a connect that fails, and its types don't say so.
        const connected: (error?: Error) => void = (error) => (error ? reject(error) : resolve());
        socket.connect(this.#options.port, address, connected);
      });
    } catch (error) {
      this.#giveUp(link);
      throw error;
    }
    return link;
  }

  async #resolve(signal: AbortSignal): Promise<readonly LookupAddress[]> {
    const { host } = this.#options;
    const family = isIP(host);
    if (family !== 0) return [{ address: host, family }];
    try {
      const addresses = await addressesOf(host, signal);
      if (addresses.length === 0) throw new Error(`the name ${host} has no address`);
      this.#addresses = addresses;
    } catch (error) {
      // While names can't be looked up, the address that was right before may still be.
      if (this.#addresses.length === 0) throw error;
    }
    return this.#addresses;
  }

  /** Holds for everything that is being sent; what comes next gets a new socket. */
  #fail(link: Link, error: Error): void {
    if (link.isGivenUp) return;
    // Nothing is waiting for an answer: this one belongs to a datagram that was called delivered.
    if (link.sending === 0 && (link === this.#link || link === this.#former)) this.#listensLonger = true;
    link.failure = error;
    if (link === this.#link) this.#failures += 1;
    this.#giveUp(link);
  }

  #giveUp(link: Link): void {
    if (link.isGivenUp) return;
    link.isGivenUp = true;
    if (this.#link === link) this.#link = undefined;
    if (this.#former === link) this.#former = undefined;
    this.#release(link);
  }

  #release(link: Link): void {
    if (link.sending === 0) link.socket.close();
  }
}

/** Nobody can end a lookup, and what waits for one has not been sent. */
function addressesOf(host: string, signal: AbortSignal): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new Error(`the name ${host} was not found in time`));
    signal.addEventListener('abort', giveUp);
    // Most StatsD servers listen on IPv4 only, and over UDP nobody says that `localhost` was taken for ::1.
    void lookup(host, { all: true, order: 'ipv4first' })
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', giveUp));
  });
}
