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

/** A name can move to another address without any send failing, so it is looked up again after so long. */
const LOOKUP_VALID_MILLIS = 60_000;

/**
 * How long an answer may take once a refusal came in too late to be heard. On loopback it comes at once, and where nothing
 * is wrong waiting would only cost time.
 */
const LISTEN_MILLIS = 20;

interface Link {
  readonly socket: Socket;
  readonly openedMillis: number;
  sending: number;
  /** The error that the other end, the network or the kernel answered with. */
  failure: Error | undefined;
  isGivenUp: boolean;
}

/**
 * Datagrams over a *connected* UDP socket: only a connected one hears of a closed port. "Delivered" means handed to the
 * kernel, with no refusal heard in the same turns of the event loop. The socket doesn't keep the process alive.
 */
export class UdpTransport implements Transport {
  readonly #options: UdpTransportOptions;
  readonly #clock: Clock;
  #link: Link | undefined;
  #opening: Promise<Link> | undefined;
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
      link = this.#openLink() ?? (await this.#open(signal));
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
    const link = this.#link ?? (await this.#opening?.catch(() => undefined));
    if (link) this.#giveUp(link);
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

  #openLink(): Link | undefined {
    const link = this.#link;
    const isOutdated =
      link !== undefined &&
      isIP(this.#options.host) === 0 &&
      this.#clock.now() - link.openedMillis > LOOKUP_VALID_MILLIS;
    if (isOutdated) this.#giveUp(link);
    return this.#link;
  }

  async #open(signal: AbortSignal): Promise<Link> {
    this.#opening ??= this.#connect(signal).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #connect(signal: AbortSignal): Promise<Link> {
    const { address, family } = await this.#resolve(signal);
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4').unref();
    const link: Link = {
      socket,
      openedMillis: this.#clock.now(),
      sending: 0,
      failure: undefined,
      isGivenUp: false,
    };
    await new Promise<void>((resolve, reject) => {
      socket.on('error', (error) => {
        this.#fail(link, error);
        reject(error);
      });
      socket.connect(this.#options.port, address, resolve);
    });
    this.#link = link;
    return link;
  }

  async #resolve(signal: AbortSignal): Promise<LookupAddress> {
    const { host } = this.#options;
    const family = isIP(host);
    if (family !== 0) return { address: host, family };
    const addresses = await addressesOf(host, signal);
    const address = addresses[this.#failures % addresses.length];
    if (!address) throw new Error(`the name ${host} has no address`);
    return address;
  }

  /** Holds for everything that is being sent; what comes next gets a new socket. */
  #fail(link: Link, error: Error): void {
    if (link.isGivenUp) return;
    // Nothing is waiting for an answer: this one belongs to a datagram that was called delivered.
    if (link.sending === 0) this.#listensLonger = true;
    link.failure = error;
    this.#failures += 1;
    this.#giveUp(link);
  }

  #giveUp(link: Link): void {
    link.isGivenUp = true;
    if (this.#link === link) this.#link = undefined;
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
