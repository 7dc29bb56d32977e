import { readFileSync, statSync } from 'node:fs';
// Under another name, because many who bundle with esbuild put a line before the bundle that declares `createRequire`.
import { createRequire as createRequireOf } from 'node:module';
import { basename, isAbsolute, join } from 'node:path';
import { reasonOf } from './reason-of.ts';

/** A package that is needed only when an option names it, and may not be installed. */
export interface OptionalPackage<Exports extends object> {
  /** The name by which it is installed. */
  readonly name: string;
  /** Calls `require` with the name, in a CommonJS file `load-….cjs` of the package that needs it. */
  readonly load: () => Exports;
  /** That file, if it is known. In a bundle it is the bundle's, and in a bundle as an ES module there is none. */
  readonly from: string | undefined;
  /** Something that it exports: some bundlers put an empty module in place of a package that is not installed. */
  readonly member: keyof Exports;
}

const OWN_FILE = /^load-.+\.c[jt]s$/;

/**
 * Loads a package. A load that failed can succeed later, when the package has been installed or there are file
 * descriptors again.
 *
 * @throws when it can't be loaded
 */
export function loadOptional<Exports extends object>(optional: OptionalPackage<Exports>): Exports {
  // Right after the stat of a socket, Node 20 follows no symbolic links to a package (`fs.realpathSync` looks at what the
  // last stat found), and remembers the wrong path: so this stat finds something else.
  statSync('.', { throwIfNoEntry: false });
  const exports = loadAgain(optional);
  if (exports[optional.member] === undefined) throw new Error(`Cannot find package '${optional.name}'`);
  return exports;
}

/** Whether a load failed because the package is not installed, as Node and bundles say it. */
export function isNotInstalled(name: string, error: unknown): boolean {
  const [, missing] =
    /(?:Cannot find (?:module|package)|Could not resolve|Dynamic require of) ['"]([^'"]+)/.exec(
      reasonOf(error),
    ) ?? [];
  return missing === name;
}

function loadAgain<Exports extends object>({ name, load, from }: OptionalPackage<Exports>): Exports {
  if (from === undefined || !isAbsolute(from)) return load();
  const require = createRequireOf(from);
  try {
    // A bundle may have a copy of the package, which only its own `require` finds. Everywhere else both load the same, but
    // behind hooks of the module loader (tsx and others) Node 20 gives the file a `require` that breaks at circular imports.
    return OWN_FILE.test(basename(from)) ? (require(name) as Exports) : load();
  } catch (error) {
    // Node remembers that there was no `package.json`, or that it could not be read, for as long as the process lives, and
    // then finds only packages whose main file is `index.js`. The main file itself is found.
    const file = isNotInstalled(name, error) ? mainFileOf(name, require) : undefined;
    if (file === undefined) throw error;
    return require(file) as Exports;
  }
}

/** The main file of a package, looked for as `require` does. */
function mainFileOf(name: string, require: NodeJS.Require): string | undefined {
  for (const folder of require.resolve.paths(name) ?? []) {
    const packageFolder = join(folder, name);
    const manifest = readIfThere(join(packageFolder, 'package.json'));
    if (manifest === undefined) continue;
    const { main } = JSON.parse(manifest) as { readonly main?: string };
    return join(packageFolder, main ?? 'index.js');
  }
  return undefined;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (/^(ENOENT|ENOTDIR)$/.test(String((error as NodeJS.ErrnoException).code))) return undefined;
    throw error;
  }
}
