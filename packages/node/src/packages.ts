import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isNotInstalled, reasonOf } from '@tallykit/exporter-base';
import { defaultResource } from '@opentelemetry/resources';
import { COMPONENT } from './options.ts';

/** What a package exports. */
export type PackageExports = Readonly<Record<string, unknown>>;

/** Packages by their names. */
export type Packages = ReadonlyMap<string, PackageExports>;

/** A package that is loaded only when a setting needs it. */
export interface NeededPackage {
  readonly name: string;
  /** The setting that needs it, for messages. */
  readonly neededFor: string;
  /** What has to be installed, where that is more than the package itself. */
  readonly install?: string;
}

/** Each 0.x version of OpenTelemetry's packages belongs to one major version of its SDK. */
const VERSIONS: Readonly<Record<string, { readonly 2: string; readonly 3: string }>> = {
  '@opentelemetry/exporter-metrics-otlp-http': { 2: '^0.223.0', 3: '^0.301.0' },
  '@opentelemetry/exporter-prometheus': { 2: '^0.223.0', 3: '^0.301.0' },
  '@opentelemetry/instrumentation-runtime-node': { 2: '^0.36.1', 3: '^0.37.0' },
};

/**
 * Loads packages.
 *
 * @throws for the first package that is not installed, with the command that installs it
 */
export async function importPackages(needed: readonly NeededPackage[]): Promise<Packages> {
  const packages = new Map<string, PackageExports>();
  for (const one of needed) {
    try {
      packages.set(one.name, (await import(/* @vite-ignore */ one.name)) as PackageExports);
    } catch (error) {
      throw explain(one, error);
    }
  }
  return packages;
}

/**
 * Loads packages without waiting, for a module that has to be ready before the program begins. They are looked for from the
 * working directory, where Node looked for that module, and then from the program's own file.
 *
 * @throws for the first package that is not installed, with the command that installs it
 */
export function requirePackages(needed: readonly NeededPackage[]): Packages {
  const program = process.argv[1];
  const folders = [process.cwd(), ...(program === undefined ? [] : [dirname(program)])];
  const packages = new Map<string, PackageExports>();
  for (const one of needed) packages.set(one.name, requireFrom(folders, one));
  return packages;
}

function requireFrom([folder, ...others]: readonly string[], needed: NeededPackage): PackageExports {
  try {
    return createRequire(join(folder!, 'package.json'))(needed.name) as PackageExports;
  } catch (error) {
    if (others.length > 0 && isNotInstalled(needed.name, error)) return requireFrom(others, needed);
    throw explain(needed, error);
  }
}

function explain(needed: NeededPackage, error: unknown): Error {
  const { name, neededFor } = needed;
  if (!isNotInstalled(name, error)) {
    return new Error(`${COMPONENT}: ${neededFor} needs ${name}, which can't be loaded: ${reasonOf(error)}`, {
      cause: error,
    });
  }
  const install = needed.install ?? withVersion(name);
  return new Error(
    `${COMPONENT}: ${neededFor} needs ${name}, which is not installed: ` +
      `npm install ${install} | pnpm add ${install} | yarn add ${install}`,
  );
}

/** A package with the version that belongs to the SDK, as package managers understand it. */
export function withVersion(name: string): string {
  const versions = VERSIONS[name];
  if (versions === undefined) return name;
  const sdk = String(defaultResource().attributes['telemetry.sdk.version']);
  return `${name}@${sdk.startsWith('2.') ? versions[2] : versions[3]}`;
}
