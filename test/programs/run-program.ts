import { fileURLToPath } from 'node:url';
import { startProcess, type Program } from './start-process.ts';
import { ON_SOURCES } from './on-sources.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

export interface ProgramOptions {
  /** Options of Node, after those that let it run the sources. */
  readonly nodeOptions?: readonly string[];
  /** What lets Node run the sources. @default ON_SOURCES */
  readonly loader?: readonly string[];
  /** @default the repository's root */
  readonly directory?: string;
}

/**
 * Runs a program on the sources, in a process of its own that doesn't outlive the test.
 *
 * @param file its path, or where it lies from this folder
 */
export function startProgram(
  file: string,
  environment: Record<string, string> = {},
  { nodeOptions = [], loader = ON_SOURCES, directory = REPOSITORY }: ProgramOptions = {},
): Program {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const parameters = [...loader, ...nodeOptions, path];
  return startProcess(process.execPath, parameters, {
    directory,
    environment: { ...process.env, ...environment },
  });
}
