import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

export interface Program extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Everything that it printed so far, both streams. */
  readonly output: () => string;
  /** Resolves when it has ended by itself; its status, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

export interface ProgramOptions {
  /** Options of Node, after those that let it run the sources. */
  readonly nodeOptions?: readonly string[];
  /** What lets Node run TypeScript. @default ['--import', 'tsx'] */
  readonly loader?: readonly string[];
  /** @default the repository's root */
  readonly directory?: string;
}

/** Runs a program of this folder on the sources, in a process of its own that doesn't outlive the test. */
export function startProgram(
  file: string,
  environment: Record<string, string> = {},
  { nodeOptions = [], loader = ['--import', 'tsx'], directory = REPOSITORY }: ProgramOptions = {},
): Program {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [...loader, '--conditions=@tallykit/source', ...nodeOptions, path], {
    cwd: directory,
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
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
