import { isIPv6 } from 'node:net';
import type { EnvironmentOptions, GivenOptions } from '../support/options.ts';

/** Where a server listens on a network. */
export interface NetworkAddress {
  /** A name, or an IP address without brackets. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** What a message recommends to somebody who gave something else as a host, as a part of a sentence. */
export interface AddressAdvice {
  /** Instead of a URL: `for a URL use \`url\``. */
  readonly url: string;
  /** Instead of the path of a socket file: `for a socket file use \`path\``. */
  readonly path: string;
}

/** The settings of an exporter that {@link readAddress} reads, beside its options `host` and `port`. */
export interface AddressOptions {
  /** The names of the environment variables. */
  readonly variables: { readonly host: string; readonly port: string };
  /** The address without options and variables. */
  readonly defaults: NetworkAddress;
  /** What to recommend where an option is wrong, and where a variable is. */
  readonly advice: { readonly code: AddressAdvice; readonly environment: AddressAdvice };
}

const PORTS = { min: 1, max: 65_535 };
const A_PORT = `a whole number from ${PORTS.min} to ${PORTS.max}`;

/** Labels with dots between. Letters of any script: the resolver knows how they are written in ASCII. */
const HOST_NAME = /^[\p{L}\p{M}\p{N}_-]+(?:\.[\p{L}\p{M}\p{N}_-]+)*\.?$/u;

/** What Kubernetes sets for a service `statsd`: `STATSD_PORT=udp://10.0.0.1:8125` (documentation, "Service links"). */
const SERVICE_LINK = /^(?:tcp|udp|sctp):\/\/[^/]+:\d+$/i;

/**
 * Reads the options `host` and `port`: code before environment before default.
 *
 * From the environment, an IPv6 address may stand in brackets. The port of a service link is logged and ignored, because
 * Kubernetes sets it and no person does.
 *
 * @throws `OptionError` for what is neither a name nor an IP address, and for what is no port: data must not go where
 * it was not meant to
 */
export function readAddress(
  given: GivenOptions<'host' | 'port'>,
  environment: EnvironmentOptions,
  { variables, defaults, advice }: AddressOptions,
): NetworkAddress {
  return {
    host: readHost(given, advice.code) ?? hostOfVariable(environment, variables, advice) ?? defaults.host,
    port: given.integer('port', PORTS) ?? portOfVariable(environment, variables.port) ?? defaults.port,
  };
}

function readHost(given: GivenOptions<'host' | 'port'>, advice: AddressAdvice): string | undefined {
  const host = given.text('host');
  if (host === undefined || isHost(host)) return host;
  throw given.error('host', aHost(host, advice, 'give `host` and `port`'));
}

function hostOfVariable(
  environment: EnvironmentOptions,
  variables: AddressOptions['variables'],
  advice: AddressOptions['advice'],
): string | undefined {
  const text = environment.text(variables.host) ?? '';
  const mustBe = aHost(text, advice.environment, `set ${variables.host} and ${variables.port}`);
  const accept = (host: string) => {
    const plain = withoutBrackets(host) ?? host;
    return isHost(plain) ? plain : undefined;
  };
  return environment.parse(variables.host, mustBe, accept, 'throw');
}

function portOfVariable(environment: EnvironmentOptions, name: string): number | undefined {
  if (SERVICE_LINK.test(environment.text(name) ?? '')) {
    const mustBe = `${A_PORT} (Kubernetes sets it for a service of that name: \`enableServiceLinks: false\` stops that)`;
    return environment.parse(name, mustBe, () => undefined);
  }
  return environment.integer(name, PORTS, 'throw');
}

/** What a host must be, with a remark on what stands there instead. */
function aHost(text: string, advice: AddressAdvice, hostAndPort: string): string {
  const remark = remarkOn(text, advice, hostAndPort);
  return `a host name or an IP address${remark && ` (${remark})`}`;
}

function remarkOn(text: string, advice: AddressAdvice, hostAndPort: string): string {
  if (isUrl(text)) return advice.url;
  if (withoutBrackets(text) !== undefined) return "an IPv6 address without brackets: '::1'";
  if (/:\d+$/.test(text)) return hostAndPort;
  return text.startsWith('/') ? advice.path : '';
}

/** An IPv6 address that stands in brackets, as in a URL. */
function withoutBrackets(text: string): string | undefined {
  const inside = /^\[(.*)\]$/.exec(text)?.[1];
  return inside !== undefined && isIPv6(inside) ? inside : undefined;
}

function isHost(text: string): boolean {
  return HOST_NAME.test(text) || isIPv6(text);
}

function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
}

function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= PORTS.min && port <= PORTS.max ? port : undefined;
}

/** An address as it stands in a URL: `HOST`, or `HOST:PORT`, an IPv6 address in brackets. `undefined` for anything else. */
export function parseAddress(text: string, defaultPort: number): NetworkAddress | undefined {
  const [, host = '', digits] = /^(\[.*\]|[^:]*)(?::(.*))?$/s.exec(text) ?? [];
  const port = digits === undefined ? defaultPort : parsePort(digits);
  const plain = host.startsWith('[') ? withoutBrackets(host) : host;
  return plain === undefined || !isHost(plain) || port === undefined ? undefined : { host: plain, port };
}

/**
 * Reads the option `path`.
 *
 * @param advice what to do with a URL, as a part of a sentence
 * @throws `OptionError` for a URL
 */
export function readSocketPath(given: GivenOptions<'path'>, advice: string): string | undefined {
  const path = given.text('path');
  if (path === undefined || !isUrl(path)) return path;
  throw given.error('path', `a path such as '/x' (${advice})`);
}
