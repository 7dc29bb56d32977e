import { existsSync, readFileSync, statSync } from 'node:fs';
// Not by its name: webpack takes `createRequire` for one of its own, and leaves nothing in its place.
import module from 'node:module';
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
  /**
   * What has to be installed.
   *
   * @default its name
   */
  readonly install?: string;
}

/** A package that is needed is missing. The message is its name and the remedy: `x, which is not installed: npm install x`. */
export class MissingPackageError extends Error {
  constructor(
    { name, from, install = name }: Pick<OptionalPackage<object>, 'name' | 'from' | 'install'>,
    cause: unknown,
  ) {
    const commands = `npm install ${install} | pnpm add ${install} | yarn add ${install}`;
    const remedy = isOwnFile(from)
      ? `which is not installed: ${commands}`
      : `which is not part of this bundle: install it where the bundle is made (${commands}), or keep the packages that need ` +
        'it out of the bundle';
    super(`${name}, ${remedy}`, { cause });
    this.name = 'MissingPackageError';
  }
}

const OWN_FILE = /^load-.+\.c[jt]s$/;

/**
 * Loads a package. A load that failed can succeed later, when the package has been installed or there are file
 * descriptors again.
 *
 * @throws MissingPackageError when it is missing, and another error when it can't be loaded
 */
export function loadOptional<Exports extends object>(optional: OptionalPackage<Exports>): Exports {
  // Right after the stat of a socket, Node 20 follows no symbolic links to a package (`fs.realpathSync` looks at what the
  // last stat found), and remembers the wrong path: so this stat finds something else.
  statSync('.', { throwIfNoEntry: false });
  let exports: Exports;
  try {
    exports = loadAgain(optional);
  } catch (error) {
    throw isMissing(optional.name, error) ? new MissingPackageError(optional, error) : error;
  }
  if (exports[optional.member] === undefined) throw new MissingPackageError(optional, undefined);
  return exports;
}

/** Whether a load failed because the package is missing, as Node and bundles say it. */
function isMissing(name: string, error: unknown): boolean {
  const reason = reasonOf(error);
  // In a bundle as an ES module, rollup and vite leave the `require` of what they didn't find.
  if (error instanceof ReferenceError && reason.startsWith('require is not defined')) return true;
  const [, missing] =
    /(?:Cannot find (?:module|package)|Could not resolve|Dynamic require of) ['"]([^'"]+)/.exec(reason) ?? [];
  return missing === name;
}

/** Whether it is the file that came with its package. In a bundle it is the bundle's, or none, or one that is not there. */
function isOwnFile(from: string | undefined): boolean {
  return from !== undefined && OWN_FILE.test(basename(from)) && existsSync(from);
}

function loadAgain<Exports extends object>({ name, load, from }: OptionalPackage<Exports>): Exports {
  if (from === undefined || !isAbsolute(from)) return load();
  const require = module.createRequire(from);
  try {
    // A bundle may have a copy of the package, which only its own `require` finds. Everywhere else both load the same, but
    // behind hooks of the module loader (tsx and others) Node 20 gives the file a `require` that breaks at circular imports.
    return isOwnFile(from) ? (require(name) as Exports) : load();
  } catch (error) {
    // Node remembers that there was no `package.json`, or that it could not be read, for as long as the process lives, and
    // then finds only packages whose main file is `index.js`. The main file itself is found.
    const file = isMissing(name, error) ? mainFileOf(name, require) : undefined;
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
