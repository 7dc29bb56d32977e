import { reasonOf, log, untraced, visible, type Clock } from '@tallykit/exporter-base';
import { RedisAccess, type FailureKind, type Purpose } from './redis-access.ts';

/** What the store needs of a client of the package `redis`; `createClient` makes one. */
export interface RedisClient {
  /** Connects once. Rejects when that fails. */
  connect(): Promise<unknown>;
  /** Sends a command, its name first, and resolves with the answer. Rejects with the error that Redis answers. */
  sendCommand(command: readonly string[]): Promise<unknown>;
  /** Ends the connection at once. May throw when there is none. */
  destroy(): void;
  /** Calls the listener when the connection breaks. */
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** Lets the process end while it is connected. */
  unref?(): void;
}

export interface RedisConnectionOptions {
  readonly component: string;
  /** Host and port, without anything secret. */
  readonly destination: string;
  /** Texts that are never shown, although a server's answer may repeat them. */
  readonly secrets: readonly string[];
  /** A client that is not connected yet, and neither reconnects nor queues commands by itself. */
  readonly createClient: () => RedisClient | Promise<RedisClient>;
  /** How long connecting, and each command, may take. */
  readonly timeoutMillis: number;
  readonly clock: Clock;
}

/** How much of a server's text is shown. */
const MAX_REASON_LENGTH = 300;

/** Why a command failed, as it can be shown. */
export class CommandError extends Error {
  /** Whether only this question can't be answered: somebody else's data is at its key, or the key is not for this user. */
  readonly isRefusedKey: boolean;

  constructor(reason: string, isRefusedKey = false) {
    super(reason);
    this.isRefusedKey = isRefusedKey;
  }
}

/** A connection, from the attempt to make it until it is thrown away. */
interface Link {
  readonly ready: Promise<RedisClient>;
  client: RedisClient | undefined;
  /** Commands without an answer: each is made to fail by calling it. */
  readonly commands: Set<(reason: unknown) => void>;
  /** Takes no more commands, and is thrown away when those that it has are answered. */
  isRetired: boolean;
  isGone: boolean;
}

/**
 * One connection to Redis, made when it is needed. After a failure it is thrown away, and for a growing pause every
 * command fails at once: after a refusal those of the same purpose, after a lost connection all of them. An outage begins
 * with the first failure, and is over when everything that failed has worked again; both are logged.
 */
export class RedisConnection {
  readonly #options: RedisConnectionOptions;
  readonly #access: RedisAccess;
  #link: Link | undefined;
  #isClosed = false;
  #awaySince: number | undefined;

  constructor(options: RedisConnectionOptions) {
    this.#options = options;
    this.#access = new RedisAccess(options.clock);
  }

  /** Whether something failed that has not worked since. */
  get isAway(): boolean {
    return this.#awaySince !== undefined;
  }

  /** Milliseconds until commands of this purpose are tried again. */
  pauseLeft(purpose: Purpose): number {
    return this.#access.pauseLeft(purpose);
  }

  /** Ends the pause after a failure to write, because somebody is waiting. The next pause is a short one again. */
  hurry(): void {
    this.#access.hurry();
  }

  /**
   * Sends a command. Rejects with a {@link CommandError} when there is no answer, when the answer is an error, and when it
   * makes no sense: nobody knows then whether Redis did what it was told. A question keeps the process alive until its
   * answer, because somebody waits for it. A batch does not.
   *
   * @param understand reads the answer, and returns `undefined` when it makes no sense
   * @param holdsProcess whether somebody waits for it
   */
  async command<Answer>(
    words: readonly string[],
    purpose: Purpose,
    understand: (answer: unknown) => Answer | undefined,
    holdsProcess = purpose !== 'write',
  ): Promise<Answer> {
    if (this.#isClosed) throw new CommandError('the store has been shut down');
    if (this.pauseLeft(purpose) > 0) throw new CommandError(this.#access.reasonFor(purpose));
    const link = (this.#link ??= this.#open());
    let isSent = false;
    const send = (client: RedisClient): Promise<unknown> => {
      isSent = true;
      return untraced(() => client.sendCommand(words));
    };
    try {
      const answer = await this.#inTime(link, link.ready.then(send), holdsProcess);
      const understood = understand(answer);
      if (understood === undefined) throw new Error(`its answer to ${words[0]} makes no sense`);
      this.#access.worked(purpose);
      this.#logRecovery();
      return understood;
    } catch (error) {
      const isAnswer = isSent && isErrorAnswer(error);
      const failure = new CommandError(
        this.#shown(error),
        isAnswer && purpose !== 'write' && isKeyRefused(error),
      );
      if (!failure.isRefusedKey) this.#failed(link, purpose, failure, isAnswer ? 'answer' : 'connection');
      throw failure;
    } finally {
      if (link.isRetired && link.commands.size === 0) this.#drop(link);
    }
  }

  /** Ends the connection, and commands under way with it. */
  close(): void {
    this.#isClosed = true;
    if (this.#link) this.#drop(this.#link);
  }

  #open(): Link {
    const connect = async (): Promise<RedisClient> => {
      const client = await this.#options.createClient();
      if (link.isGone) {
        destroy(client);
        throw new Error('nobody waits for it any more');
      }
      link.client = client;
      client.on('error', () => {
        // A connection that breaks while it is idle is made again later. Commands under way fail by themselves.
        if (link.commands.size === 0) this.#drop(link);
      });
      client.unref?.();
      await untraced(() => client.connect());
      // The connection may have been given up meanwhile, when the client had nothing to destroy yet.
      if (link.isGone) destroy(client);
      return client;
    };
    const link: Link = {
      // In a later turn, because `connect` reads `link`.
      ready: Promise.resolve().then(connect),
      client: undefined,
      commands: new Set(),
      isRetired: false,
      isGone: false,
    };
    // Commands get this error. Where there are none left, nobody needs it.
    link.ready.catch(() => undefined);
    return link;
  }

  /** The answer, unless the time is up or the connection is given up before. */
  #inTime<Answer>(link: Link, work: Promise<Answer>, holdsProcess: boolean): Promise<Answer> {
    const { clock, timeoutMillis } = this.#options;
    return new Promise<Answer>((resolve, reject) => {
      const end = (): void => {
        cancel();
        link.commands.delete(fail);
      };
      const fail = (reason: unknown): void => {
        end();
        reject(reason);
      };
      const late = (): void => fail(new Error(`no answer within ${timeoutMillis} ms`));
      const cancel = clock.schedule(timeoutMillis, late, holdsProcess);
      link.commands.add(fail);
      work.then((answer) => {
        end();
        resolve(answer);
      }, fail);
    });
  }

  #drop(link: Link, reason = new Error('the connection was closed')): void {
    if (this.#link === link) this.#link = undefined;
    if (link.isGone) return;
    link.isGone = true;
    for (const fail of link.commands) fail(reason);
    if (link.client) destroy(link.client);
  }

  #failed(link: Link, purpose: Purpose, { message }: CommandError, kind: FailureKind): void {
    if (this.#isClosed) return;
    const isFirst = this.#link === link;
    // Commands fail together with their connection. The first one of them makes all pause.
    this.#access.failed(purpose, message, kind, isFirst && kind === 'connection');
    if (kind === 'connection') {
      this.#drop(link, new Error(message));
    } else {
      // The server that refuses may be replaced, and only a new connection finds that out. What others asked over this
      // connection is still answered.
      link.isRetired = true;
      if (isFirst) this.#link = undefined;
    }
    this.#logFailure(message);
  }

  #logFailure(reason: string): void {
    if (this.isAway) return;
    const { clock, component, destination } = this.#options;
    this.#awaySince = clock.now();
    log(
      'warn',
      `${component}: Redis at ${destination} can't be used: ${reason}. The store goes on in memory, and what is ` +
        'recorded meanwhile is kept for Redis. Check that it runs, and the option `redis`. Logged once, and again when ' +
        'it works.',
    );
  }

  #logRecovery(): void {
    if (this.#awaySince === undefined || this.#access.isFailing) return;
    const { clock, component, destination } = this.#options;
    const seconds = ((clock.now() - this.#awaySince) / 1000).toFixed(1);
    this.#awaySince = undefined;
    log('warn', `${component}: Redis at ${destination} answers again after ${seconds} s.`);
  }

  /** The text of an error for people, without secrets, and short. It is cut last, so that no part of a secret is left. */
  #shown(error: unknown): string {
    // An error of several addresses has a code and no message.
    const { code } = Object(error) as { readonly code?: unknown };
    let text = reasonOf(error) || (typeof code === 'string' ? code : 'unknown');
    for (const secret of this.#options.secrets) text = text.replaceAll(secret, '***');
    // The text becomes part of a sentence.
    text = text.replace(/\.$/, '');
    return visible(text.length > MAX_REASON_LENGTH ? `${text.slice(0, MAX_REASON_LENGTH)}…` : text);
  }
}

/** Whether an error is an answer of the server: it begins with a word such as `ERR` or `READONLY`. */
function isErrorAnswer(error: unknown): boolean {
  return /^[A-Z]{2,}\b/.test(reasonOf(error));
}

/** Whether an answer means that a key has somebody else's data, or is not for this user. */
function isKeyRefused(error: unknown): boolean {
  return /\b(WRONGTYPE|NOPERM)\b/.test(reasonOf(error));
}

function destroy(client: RedisClient): void {
  try {
    client.destroy();
  } catch {
    // It was closed already.
  }
}
