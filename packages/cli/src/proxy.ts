import type { ReadBackend } from '@tallykit/node';
import { problem, type Finding } from './findings.ts';

/** In the order in which programs look at them. */
const VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'];

/** Says whether a proxy that the environment names stands between, or does not. Its address may contain a password. */
export function proxyFindings(
  { transport }: Pick<ReadBackend, 'transport'>,
  environment: NodeJS.ProcessEnv = process.env,
): Finding[] {
  const variable = VARIABLES.find((name) => environment[name]?.trim());
  if (variable === undefined || transport !== 'http') return [];
  if (environment['NODE_USE_ENV_PROXY'] === '1' && knowsProxies()) {
    return [
      problem(
        `the way leads through the proxy of ${variable}`,
        `Check that the proxy of ${variable} runs and lets this host through, or name the host in NO_PROXY.`,
      ),
    ];
  }
  const newer = knowsProxies()
    ? ''
    : ` (this is ${process.version}, which does not know it: 22.21, 24.5 or newer)`;
  return [
    problem(
      `${variable} is set, and Node does not follow it, so the proxy is not asked`,
      `Set NODE_USE_ENV_PROXY=1${newer}, or give the exporter a \`fetch\` that uses the proxy.`,
    ),
  ];
}

/** Which versions of Node follow `NODE_USE_ENV_PROXY` (Node's documentation, "Command-line API"). */
function knowsProxies(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21);
}
