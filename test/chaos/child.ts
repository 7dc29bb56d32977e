import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ON_SOURCES } from '../programs/on-sources.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** What a child sends: the answer to a request, or something that it says by itself. */
export type ChildMessage =
  | { readonly reply: unknown }
  | { readonly error: string }
  | { readonly said: string };

export interface ChildOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Options of Node, after those that let it run the sources. */
  readonly nodeOptions?: readonly string[];
  /** A command that runs another one, which is given after it. */
  readonly through?: readonly string[];
}

const running = new Set<ChildProcess>();
// One that was stopped doesn't notice that whoever started it is gone.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A program in a process of its own, which answers one request after the other. */
export class Child<Request extends object = never> implements AsyncDisposable {
  /** What it said by itself, in order. */
  readonly said: string[] = [];
  /** Resolves when it has ended; its status, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly #child: ChildProcess;
  #output = '';
  #answer: ((message: Exclude<ChildMessage, { said: string }>) => void) | undefined;

  /** @param file of this folder, or any other as a URL */
  constructor(file: string | URL, { environment = {}, nodeOptions = [], through = [] }: ChildOptions = {}) {
    const [execPath = process.execPath, ...execArgv] = [
      ...through,
      process.execPath,
      ...ON_SOURCES,
      ...nodeOptions,
    ];
    this.#child = fork(new URL(file, import.meta.url), {
      cwd: REPOSITORY,
      env: { ...process.env, ...environment },
      execPath,
      execArgv,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    running.add(this.#child);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => (this.#output += chunk));
    }
    // 'close' comes after the last output.
    this.ended = once(this.#child, 'close').then(([code, signal]) => {
      running.delete(this.#child);
      const status = (code ?? signal) as number | NodeJS.Signals;
      this.#answer?.({ error: `it ended with ${status}. It printed:\n${this.#output}` });
      return status;
    });
    this.#child.on('message', (message: ChildMessage) => {
      if ('said' in message) this.said.push(message.said);
      else this.#answer?.(message);
    });
  }

  /** Everything that it printed so far. */
  get output(): string {
    return this.#output;
  }

  /** Resolves with what it replies first, which it may do without being asked. */
  async reply<Reply>(): Promise<Reply> {
    const message = await new Promise<Exclude<ChildMessage, { said: string }>>((resolve) => {
      this.#answer = resolve;
    });
    this.#answer = undefined;
    if ('error' in message) throw new Error(message.error);
    return message.reply as Reply;
  }

  ask<Reply>(request: Request): Promise<Reply> {
    const reply = this.reply<Reply>();
    this.#child.send(request);
    return reply;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it where it stands. */
  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
    await this.ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

/** The other side: what a program does with the requests of the process that started it. */
export function answerRequests(answer: (request: never) => unknown): void {
  process.on('message', (request) => {
    void (async () => {
      try {
        tell({ reply: await answer(request as never) });
      } catch (error) {
        tell({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      }
    })();
  });
}

/** Sends a message to the process that started this one. */
export function tell(message: ChildMessage): void {
  process.send?.(message);
}
