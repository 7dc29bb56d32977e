import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

type Answer<Reply> = { readonly reply: Reply } | { readonly error: string };

/** A process of its own that answers one request after the other, and ends with the object. */
export class Program<Request extends object> implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #name: string;

  /**
   * @param file the compiled program beside this one
   * @param nodeOptions what Node is started with, besides the options that this process was started with
   */
  constructor(file: string, programArguments: readonly string[] = [], nodeOptions: readonly string[] = []) {
    this.#name = [file, ...programArguments].join(' ');
    this.#child = fork(new URL(file, import.meta.url), programArguments, {
      execArgv: [...process.execArgv, ...nodeOptions],
      serialization: 'advanced',
    });
  }

  async ask<Reply>(request: Request): Promise<Reply> {
    const ending = new AbortController();
    const { signal } = ending;
    const answered = once(this.#child, 'message', { signal });
    const ended = once(this.#child, 'exit', { signal }).then(([code]) => {
      throw new Error(`${this.#name} ended with ${String(code)}`);
    });
    ended.catch(() => undefined);
    this.#child.send(request);
    try {
      const [answer] = (await Promise.race([answered, ended])) as [Answer<Reply>];
      if ('error' in answer) throw new Error(`${this.#name}: ${answer.error}`);
      return answer.reply;
    } finally {
      ending.abort();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/** The other side: what a program does with the requests of the process that started it. */
export function answerRequests(answer: (request: never) => unknown): void {
  process.on('message', (request) => {
    void (async () => {
      let result: Answer<unknown>;
      try {
        result = { reply: await answer(request as never) };
      } catch (error) {
        result = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
      }
      process.send?.(result);
    })();
  });
  // Whoever asked is gone.
  process.on('disconnect', () => process.exit(1));
}
