import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { startProcess, type Program } from '../programs/start-process.ts';
import type { Library } from './libraries.ts';
import type { CompiledPrograms } from './programs.ts';
import type { Arrival, Receiver } from './receivers.ts';

const LISTENING = /listening at (\S+)/;

const REPOSITORY = join(import.meta.dirname, '../..');

/** A program of a task that is running. */
export interface RunningProgram extends Program {
  /** Resolves with the first group of a pattern as soon as it is in the output. Rejects when the program ends before. */
  readonly said: (pattern: RegExp) => Promise<string>;
  /** Resolves when the program listens. */
  readonly address: () => Promise<string>;
}

/** What came of a program. */
interface Outcome {
  readonly arrived: Arrivals;
  readonly output: string;
}

/** Runs the programs of one library, one at a time, each with a receiver of its own. */
export class Session {
  readonly library: Library;
  readonly #programs: CompiledPrograms;

  constructor(library: Library, programs: CompiledPrograms) {
    this.library = library;
    this.#programs = programs;
  }

  /** @param task the folder of the program */
  start(task: string, environment: Readonly<Record<string, string>>): RunningProgram {
    const { name, preload, environment: always } = this.library;
    const preloads = preload === undefined ? [] : ['--import', this.#programs.fileOf(preload)];
    const outputs = new EventEmitter();
    const program = startProcess(
      process.execPath,
      [...preloads, this.#programs.fileOf(`programs/${task}/${name}.ts`)],
      {
        directory: REPOSITORY,
        environment: { ...process.env, NODE_ENV: '', ...always, ...environment },
        onOutput: () => outputs.emit('more'),
      },
    );
    const said = async (pattern: RegExp): Promise<string> => {
      const hasEnded = program.ended.then(() => true);
      for (let isOver = false; ;) {
        const found = pattern.exec(program.output());
        if (found) return found[1] ?? found[0];
        if (isOver) throw new Error(`${task}/${name} ended without ${pattern}:\n${program.output()}`);
        isOver = await Promise.race([hasEnded, once(outputs, 'more').then(() => false)]);
      }
    };
    return { ...program, said, address: () => said(LISTENING) };
  }

  /** Runs a program to its end, or until the receiver has asked it. */
  async run(
    task: string,
    { environment, startReceiver = this.library.startReceiver }: RunOptions = {},
  ): Promise<Outcome> {
    await using receiver = await startReceiver();
    await using program = this.start(task, { ...receiver.environment, ...environment });
    return await this.finish(program, receiver);
  }

  /**
   * Runs a program whose receiver is not there.
   *
   * @param until the program is not needed any longer when it has said this
   */
  async runAlone(
    task: string,
    environment: Readonly<Record<string, string>>,
    until?: RegExp,
  ): Promise<{ readonly output: string }> {
    const receiver = await this.library.startReceiver();
    await receiver[Symbol.asyncDispose]();
    await using program = this.start(task, { ...receiver.environment, ...environment });
    await this.#end(program, until);
    return { output: program.output() };
  }

  /** Takes what arrived from a program which is about to end. A program that listens is ended. */
  async finish(program: RunningProgram, receiver: Receiver): Promise<Outcome> {
    const asked = receiver.asks ? await receiver.arrivals(await program.address()) : undefined;
    const status = await this.#end(program);
    if (status !== 0) throw new Error(`${this.library.title} ended with ${status}:\n${program.output()}`);
    return { arrived: new Arrivals(asked ?? (await receiver.arrivals())), output: program.output() };
  }

  /** Waits for the end of a program. One that listens is asked to end; so is one that has said enough. */
  async #end({ child, said, ended }: RunningProgram, enough = LISTENING): Promise<number | NodeJS.Signals> {
    await said(enough).then(
      () => child.kill('SIGTERM'),
      () => undefined,
    );
    return ended;
  }
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** @default the one of the library */
  readonly startReceiver?: () => Promise<Receiver>;
}

/** What arrived from a program. */
export class Arrivals {
  readonly #all: readonly Arrival[];

  constructor(all: readonly Arrival[]) {
    this.#all = all;
  }

  /** The sum of all that arrived under a name and with some tags. */
  sum(name: string, tags: Readonly<Record<string, string>> = {}): number {
    return this.#of(name, tags).reduce((sum, arrival) => sum + arrival.sum, 0);
  }

  /** How many values of a distribution arrived. */
  values(name: string, tags: Readonly<Record<string, string>> = {}): number {
    return this.#of(name, tags).reduce((values, arrival) => values + arrival.values, 0);
  }

  /** How many series arrived under a name. */
  series(name: string): number {
    return new Set(this.#of(name, {}).map(({ tags }) => JSON.stringify(tags))).size;
  }

  #of(name: string, tags: Readonly<Record<string, string>>): Arrival[] {
    return this.#all.filter(
      (arrival) =>
        arrival.name === name && Object.entries(tags).every(([key, value]) => arrival.tags[key] === value),
    );
  }
}
