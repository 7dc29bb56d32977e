// Says, before anything is installed or started, what this machine lacks and what to do. Needs nothing that is installed.
// Ends with status 1 where Node is too old. Where the registry doesn't answer it only says so: pnpm's store may have
// everything that is still to be installed. `--installed`: nothing is to be installed.
import { execSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const TIMEOUT_MILLIS = 10_000;

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const needed = engines.node.replace('>=', '');

if (isOlder(process.versions.node, needed)) {
  console.error(
    `Node ${needed} or later is needed; this is Node ${process.versions.node} (${process.execPath}).\n` +
      'Install a later one from https://nodejs.org, or with your version manager (nvm install 24, fnm use 24), and try again.',
  );
  process.exit(1);
}
if (!process.argv.includes('--installed')) {
  try {
    // Through npm, which knows the registry and the proxy of this machine.
    execSync(`npm view pnpm name --fetch-retries=0 --fetch-timeout=${TIMEOUT_MILLIS}`, { stdio: 'pipe' });
  } catch (error) {
    const reason =
      /npm error (?:code|network request.*reason:) *(.*)/.exec(error.stderr)?.[1] ?? error.message;
    console.error(
      `The registry of npm doesn't answer (${reason}).\n` +
        'Packages that pnpm has in its store are installed all the same; if one is missing, the installation fails.\n' +
        'Connect this machine to the network, or name a registry that it reaches: npm config set registry URL',
    );
  }
}

/** Compares the parts of versions as numbers, as many as the second one has. */
function isOlder(version, than) {
  const parts = version.split('.').map(Number);
  for (const [index, part] of than.split('.').map(Number).entries()) {
    if (parts[index] !== part) return parts[index] < part;
  }
  return false;
}
