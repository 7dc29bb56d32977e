import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A process that doesn't outlive the test which started it. */
export interface Program extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Everything that it printed so far, both streams. */
  readonly output: () => string;
  /** Resolves when it has ended by itself; its status, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

export interface ProcessOptions {
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Whether it leads a process group of its own, which `process.kill(-pid)` reaches. @default false */
  readonly detached?: boolean;
  /** Is called with what it prints, as it comes. */
  readonly onOutput?: (chunk: string) => void;
}

/** Runs a command. */
export function startProcess(
  command: string,
  parameters: readonly string[],
  { directory, environment, detached = false, onOutput }: ProcessOptions,
): Program {
  const child = spawn(command, parameters, {
    cwd: directory,
    env: environment,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      onOutput?.(chunk);
    });
  }
  // 'close' comes after the last output.
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  return {
    child,
    output: () => output,
    ended,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}
