import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What was measured by one command, as a file of docs/benchmarks has it. It has no date: equal results are equal files. */
export interface Results<Row> {
  /** The command that measures it again. */
  readonly command: string;
  readonly node: string;
  readonly processors: number;
  /** Versions of the packages that were compared. */
  readonly versions: Readonly<Record<string, string>>;
  readonly results: readonly Row[];
}

/** Results of this process on this machine. `packages` are the packages that were compared. */
export function resultsOf<Row>(
  command: string,
  packages: readonly string[],
  results: readonly Row[],
): Results<Row> {
  return {
    command,
    node: process.versions.node,
    processors: cpus().length,
    versions: Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
    results,
  };
}

/** Writes docs/benchmarks/`name`.json, one line for each result. */
export function writeResults<Row>(repository: string, name: string, results: Results<Row>): void {
  const { results: rows, ...head } = results;
  const lines = rows.map((row) => `    ${JSON.stringify(row, rounded)}`);
  const text = `${JSON.stringify(head, undefined, 2).replace(/\n\}$/u, '')},\n  "results": [\n${lines.join(',\n')}\n  ]\n}\n`;
  mkdirSync(join(repository, 'docs/benchmarks'), { recursive: true });
  writeFileSync(resultsFile(repository, name), text);
}

/** What was measured; `undefined` where nothing was. */
export function readResults<Row>(repository: string, name: string): Results<Row> | undefined {
  if (!existsSync(resultsFile(repository, name))) return undefined;
  return JSON.parse(readFileSync(resultsFile(repository, name), 'utf8')) as Results<Row>;
}

function resultsFile(repository: string, name: string): string {
  return join(repository, `docs/benchmarks/${name}.json`);
}

/** More than four digits of a measured value mean nothing. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}

export function versionOf(packageName: string): string {
  let folder = dirname(fileURLToPath(import.meta.resolve(packageName)));
  for (;;) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (name === packageName && version !== undefined) return version;
    } catch {
      // Not there: further up.
    }
    if (folder === dirname(folder)) return 'unknown';
    folder = dirname(folder);
  }
}
