import { styleText } from 'node:util';
import {
  debianPackagesOf,
  fetchProgram,
  programObstacle,
  PROGRAM_NAMES,
  type ProgramName,
} from './servers/server-program.ts';

/** Vitest calls `setup` for each of its projects, each time with modules of its own. */
const IS_DONE = Symbol.for('tallykit.tests.programs');
const state = globalThis as { [IS_DONE]?: boolean };

/**
 * Fetches the programs that tests need and that this machine lacks. The tests of one that can't be had are skipped. Which
 * these are, why, and what to do is said before the tests and after them, and in continuous integration on Linux the run fails.
 *
 * @returns what to do after the tests
 */
export function setup(): (() => void) | undefined {
  if (state[IS_DONE]) return undefined;
  state[IS_DONE] = true;
  const missing = PROGRAM_NAMES.filter((name) => programObstacle(name) !== undefined).flatMap((name) => {
    const problem = tryToFetch(name);
    const obstacle = programObstacle(name);
    return obstacle === undefined
      ? []
      : [{ name, reason: `${obstacle}, and it can't be fetched: ${problem}` }];
  });
  if (missing.length === 0) return undefined;
  const packages = debianPackagesOf(missing.map(({ name }) => name));
  const lines = [
    ...missing.map(({ reason }) => `  ${reason}`),
    `To run them, connect this machine to the network, or install the programs (apt-get install ${packages.join(' ')}).`,
  ];
  const tell = (title: string): void =>
    console.warn([styleText('yellow', `\n${title}`), ...lines].join('\n'));
  tell('Tests will be skipped, because programs are missing:');
  return () => {
    tell('Tests were skipped, because programs are missing:');
    if (process.env['CI'] === 'true' && process.platform === 'linux') process.exitCode = 1;
  };
}

/** @returns why it failed */
function tryToFetch(name: ProgramName): string {
  if (process.platform !== 'linux') return 'programs are fetched on Debian only';
  console.info(`Fetching ${name}…`);
  try {
    fetchProgram(name);
  } catch (error) {
    const { stderr, message } = error as Error & { readonly stderr?: Buffer };
    return String(stderr ?? message)
      .trim()
      .split('\n')
      .at(-1)!;
  }
  return '';
}
