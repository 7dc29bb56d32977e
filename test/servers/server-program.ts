import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const FETCHED = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url));
/** What a user's PATH may lack. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin'];

/** A server of Debian's, by the name of its program. */
export interface ServerName {
  /** How it is written in a sentence. */
  readonly title: string;
  readonly program: string;
  /** An option that makes the program print something and end. */
  readonly printsAndEnds: string;
}

/** A server's program that is there. */
export interface ServerProgram {
  readonly file: string;
  /** The folder that the package is unpacked in: `/` for the system's own. */
  readonly root: string;
  /** With which it finds the libraries that were fetched with it. */
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Finds a server's program: in the variable that is called like it (VICTORIA_METRICS), or else among what .ci/fetch-server
 * fetched, or else in the system's folders.
 */
export function findServerProgram({ program }: ServerName): ServerProgram | undefined {
  const folders = [
    join(FETCHED, program, 'usr/bin'),
    join(FETCHED, program, 'usr/sbin'),
    ...(process.env['PATH'] ?? '').split(delimiter),
    ...SYSTEM_FOLDERS,
  ];
  const file = [
    process.env[program.toUpperCase().replaceAll('-', '_')],
    ...folders.map((folder) => join(folder, program)),
  ].find((candidate) => candidate !== undefined && existsSync(candidate));
  if (file === undefined) return undefined;
  const root = resolve(dirname(file), '../..');
  return {
    file,
    root,
    environment: {
      ...process.env,
      ...(root.startsWith(FETCHED) && { LD_LIBRARY_PATH: libraryFolders(root).join(delimiter) }),
    },
  };
}

/** Why a server can't run here, and what to do about it; `undefined` when it can. */
export function serverObstacle(
  { title, program: name, printsAndEnds }: ServerName,
  program: ServerProgram | undefined,
): string | undefined {
  if (program === undefined) return `there is no ${title} here; .ci/fetch-server ${name} fetches it`;
  try {
    execFileSync(program.file, [printsAndEnds], { stdio: 'ignore', env: program.environment });
  } catch (error) {
    return `${title} doesn't start here: ${String(error)}`;
  }
  return undefined;
}

/** Where Debian's packages have libraries: `lib/x86_64-linux-gnu` and `usr/lib/x86_64-linux-gnu`. */
function libraryFolders(root: string): string[] {
  return ['lib', 'usr/lib']
    .map((folder) => join(root, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.includes('-linux-gnu'))
        .map((name) => join(folder, name)),
    );
}
