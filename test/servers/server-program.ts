import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const FETCHED = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url));
const FETCH = fileURLToPath(new URL('fetch-program', import.meta.url));
/** What a user's PATH may lack. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin'];

interface DebianProgram {
  /** How it is written in a sentence. */
  readonly title: string;
  readonly package: string;
  /** Where it is in the package. */
  readonly path: string;
  /** An option that makes it print something and end. */
  readonly printsAndEnds: string;
  /** From which suites of Debian it is taken, the first one first. */
  readonly suites: readonly ('sid' | 'system')[];
}

/** Programs that tests need and npm doesn't have. */
const PROGRAMS = {
  'victoria-metrics': {
    title: 'VictoriaMetrics',
    package: 'victoria-metrics',
    path: 'usr/bin/victoria-metrics',
    printsAndEnds: '-version',
    // That of an older system may know no endpoint but the one for series v1.
    suites: ['sid', 'system'],
  },
  collectd: {
    title: 'collectd',
    package: 'collectd-core',
    path: 'usr/sbin/collectd',
    printsAndEnds: '-h',
    suites: ['system'],
  },
  netdata: {
    title: 'netdata',
    package: 'netdata-core',
    path: 'usr/sbin/netdata',
    printsAndEnds: '-v',
    suites: ['system'],
  },
  redis: {
    title: 'Redis',
    package: 'redis-server',
    path: 'usr/bin/redis-server',
    printsAndEnds: '--version',
    suites: ['system'],
  },
  chromium: {
    title: 'Chromium',
    package: 'chromium',
    path: 'usr/lib/chromium/chromium',
    printsAndEnds: '--version',
    suites: ['system'],
  },
  ip: {
    title: 'ip (iproute2)',
    package: 'iproute2',
    path: 'bin/ip',
    printsAndEnds: '-V',
    suites: ['system'],
  },
  nft: {
    title: 'nft (nftables)',
    package: 'nftables',
    path: 'usr/sbin/nft',
    printsAndEnds: '--version',
    suites: ['system'],
  },
} as const satisfies Record<string, DebianProgram>;

/** The name of a program in {@link PROGRAMS}. */
export type ProgramName = keyof typeof PROGRAMS;

export const PROGRAM_NAMES = Object.keys(PROGRAMS) as readonly ProgramName[];

/** A program that is there. */
export interface ServerProgram {
  readonly file: string;
  /** The folder that the package is unpacked in: `/` where it is installed. */
  readonly root: string;
  /** With which it finds the libraries that were fetched with it. */
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Finds a program: in the variable that is called like it (VICTORIA_METRICS), or else among what was fetched, or else in the
 * system's folders.
 */
export function findProgram(name: ProgramName): ServerProgram | undefined {
  const { path } = PROGRAMS[name];
  const root = join(FETCHED, name);
  const librariesFile = join(root, 'library-folders');
  const own = process.env[name.toUpperCase().replaceAll('-', '_')];
  if (own === undefined && existsSync(librariesFile)) {
    const folders = readFileSync(librariesFile, 'utf8').split('\n').filter(Boolean);
    const libraries = folders.map((folder) => join(root, folder)).join(delimiter);
    return { file: join(root, path), root, environment: { ...process.env, LD_LIBRARY_PATH: libraries } };
  }
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS];
  const file = [own, ...folders.map((folder) => join(folder, basename(path)))].find(
    (candidate) => candidate !== undefined && existsSync(candidate),
  );
  if (file === undefined) return undefined;
  return { file, root: resolve(dirname(file), '../..'), environment: process.env };
}

/** Why a program can't run here; `undefined` when it can. */
export function programObstacle(name: ProgramName): string | undefined {
  const { title, printsAndEnds } = PROGRAMS[name];
  const program = findProgram(name);
  if (program === undefined) return `there is no ${title} here`;
  try {
    execFileSync(program.file, [printsAndEnds], { stdio: 'ignore', env: program.environment });
  } catch (error) {
    return `${title} doesn't start here: ${String(error)}`;
  }
  return undefined;
}

/** Which packages of Debian have these programs. */
export function debianPackagesOf(names: readonly ProgramName[]): string[] {
  return names.map((name) => PROGRAMS[name].package);
}

/**
 * Fetches a program from Debian, with the libraries that it needs, into `node_modules/.cache`.
 *
 * @throws where that can't be done
 */
export function fetchProgram(name: ProgramName): void {
  const { package: debian, path, printsAndEnds, suites } = PROGRAMS[name];
  execFileSync(FETCH, [join(FETCHED, name), debian, path, printsAndEnds, ...suites], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}
