import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { startProcess, type Program } from '../programs/start-process.ts';
import { Arrivals } from './arrivals.ts';
import type { Receiver } from './receivers.ts';

const LISTENING = /listening at (\S+)/;

const REPOSITORY = join(import.meta.dirname, '../..');

/** A compiled program that is running. */
export interface RunningProgram extends Program {
  readonly file: string;
  /** Resolves with the first group of a pattern as soon as it is in the output. Rejects when the program ends before. */
  readonly said: (pattern: RegExp) => Promise<string>;
  /** Resolves when the program listens. */
  readonly address: () => Promise<string>;
}

/** What came of a program. */
export interface Outcome {
  readonly arrived: Arrivals;
  readonly output: string;
}

/**
 * Starts a compiled program.
 *
 * @param preload a module that is loaded before
 */
export function runCompiled(
  file: string,
  environment: Readonly<Record<string, string>>,
  preload?: string,
): RunningProgram {
  const preloads = preload === undefined ? [] : ['--import', preload];
  const outputs = new EventEmitter();
  const program = startProcess(process.execPath, [...preloads, file], {
    directory: REPOSITORY,
    environment: { ...process.env, NODE_ENV: '', ...environment },
    onOutput: () => outputs.emit('more'),
  });
  const said = async (pattern: RegExp): Promise<string> => {
    const hasEnded = program.ended.then(() => true);
    for (let isOver = false; ;) {
      const found = pattern.exec(program.output());
      if (found) return found[1] ?? found[0];
      if (isOver) throw new Error(`${file} ended without ${pattern}:\n${program.output()}`);
      isOver = await Promise.race([hasEnded, once(outputs, 'more').then(() => false)]);
    }
  };
  return { ...program, file, said, address: () => said(LISTENING) };
}

/** Takes what arrived from a program which is about to end. A program that listens is ended. */
export async function finishProgram(program: RunningProgram, receiver: Receiver): Promise<Outcome> {
  const asked = receiver.asks ? await receiver.arrivals(await program.address()) : undefined;
  const status = await endProgram(program);
  if (status !== 0) throw new Error(`${program.file} ended with ${status}:\n${program.output()}`);
  return { arrived: new Arrivals(asked ?? (await receiver.arrivals())), output: program.output() };
}

/** Waits for the end of a program. One that listens is asked to end; so is one that has said enough. */
export async function endProgram(
  { child, said, ended }: RunningProgram,
  enough = LISTENING,
): Promise<number | NodeJS.Signals> {
  await said(enough).then(
    () => child.kill('SIGTERM'),
    () => undefined,
  );
  return ended;
}
