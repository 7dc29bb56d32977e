import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { startAgent, startCollector, startIntake, startScraper, type Receiver } from './receivers.ts';

/** What a task is done with. */
export interface Library {
  /** Its programs are called so. */
  readonly name: 'tallykit' | 'hot-shots' | 'prom-client' | 'dd-trace' | 'datadog-metrics' | 'opentelemetry';
  readonly title: string;
  /** The packages that the program of a user names in its `package.json`. */
  readonly packages: readonly string[];
  readonly startReceiver: () => Promise<Receiver>;
  /** How it calls the metrics of the tasks. */
  readonly orders: string;
  readonly queries: string;
  /** Milliseconds in the unit of `queries`. */
  readonly queryUnitMillis: number;
  /** Further variables of all its programs. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The path of a module, from the folder `test`, that is loaded before all its programs. */
  readonly preload?: string;
}

const DOTTED = { orders: 'orders', queries: 'db.query', queryUnitMillis: 1 };

export const TALLYKIT: Library = {
  name: 'tallykit',
  title: 'Tallykit',
  packages: [
    '@tallykit/node',
    '@opentelemetry/api',
    '@opentelemetry/resources',
    '@opentelemetry/sdk-metrics',
  ],
  startReceiver: startAgent,
  ...DOTTED,
  environment: { METRICS_BACKEND: 'dogstatsd' },
};

export const LIBRARIES: readonly Library[] = [
  TALLYKIT,
  {
    name: 'hot-shots',
    title: 'hot-shots',
    packages: ['hot-shots'],
    startReceiver: startAgent,
    ...DOTTED,
  },
  {
    name: 'prom-client',
    title: 'prom-client',
    packages: ['prom-client'],
    startReceiver: startScraper,
    orders: 'orders_total',
    queries: 'db_query_seconds',
    queryUnitMillis: 1000,
  },
  {
    name: 'dd-trace',
    title: 'dd-trace',
    packages: ['dd-trace'],
    startReceiver: startAgent,
    ...DOTTED,
  },
  {
    name: 'datadog-metrics',
    title: 'datadog-metrics',
    packages: ['datadog-metrics'],
    startReceiver: startIntake,
    ...DOTTED,
    preload: 'tasks/to-intake.ts',
  },
  {
    name: 'opentelemetry',
    title: 'OpenTelemetry alone',
    packages: ['@opentelemetry/sdk-node', '@opentelemetry/api'],
    startReceiver: startCollector,
    orders: 'orders',
    queries: 'db.query.duration',
    queryUnitMillis: 1,
  },
];

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** The package that gives a library its name, with its version. */
export function versionOf({ packages }: Library): string {
  const { name, version } = readManifest(packages[0]!, import.meta.filename)!.manifest;
  return `${name} ${version}`;
}

/** How many packages are installed with a library, itself included. Optional peers are not counted. */
export function countPackages({ packages }: Library): number {
  const found = new Set<string>();
  const visit = (name: string, from: string): void => {
    const one = readManifest(name, from);
    if (one === undefined || found.has(one.path)) return;
    found.add(one.path);
    const {
      dependencies,
      optionalDependencies,
      peerDependencies = {},
      peerDependenciesMeta = {},
    } = one.manifest;
    const peers = Object.keys(peerDependencies).filter((peer) => !peerDependenciesMeta[peer]?.optional);
    for (const next of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers])
      visit(next, one.path);
  };
  for (const name of packages) visit(name, import.meta.filename);
  return found.size;
}

/** Packages need not export their manifest, so it is looked for where Node would look for the package. */
function readManifest(name: string, from: string): { path: string; manifest: Manifest } | undefined {
  for (const folder of createRequire(from).resolve.paths(name) ?? []) {
    const path = join(folder, name, 'package.json');
    try {
      return {
        path: createRequire(from).resolve(path),
        manifest: JSON.parse(readFileSync(path, 'utf8')) as Manifest,
      };
    } catch {}
  }
  return undefined;
}
