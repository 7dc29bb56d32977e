import { createSocket, type Socket } from 'node:dgram';
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { systemClock, wait, type Clock } from '../support/clock.ts';
import { DELIVERED, type Outcome, type Transport } from './transport.ts';
import { reasonOf } from '../support/reason-of.ts';

/** Where the datagrams go. */
export interface UdpTransportOptions {
  /** A name or an address, IPv4 or IPv6. */
  readonly host: string;
  /** The port, 1 to 65535. */
  readonly port: number;
  /**
   * Measures time and waits, in milliseconds; for tests.
   *
   * @default the machine's
   */
  readonly clock?: Clock | undefined;
}

/**
 * How old a socket may be. Connection tracking (NAT, a Kubernetes service) sends the datagrams of one source port to the same
 * server for as long as they come, even when that server was replaced. And a name may get another address. In both cases
 * sending doesn't fail.
 */
const MAX_AGE_MILLIS = 10_000;

/** After how long a renewal is tried again that failed while the old socket still works. */
const RENEWAL_RETRY_MILLIS = 1_000;

/** How long a lookup is waited for when an address of the name is known. */
const LOOKUP_WAIT_MILLIS = 1_000;

/**
 * How long a refusal is waited for, once one came so late that its datagram counted as delivered. On loopback a refusal comes
 * at once, and where there is none, waiting only costs time.
 */
const LISTEN_MILLIS = 20;

/** The code of the kernel's error for a datagram that it finds too long. */
const TOO_LONG = 'EMSGSIZE';

const FULL = { type: 'not-accepted', reason: 'the kernel has no room for it at the moment' } as const;
/** Most of it arrives. Of a socket that is still connecting, Deno loses it without a word. */
const UNSEEN = {
  type: 'unknown',
  reason: 'this runtime does not say within the turn whether the kernel has it',
} as const;

/** A datagram that is being sent. */
interface Datagram {
  readonly payload: string;
  /** Over which socket it was sent; none while it waits for one. */
  link: Link | undefined;
}

interface Link {
  readonly socket: Socket;
  /** After this moment, a new socket is opened for what is sent. */
  renewAfterMillis: number;
  sending: number;
  /** The error that the other end, the network or the kernel answered with. */
  failure: Error | undefined;
  isGivenUp: boolean;
}

/**
 * Sends datagrams over a *connected* UDP socket: only a connected one hears of a closed port. "Delivered" means handed to the
 * kernel, and no refusal was heard in the next two turns of the event loop. The socket doesn't keep the process alive.
 */
export class UdpTransport implements Transport {
  readonly #options: UdpTransportOptions;
  readonly #clock: Clock;
  /** Datagrams whose result is not known yet. */
  readonly #unsettled = new Set<Datagram>();
  /** The socket that is used. */
  #link: Link | undefined;
  /** The one before: it stays open until the next renewal, to hear refusals that come late. */
  #previous: Link | undefined;
  #opening: Promise<Link> | undefined;
  /** The addresses of the host: those of the last lookup that found some. */
  #addresses: readonly LookupAddress[];
  #lookingUp: Promise<void> | undefined;
  /** How often an address failed. After each failure the next address of the name is used. */
  #failures = 0;
  #listensLonger = false;
  /** What the datagrams of this turn of the event loop wait for together. */
  #listening: Promise<void> | undefined;

  constructor(options: UdpTransportOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const family = isIP(options.host);
    this.#addresses = family === 0 ? [] : [{ address: options.host, family }];
  }

  /** Opens a socket, and looks the name of the host up. */
  open(): void {
    if (this.#link !== undefined) return;
    this.#open(new AbortController().signal).catch(() => undefined);
  }

  /** Sends one datagram. Never rejects. */
  async send(payload: string, signal: AbortSignal): Promise<Outcome> {
    const datagram: Datagram = { payload, link: undefined };
    this.#unsettled.add(datagram);
    try {
      let link: Link;
      try {
        // No promise where none is needed: this runs for every datagram.
        link = this.#youngLink() ?? (await this.#open(signal));
      } catch (error) {
        return { type: 'not-accepted', reason: reasonOf(error) };
      }
      // While it waited, `settleSync` may have sent it.
      if (!this.#unsettled.has(datagram)) return DELIVERED;
      datagram.link = link;
      link.sending += 1;
      const error = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
        link.socket.send(payload, resolve);
      });
      const isTooLong = error?.code === TOO_LONG;
      if (error && !isTooLong) this.#fail(link, error);
      const listensLonger = this.#listensLonger;
      if (!isTooLong) await this.#listen();
      link.sending -= 1;
      if (link.isGivenUp) this.#release(link);
      if (isTooLong)
        return { type: 'too-large', reason: `${error.message}; lower the option \`maxPayloadBytes\`` };
      if (link.failure) return { type: 'not-accepted', reason: link.failure.message };
      // Only if it was so before: another socket may have heard a late refusal meanwhile.
      if (listensLonger) this.#listensLonger = false;
      return DELIVERED;
    } finally {
      this.#unsettled.delete(datagram);
    }
  }

  /**
   * Hands one datagram to the kernel within the turn, over the socket that is there, or over a new one to an address that is
   * known. Never throws. "Delivered" means that Node has made the system call and has nothing left to send: what the kernel
   * answered, Node tells only in a later turn.
   */
  sendSync(payload: string): Outcome {
    try {
      const link = this.#link ?? this.#openSync();
      const { socket } = link;
      if ((queuedIn(socket) ?? 0) > 0) return FULL;
      socket.send(payload, (error: NodeJS.ErrnoException | null) => {
        // It counted as delivered. What comes later gets a new socket.
        if (error && error.code !== TOO_LONG) this.#fail(link, error);
      });
      // Node sends what the kernel had no room for in a later turn, if there is one.
      return handedOver(socket) ?? { ...FULL, type: 'unknown' };
    } catch (error) {
      return { type: 'not-accepted', reason: reasonOf(error) };
    }
  }

  /** A datagram that Node was handed counts as that of `sendSync`. */
  settleSync(payload: string): Outcome | undefined {
    for (const datagram of this.#unsettled) {
      if (datagram.payload !== payload) continue;
      this.#unsettled.delete(datagram);
      const { link } = datagram;
      if (link === undefined) return this.sendSync(payload);
      if (link.failure) return { type: 'not-accepted', reason: link.failure.message };
      return handedOver(link.socket);
    }
    return undefined;
  }

  /** Frees what it holds. Nothing is sent afterwards. */
  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    for (const link of [this.#link, this.#previous]) if (link) this.#giveUp(link);
  }

  /** Waits until a refusal would have arrived. */
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

  #youngLink(): Link | undefined {
    const link = this.#link;
    return link !== undefined && this.#clock.now() <= link.renewAfterMillis ? link : undefined;
  }

  /** Opens a socket, once for all datagrams that wait for one. */
  #open(signal: AbortSignal): Promise<Link> {
    this.#opening ??= this.#renew(signal).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** Connects a new socket before the old one is left. */
  async #renew(signal: AbortSignal): Promise<Link> {
    const address = await this.#resolve(signal);
    try {
      const link = await this.#connect(address);
      if (this.#previous) this.#giveUp(this.#previous);
      this.#previous = this.#link;
      this.#link = link;
      return link;
    } catch (error) {
      this.#failures += 1;
      const old = this.#link;
      if (old === undefined) throw error;
      old.renewAfterMillis = this.#clock.now() + RENEWAL_RETRY_MILLIS;
      return old;
    }
  }

  async #connect(address: LookupAddress): Promise<Link> {
    const socket = newSocket(address);
    try {
      await connected(socket, this.#options.port, address.address);
    } catch (error) {
      socket.close();
      throw error;
    }
    return this.#linkOver(socket);
  }

  /** Connects a socket within the turn. */
  #openSync(): Link {
    const address = this.#nextAddress();
    const socket = newSocket(address);
    connected(socket, this.#options.port, address.address).catch(() => undefined);
    // Deno connects in a later turn, and says that it is connected before.
    if (!isConnected(socket) || queuedIn(socket) === undefined) {
      socket.close();
      this.#failures += 1;
      throw new Error(`a socket can't be connected to ${address.address}`);
    }
    this.#link = this.#linkOver(socket);
    return this.#link;
  }

  #linkOver(socket: Socket): Link {
    const link: Link = {
      socket,
      renewAfterMillis: this.#clock.now() + MAX_AGE_MILLIS,
      sending: 0,
      failure: undefined,
      isGivenUp: false,
    };
    socket.on('error', (error) => this.#fail(link, error));
    return link;
  }

  async #resolve(signal: AbortSignal): Promise<LookupAddress> {
    if (isIP(this.#options.host) === 0) await this.#lookedUp(signal);
    return this.#nextAddress();
  }

  /** @throws when none is known */
  #nextAddress(): LookupAddress {
    const address = this.#addresses[this.#failures % this.#addresses.length];
    if (!address) throw new Error(`no address of the name ${this.#options.host} is known`);
    return address;
  }

  /** Resolves when there are addresses to use. A lookup can't be cancelled, so `signal` only ends the waiting for it. */
  #lookedUp(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const isKnown = this.#addresses.length > 0;
      const cancelWait = isKnown ? this.#clock.schedule(LOOKUP_WAIT_MILLIS, resolve) : undefined;
      const giveUp = (): void => reject(new Error(`the name ${this.#options.host} was not found in time`));
      signal.addEventListener('abort', giveUp);
      void this.#lookUp()
        .then(resolve, (error: NodeJS.ErrnoException) => {
          // ENOTFOUND is an answer: the name has no address. Other failures say nothing about the name, so the known ones are used.
          if (isKnown && error.code !== 'ENOTFOUND') resolve();
          else reject(error);
        })
        .finally(() => {
          cancelWait?.();
          signal.removeEventListener('abort', giveUp);
        });
    });
  }

  /** One at a time, because a lookup without an answer holds a thread of the pool. */
  #lookUp(): Promise<void> {
    // IPv4 first: most StatsD servers listen on IPv4 only, and over UDP nobody tells that `localhost` became ::1.
    this.#lookingUp ??= lookup(this.#options.host, { all: true, order: 'ipv4first' })
      .then((addresses) => {
        this.#addresses = addresses;
      })
      .finally(() => {
        this.#lookingUp = undefined;
      });
    return this.#lookingUp;
  }

  /** Everything that is being sent over the socket has failed. What comes next gets a new one. */
  #fail(link: Link, error: Error): void {
    if (link.isGivenUp) return;
    // No datagram waits for an answer, so this one is for a datagram that counted as delivered.
    if (link.sending === 0) this.#listensLonger = true;
    link.failure = error;
    // The failure of an older socket says nothing about the address that is used now.
    if (link === this.#link) this.#failures += 1;
    this.#giveUp(link);
  }

  #giveUp(link: Link): void {
    link.isGivenUp = true;
    if (this.#link === link) this.#link = undefined;
    if (this.#previous === link) this.#previous = undefined;
    this.#release(link);
  }

  #release(link: Link): void {
    if (link.sending === 0) link.socket.close();
  }
}

/** Answers the lookups that a socket makes, also of its own address, at once: then it binds and connects within the turn. */
function answerAddress(
  address: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void,
): void {
  callback(null, address, isIP(address));
}

function newSocket({ family }: LookupAddress): Socket {
  return createSocket({ type: family === 6 ? 'udp6' : 'udp4', lookup: answerAddress }).unref();
}

/** Whether the kernel has connected it. */
function isConnected(socket: Socket): boolean {
  try {
    socket.remoteAddress();
    return true;
  } catch {
    return false;
  }
}

/** Connects within the turn. Only the callbacks come later. */
function connected(socket: Socket, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // Binding fails without file descriptors, or without this family of addresses. A socket that was told to connect before
    // it is bound then waits for ever, and can't be closed.
    socket.on('error', reject);
    socket.bind({ port: 0, exclusive: true }, () => {
      // A failed connect is reported to this callback only.
      socket.connect(port, address, (error?: Error) => (error ? reject(error) : resolve()));
    });
  });
}

/** What became of the datagrams that a socket was handed; `undefined` while some of them wait for the kernel. */
function handedOver(socket: Socket): Outcome | undefined {
  const queued = queuedIn(socket);
  if (queued === undefined) return UNSEEN;
  return queued === 0 ? DELIVERED : undefined;
}

/** How many datagrams the kernel was not handed yet; `undefined` on Deno, which has no such count. */
function queuedIn(socket: Socket): number | undefined {
  return 'getSendQueueCount' in socket ? socket.getSendQueueCount() : undefined;
}
