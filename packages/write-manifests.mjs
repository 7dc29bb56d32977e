// write-manifests.mjs [--check | --release]
// Writes into every package what comes from one place:
// - `repository`, `homepage` and `bugs`, from `repository` in the workspace's package.json;
// - `src/version.ts`, in packages that need their version at run time, from their package.json.
// `--check` writes nothing, and ends with status 1 where a file is not as it would be written. `--release` does the same,
// and refuses an address that nobody has decided.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { address } from './repository-address.mjs';

const PLACEHOLDER = '/OWNER/';

const here = new URL('.', import.meta.url);
const mode = process.argv[2];
const { repository } = readJson(new URL('../package.json', here));

if (mode === '--release' && address.includes(PLACEHOLDER)) {
  fail(
    `The address of the repository is still ${address}. Write the real one into "repository" of package.json, and run "node packages/write-manifests.mjs".`,
  );
}
const names = readdirSync(here).filter((name) => existsSync(new URL(`${name}/package.json`, here)));
const outdated = names.flatMap(filesOf).filter(({ file, text }) => readText(file) !== text);
if (mode === undefined) {
  for (const { file, text } of outdated) writeFileSync(file, text);
} else if (outdated.length > 0) {
  const list = outdated.map(({ file }) => `  ${fileURLToPath(file)}`).join('\n');
  fail(`These files are not as "node packages/write-manifests.mjs" writes them:\n${list}`);
}

/** The files of a package that this program writes, as they have to be. */
function filesOf(name) {
  const file = new URL(`${name}/package.json`, here);
  const version = new URL(`${name}/src/version.ts`, here);
  const manifest = readJson(file);
  const files = [{ file, text: `${JSON.stringify(withAddresses(manifest, `packages/${name}`), null, 2)}\n` }];
  if (!existsSync(version)) return files;
  const text = `/** The version in package.json, written by \`packages/write-manifests.mjs\`. */\nexport const VERSION = '${manifest.version}';\n`;
  return [...files, { file: version, text }];
}

/** @param directory The package's folder: npm leads relative links of a README there. */
function withAddresses(manifest, directory) {
  const {
    name,
    version,
    description,
    keywords,
    homepage: _,
    bugs: __,
    license,
    repository: ___,
    ...rest
  } = manifest;
  return {
    name,
    version,
    description,
    keywords,
    homepage: `${address}/tree/main/${directory}#readme`,
    bugs: { url: `${address}/issues` },
    license,
    repository: { ...repository, directory },
    ...rest,
  };
}

function readJson(file) {
  return JSON.parse(readText(file));
}

function readText(file) {
  return readFileSync(file, 'utf8');
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
