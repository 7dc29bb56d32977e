// A service whose address belongs to nobody: the router leads it to one of its servers, as Kubernetes does.
import type { Host } from './world.ts';

/**
 * Where programs send to. Each scene has one of its own, because connection tracking remembers the flows of source ports for
 * a while, which are given out again.
 */
export function serviceAddress(number: number): string {
  return `10.96.0.${number}`;
}

/** Only for flows that are new: connection tracking keeps the others at the server that they were led to. */
export async function leadServiceTo(router: Host, service: string, address: string): Promise<void> {
  await router.nft(
    'add table ip service',
    'add chain ip service prerouting { type nat hook prerouting priority -100 ; }',
    'flush chain ip service prerouting',
    `add rule ip service prerouting ip daddr ${service} dnat to ${address}`,
  );
}

/** The ports that are bound are not given to new sockets later, by chance: their flows are kept. */
export async function reserveUdpPorts(host: Host): Promise<void> {
  const lines = (await host.run(['cat', '/proc/net/udp'])).trim().split('\n').slice(1);
  const ports = lines.map((line) => parseInt(/^\s*\d+: \w+:(\w{4})/.exec(line)![1]!, 16));
  await host.setKernel('net/ipv4/ip_local_reserved_ports', ports.join(','));
}

/**
 * A server is gone without a word, as one is whose machine is taken away: the router goes on sending to it, and nobody
 * answers that it isn't there.
 *
 * @param network its number, by which the router calls its interface
 */
export async function removeServer(
  router: Host,
  server: Host,
  address: string,
  network: number,
): Promise<void> {
  await router.ip(`neighbour replace ${address} dev server${network} lladdr 02:00:00:00:00:01 nud permanent`);
  await server.ip('link set eth0 address 02:00:00:00:00:02');
}
