import type { Library } from './libraries.ts';
import type { CompiledPrograms } from './programs.ts';
import type { Receiver } from './receivers.ts';
import {
  endProgram,
  finishProgram,
  runCompiled,
  type Outcome,
  type RunningProgram,
} from './running-program.ts';

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
    return runCompiled(
      this.#programs.fileOf(`tasks/programs/${task}/${name}.ts`),
      { ...always, ...environment },
      preload && this.#programs.fileOf(preload),
    );
  }

  /** Runs a program to its end, or until the receiver has asked it. */
  async run(
    task: string,
    { environment, startReceiver = this.library.startReceiver }: RunOptions = {},
  ): Promise<Outcome> {
    await using receiver = await startReceiver();
    await using program = this.start(task, { ...receiver.environment, ...environment });
    return await finishProgram(program, receiver);
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
    await endProgram(program, until);
    return { output: program.output() };
  }
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** @default the one of the library */
  readonly startReceiver?: () => Promise<Receiver>;
}
