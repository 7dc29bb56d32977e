/**
 * Leads a program of a page to the test's receivers. Pages speak of hosts, ports and socket files as a reader has them. In the
 * text of a program, and of a command, these are replaced by the receivers' own before it is compiled; nothing is replaced in
 * the packages, and no socket is mocked. What a program doesn't say, it takes from the variables that it is started with
 * (`receivers.ts`).
 */
export interface Addresses {
  /** Of UDP and TCP, on the same port. */
  readonly port: number;
  /** The folder of the socket files. */
  readonly sockets: string;
}

/** Hosts that pages speak of, all of which are this one. */
const HOSTS = /\b(?:statsd|agent|datadog-agent)\.internal\b|\b0\.0\.0\.0\b/g;

/** The folders in which Datadog's Agent has its sockets. */
const SOCKET_FOLDERS = /\/var\/run\/(?:datadog|statsd)(?=\/)/g;

/** The port of StatsD and DogStatsD. */
const STATSD_PORT = /\b8125\b/g;

/** Ports on which programs of pages listen themselves. */
const OWN_PORTS = /(?<=\b(?:port: |listen\(|localhost:|127\.0\.0\.1:))(?:3000|8080|9400|9464)\b/g;

export function leadToReceivers(text: string, { port, sockets }: Addresses): string {
  return text
    .replaceAll(HOSTS, '127.0.0.1')
    .replaceAll(SOCKET_FOLDERS, () => sockets)
    .replaceAll(STATSD_PORT, String(port))
    .replaceAll(OWN_PORTS, '0');
}
