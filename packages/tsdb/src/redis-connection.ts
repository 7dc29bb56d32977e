import { reasonOf, say, untraced, type Clock } from '@tallykit/exporter-base';

/** What the store needs of a client of the package `redis`; `createClient` makes one. */
export interface RedisClient {
  connect(): Promise<unknown>;
  sendCommand(command: readonly string[]): Promise<unknown>;
  destroy(): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** Lets the process end while it is connected. */
  unref?(): void;
}

export interface RedisConnectionOptions {
  readonly component: string;
  /** Host and port, without anything secret. */
  readonly destination: string;
  /** A client that is not connected yet, and neither reconnects nor queues commands by itself. */
  readonly createClient: () => RedisClient | Promise<RedisClient>;
  /** How long connecting, and each command, may take. */
  readonly timeoutMillis: number;
  readonly clock: Clock;
}

const FIRST_PAUSE_MILLIS = 250;
const LONGEST_PAUSE_MILLIS = 10_000;

/** A connection, from the attempt to make it until it is thrown away. */
interface Link {
  readonly ready: Promise<RedisClient>;
  client: RedisClient | undefined;
  /** Commands without an answer. */
  commands: number;
}

/**
 * One connection to Redis, made when it is needed. After a failure it is thrown away, and for a growing pause every
 * command fails at once. The first failure is said, and the first success after it.
 */
export class RedisConnection {
  readonly #options: RedisConnectionOptions;
  #link: Link | undefined;
  #isClosed = false;
  #reason = '';
  #pauseMillis = 0;
  #pausedUntil = 0;
  #awaySince: number | undefined;

  constructor(options: RedisConnectionOptions) {
    this.#options = options;
  }

  /** Whether the last command had no answer that makes sense. */
  get isAway(): boolean {
    return this.#awaySince !== undefined;
  }

  /** Milliseconds until Redis is tried again. */
  get pauseLeft(): number {
    return Math.max(this.#pausedUntil - this.#options.clock.now(), 0);
  }

  /** Ends the pause after a failure, because somebody is waiting. */
  hurry(): void {
    this.#pausedUntil = 0;
  }

  /**
   * Sends a command. Rejects when there is no answer, an error, or one that makes no sense: whether Redis did what it was
   * told is unknown then.
   *
   * @param understand reads the answer; `undefined` says that it makes no sense
   * @param holdsProcess whether somebody awaits the answer, so that the process must not end before it comes
   */
  async command<Answer>(
    words: readonly string[],
    understand: (answer: unknown) => Answer | undefined,
    { holdsProcess }: { readonly holdsProcess: boolean },
  ): Promise<Answer> {
    if (this.#isClosed) throw new Error('the store has been shut down');
    if (this.pauseLeft > 0) throw new Error(this.#reason);
    const link = (this.#link ??= this.#open());
    link.commands += 1;
    try {
      const answer = await this.#inTime(
        link.ready.then((client) => untraced(() => client.sendCommand(words))),
        holdsProcess,
      );
      const understood = understand(answer);
      if (understood === undefined) throw new Error(`its answer to ${words[0]} makes no sense`);
      this.#worked();
      return understood;
    } catch (error) {
      this.#failed(link, error);
      throw error;
    } finally {
      link.commands -= 1;
    }
  }

  close(): void {
    this.#isClosed = true;
    if (this.#link) this.#drop(this.#link);
  }

  #open(): Link {
    const connect = async (): Promise<RedisClient> => {
      const client = await this.#options.createClient();
      link.client = client;
      client.on('error', () => {
        // One that ends while it is idle is made again. Commands under way fail by themselves.
        if (link.commands === 0 && this.#link === link) this.#drop(link);
      });
      client.unref?.();
      await untraced(() => client.connect());
      return client;
    };
    // Turned around, so that `link` is there when `connect` begins.
    const link: Link = { ready: Promise.resolve().then(connect), client: undefined, commands: 0 };
    return link;
  }

  #inTime<Answer>(work: Promise<Answer>, holdsProcess: boolean): Promise<Answer> {
    const { clock, timeoutMillis } = this.#options;
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`no answer within ${timeoutMillis} ms`));
      const cancel = clock.schedule(timeoutMillis, late, holdsProcess);
      work.then(resolve, reject).finally(cancel);
    });
  }

  #drop(link: Link): void {
    this.#link = undefined;
    try {
      link.client?.destroy();
    } catch {
      // It was closed already.
    }
  }

  #failed(link: Link, error: unknown): void {
    // Commands fail together with their connection; the first one sees to it.
    if (this.#link !== link) return;
    this.#drop(link);
    const { clock, component, destination } = this.#options;
    this.#reason = reasonOf(error);
    this.#pauseMillis = Math.min(Math.max(this.#pauseMillis * 2, FIRST_PAUSE_MILLIS), LONGEST_PAUSE_MILLIS);
    this.#pausedUntil = clock.now() + this.#pauseMillis;
    if (this.isAway) return;
    this.#awaySince = clock.now();
    say(
      'warn',
      `${component}: Redis at ${destination} can't be used: ${this.#reason}. The store goes on in memory, and what is ` +
        'recorded meanwhile is kept for Redis. Check that it runs, and the option `redis`. Said once, and again when ' +
        'it works.',
    );
  }

  #worked(): void {
    this.#pauseMillis = 0;
    if (this.#awaySince === undefined) return;
    const { clock, component, destination } = this.#options;
    const seconds = ((clock.now() - this.#awaySince) / 1000).toFixed(1);
    this.#awaySince = undefined;
    say('warn', `${component}: Redis at ${destination} answers again after ${seconds} s.`);
  }
}
