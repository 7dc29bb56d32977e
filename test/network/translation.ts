// A service whose address belongs to nobody: the router leads it to one of its servers, as Kubernetes does.
import type { Host } from './world.ts';

/** Where programs send to. */
export const SERVICE = '10.96.0.1';

/** How connection tracking keeps the flow of a source port to the server that it led to first, whatever happens there. */
export async function leadServiceTo(router: Host, address: string): Promise<void> {
  await router.nft(
    'add table ip service',
    'add chain ip service prerouting { type nat hook prerouting priority -100 ; }',
    'flush chain ip service prerouting',
    `add rule ip service prerouting ip daddr ${SERVICE} dnat to ${address}`,
  );
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
